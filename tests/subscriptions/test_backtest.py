"""What a rule would have brought, day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from digest.authors import FollowedAuthor
from digest.papers import Paper
from digest.rules import author_query, parse
from digest.subscriptions import Rule
from digest.subscriptions.backtest import Backtest, backtest
from tests.support.people import STARS, VISION

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 5)


def on(day: int, title: str, **more: datetime | None) -> Paper:
    given = {"published": datetime(2026, 11, day, 23, 30, tzinfo=UTC)} | more
    return Paper(key=f"x:{day}:{title}", title=title, source="x", **given)  # type: ignore[arg-type]  # a date


PAPERS = [
    on(1, "sparse routing"),
    on(1, "sparse models"),
    on(1, "dense"),
    on(3, "sparse"),
    on(5, "dense and sparse"),
    on(9, "sparse, but later"),
    on(2, "sparse, undated", published=None),
]


def tried(text: str) -> Backtest:
    return backtest(Rule(title=text, query=parse(text)), PAPERS, first=FIRST, last=LAST)


def test_papers_a_day() -> None:
    found = tried("sparse")
    assert [(day.day.day, day.papers, day.matches) for day in found.days] == [
        (1, 3, 2), (2, 0, 0), (3, 1, 1), (4, 0, 0), (5, 1, 1)
    ]  # fmt: skip
    assert (found.matches, found.undated, found.papers, found.per_day) == (5, 1, 6, 1)


def test_samples_are_spread_and_the_newest_comes_first() -> None:
    assert tried("sparse").samples[0].title == "dense and sparse"
    assert tried("undated").samples == (PAPERS[-1],)
    assert tried("quantum").samples == ()


def test_terms_are_counted_one_by_one() -> None:
    assert dict(tried("sparse NOT routing").terms) == {"sparse": 5, "routing": 1}


def test_a_followed_person_is_told_from_namesakes() -> None:
    person = FollowedAuthor(name="Wei Zhang", known=tuple(paper.key for paper in VISION[:3]), when_unsure="drop")
    rule = Rule(title="Wei Zhang", query=author_query("Wei Zhang"), person=person)
    day = date(2026, 1, 1)
    found = backtest(rule, [*VISION, *STARS], first=day, last=day)
    assert found.outcomes["follow"] == found.matches == 4
    asking = replace(rule, person=replace(person, when_unsure="ask"))
    assert backtest(asking, [*VISION, *STARS], first=day, last=day).matches >= 4
