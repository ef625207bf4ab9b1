"""The order of cards: each paper once, under its first rule, newest first, within the limit."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from digest.issues import Candidate
from digest.issues.card_order import arrange_cards
from tests.support.candidates import MINE, candidate

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
