"""Sources: cursors, validators and failures, and that they move with the papers or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.store import SourceProgress, SourceState, Store
from tests.support.store_samples import NOW, SINCE, preprint

NAME = "arxiv oai cs.CL"


def step(store: Store, progress: SourceProgress) -> SourceState:
    store.papers.add([], now=NOW, since=SINCE, first=False, progress=progress)
    return store.sources.get(progress.name)


def test_a_source_that_was_never_asked_has_nothing(store: Store) -> None:
    assert store.sources.get(NAME) == SourceState()


def test_a_walk_moves_its_cursor_page_by_page_and_is_done_at_its_end(store: Store) -> None:
    walking = step(store, SourceProgress(NAME, cursor="2026-11-18"))
    assert (walking.cursor, walking.last_try, walking.last_ok) == ("2026-11-18", NOW, None)
    done = step(store, SourceProgress(NAME, done=True))
    assert (done.cursor, done.last_ok) == ("2026-11-18", NOW)


def test_validators_are_kept_for_each_address_as_received(store: Store) -> None:
    step(store, SourceProgress(NAME, url="https://a.example/feed", validators=('W/"1"', None), done=True))
    step(store, SourceProgress(NAME, url="https://b.example/feed", validators=(None, "Fri, 20 Nov 2026 07:00:00 GMT")))
    state = step(store, SourceProgress(NAME, url="https://a.example/feed", validators=("2", None)))
    assert state.validators == {
        "https://a.example/feed": ("2", None),
        "https://b.example/feed": (None, "Fri, 20 Nov 2026 07:00:00 GMT"),
    }


def test_failures_count_until_the_next_success(store: Store) -> None:
    step(store, SourceProgress(NAME, cursor="2026-11-18", done=True))
    later = NOW + timedelta(minutes=15)
    store.sources.record_failure(NAME, what="503", now=NOW, next_try=later, asked=True)
    store.sources.record_failure(NAME, what="429", now=NOW, next_try=later)
    failing = store.sources.get(NAME)
    assert (failing.failures, failing.last_error, failing.next_try) == (2, "429", later)
    assert (failing.asked_to_wait, failing.cursor, failing.last_ok) == (False, "2026-11-18", NOW)
    well = step(store, SourceProgress(NAME, done=True))
    assert (well.failures, well.last_error, well.next_try, well.asked_to_wait) == (0, None, None, False)


def test_a_source_may_fail_before_it_ever_answered(store: Store) -> None:
    store.sources.record_failure(NAME, what="no connection", now=NOW, next_try=None)
    assert store.sources.get(NAME).failures == 1


def test_papers_and_progress_are_kept_together_or_not_at_all(store: Store) -> None:
    unkeepable = preprint("2611.00002", title="half a character: \ud800", announce="new")
    with pytest.raises(Exception, match="surrogates not allowed"):
        store.papers.add(
            [preprint(), unkeepable], now=NOW, since=SINCE, first=False, progress=SourceProgress(NAME, cursor="x")
        )
    assert store.papers.get("arxiv:2611.00001") is None
    assert store.sources.get(NAME) == SourceState()
