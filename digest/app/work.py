"""What work there is in a house, in batches that any process may take, and how one batch is done."""

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
"""What came of a piece of work."""


def find_work(app: App, now: datetime, *kinds: JobKind, restored: bool = False) -> list[Job]:
    """The work that there is, of these kinds, in batches, with what the dead of this machine have left: what a sweep
    hands on. Raises DigestError.
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
        # the first issue of a new house must not be written before its papers are there
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
    """One job; what another does already, or has done, is left alone. Raises DigestError."""
    if job.kind == "pull":
        app.pull(now=clock(), exactly=job.name, stop=stop, tell=tell)
    elif job.kind == "enrich":
        app.enrich(now=clock(), only=job.name, stop=stop, tell=tell)
    elif job.kind == "compose":
        written = app.compose(now=clock(), shards=1, stop=stop, tell=tell)
        if written and not app.config.queue:  # a queue has the job by now, in the letters' transaction
            app.queue.enqueue([Job("deliver")])
    else:
        enough = _StopAfter(stop, LETTERS)

        def count(letter: Delivered) -> None:
            enough.count()
            tell(letter)

        app.deliver(clock, stop=enough, restored=restored, tell=count)


class _StopAfter(Event):
    """Is set when asked to stop, or after so many."""

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
