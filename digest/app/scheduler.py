"""The clock: a few fixed beats; it knows nothing but their names, their pace and how to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

log = structlog.get_logger("digest")


@dataclass(frozen=True, slots=True)
class Beat:
    """Work that comes round: it is started every so often, and never beside itself."""

    name: str
    every: timedelta
    work: Callable[[], None]


def run(beats: Sequence[Beat], *, stop: Event) -> None:
    """Let the beats run until `stop` is set, then wait for the ones at work; each starts at once.

    What is due stands in the database, so a beat that was missed is made up for by the next, and nothing is lost with
    this process.
    """
    scheduler = BackgroundScheduler(timezone=UTC)
    for beat in beats:
        scheduler.add_job(
            _guarded(beat),
            "interval",
            seconds=beat.every.total_seconds(),
            name=beat.name,
            # APScheduler's defaults drop a run that is a second late and wait a whole interval before the first.
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
            next_run_time=datetime.now(UTC),
        )
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)


def _guarded(beat: Beat) -> Callable[[], None]:
    def work() -> None:
        try:
            beat.work()
        except Exception:  # the clock must not stop for one fault; the next beat tries again
            log.exception("a beat failed", beat=beat.name)

    return work
