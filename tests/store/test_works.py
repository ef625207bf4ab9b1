"""Works: records joined without a common id, and splits and merges by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.errors import DigestError
from digest.papers import Author, Ids, Paper
from digest.store import Store
from tests.support.store_samples import (
    NOW,
    SINCE,
    already_sent,
    article,
    events,
    keep,
    preprint,
    publication,
    subscribe,
)

TOMORROW = NOW + timedelta(days=1)
ARXIV, JOURNAL = "arxiv:2611.00001", "doi:10.1038/s41586-026-1"
NAMES = (Author(name="Ångström Z"), Author(name="Zhou Y"))


def works(store: Store, *keys: str) -> list[int]:
    """The number of keys of each work."""
    return [len(found.records) if (found := store.works.get(key)) else 0 for key in keys]


def test_an_article_is_one_work_with_its_preprint_by_title_and_authors(store: Store) -> None:
    assert keep(store, preprint()) == {"new": 1}
    assert keep(store, article(authors=NAMES), now=TOMORROW) == {"published": 1}
    found = store.works.get(JOURNAL)
    assert found is not None
    assert [paper.key for paper in found.records] == [ARXIV, JOURNAL]
    [bond] = found.bonds
    assert (bond.one, bond.other, bond.together, bond.why) == (ARXIV, JOURNAL, True, "title 1.00, 2 of 2 authors")
    assert [event for event, _, _ in found.events] == ["new", "published"]


def test_it_does_not_matter_which_came_first_or_whether_they_came_together(store: Store) -> None:
    assert keep(store, article(authors=NAMES), preprint()) == {"new": 1}
    other = article("10.1038/b", title="On the other hand of time", authors=NAMES, abstract="It passes.")
    assert keep(store, other) == {"new": 1}
    assert keep(store, preprint("2611.00009", title="On the other hand of time")) == {}
    assert works(store, ARXIV, "arxiv:2611.00009") == [2, 2]


def test_nobody_is_one_by_title_alone(store: Store) -> None:
    assert keep(store, preprint(), article(), article("10.1038/b", authors=(Author(name="Somebody Else"),))) == {
        "new": 3
    }


def test_two_preprints_of_one_server_are_two(store: Store) -> None:
    assert keep(store, preprint("2611.00001"), preprint("2611.00002")) == {"new": 2}
    # An article that is like both goes with the first, and does not make one of them.
    keep(store, article(authors=NAMES))
    assert works(store, ARXIV, "arxiv:2611.00002", JOURNAL) == [2, 1, 2]


def test_a_record_that_says_more_is_told_once_more_to_those_who_were_not_told(store: Store) -> None:
    bare = article(authors=NAMES)  # a feed without abstracts
    keep(store, bare)
    (row,) = subscribe(store, "ada")
    store.issues.publish(publication(row, told=[(1, "new")]))
    assert keep(store, preprint(), now=TOMORROW) == {"new": 1}
    assert [(arrival.paper.key, arrival.event) for arrival in store.papers.arrivals(NOW, TOMORROW)] == [(ARXIV, "new")]
    assert already_sent(store, "ada") == {(1, "new")}
    assert keep(store, preprint(), now=TOMORROW) == {}


def test_what_was_told_long_ago_is_not_told_again_by_a_fuller_record(store: Store) -> None:
    keep(store, article(authors=NAMES))
    late = NOW + timedelta(days=30)
    assert keep(store, preprint(changed=late), now=late) == {}
    assert events(store, late) == [(1, "new")]


def test_an_article_that_a_wrong_doi_joined_is_split_and_stays_apart(store: Store) -> None:
    keep(store, preprint(doi="10.1038/s41586-026-1"))
    keep(store, article(authors=NAMES))
    (row,) = subscribe(store, "ada")
    store.issues.publish(publication(row, told=[(1, "new"), (2, "published")]))
    store.works.split(JOURNAL, now=TOMORROW)
    assert works(store, ARXIV, JOURNAL) == [1, 1]
    assert events(store, TOMORROW) == [(1, "new"), (2, "new")]
    assert already_sent(store, "ada") == {(1, "new"), (2, "published")}
    keep(store, preprint(doi="10.1038/s41586-026-1", version=2), article(authors=NAMES, journal="Nature 2"))
    assert works(store, ARXIV, JOURNAL) == [1, 1]


def test_a_third_record_does_not_join_what_was_split(store: Store) -> None:
    keep(store, preprint(), article(authors=NAMES))
    store.works.split(ARXIV, now=NOW)
    keep(store, replace(article("10.1101/a", authors=NAMES), source="biorxiv", doi="10.1038/s41586-026-1"))
    assert sorted(works(store, ARXIV, JOURNAL)) == [1, 2]


def test_what_joined_in_silence_is_news_when_it_is_split(store: Store) -> None:
    keep(store, article(authors=NAMES, abstract="Enough."), preprint())
    store.works.split(ARXIV, now=TOMORROW)
    assert [(arrival.paper.key, arrival.event) for arrival in store.papers.arrivals(NOW, TOMORROW)] == [(ARXIV, "new")]


def test_the_oldest_record_can_be_split_from_the_others(store: Store) -> None:
    keep(store, preprint(), article(authors=NAMES))
    keep(
        store,
        Paper(key="pmid:7", title=article().title, source="pubmed", ids=Ids(pmid="7"), authors=NAMES, published=NOW),
    )
    assert works(store, ARXIV) == [3]
    store.works.split(ARXIV, now=TOMORROW)
    assert works(store, ARXIV, JOURNAL, "pmid:7") == [1, 2, 2]


def test_a_person_can_say_that_two_are_one_also_after_a_split(store: Store) -> None:
    keep(store, preprint(), article(title="Another title altogether", authors=NAMES))
    (row,) = subscribe(store, "ada")
    store.issues.publish(publication(row, told=[(2, "new")]))
    store.works.merge(JOURNAL, ARXIV, now=NOW)
    assert works(store, ARXIV, JOURNAL) == [2, 2]
    assert (1, "new") in already_sent(store, "ada")
    store.works.split(JOURNAL, now=NOW)
    store.works.merge(ARXIV, JOURNAL, now=NOW)
    assert works(store, ARXIV, JOURNAL) == [2, 2]
    keep(store, preprint(version=2))
    assert works(store, ARXIV) == [2]


def test_what_cannot_be_done_is_said_and_changes_nothing(store: Store) -> None:
    keep(store, preprint(), article(title="Another title altogether"))
    with pytest.raises(DigestError, match="only record of its work"):
        store.works.split(ARXIV, now=NOW)
    with pytest.raises(DigestError, match=r"doi:10\.1/none is not in the store"):
        store.works.merge(ARXIV, "doi:10.1/none", now=NOW)
    store.works.merge(ARXIV, JOURNAL, now=NOW)
    with pytest.raises(DigestError, match="one work already"):
        store.works.merge(ARXIV, JOURNAL, now=NOW)
    assert store.works.get("arxiv:2611.99999") is None
    assert store.papers.dated(SINCE, NOW)
