"""Rate limits and daily quotas that all processes share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from digest.limits import RateLimit
from digest.store import Store
from tests.support.store_samples import NOW

SECOND = timedelta(seconds=1)
FIFTY = RateLimit(50, timedelta(days=1))


def test_turns_are_reserved_one_after_the_other_by_any_thread(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        turns = list(pool.map(lambda _: store.rate_limits.reserve("arxiv", RateLimit.every(3), now=NOW), range(12)))
    assert sorted(turns) == [NOW + 3 * SECOND * n for n in range(12)]
    assert store.rate_limits.reserve("arxiv", RateLimit.every(3), now=NOW + timedelta(hours=1)) == NOW + timedelta(
        hours=1
    )
    assert store.rate_limits.reserve("other", RateLimit.every(1), now=NOW, times=10) == NOW
    assert store.rate_limits.reserve("other", RateLimit.every(1), now=NOW) == NOW + 10 * SECOND


def test_a_reservation_of_another_clock_is_ignored(store: Store) -> None:
    tomorrow = NOW + timedelta(days=1)
    assert store.rate_limits.reserve("relay", RateLimit.every(1), now=tomorrow, times=10) == tomorrow
    assert store.rate_limits.reserve("relay", RateLimit.every(1), now=NOW, times=10) == NOW
    assert store.rate_limits.reserve("relay", RateLimit.every(1), now=NOW, times=10) == NOW + 10 * SECOND


def test_a_daily_quota_is_never_exceeded(store: Store) -> None:
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
