"""What the rules of subscriptions match in arrivals."""

from __future__ import annotations

from dataclasses import replace

from digest.issues.matching import RuleSet, match_arrivals
from digest.papers.updates import Arrival
from digest.rules import parse
from tests.support.candidates import MINE
from tests.support.store_samples import NOW, preprint


def test_a_subscription_narrows_all_its_rules() -> None:
    papers = [
        preprint("2611.00001"),
        preprint("2611.00002", title="A survey: route"),
        preprint("2611.00003", categories=("math.DS",), primary="math.DS"),
        preprint("2611.00004", source="feeds"),
    ]
    arrivals = [Arrival(serial=n, work=n, event="new", at=NOW, paper=paper) for n, paper in enumerate(papers, 1)]
    narrow = replace(MINE, exclude=parse("ti:survey"), categories=("cs",), sources=("arxiv",))
    (found,) = match_arrivals(RuleSet([("ada", narrow)]), [("ada", narrow)], arrivals)
    assert [(each.work, each.rules) for each in found] == [(1, (0, 1, 2))]
