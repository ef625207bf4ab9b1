"""Answers of readers: the last one on a paper counts, and each reader's are their own."""

from __future__ import annotations

from datetime import timedelta

from digest.store import Store
from tests.support.store_samples import NOW


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
