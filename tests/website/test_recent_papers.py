"""Recent papers in memory: loaded once, refreshed when new ones arrive, and two previews at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import Engine
from starlette.exceptions import HTTPException

from digest.papers import Paper
from digest.store import PaperStore, Store
from digest.website.recent_papers import DAYS, REFRESH_INTERVAL, RecentPapers
from digest.website.request_limits import SITE, client_network
from tests.support.recent_papers import add_recent_papers
from tests.support.store_samples import NOW, keep, preprint


def test_the_papers_are_made_ready_once_and_anew_when_others_have_come(store: Store) -> None:
    recent = RecentPapers()
    add_recent_papers(store)
    first = recent.get(store, NOW)
    assert (first.last - first.first).days == DAYS - 1
    assert recent.get(store, NOW + REFRESH_INTERVAL / 2) is first
    assert recent.get(store, NOW + REFRESH_INTERVAL) is first  # nothing new has come
    keep(store, preprint("2611.77777", title="New"), now=NOW + REFRESH_INTERVAL)
    assert recent.get(store, NOW + REFRESH_INTERVAL * 1.5) is first
    second = recent.get(store, NOW + REFRESH_INTERVAL * 2)
    assert len(second) == len(first) + 1
    assert recent.get(store, NOW + timedelta(days=1)).last > second.last  # another day


def test_of_very_many_papers_only_whole_days_are_counted(store: Store) -> None:
    add_recent_papers(store)
    ground = RecentPapers(max_papers=9).get(store, NOW)
    assert (ground.last - ground.first).days == 2
    assert len(ground) < 9


@dataclass(frozen=True, slots=True)
class _SlowPapers(PaperStore):
    begun: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)

    def archive(self, *args: object, **more: object) -> list[Paper]:
        self.begun.set()
        assert self.go_on.wait(10)
        return []


class _Slow(Store):
    """A store that takes its time."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.papers: _SlowPapers = _SlowPapers(self)


def test_while_one_thread_makes_them_ready_the_others_get_the_old_ones(store: Store) -> None:
    recent = RecentPapers()
    old = recent.get(store, NOW)
    keep(store, preprint(), now=NOW)
    slow = _Slow(store.engine)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(recent.get, slow, NOW + REFRESH_INTERVAL)
        assert slow.papers.begun.wait(10)
        assert recent.get(slow, NOW + REFRESH_INTERVAL) is old
        slow.papers.go_on.set()
        assert coming.result() is not old


def test_two_may_try_at_a_time() -> None:
    recent = RecentPapers(slot_timeout=0.05)
    with recent.preview_slot("192.0.2.1"), recent.preview_slot("192.0.2.2"):
        with pytest.raises(HTTPException) as refused, recent.preview_slot("192.0.2.3"):
            pass
        assert refused.value.status_code == 429
    with recent.preview_slot("192.0.2.1"):
        pass


def test_one_network_holds_one_place_and_leaves_the_other() -> None:
    recent = RecentPapers(slot_timeout=0.05)
    with recent.preview_slot(client_network("2001:db8:1:2::3", SITE)):
        with pytest.raises(HTTPException), recent.preview_slot(client_network("2001:db8:1:ffff::9", SITE)):
            pass
        with recent.preview_slot(client_network("2001:db8:2::1", SITE)):
            pass
    with recent.preview_slot("2001:db8:1::/48"):
        pass
