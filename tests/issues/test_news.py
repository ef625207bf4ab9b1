"""Which events of a paper a reader wants to hear of, by `updates`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.issues.news import is_news
from tests.support.candidates import candidate

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
    sent, works = ({(1, "revised v1")}, {1}) if had else (set[tuple[int, str]](), set[int]())
    assert tuple(updates for updates in ALL if is_news(candidate(1, 0, event=event), sent, works, updates)) == who


@pytest.mark.parametrize("updates", ALL)
def test_nothing_is_told_twice_and_a_withdrawn_paper_is_not_new(updates: str | None) -> None:
    assert not is_news(candidate(1, 0), {(1, "new")}, {1}, updates)
    gone = candidate(1, 0)
    assert not is_news(replace(gone, paper=replace(gone.paper, withdrawn=True)), (), (), updates)
