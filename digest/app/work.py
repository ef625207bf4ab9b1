"""The work planner: finds due work as batches (jobs) that any process may take, and runs one of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import ceil
from threading import Event

from digest import process
from digest.app import App
from digest.app.queue import LETTERS, Job, JobKind
from digest.delivery import Delivered
from digest.ingest.enrich import EnrichResult, enricher_is_resting
from digest.ingest.pull import PullResult, is_resting
from digest.issues.compose import LEASE, SHARD, ComposeResult
from digest.sources.base import PaperLookUp, Source

WorkResult = PullResult | EnrichResult | ComposeResult | Delivered
"""The result of one unit of work, as it is logged."""


def find_work(app: App, now: datetime, *kinds: JobKind, restored: bool = False) -> list[Job]:
    """The due work of these kinds as jobs, after taking over the letters of dead processes on this machine.

    Raises DigestError.
    """
    found = list[Job]()
    fetched = [source for source in app.sources if is_resting(source, app.store, now)]
    if "pull" in kinds:
        asked: list[Source | PaperLookUp] = [*app.sources, *app.look_ups]
        found += [Job("pull", each.name) for each in asked if not is_resting(each, app.store, now)]
    if "enrich" in kinds:
        found += [Job("enrich", each.name) for each in app.enrichers if not enricher_is_resting(each, app.store, now)]
    if "compose" in kinds or "deliver" in kinds:
        app.sync_schedules(now)
        app.recover(now, restored=restored)
        waiting = app.store.leases.backlog(now, LEASE, process.is_gone)
        # on a new installation the first pull must finish before the first issue is composed
        readers = waiting.readers if waiting.newest or len(fetched) == len(app.sources) else 0
        found += [Job("compose")] * ceil(readers / SHARD) if "compose" in kinds else []
        found += [Job("deliver")] * ceil(waiting.letters / LETTERS) if "deliver" in kinds else []
    return found


def run_job(
    app: App,
    job: Job,
    clock: Callable[[], datetime],
    *,
    stop: Event,
    restored: bool = False,
    tell: Callable[[WorkResult], None] = lambda _: None,
) -> None:
    """Run one job; work that another process has claimed or done is skipped. Raises DigestError."""
    if job.kind == "pull":
        app.pull(now=clock(), exactly=job.name, stop=stop, tell=tell)
    elif job.kind == "enrich":
        app.enrich(now=clock(), only=job.name, stop=stop, tell=tell)
    elif job.kind == "compose":
        written = app.compose(now=clock(), shards=1, stop=stop, restored=restored, tell=tell)
        if written and not app.config.queue:  # a shared queue got the job in the transaction that wrote the letters
            app.queue.enqueue([Job("deliver")])
    else:
        enough = _StopAfter(stop, LETTERS)

        def count(letter: Delivered) -> None:
            enough.count()
            tell(letter)

        app.deliver(clock, stop=enough, restored=restored, tell=count)


class _StopAfter(Event):
    """A stop event that is also set once `most` letters were counted."""

    def __init__(self, stop: Event, most: int) -> None:
        super().__init__()
        self._stop = stop
        self._left = most

    def count(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.set()

    def is_set(self) -> bool:
        return super().is_set() or self._stop.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        return super().is_set() or self._stop.wait(timeout)
