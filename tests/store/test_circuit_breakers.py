"""What all processes heed together: who is left alone, who may go when, what is left of a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from digest.limits import BackOff, RateLimit
from digest.store import Store
from tests.support.store_samples import NOW

SECOND = timedelta(seconds=1)
FIFTY = RateLimit(50, timedelta(days=1))


def test_failures_in_a_row_are_counted_until_it_works(store: Store) -> None:
    rests = [
        store.breakers.record_failure("relay", "r:25", now=NOW, words=f"{n}", back_off=BackOff((SECOND,), tolerated=2))
        for n in range(4)
    ]
    assert rests == [None, None, NOW + SECOND, NOW + SECOND]
    assert [(brake.kind, brake.name, brake.failures, brake.words) for brake in store.breakers.list_all()] == [
        ("relay", "r:25", 4, "3")
    ]
    store.breakers.record_success("domain", "r:25")
    assert len(store.breakers.list_all()) == 1
    store.breakers.record_success("relay", "r:25")
    assert store.breakers.list_all() == []


def test_turns_are_given_one_after_the_other_whoever_asks(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        turns = list(pool.map(lambda _: store.rate_limits.reserve("arxiv", RateLimit.every(3), now=NOW), range(12)))
    assert sorted(turns) == [NOW + 3 * SECOND * n for n in range(12)]
    assert store.rate_limits.reserve("arxiv", RateLimit.every(3), now=NOW + timedelta(hours=1)) == NOW + timedelta(
        hours=1
    )
    assert store.rate_limits.reserve("other", RateLimit.every(1), now=NOW, times=10) == NOW
    assert store.rate_limits.reserve("other", RateLimit.every(1), now=NOW) == NOW + 10 * SECOND


def test_what_another_clock_has_booked_is_not_kept(store: Store) -> None:
    tomorrow = NOW + timedelta(days=1)
    assert store.rate_limits.reserve("relay", RateLimit.every(1), now=tomorrow, times=10) == tomorrow
    assert store.rate_limits.reserve("relay", RateLimit.every(1), now=NOW, times=10) == NOW
    assert store.rate_limits.reserve("relay", RateLimit.every(1), now=NOW, times=10) == NOW + 10 * SECOND


def test_a_day_s_allowance_is_never_exceeded(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        granted = list(
            pool.map(
                lambda _: store.rate_limits.take_quota("r", FIFTY, day=NOW.date(), wanted=7),
                range(12),
            )
        )
    assert sum(granted) == 50
    store.rate_limits.return_quota("r", day=NOW.date(), count=3)
    assert store.rate_limits.take_quota("r", FIFTY, day=NOW.date(), wanted=7) == 3
    assert store.rate_limits.take_quota("r", FIFTY, day=NOW.date() + timedelta(days=1), wanted=7) == 7
