"""What readers have to do without: a late batch, a service that is out, and days on which nothing is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.ingest.health import missing_services, resting_services, source_health
from digest.issues import Absence
from digest.sources.arxiv.daily import ArxivDailyFeed
from digest.sources.arxiv.oai import ArxivHarvest
from digest.sources.base import Source
from digest.sources.feeds import FeedSource
from digest.sources.huggingface import HuggingFaceDaily
from digest.store import SourceProgress, Store
from tests.support.store_samples import NOW, SINCE, article

FEED, OAI = ArxivDailyFeed(category="cs.CL"), ArxivHarvest(category="cs.CL")
HF, ANNALS = HuggingFaceDaily(), FeedSource(title="Annals", url="https://annals.example/")
ALL: list[Source] = [OAI, FEED, HF, ANNALS]
FRIDAY, THURSDAY = date(2026, 11, 20), date(2026, 11, 19)
HOUR = timedelta(hours=1)


def answered(store: Store, *sources: Source, batch: date | None = None, at: datetime = NOW) -> None:
    for source in sources:
        store.papers.add(
            [], now=at, since=SINCE, first=False, progress=SourceProgress(source.name, done=True, batch=batch)
        )


def failed(store: Store, *sources: Source, at: datetime = NOW) -> None:
    for source in sources:
        store.sources.record_failure(source.name, what="answered 503", now=at, next_try=at + HOUR)


def missing(store: Store, now: datetime = NOW) -> list[tuple[str, str, str]]:
    return [(each.kind, each.part, each.why) for each in missing_services(ALL, store, now=now)]


def words(store: Store, now: datetime = NOW) -> list[str]:
    return [each.word for each in source_health(ALL, store, now=now)]


def test_all_is_well(store: Store) -> None:
    answered(store, *ALL, batch=FRIDAY)
    assert missing(store) == []
    assert words(store) == ["well"] * 4


def test_a_batch_that_has_not_come_is_late_until_it_comes_either_way(store: Store) -> None:
    answered(store, *ALL, batch=THURSDAY)
    assert missing(store) == [("arxiv", "cs.CL", "late")]
    assert words(store)[:2] == ["late", "late"]
    answered(store, OAI, batch=FRIDAY)  # the feed is still an old one
    assert missing(store) == []
    answered(store, FEED, batch=THURSDAY)  # and never takes back what is known
    assert missing(store) == []


def test_nothing_is_late_before_it_was_asked_for(store: Store) -> None:
    answered(store, FEED, OAI, batch=THURSDAY, at=NOW - timedelta(hours=3))  # before midnight Eastern
    assert missing(store) == []
    assert words(store)[:2] == ["well", "well"]


def test_a_service_that_is_out_is_told_as_soon_as_papers_may_be_missing(store: Store) -> None:
    answered(store, *ALL, batch=FRIDAY)
    failed(store, *ALL, at=NOW + HOUR)
    assert missing(store, NOW + HOUR) == []
    later = NOW + timedelta(hours=3)
    assert missing(store, later) == [("feeds", "Annals", "fault"), ("huggingface", "", "fault")]
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert ("arxiv", "cs.CL", "fault") in missing(store, monday)
    [lost] = [each for each in missing_services(ALL, store, now=monday) if each.kind == "huggingface"]
    assert lost == Absence(kind="huggingface", part="", why="fault", since=NOW)


def test_one_way_to_the_same_papers_is_enough(store: Store) -> None:
    failed(store, OAI)
    answered(store, FEED, batch=FRIDAY)
    assert ("arxiv", "cs.CL", "fault") not in missing(store)
    assert words(store)[:2] == ["failing", "well"]


def test_what_never_answered_is_out_and_what_was_never_asked_is_not(store: Store) -> None:
    failed(store, ANNALS)
    assert missing(store) == [("feeds", "Annals", "fault")]


@pytest.mark.parametrize(
    ("now", "word"),
    [(datetime(2026, 11, 21, 12, tzinfo=UTC), "weekend"), (datetime(2026, 11, 26, 12, tzinfo=UTC), "holiday")],
)
def test_days_of_rest(store: Store, now: datetime, word: str) -> None:
    answered(store, FEED, OAI, batch=THURSDAY, at=now)
    assert missing(store, now) == []
    assert words(store, now)[:2] == [word, word]
    assert resting_services(ALL, now=now) == {"arxiv": word}


def test_a_day_far_below_the_usual_is_few(store: Store) -> None:
    yesterday = NOW - timedelta(days=1)
    papers = [
        replace(article(f"10.1/{week}.{number}"), published=yesterday - timedelta(weeks=week), title=f"{week} {number}")
        for week, count in ((0, 1), (1, 9), (2, 7), (3, 8))
        for number in range(count)
    ]
    store.papers.add(papers, now=NOW, since=SINCE, first=True)
    answered(store, ANNALS)
    [found] = [each for each in source_health(ALL, store, now=NOW) if each.name == ANNALS.name]
    assert (found.word, found.yesterday, found.usual_yesterday) == ("few", 1, 8)
