"""Leases: one process has the due subscriptions of a reader, until its lease or the process ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from digest.store import DueSubscription, Store, SubscriptionPlan
from tests.support.store_samples import NOW, keep, preprint, publication

LEASE = timedelta(minutes=5)
READERS = [f"r{number:02}" for number in range(20)]


def schedule(store: Store, *names: str) -> None:
    """Every reader with subscriptions of these names, all due."""
    plans = [
        SubscriptionPlan(subscriber=reader, name=name, timing="daily 07:30 UTC") for reader in READERS for name in names
    ]
    store.subscriptions.sync(plans, lambda *_: (NOW, "2026-11-20T07:30"), now=NOW)


def claim(
    store: Store, owner: str, limit: int = 100, *, gone: str = "", after: timedelta = timedelta(0)
) -> list[DueSubscription]:
    return store.leases.claim_due(
        now=NOW + after, owner=owner, limit=limit, lease=LEASE, is_gone=lambda name: name == gone
    )


def test_nobody_gets_what_another_owner_has(store: Store) -> None:
    schedule(store, "Mine")
    first, second = claim(store, "a", 12), claim(store, "b", 12)
    assert [len(first), len(second)] == [12, 8]
    assert not {row.id for row in first} & {row.id for row in second}
    assert claim(store, "c") == []
    assert store.leases.backlog(NOW, LEASE).readers == 0


def test_all_that_is_due_of_a_reader_is_taken_together(store: Store) -> None:
    schedule(store, "Mine", "Yours")
    taken = [claim(store, owner, 7) for owner in "abc"]
    assert [len(rows) for rows in taken] == [14, 14, 12]
    assert [len({row.subscriber for row in rows}) for rows in taken] == [7, 7, 6]


def test_many_claim_at_once_and_no_reader_is_split(store: Store) -> None:
    schedule(store, "Mine", "Yours")
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: claim(store, f"o{number}", 3), range(8)))
    rows = [row for each in taken for row in each]
    assert len(rows) == len({row.id for row in rows}) == 2 * len(READERS)
    assert all(len(each) == 2 * len({row.subscriber for row in each}) for each in taken)


def test_a_claim_ends_with_its_process_with_its_lease_or_when_it_is_released(store: Store) -> None:
    schedule(store, "Mine")
    assert len(claim(store, "a")) == len(claim(store, "b", gone="a")) == len(READERS)
    assert claim(store, "c", after=LEASE / 2) == []
    assert len(claim(store, "c", after=LEASE)) == len(READERS)
    store.leases.release_due("c")
    assert store.leases.backlog(NOW, LEASE).readers == len(READERS)


def test_a_claim_that_is_kept_lasts_longer(store: Store) -> None:
    schedule(store, "Mine")
    rows = claim(store, "a")
    store.leases.renew_due([row.id for row in rows], owner="a", until=NOW + 2 * LEASE)
    assert claim(store, "b", after=LEASE * 1.5) == []


def test_a_claim_of_another_clock_is_ignored(store: Store) -> None:
    schedule(store, "Mine")
    assert len(claim(store, "a", after=timedelta(days=400))) == len(READERS)
    assert len(claim(store, "b")) == len(READERS)


def test_an_issue_releases_its_claim(store: Store) -> None:
    keep(store, preprint())
    schedule(store, "Mine")
    (row,) = claim(store, "a", 1)
    store.issues.publish(publication(row))
    assert [each.id for each in store.subscriptions.due(NOW, [row.id])] == []
    assert store.leases.backlog(NOW, LEASE).readers == len(READERS) - 1


def test_the_backlog_is_counted(store: Store) -> None:
    schedule(store, "Mine")
    waiting = store.leases.backlog(NOW, LEASE)
    assert (waiting.readers, waiting.since, waiting.newest, waiting.letters) == (len(READERS), None, 0, 0)
    assert store.leases.backlog(NOW - timedelta(hours=1), LEASE).readers == 0


def test_periodic_work_is_done_by_one_at_a_time(store: Store) -> None:
    wait = store.leases.acquire("web arxiv", now=NOW, lease=LEASE)
    assert not wait
    assert store.leases.acquire("web arxiv", now=NOW, lease=LEASE) == LEASE
    store.leases.release("web arxiv", at=NOW + timedelta(seconds=3))
    assert store.leases.acquire("web arxiv", now=NOW + timedelta(seconds=1), lease=LEASE) == timedelta(seconds=2)
    assert not store.leases.acquire("web arxiv", now=NOW + timedelta(seconds=3), lease=LEASE)
    assert not store.leases.acquire("web dblp.org", now=NOW, lease=LEASE)


def test_a_dead_owner_or_another_clock_blocks_periodic_work_no_longer_than_the_lease(store: Store) -> None:
    assert not store.leases.acquire("pull arxiv", now=NOW, lease=LEASE)
    assert not store.leases.acquire("pull arxiv", now=NOW + LEASE, lease=LEASE)
    assert not store.leases.acquire("pull arxiv", now=NOW - timedelta(days=9), lease=LEASE)
