"""Papers: one record for a paper from many sources, one work for its records, each event once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.papers import Ids, Paper
from digest.store import Store
from tests.support.paper_sightings import sightings
from tests.support.store_samples import (
    NOW,
    SINCE,
    already_sent,
    announced,
    article,
    events,
    keep,
    preprint,
    publication,
    subscribe,
)

TOMORROW = NOW + timedelta(days=1)


def test_a_paper_comes_back_as_it_was_kept(store: Store) -> None:
    paper = preprint(votes=3, journal="Nature 1", withdrawn=False, ids=Ids(arxiv="2611.00001", s2="77"))
    keep(store, paper)
    assert store.papers.get("arxiv:2611.00001") == paper
    assert store.papers.get("s2:77") == paper
    assert store.papers.get("arxiv:2611.99999") is None


def test_harvest_feed_and_second_version_are_one_record(store: Store) -> None:
    second = preprint(version=2, title="Kept apart", updated=NOW, changed=TOMORROW)
    assert keep(store, preprint()) == {"new": 1}
    assert keep(store, announced()) == {}
    assert keep(store, second, now=TOMORROW) == {"revised": 1}
    record = store.papers.get("arxiv:2611.00001")
    assert record is not None
    assert (record.version, record.title, record.announced) == (2, "Kept apart", NOW)
    assert store.papers.versions("arxiv:2611.00001") == {1: NOW - timedelta(days=2), 2: NOW}
    assert events(store, TOMORROW) == [(1, "new"), (1, "revised v2")]


def test_a_version_known_from_the_feed_gets_its_date_from_the_harvest(store: Store) -> None:
    keep(store, announced())
    assert store.papers.versions("arxiv:2611.00001") == {1: None}
    keep(store, preprint())
    assert store.papers.versions("arxiv:2611.00001") == {1: NOW - timedelta(days=2)}


def test_the_same_page_again_changes_nothing(store: Store) -> None:
    page = [preprint(), announced(), preprint("2611.00002"), article(), preprint()]
    assert keep(store, *page) == {"new": 3}
    before = [store.papers.get(paper.key) for paper in page], events(store)
    assert keep(store, *page, now=TOMORROW) == {}
    assert ([store.papers.get(paper.key) for paper in page], events(store, TOMORROW)) == before


def test_the_window_of_arrivals_is_open_below_and_closed_above(store: Store) -> None:
    keep(store, preprint("2611.00001"), now=NOW)
    keep(store, preprint("2611.00002"), now=TOMORROW)
    assert [arrival.paper.key for arrival in store.papers.arrivals(NOW, TOMORROW)] == ["arxiv:2611.00002"]
    assert [arrival.at for arrival in store.papers.arrivals(SINCE, TOMORROW)] == [NOW, TOMORROW]
    serials = [arrival.serial for arrival in store.papers.arrivals(SINCE, TOMORROW)]
    assert serials == sorted(set(serials))


def test_papers_can_be_asked_for_by_their_own_date(store: Store) -> None:
    silent = announced("2611.00001", announced=SINCE - timedelta(days=1))
    keep(store, silent, announced("2611.00002"), article(), first=True)
    keep(store, announced("2611.00002", version=2, announce="replace"))
    found = [(entry.paper.key, entry.event, entry.at) for entry in store.papers.dated(SINCE - timedelta(days=2), NOW)]
    assert found == [
        ("arxiv:2611.00001", "new", SINCE - timedelta(days=1)),
        ("arxiv:2611.00002", "revised v2", NOW),
        ("doi:10.1038/s41586-026-1", "new", NOW),
    ]
    assert [entry.paper.key for entry in store.papers.dated(SINCE - timedelta(days=2), SINCE)] == ["arxiv:2611.00001"]
    assert store.papers.dated(NOW, NOW + timedelta(days=1)) == []


def test_papers_that_are_voted_for_can_be_asked_for_alone(store: Store) -> None:
    assert store.papers.voted_span() is None
    keep(store, preprint("2611.00003"))
    assert store.papers.voted_span() is None
    last, first = NOW - timedelta(hours=1), NOW - timedelta(days=9)
    keep(store, preprint("2611.00001", votes=0, announced=last), preprint("2611.00002", votes=7, announced=first))
    assert [found.paper.votes for found in store.papers.dated(SINCE, NOW, voted=True)] == [0]
    assert len(store.papers.dated(SINCE, NOW)) == 2
    assert store.papers.voted_span() == (first, last)


def test_what_a_first_pull_keeps_in_silence_stays_silent(store: Store) -> None:
    old = announced(announced=SINCE - timedelta(days=1))
    assert keep(store, old, first=True) == {}
    assert keep(store, old, preprint()) == {}
    assert store.papers.get(old.key) is not None


@pytest.mark.parametrize("article_first", [True, False])
def test_preprint_and_article_are_two_records_of_one_work(store: Store, article_first: bool) -> None:
    linked = preprint(doi="10.1038/s41586-026-1")
    page = (article(), linked) if article_first else (linked, article())
    assert keep(store, *page) == ({"new": 1} if article_first else {"new": 1, "published": 1})
    assert {work for work, _ in events(store)} == {1}
    assert store.papers.get("arxiv:2611.00001") == linked
    assert store.papers.get("doi:10.1038/s41586-026-1") == article()


def test_a_preprint_is_found_by_the_doi_of_an_article_that_nobody_sent(store: Store) -> None:
    keep(store, preprint(doi="10.1038/s41586-026-1"))
    assert store.papers.get("doi:10.1038/s41586-026-1") == preprint(doi="10.1038/s41586-026-1")


def test_a_wrong_doi_joins_nothing(store: Store) -> None:
    keep(store, article(title="Errata"), preprint(doi="10.1038/s41586-026-1"))
    assert len({work for work, _ in events(store)}) == 2


def test_works_that_turn_out_to_be_one_share_what_was_told(store: Store) -> None:
    keep(store, preprint(), article())
    ada, bob = subscribe(store, "ada", "bob")
    store.issues.publish(publication(ada, told=[(1, "new"), (2, "new")]))
    store.issues.publish(publication(bob, told=[(2, "new")]))
    assert keep(store, preprint(doi="10.1038/s41586-026-1", changed=TOMORROW), now=TOMORROW) == {"published": 1}
    assert already_sent(store, "ada") == already_sent(store, "bob") == {(1, "new")}
    assert events(store, TOMORROW) == [(1, "new"), (1, "published")]


def test_what_is_told_of_a_work_that_has_gone_into_another_counts_for_that(store: Store) -> None:
    keep(store, preprint(), article())
    (ada,) = subscribe(store, "ada")
    keep(store, preprint(doi="10.1038/s41586-026-1"))
    store.issues.publish(publication(ada, told=[(2, "new")]))
    assert already_sent(store, "ada") == {(1, "new")}


def test_a_chain_of_links_is_one_work(store: Store) -> None:
    other = article(doi="10.1038/s41586-026-2", ids=Ids(doi="10.1038/s41586-026-2", pmid="5"))
    keep(store, other, article(), preprint())
    keep(store, preprint(doi="10.1038/s41586-026-1"))
    assert {work for work, _ in events(store)} == {1, 2}
    keep(store, article(doi="10.1038/s41586-026-2", key="pmid:5", ids=Ids(pmid="5", doi="10.1038/s41586-026-1")))
    assert {work for work, _ in events(store)} == {1}


def test_old_serials_are_never_used_again(store: Store) -> None:
    keep(store, preprint(), article())
    keep(store, preprint(doi="10.1038/s41586-026-1"))  # the article's "new" goes, and "published" comes
    keep(store, preprint("2611.00002"))
    assert [arrival.serial for arrival in store.papers.arrivals(SINCE, NOW)] == [1, 3, 4]


def test_text_of_any_script_and_length_is_kept(store: Store) -> None:
    paper = preprint(title="Ünïcødé 漢字 🧪 " + "x" * 10_000, abstract="'; DROP TABLE paper; --", comment="%s %(a)s :b")
    keep(store, paper)
    assert store.papers.get(paper.key) == paper


def test_ten_thousand_papers_are_one_page(store: Store) -> None:
    page = [preprint(f"2611.{number:05d}") for number in range(1, 10_001)]
    assert keep(store, *page) == {"new": 10_000}
    assert keep(store, *page) == {}
    assert len(store.papers.arrivals(SINCE, NOW)) == 10_000


def test_pages_added_at_the_same_time_make_no_record_twice(store: Store) -> None:
    pages = [[preprint(f"2611.{number:05d}") for number in range(start, start + 50)] for start in range(1, 200, 25)]
    with ThreadPoolExecutor(8) as pool:
        brought = list(pool.map(lambda page: keep(store, *page).get("new", 0), pages))
    assert sum(brought) == len(store.papers.arrivals(SINCE, NOW)) == 225


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("lasting")
    with Store.open(f"sqlite:///{folder / 'digest.db'}") as store:
        yield store


_numbers = count(1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(sightings, min_size=1, max_size=6), st.integers(1, 3))
def test_no_order_of_sightings_loses_a_value_or_repeats_news(lasting: Store, seen: list[Paper], size: int) -> None:
    number = f"2612.{next(_numbers):05d}"
    own = [replace(paper, key=f"arxiv:{number}", ids=Ids(arxiv=number), doi=None) for paper in seen]
    for start in range(0, len(own), size):
        keep(lasting, *own[start : start + size], first=start == 0)
    record = lasting.papers.get(f"arxiv:{number}")
    assert record is not None
    for field in fields(Paper):
        if field.name not in ("announce", "changed", "withdrawn"):
            said = [value for paper in own if (value := getattr(paper, field.name)) not in (None, "", ())]
            assert getattr(record, field.name) in (said or (None, "", ())), field.name
    happened = [arrival.event for arrival in lasting.papers.arrivals(SINCE, NOW) if arrival.paper.key == record.key]
    assert len(happened) == len(set(happened))
    assert keep(lasting, *own) == {}
    assert lasting.papers.get(record.key) == record


def test_papers_a_day_by_source(store: Store) -> None:
    keep(
        store,
        preprint(),
        preprint("2611.00002"),
        article(),
        article("10.1/old", published=NOW - 30 * timedelta(days=1)),
    )
    day = (NOW - timedelta(days=2)).date()
    assert store.papers.days_by_source(day) == {("arxiv", day): 2, ("feeds", NOW.date()): 1}


def test_news_of_a_known_paper_says_what_changed(store: Store) -> None:
    keep(store, preprint())
    keep(
        store, preprint(version=2, title="Kept apart", comment="Accepted at ICML 2026", changed=TOMORROW), now=TOMORROW
    )
    told = [(arrival.event, arrival.changes) for arrival in store.papers.arrivals(SINCE, TOMORROW)]
    assert told == [("new", ()), ("revised v2", ("title", "comment")), ("published", ("title", "comment"))]


def test_records_by_their_keys(store: Store) -> None:
    keep(store, preprint())
    assert store.papers.get_many(["arxiv:2611.00001", "arxiv:0000.00000"]) == {"arxiv:2611.00001": preprint()}


def test_the_archive_has_the_newest_first(store: Store) -> None:
    keep(store, *(preprint(f"2611.0000{number}") for number in (1, 2, 3)))
    everything = store.papers.archive()
    assert {paper.key for paper in everything} == {f"arxiv:2611.0000{number}" for number in (1, 2, 3)}
    assert store.papers.archive(most=2) == everything[:2]
    assert store.papers.archive(SINCE + timedelta(days=4000)) == []
