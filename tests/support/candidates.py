"""Candidates of a subscription with three rules, for tests of what an issue holds."""

from __future__ import annotations

from datetime import timedelta

from digest.issues import Candidate
from digest.rules import parse
from digest.subscriptions import Rule, Schedule, Subscription
from tests.support.store_samples import NOW, preprint

RULES = tuple(Rule(title=word, query=parse(word)) for word in ("route", "count", "kept"))
MINE = Subscription(name="Mine", when=Schedule.parse("at once"), rules=RULES)


def candidate(work: int, *rules: int, event: str = "new", hours: int = 0) -> Candidate:
    at = NOW - timedelta(hours=hours)
    paper = preprint(f"2611.{work:05}", published=at, updated=at)
    return Candidate(work=work, event=event, paper=paper, at=at, rules=rules)
