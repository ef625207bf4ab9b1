"""Schedules of subscriptions: due once for each slot, alerts due with arrivals, unchanged by an equal config."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from digest.store import DueSubscription, ScheduleUpdate, Store, SubscriptionPlan
from tests.support.store_samples import NOW, SLOT, already_sent, contents_of, keep, preprint, publication, subscribe

TOMORROW = NOW + timedelta(days=1)


class NotingSchedule:
    """A schedule that notes what it was asked."""

    def __init__(self, answer: tuple[datetime, str] | None = (NOW, SLOT)) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, str | None]] = []

    def __call__(self, subscriber: str, name: str, last: str | None) -> tuple[datetime, str] | None:
        self.asked.append((subscriber, name, last))
        return self.answer


def plan(name: str = "Sparse", timing: str = "daily 07:30 UTC") -> SubscriptionPlan:
    return SubscriptionPlan(subscriber="ada", name=name, timing=timing)


def names(due: list[DueSubscription]) -> list[str]:
    return [row.name for row in due]


def test_a_new_subscription_is_due_in_its_slot_and_not_before(store: Store) -> None:
    store.subscriptions.sync([plan()], NotingSchedule(), now=NOW)
    assert store.subscriptions.due(NOW - timedelta(seconds=1)) == []
    (row,) = store.subscriptions.due(NOW)
    assert (row.subscriber, row.name, row.slot, row.due_at) == ("ada", "Sparse", SLOT, NOW)
    assert (row.cursor, row.fingerprint, row.number) == (None, None, 1)


def test_an_unchanged_subscription_is_not_scheduled_again(store: Store) -> None:
    store.subscriptions.sync([plan()], NotingSchedule(), now=NOW)
    again = NotingSchedule((TOMORROW, "2026-11-21T07:30"))
    store.subscriptions.sync([plan()], again, now=NOW)
    assert again.asked == []
    assert names(store.subscriptions.due(NOW)) == ["Sparse"]


def test_a_changed_time_is_scheduled_from_the_last_slot(store: Store) -> None:
    (row,) = subscribe(store, "ada")
    store.issues.publish(publication(row))
    changed = NotingSchedule((TOMORROW, "2026-11-21T09:00"))
    store.subscriptions.sync([plan(timing="daily 09:00 UTC")], changed, now=NOW)
    assert changed.asked == [("ada", "Sparse", SLOT)]
    (row,) = store.subscriptions.due(TOMORROW)
    assert (row.slot, row.cursor, row.fingerprint, row.number) == ("2026-11-21T09:00", NOW, "rules 1", 2)


def test_what_left_the_config_is_not_due_and_keeps_its_place(store: Store) -> None:
    (row,) = subscribe(store, "ada")
    store.issues.publish(publication(row))
    store.subscriptions.sync([], NotingSchedule(), now=NOW)
    assert store.subscriptions.due(TOMORROW) == []
    back = NotingSchedule((TOMORROW, "2026-11-21T07:30"))
    store.subscriptions.sync([plan()], back, now=NOW)
    assert back.asked == [("ada", "Sparse", SLOT)]
    (row,) = store.subscriptions.due(TOMORROW)
    assert (row.cursor, row.number) == (NOW, 2)


def test_many_subscriptions_are_synced_at_once(store: Store) -> None:
    plans = [SubscriptionPlan(subscriber=f"reader{number}", name="Sparse", timing="daily") for number in range(3_000)]
    store.subscriptions.sync(plans, NotingSchedule(), now=NOW)
    store.subscriptions.sync(plans[:1_000], NotingSchedule(), now=NOW)
    assert len(store.subscriptions.due(NOW)) == 1_000


def test_a_slot_passed_over_leaves_cursor_and_number(store: Store) -> None:
    (row,) = subscribe(store, "ada")
    store.subscriptions.advance([ScheduleUpdate(row=row.id, next_due=TOMORROW, next_slot="2026-11-21T07:30")])
    assert store.subscriptions.due(NOW) == []
    (row,) = store.subscriptions.due(TOMORROW)
    assert (row.slot, row.cursor, row.number) == ("2026-11-21T07:30", None, 1)


def test_an_alert_is_woken_by_arrivals_alone_and_once_by_each(store: Store) -> None:
    store.subscriptions.sync([plan("Alert", "at once")], NotingSchedule(None), now=NOW)
    assert store.subscriptions.due(NOW) == []
    keep(store, preprint())
    (row,) = store.subscriptions.due(NOW)
    assert (row.slot, row.due_at, row.newest) == (None, None, 1)
    store.subscriptions.advance([ScheduleUpdate(row=row.id, next_due=None, next_slot=None, seen=row.newest)])
    assert store.subscriptions.due(TOMORROW) == []
    keep(store, preprint("2611.00002"), now=TOMORROW)
    assert store.subscriptions.due(NOW) == []
    assert names(store.subscriptions.due(TOMORROW)) == ["Alert"]


def test_an_alert_that_was_composed_has_seen_what_it_told(store: Store) -> None:
    store.subscriptions.sync([plan("Alert", "at once")], NotingSchedule(None), now=NOW)
    keep(store, preprint())
    (row,) = store.subscriptions.due(NOW)
    done = publication(row, kind="alert", next_due=None, next_slot=None, seen=row.newest, told=[(1, "new")])
    assert store.issues.publish(done)
    assert store.subscriptions.due(TOMORROW) == []


def test_an_alert_whose_slot_is_taken_stays_to_be_told(store: Store) -> None:
    store.subscriptions.sync([plan("Alert", "at once")], NotingSchedule(None), now=NOW)
    keep(store, preprint())
    (row,) = store.subscriptions.due(NOW)
    alert = publication(row, kind="alert", slot="1", next_due=None, next_slot=None, seen=row.newest, told=[(1, "new")])
    assert store.issues.publish(alert)
    keep(store, preprint("2611.00002"))
    (row,) = store.subscriptions.due(NOW)
    assert not store.issues.publish(replace(alert, seen=row.newest, contents=contents_of(told=[(2, "new")])))
    assert store.subscriptions.due(NOW) == [row]
    assert already_sent(store, "ada") == {(1, "new")}


def test_the_slot_of_an_alert_is_no_hour_of_a_day(store: Store) -> None:
    store.subscriptions.sync([plan(timing="at once")], NotingSchedule(None), now=NOW)
    keep(store, preprint())
    (row,) = store.subscriptions.due(NOW)
    store.issues.publish(publication(row, kind="alert", slot="1", next_due=None, next_slot=None, seen=row.newest))
    daily = NotingSchedule()
    store.subscriptions.sync([plan()], daily, now=NOW)
    assert daily.asked == [("ada", "Sparse", None)]


def test_an_alert_may_become_a_daily_letter_and_back(store: Store) -> None:
    keep(store, preprint())
    store.subscriptions.sync([plan(timing="at once")], NotingSchedule(None), now=NOW)
    store.subscriptions.sync([plan()], NotingSchedule((TOMORROW, "2026-11-21T07:30")), now=NOW)
    assert store.subscriptions.due(NOW) == []
    store.subscriptions.sync([plan(timing="at once")], NotingSchedule(None), now=NOW)
    assert names(store.subscriptions.due(NOW)) == ["Sparse"]


def test_two_daemons_sync_the_same_reader_at_once(store: Store) -> None:
    """The second has read the table before the first wrote; SQLite has one writer at a time anyway."""
    plans = [SubscriptionPlan(subscriber="ada", name="Sparse", timing="daily 07:30 UTC")]

    def meanwhile(*_: object) -> tuple[datetime, str]:
        if store.engine.dialect.name == "postgresql" and not others:
            others.append(1)
            store.subscriptions.sync(plans, lambda *_: (NOW, SLOT), now=NOW)
        return NOW, SLOT

    others: list[int] = []
    store.subscriptions.sync(plans, meanwhile, now=NOW)
    assert [row.subscriber for row in store.subscriptions.due(NOW)] == ["ada"]
