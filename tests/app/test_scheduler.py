"""The scheduler: work begins at once, comes again, and no fault of it ends anything."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest

from digest.app.scheduler import Interval, running
from digest.errors import DigestError

SOON = timedelta(seconds=0.02)


def test_work_begins_at_once_however_long_its_interval_is() -> None:
    begun = Event()
    with running([Interval("pull", timedelta(hours=1), begun.set)]):
        assert begun.wait(10)


@pytest.mark.parametrize("error", [DigestError("the disk is full"), ValueError("a bug")])
def test_work_that_fails_comes_again_and_stops_no_other(error: Exception) -> None:
    failures, other = list[int](), Event()
    thrice = Event()

    def fail() -> None:
        failures.append(1)
        if len(failures) == 3:
            thrice.set()
        raise error

    with running([Interval("pull", SOON, fail), Interval("tick", SOON, other.set)]):
        assert thrice.wait(10)
        assert other.wait(10)


def test_the_end_waits_for_what_still_runs() -> None:
    begun, go_on, done = Event(), Event(), Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)
        done.set()

    with running([Interval("tick", SOON, work)]):
        assert begun.wait(10)
        go_on.set()
    assert done.is_set()
