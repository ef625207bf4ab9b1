"""The order of cards: news of known papers, then each paper once, under its first rule, within the limit."""

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


@given(CANDIDATES, st.integers(1, 15), st.sets(st.integers(1, 12)))
def test_nothing_is_lost_nothing_is_shown_twice_and_the_limit_holds(
    found: list[Candidate], limit: int, had: set[int]
) -> None:
    sections = arrange_cards(replace(MINE, limit=limit), found, had)
    shown = [item.work for section in sections for item in section.items]
    news = {item.work for section in sections for item in section.items if not section.title}
    assert news <= had
    assert len(shown) == len(set(shown)) == len(news) + min(limit, len({each.work for each in found} - news))
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


def test_news_of_what_the_reader_had_comes_first_and_outside_of_the_limit() -> None:
    found = [
        *(candidate(work, 0) for work in range(10, 20)),
        candidate(1, 1, event="revised v2"),
        candidate(2, 0, event="published", hours=5),
        candidate(3, event="withdrawn", hours=9),
        candidate(4, 0, event="published"),  # an article of which the reader never had the preprint
    ]
    before, *others = arrange_cards(replace(MINE, limit=3), found, had={1, 2, 3})
    assert (before.title, [item.work for item in before.items], before.more) == ("", [3, 2, 1], 0)
    assert [(section.title, len(section.items), section.more) for section in others] == [("route", 3, 8)]


def test_what_weighs_most_is_said_of_a_work() -> None:
    (section,) = arrange_cards(MINE, [candidate(1, 0, event="revised v2"), candidate(1, 0, event="new", hours=9)])
    assert [item.event for item in section.items] == ["new"]
