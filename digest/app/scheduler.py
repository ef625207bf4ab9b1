"""The scheduler of `run` and `worker` (APScheduler): runs named work at fixed intervals beside the main thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from digest.errors import DigestError

log = structlog.get_logger("digest")


@dataclass(frozen=True, slots=True)
class Interval:
    """Work that is started at a fixed interval, and never a second time while it still runs."""

    name: str
    every: timedelta
    work: Callable[[], None]


@contextmanager
def running(intervals: Sequence[Interval]) -> Iterator[None]:
    """Meanwhile run the work of each interval, beginning at once; at the end wait for what still runs.

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
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)


def _guarded(interval: Interval) -> Callable[[], None]:
    """The work, whose faults are logged and stop nothing: the next run tries again."""

    def work() -> None:
        try:
            interval.work()
        except DigestError as error:
            log.error("a beat failed", beat=interval.name, words=str(error))
        except Exception:
            log.exception("a beat failed", beat=interval.name)

    return work
