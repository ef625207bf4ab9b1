"""Which papers an issue holds, in which order, and why each is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues import Candidate, arrange_cards, is_news
from digest.issues.matching import RuleSet, match_arrivals
from digest.papers.updates import Arrival
from digest.rules import parse
from digest.subscriptions import Rule, Schedule, Subscription
from tests.support.store_samples import NOW, preprint

RULES = tuple(Rule(title=word, query=parse(word)) for word in ("route", "count", "kept"))
MINE = Subscription(name="Mine", when=Schedule.parse("at once"), rules=RULES)


def candidate(work: int, *rules: int, event: str = "new", hours: int = 0) -> Candidate:
    at = NOW - timedelta(hours=hours)
    paper = preprint(f"2611.{work:05}", published=at, updated=at)
    return Candidate(work=work, event=event, paper=paper, at=at, rules=rules)


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.integers(1, 12),
        st.integers(0, 2),
        event=st.sampled_from(["new", "revised v2", "published", "withdrawn"]),
        hours=st.integers(0, 99),
    ),
    max_size=30,
)


@given(CANDIDATES, st.integers(1, 15))
def test_nothing_is_lost_nothing_is_shown_twice_and_the_limit_holds(found: list[Candidate], limit: int) -> None:
    sections = arrange_cards(replace(MINE, limit=limit), found)
    shown = [item.work for section in sections for item in section.items]
    assert len(shown) == len(set(shown)) == min(limit, len({each.work for each in found}))
    assert len(shown) + sum(section.more for section in sections) == len({each.work for each in found})


def test_a_paper_stands_under_its_first_rule_and_names_the_others() -> None:
    (section,) = arrange_cards(MINE, [candidate(1, 0, 2)])
    assert section.title == "route"
    assert section.items[0].also == ("kept",)
    assert {hit.text for hit in section.items[0].hits} == {"route", "Kept"}


def test_newest_first() -> None:
    (section,) = arrange_cards(MINE, [candidate(1, 0, hours=5), candidate(2, 0, hours=1), candidate(3, 0, hours=3)])
    assert [item.work for item in section.items] == [2, 3, 1]


def test_a_rule_that_floods_silences_no_other() -> None:
    flood = [candidate(work, 0) for work in range(1, 10)]
    sections = arrange_cards(replace(MINE, limit=4), [*flood, candidate(20, 1), candidate(21, 2)])
    assert [(len(section.items), section.more) for section in sections] == [(2, 7), (1, 0), (1, 0)]


def test_news_of_a_paper_that_matches_no_more_comes_last() -> None:
    sections = arrange_cards(MINE, [candidate(1, event="withdrawn"), candidate(2, 1)])
    assert [section.title for section in sections] == ["count", ""]


def test_what_weighs_most_is_said_of_a_work() -> None:
    (section,) = arrange_cards(MINE, [candidate(1, 0, event="revised v2"), candidate(1, 0, event="new", hours=9)])
    assert [item.event for item in section.items] == ["new"]


ALL = (None, "none", "published", "all")


@pytest.mark.parametrize(
    ("event", "had", "who"),
    [
        ("new", False, ALL),
        ("new", True, ALL),  # known by another event alone
        ("revised v2", False, ("all",)),
        ("revised v2", True, ("all",)),
        ("published", False, ("all",)),
        ("published", True, ("published", "all")),
        ("withdrawn", False, ("all",)),
        ("withdrawn", True, (None, "published", "all")),
    ],
)
def test_who_wants_to_hear_what(event: str, had: bool, who: tuple[str | None, ...]) -> None:
    told = frozenset({(1, "revised v1")} if had else ())
    assert tuple(updates for updates in ALL if is_news(candidate(1, 0, event=event), told, updates)) == who


@pytest.mark.parametrize("updates", ALL)
def test_nothing_is_told_twice_and_a_withdrawn_paper_is_not_new(updates: str | None) -> None:
    assert not is_news(candidate(1, 0), frozenset({(1, "new")}), updates)
    gone = candidate(1, 0)
    assert not is_news(replace(gone, paper=replace(gone.paper, withdrawn=True)), frozenset(), updates)


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
