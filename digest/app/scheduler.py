"""The scheduler of the daemon (APScheduler): runs named work at fixed intervals until it is asked to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

log = structlog.get_logger("digest")


@dataclass(frozen=True, slots=True)
class Interval:
    """Work that is started at a fixed interval, and never a second time while it still runs."""

    name: str
    every: timedelta
    work: Callable[[], None]


def run(intervals: Sequence[Interval], *, stop: Event) -> None:
    """Run the work of each interval until `stop` is set, then wait for what still runs; each starts at once.

    What is due is read from the database, so the next run makes up for a missed one and a crash loses nothing.
    """
    scheduler = BackgroundScheduler(timezone=UTC)
    for interval in intervals:
        scheduler.add_job(
            _guarded(interval),
            "interval",
            seconds=interval.every.total_seconds(),
            name=interval.name,
            # APScheduler's defaults drop a run that is a second late and wait a whole interval before the first.
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
            next_run_time=datetime.now(UTC),
        )
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)


def _guarded(interval: Interval) -> Callable[[], None]:
    def work() -> None:
        try:
            interval.work()
        except Exception:  # one fault must not stop the scheduler; the next run tries again
            log.exception("a beat failed", beat=interval.name)

    return work
