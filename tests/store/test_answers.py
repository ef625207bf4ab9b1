"""Answers of readers: the last one on a paper counts, and each reader's are their own."""

from __future__ import annotations

from datetime import timedelta

from digest.store import Store
from tests.support.store_samples import NOW, SINCE, keep, preprint


def test_the_last_answer_on_a_paper_counts(store: Store) -> None:
    store.answers.save("ada", "Yunhua Zhou", "arxiv:1", True, now=NOW)
    store.answers.save("ada", "Yunhua Zhou", "arxiv:2", True, now=NOW + timedelta(hours=1))
    store.answers.save("ada", "Yunhua Zhou", "arxiv:1", False, now=NOW + timedelta(hours=2))
    store.answers.save("bob", "Yunhua Zhou", "arxiv:1", True, now=NOW)
    found = store.answers.of_readers(["ada", "cy"])
    assert found == {("ada", "Yunhua Zhou"): (("arxiv:2", True), ("arxiv:1", False))}


def test_an_answer_is_taken_back(store: Store) -> None:
    store.answers.save("ada", "Yunhua Zhou", "arxiv:1", True, now=NOW)
    store.answers.save("ada", "Yunhua Zhou", "arxiv:1", None, now=NOW)
    store.answers.save("ada", "Yunhua Zhou", "arxiv:9", None, now=NOW)
    assert store.answers.of_readers(["ada"]) == {}


def test_records_by_their_keys(store: Store) -> None:
    keep(store, preprint())
    assert store.papers.get_many(["arxiv:2611.00001", "arxiv:0000.00000"]) == {"arxiv:2611.00001": preprint()}


def test_the_archive_has_the_newest_first(store: Store) -> None:
    keep(store, *(preprint(f"2611.0000{number}") for number in (1, 2, 3)))
    everything = store.papers.archive()
    assert {paper.key for paper in everything} == {f"arxiv:2611.0000{number}" for number in (1, 2, 3)}
    assert store.papers.archive(most=2) == everything[:2]
    assert store.papers.archive(SINCE + timedelta(days=4000)) == []
