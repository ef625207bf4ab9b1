"""What is news in a sighting, and what a record keeps of two sightings."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers import Ids, Paper, updates
from digest.papers.updates import changed_fields, news_in
from digest.sources import SOURCES
from tests.support.paper_sightings import sightings

NOW = datetime(2026, 11, 20, 7, tzinfo=UTC)
SINCE = NOW - timedelta(days=7)
LONG_AGO = NOW - timedelta(days=400)

PREPRINT = Paper(key="arxiv:2611.00001", title="Routing", source="arxiv", ids=Ids(arxiv="2611.00001"))
OAI = replace(PREPRINT, version=1, published=NOW - timedelta(days=2), updated=NOW - timedelta(days=2), changed=NOW)
FEED = replace(PREPRINT, version=1, announce="new", announced=NOW)
ARTICLE = Paper(key="doi:10.1038/s1", title="Routing", source="feeds", ids=Ids(doi="10.1038/s1"), doi="10.1038/s1")

TRUST = {key: kind.trust for key, kind in SOURCES.items()}


def merge_records(known: Paper, seen: Paper) -> Paper:
    return updates.merge_records(known, seen, TRUST)


def news(
    seen: Paper, known: Paper | None = None, *, first: bool = False, kin: tuple[Paper, ...] = ()
) -> tuple[str, ...]:
    return news_in(known, seen, now=NOW, since=SINCE, first=first, kin=kin)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (OAI, ("new",)),
        (FEED, ("new",)),
        (replace(FEED, announce="cross"), ("new",)),
        (replace(OAI, published=NOW - timedelta(days=14)), ("new",)),
        (replace(OAI, published=NOW - timedelta(days=15)), ()),  # an edit of an old record, not a paper
        (replace(OAI, version=None, published=LONG_AGO), ()),
        (replace(OAI, changed=None, published=LONG_AGO), ()),  # looked up by id
        (replace(OAI, version=2), ("revised v2",)),
        (replace(OAI, version=2, updated=LONG_AGO), ()),
        (replace(FEED, version=3, announce="replace"), ("revised v3",)),
        (replace(FEED, version=3, announce="replace-cross", announced=LONG_AGO), ()),
        (replace(FEED, version=None, announce="replace"), ()),
        (replace(OAI, withdrawn=True, version=2), ("withdrawn",)),
        (replace(OAI, withdrawn=True, version=2, updated=LONG_AGO), ()),
        (ARTICLE, ("new",)),
        (replace(ARTICLE, published=LONG_AGO), ("new",)),  # journals date as they like
    ],
)
def test_a_paper_not_seen_before(seen: Paper, expected: tuple[str, ...]) -> None:
    assert news(seen) == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (FEED, ("new",)),
        (OAI, ("new",)),
        (replace(FEED, announced=SINCE), ("new",)),
        (replace(FEED, announced=SINCE - timedelta(seconds=1)), ()),
        (ARTICLE, ()),  # undated: kept, not announced
        (replace(ARTICLE, published=NOW), ("new",)),
        (replace(ARTICLE, published=LONG_AGO), ()),
        (replace(OAI, version=2), ("revised v2",)),
    ],
)
def test_the_first_pull_of_a_source_announces_what_is_dated_within_the_window(
    seen: Paper, expected: tuple[str, ...]
) -> None:
    assert news(seen, first=True) == expected


@pytest.mark.parametrize(
    ("known", "seen", "expected"),
    [
        (OAI, OAI, ()),
        (OAI, FEED, ()),
        (OAI, replace(FEED, announce="cross"), ()),
        (OAI, replace(OAI, version=2), ("revised v2",)),
        (OAI, replace(OAI, version=4), ("revised v4",)),
        (replace(OAI, version=4), replace(OAI, version=2), ()),
        (replace(OAI, version=None), replace(OAI, version=2), ()),
        (OAI, replace(OAI, version=2, withdrawn=True), ("withdrawn",)),
        (replace(OAI, version=2), replace(OAI, version=2, withdrawn=True), ("withdrawn",)),
        (replace(OAI, version=3), replace(OAI, version=2, withdrawn=True), ()),
        (replace(OAI, withdrawn=True), replace(OAI, withdrawn=True), ()),
        (OAI, replace(OAI, journal="Nature 1"), ("published",)),
        (OAI, replace(OAI, doi="10.1038/s1"), ("published",)),
        (OAI, replace(OAI, comment="Accepted at ICML 2026, 9 pages"), ("published",)),
        (OAI, replace(OAI, comment="9 pages, to appear in Annals"), ("published",)),
        (OAI, replace(OAI, comment="10 pages"), ()),
        (replace(OAI, comment="Accepted at ICML"), replace(OAI, comment="Accepted at ICML 2026 (oral)"), ()),
        (replace(OAI, journal="Nature 1"), replace(OAI, comment="accepted by Nature"), ()),
        (replace(OAI, doi="10.1038/s1"), replace(OAI, doi="10.1038/s1", journal="Nature 1"), ()),
        (OAI, replace(OAI, version=2, journal="Nature 1"), ("revised v2", "published")),
        (ARTICLE, replace(ARTICLE, journal="Nature 1"), ()),  # an article was published all along
    ],
)
def test_a_paper_known_before(known: Paper, seen: Paper, expected: tuple[str, ...]) -> None:
    assert news(seen, known) == expected


def test_an_article_of_a_known_preprint_is_its_publication() -> None:
    assert news(ARTICLE, kin=(OAI,)) == ("published",)


def test_an_old_article_of_a_known_preprint_is_no_news_on_a_first_pull() -> None:
    assert news(ARTICLE, kin=(OAI,), first=True) == ()


def test_a_preprint_of_a_known_article_is_no_news() -> None:
    assert news(FEED, kin=(ARTICLE,)) == ()


def test_the_harvest_is_trusted_over_the_feed_whichever_came_first() -> None:
    harvested = replace(OAI, title="Café", categories=("cs.CL", "cs.LG"), comment="9 pages")
    announced = replace(FEED, title="Caf\\'e", categories=("cs.CL",))
    for record in (merge_records(harvested, announced), merge_records(announced, harvested)):
        assert (record.title, record.categories, record.comment) == ("Café", ("cs.CL", "cs.LG"), "9 pages")
        assert (record.published, record.announced) == (OAI.published, NOW)


def test_an_older_version_fills_gaps_and_changes_nothing_else() -> None:
    newer = replace(FEED, version=2, title="Routing, revised", announce="replace")
    older = replace(OAI, comment="9 pages", title="Routing")
    for record in (merge_records(newer, older), merge_records(older, newer)):
        assert (record.version, record.title, record.comment) == (2, "Routing, revised", "9 pages")


def test_an_older_harvest_of_the_same_version_does_not_undo_a_newer_one() -> None:
    newer = replace(OAI, journal="Nature 1", changed=NOW)
    older = replace(OAI, journal="to appear", changed=NOW - timedelta(days=3))
    assert merge_records(newer, older).journal == merge_records(older, newer).journal == "Nature 1"


def test_a_newer_version_may_take_a_withdrawal_back() -> None:
    gone = replace(OAI, version=2, withdrawn=True)
    assert merge_records(gone, replace(FEED, version=2)).withdrawn
    assert not merge_records(gone, replace(OAI, version=3)).withdrawn


def test_numbers_that_change_daily_are_the_latest() -> None:
    counted = replace(PREPRINT, source="huggingface", votes=7)
    assert merge_records(merge_records(OAI, counted), replace(counted, votes=9)).votes == 9


_ABOUT_THE_SIGHTING = ("announce", "changed", "source", "withdrawn")


@given(sightings, sightings)
def test_merging_loses_no_value_and_no_version(known: Paper, seen: Paper) -> None:
    record = merge_records(known, seen)
    for field in fields(Paper):
        if field.name not in _ABOUT_THE_SIGHTING:
            said = [value for paper in (known, seen) if (value := getattr(paper, field.name)) not in (None, "", ())]
            assert getattr(record, field.name) in (said or (None, "", ())) or field.name == "ids", field.name
    assert record.ids.s2 in ({known.ids.s2, seen.ids.s2} - {None} or {None})
    assert (record.version or 0) == max(known.version or 0, seen.version or 0)
    assert record.key == known.key


@given(sightings, sightings)
def test_merging_the_same_again_changes_nothing(known: Paper, seen: Paper) -> None:
    record = merge_records(known, seen)
    assert merge_records(record, seen) == record


@given(st.lists(sightings, min_size=1, max_size=6))
def test_no_news_is_told_twice(seen: list[Paper]) -> None:
    record, told = None, list[str]()
    for sighting in [*seen, *seen]:
        told += news(sighting, record)
        record = merge_records(record, sighting) if record else sighting
    revised = [event for event in told if event.startswith("revised")]
    assert len(revised) == len(set(revised))
    assert told.count("new") <= 1
    assert told.count("new") == 0 or told[0] == "new"


def test_what_has_changed_is_said_by_field() -> None:
    second = merge_records(OAI, replace(OAI, version=2, title="Routing, again", comment="Accepted at ICML 2026"))
    assert changed_fields(OAI, second) == ("title", "comment")
    assert changed_fields(replace(OAI, announce="new"), OAI) == ()  # the harvest's words for what a feed announced
    assert changed_fields(OAI, replace(OAI, abstract=None)) == ()
