"""Rate limits and back-off as pure values, and the numbers that the service keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.limits import BackOff, RateLimit
from tests.support.store_samples import NOW

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def test_one_after_the_other() -> None:
    limit = RateLimit.every(3)
    first = limit.turn(None, NOW)
    assert first == (NOW, NOW + 3 * SECOND)
    second = limit.turn(first.free_at, NOW + SECOND)
    assert second == (NOW + 3 * SECOND, NOW + 6 * SECOND)
    assert limit.turn(second.free_at, NOW + HOUR).start == NOW + HOUR  # what was not used is not saved up


def test_several_are_booked_at_once() -> None:
    limit = RateLimit(10, SECOND)
    first = limit.turn(None, NOW, times=10)
    assert first == (NOW, NOW + SECOND)
    assert limit.turn(first.free_at, NOW).start == NOW + SECOND


def test_a_burst_and_then_the_long_run() -> None:
    limit, free_at = RateLimit(10, HOUR, burst=5), None
    for _ in range(5):
        start, free_at = limit.turn(free_at, NOW)
        assert start == NOW
    assert limit.turn(free_at, NOW).start == NOW + 6 * MINUTE
    assert limit.turn(free_at, NOW + 6 * MINUTE).start == NOW + 6 * MINUTE


def test_a_counted_period() -> None:
    day = RateLimit(50, timedelta(days=1))
    assert [day.remaining(used, 7) for used in (0, 43, 45, 50, 60)] == [7, 7, 5, 0, 0]


def test_each_failure_waits_longer() -> None:
    steps = BackOff((MINUTE, HOUR))
    assert [steps.pause(failures) for failures in range(4)] == [timedelta(), MINUTE, HOUR, HOUR]
    doubled = BackOff.doubling(MINUTE, 30 * MINUTE)
    assert [doubled.pause(failures) / MINUTE for failures in range(1, 9)] == [1, 2, 4, 8, 16, 30, 30, 30]


def test_some_failures_are_tolerated() -> None:
    breaker = BackOff.doubling(MINUTE, 4 * MINUTE, tolerated=2)
    assert [breaker.pause(failures) / MINUTE for failures in range(1, 7)] == [0, 0, 1, 2, 4, 4]


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_chance_moves_a_wait(chance: float, factor: float) -> None:
    assert BackOff((10 * MINUTE,), spread=(0.8, 1.2)).pause(1, chance) / MINUTE == pytest.approx(10 * factor)
