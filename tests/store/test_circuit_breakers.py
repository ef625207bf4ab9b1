"""Circuit breakers in the database: failures in a row are counted until a success."""

from __future__ import annotations

from datetime import timedelta

from digest.limits import BackOff
from digest.store import Store
from tests.support.store_samples import NOW

SECOND = timedelta(seconds=1)


def test_failures_in_a_row_are_counted_until_a_success(store: Store) -> None:
    rests = [
        store.breakers.record_failure("relay", "r:25", now=NOW, words=f"{n}", back_off=BackOff((SECOND,), tolerated=2))
        for n in range(4)
    ]
    assert rests == [None, None, NOW + SECOND, NOW + SECOND]
    assert [(breaker.kind, breaker.name, breaker.failures, breaker.words) for breaker in store.breakers.list_all()] == [
        ("relay", "r:25", 4, "3")
    ]
    store.breakers.record_success("domain", "r:25")
    assert len(store.breakers.list_all()) == 1
    store.breakers.record_success("relay", "r:25")
    assert store.breakers.list_all() == []
