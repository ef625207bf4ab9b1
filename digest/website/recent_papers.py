"""The papers of the last days, kept ready in the process of the site, so that rules are tried out at once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from threading import BoundedSemaphore, Lock

from starlette.exceptions import HTTPException

from digest.rules import parse
from digest.store import Store
from digest.subscriptions import Rule
from digest.subscriptions.backtest import BacktestCorpus

DAYS = 30
MOST_PAPERS = 5_000
RENEWED = timedelta(minutes=10)
"""How often at most it is made anew."""

_AT_ONCE = 2
_FIRST = 20.0  # seconds in which the first one is to be made
_PATIENCE = 4.0  # seconds in which one of those has to come to an end


class Grounds:
    """Makes the ground when something new has arrived; one thread does, the others get the old one."""

    def __init__(self) -> None:
        self._making = Lock()
        self._turns = BoundedSemaphore(_AT_ONCE)
        self._made: tuple[datetime, int, BacktestCorpus] | None = None

    def ground(self, store: Store, now: datetime) -> BacktestCorpus:
        return self._fresh(store, now)[2]

    def __enter__(self) -> None:
        """A turn to try rules out. Raises HTTPException (429) where too many others do."""
        if not self._turns.acquire(timeout=_PATIENCE):
            raise HTTPException(429, "too many rules are tried out")

    def __exit__(self, *_: object) -> None:
        self._turns.release()

    def _fresh(self, store: Store, now: datetime) -> tuple[datetime, int, BacktestCorpus]:
        made = self._made
        if made and now - made[0] < RENEWED:
            return made
        if not self._making.acquire(timeout=0 if made else _FIRST):
            if made:
                return made
            raise HTTPException(429, "the papers are still being made ready")
        try:
            made = self._made
            if made and now - made[0] < RENEWED:
                return made
            newest = store.papers.newest_serial()
            day = made[2].last if made else None
            if made and made[1] == newest and day == now.astimezone(UTC).date():
                self._made = (now, newest, made[2])
            else:
                self._made = (now, newest, _make(store, now))
            return self._made
        finally:
            self._making.release()


def _make(store: Store, now: datetime) -> BacktestCorpus:
    last = now.astimezone(UTC).date()
    first = last - timedelta(days=DAYS - 1)
    papers = store.papers.archive(datetime.combine(first, time(), UTC) - timedelta.resolution, most=MOST_PAPERS)
    dated = [paper.dated.astimezone(UTC).date() for paper in papers if paper.dated]
    if len(papers) == MOST_PAPERS and dated and dated[-1] < last:
        first = dated[-1] + timedelta(days=1)  # the oldest day is not there whole
    ground = BacktestCorpus(papers, first=first, last=last)
    ground.backtest(Rule(title="", query=parse("paper {p}")))  # what any rule needs is made by the first one
    return ground
