"""Recent papers in memory, for previews of rules: refreshed every ten minutes, for two previews at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from threading import Condition, Lock

from starlette.exceptions import HTTPException

from digest.rules import parse
from digest.store import Store
from digest.subscriptions import Rule
from digest.subscriptions.backtest import BacktestCorpus

DAYS = 30
MAX_PAPERS = 5_000
REFRESH_INTERVAL = timedelta(minutes=10)

_MAX_CONCURRENT_PREVIEWS = 2  # of different networks
_FIRST_LOAD_TIMEOUT = 20.0  # seconds that a request waits while another thread loads the papers for the first time
_SLOT_TIMEOUT = 4.0  # seconds that a request waits for another preview to end


class RecentPapers:
    """Loads the papers again when new ones have arrived. One thread loads; the others use the older ones meanwhile."""

    def __init__(self, *, max_papers: int = MAX_PAPERS, slot_timeout: float = _SLOT_TIMEOUT) -> None:
        self._max_papers, self._slot_timeout = max_papers, slot_timeout
        self._loading = Lock()
        self._free = Condition()
        self._served: set[str] = set()  # networks whose previews run
        self._loaded: tuple[datetime, int, BacktestCorpus] | None = None

    def get(self, store: Store, now: datetime) -> BacktestCorpus:
        """The papers, at most ten minutes old. Raises HTTPException (429) where the first load takes too long."""
        return self._refreshed(store, now)[2]

    @contextmanager
    def preview_slot(self, network: str) -> Iterator[None]:
        """Holds one of the two slots for previews; a network has one at a time, so that it cannot hold both.

        Raises HTTPException (429) where none is free for four seconds.
        """
        with self._free:
            if not self._free.wait_for(lambda: self._may_begin(network), timeout=self._slot_timeout):
                raise HTTPException(429, "too many rules are tried out")
            self._served.add(network)
        try:
            yield
        finally:
            with self._free:
                self._served.discard(network)
                self._free.notify_all()

    def _may_begin(self, network: str) -> bool:
        return network not in self._served and len(self._served) < _MAX_CONCURRENT_PREVIEWS

    def _refreshed(self, store: Store, now: datetime) -> tuple[datetime, int, BacktestCorpus]:
        loaded = self._loaded
        if loaded and now - loaded[0] < REFRESH_INTERVAL:
            return loaded
        if not self._loading.acquire(timeout=0 if loaded else _FIRST_LOAD_TIMEOUT):
            if loaded:
                return loaded
            raise HTTPException(429, "the papers are still being made ready")
        try:
            loaded = self._loaded
            if loaded and now - loaded[0] < REFRESH_INTERVAL:
                return loaded
            newest = store.papers.newest_serial()
            day = loaded[2].last if loaded else None
            if loaded and loaded[1] == newest and day == now.astimezone(UTC).date():
                self._loaded = (now, newest, loaded[2])
            else:
                self._loaded = (now, newest, _load(store, now, self._max_papers))
            return self._loaded
        finally:
            self._loading.release()


def _load(store: Store, now: datetime, max_papers: int) -> BacktestCorpus:
    last = now.astimezone(UTC).date()
    first = last - timedelta(days=DAYS - 1)
    papers = store.papers.archive(datetime.combine(first, time(), UTC) - timedelta.resolution, most=max_papers)
    dated = [paper.dated.astimezone(UTC).date() for paper in papers if paper.dated]
    if len(papers) == max_papers and dated and dated[-1] < last:
        first = dated[-1] + timedelta(days=1)  # the oldest day was cut off
    ground = BacktestCorpus(papers, first=first, last=last)
    ground.backtest(Rule(title="", query=parse("paper {p}")))  # builds the indexes that every later rule needs
    return ground
