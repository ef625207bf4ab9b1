"""Schedules of subscriptions (table subscription): when each is due, and from where its next issue reads on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, insert, or_, select, update

from digest.errors import SetAside
from digest.mail.address import address_key
from digest.store import tables as t
from digest.store.engine import SCHEDULES, Database, batches, lock_writers
from digest.store.statements import note

NextSlot = Callable[[str, str, str | None], tuple[datetime, str] | None]
"""(subscriber, subscription's name, slot of its last issue) -> (next due time, its slot); None: an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPlan:
    """A subscription as configured."""

    subscriber: str
    name: str
    timing: str  # days, hour and zone as text; a change of it recomputes the next slot


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSubscription:
    """A subscription that is due."""

    id: int
    subscriber: str
    name: str
    slot: str | None  # None: an alert
    due_at: datetime | None
    cursor: datetime | None  # the end of the last window; None: no issue yet
    fingerprint: str | None  # of the rules that the last issue used
    number: int  # of the issue to come
    newest: int  # the newest arrival's serial; ScheduleUpdate.seen with it: an alert is not due for it again


@dataclass(frozen=True, slots=True)
class SubscriptionStore:
    """The schedule of every subscription."""

    database: Database

    def sync(self, plans: Sequence[SubscriptionPlan], schedule: NextSlot, *, now: datetime) -> list[SetAside]:
        """Update the schedules to the config; `schedule` is called inside the write transaction, once for each change.

        It is asked for subscriptions that are new, have another timing, or are configured again. A subscription that
        left the config is never due and keeps its row, in case it comes back. One whose `schedule` fails stays as it
        was, and is returned with the reason.
        """
        schedule, failed = cache(schedule), dict[str, SetAside]()
        with self.database.reading() as connection:  # mostly nothing differs, and then no writer is blocked
            if not any(_differences(connection, plans, schedule, failed)):
                return [*failed.values()]
        with self.database.writing() as connection:
            lock_writers(connection, SCHEDULES)
            fresh, moved, gone = _differences(connection, plans, schedule, failed)
            if fresh:
                connection.execute(insert(t.subscription), fresh)
            for changes in filter(None, (moved, gone)):
                connection.execute(update(t.subscription).where(t.subscription.c.id == bindparam("row")), changes)
        return [*failed.values()]

    def rename_readers(self, current: Mapping[str, tuple[str, Collection[str]]]) -> dict[str, str]:
        """Give what is known of readers who are gone to readers of a new id with the same address.

        That is how a reader's file that was renamed looks. `current` has the address and the names of the subscriptions
        of each reader; old and new must share a subscription. The new ids by the old ones.
        """
        with self.database.reading() as connection:
            if not _renamed(connection, current):
                return {}
        with self.database.writing() as connection:
            lock_writers(connection, SCHEDULES)
            renamed = _renamed(connection, current)
            for old, new in renamed.items():
                rename_reader(connection, old, new)
                note(self.database, connection, "rename", subscriber=new, old=old)
        return renamed

    def due(self, now: datetime, among: Collection[int] | None = None) -> list[DueSubscription]:
        """The subscriptions whose slot has come, and the alerts with arrivals since they last looked.

        `among`: only of the subscriptions with these ids.
        """
        c = t.subscription.c
        with self.database.reading() as connection:
            newest = newest_serial(connection, now)
            wanted = select(*COLUMNS).where(is_due(newest, now))
            asked = [wanted] if among is None else [wanted.where(c.id.in_(batch)) for batch in batches(among)]
            rows = [row for statement in asked for row in connection.execute(statement.order_by(c.next_due, c.id))]
        slots, alerts = ([row for row in rows if (row.next_due is None) == is_alert] for is_alert in (False, True))
        return [due_of(row, newest) for row in (*slots, *alerts)]

    def next_due(self, subscriber: str | None = None) -> dict[tuple[str, str], datetime | None]:
        """When each subscription (of this reader), by (subscriber, name), is due next; None: at once."""
        c = t.subscription.c
        wanted = select(c.subscriber, c.name, c.next_due).where(c.active)
        if subscriber is not None:
            wanted = wanted.where(c.subscriber == subscriber)
        with self.database.reading() as connection:
            rows = connection.execute(wanted)
            return {(row.subscriber, row.name): row.next_due for row in rows}

    def advance(self, steps: Sequence[ScheduleUpdate]) -> None:
        """Move subscriptions on without an issue; their arrivals stay to be sent."""
        if steps:
            with self.database.writing() as connection:
                update_schedules(connection, steps)


_OF_A_READER = (*(t.subscription, t.issue, t.delivery, t.departure, t.pause, t.mute, t.opinion, t.answer, t.links),)


def _renamed(connection: Connection, current: Mapping[str, tuple[str, Collection[str]]]) -> dict[str, str]:
    """The new ids of readers, by their old ones."""
    known: dict[str, set[str]] = {}
    for subscriber, name in connection.execute(select(t.subscription.c.subscriber, t.subscription.c.name)):
        known.setdefault(subscriber, set()).add(name)
    gone, fresh = known.keys() - current.keys(), current.keys() - known.keys()
    if not gone or not fresh:
        return {}
    addresses: dict[str, str] = {}  # the last one of each
    letters = select(t.issue.c.subscriber, t.delivery.c.recipient).join(t.delivery).order_by(t.delivery.c.id)
    for batch in batches(gone):
        for subscriber, recipient in connection.execute(letters.where(t.issue.c.subscriber.in_(batch))):
            addresses[subscriber] = recipient
    named = {address_key(recipient): old for old, recipient in addresses.items()}
    renamed = {}
    for new in sorted(fresh):
        address, names = current[new]
        old = named.pop(address_key(address), None)
        if old is not None and not known[old].isdisjoint(names) and _is_unknown(connection, new):
            renamed[old] = new
    return renamed


def rename_reader(connection: Connection, old: str, new: str) -> None:
    """Give what is known of a reader to that of a new id, of whom nothing is known yet."""
    if _is_unknown(connection, new):
        for table in _OF_A_READER:
            connection.execute(update(table).where(table.c.subscriber == old).values(subscriber=new))


def _is_unknown(connection: Connection, subscriber: str) -> bool:
    """Whether the database has nothing of a reader yet."""
    found = (select(table.c.subscriber).where(table.c.subscriber == subscriber).limit(1) for table in _OF_A_READER)
    return not any(connection.scalar(each) for each in found)


def _differences(
    connection: Connection, plans: Sequence[SubscriptionPlan], schedule: NextSlot, failed: dict[str, SetAside]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows to insert, to update, and to deactivate; plans whose `schedule` fails go into `failed`."""
    c = t.subscription.c
    rows = connection.execute(select(c.id, c.subscriber, c.name, c.timing, c.active, c.last_slot))
    known = {(subscriber, name): (row, timing, active, last) for row, subscriber, name, timing, active, last in rows}
    fresh, moved = [], []
    for plan in plans:
        row, timing, active, last = known.pop((plan.subscriber, plan.name), (None, None, False, None))
        if row is not None and active and timing == plan.timing:
            continue
        try:
            due, slot = schedule(plan.subscriber, plan.name, last) or (None, None)
        except Exception as error:  # noqa: BLE001, whatever is odd about one schedule, the others are kept
            aside = SetAside.of("issue", f"{plan.subscriber}, {plan.name}", error)
            failed[aside.name] = aside
            continue
        place = {"timing": plan.timing, "next_due": due, "next_slot": slot, "active": True}
        if row is None:
            fresh.append(place | {"subscriber": plan.subscriber, "name": plan.name, "seen": 0, "number": 0})
        else:
            moved.append(place | {"row": row})
    gone = [{"row": row, "active": False} for row, _, active, _ in known.values() if active]
    return fresh, moved, gone


_C = t.subscription.c
COLUMNS = (_C.id, _C.subscriber, _C.name, _C.next_slot, _C.next_due, _C.cursor, _C.fingerprint, _C.number)
"""The columns from which a DueSubscription is made."""


def newest_serial(connection: Connection, now: datetime) -> int:
    """The serial of the newest arrival."""
    return connection.scalar(select(func.max(t.event.c.serial)).where(t.event.c.at <= now)) or 0


def is_due(newest: int, now: datetime) -> ColumnElement[bool]:
    """The SQL condition that a subscription is due."""
    c = t.subscription.c
    return and_(c.active, or_(c.next_due <= now, and_(c.next_due.is_(None), c.seen < newest)))


def due_of(row: Row[*tuple[Any, ...]], newest: int) -> DueSubscription:
    """A DueSubscription from a row of COLUMNS."""
    number, subscriber, name, slot, due_at, cursor, fingerprint, last = row
    return DueSubscription(
        id=number,
        subscriber=subscriber,
        name=name,
        slot=slot,
        due_at=due_at,
        cursor=cursor,
        fingerprint=fingerprint,
        number=last + 1,
        newest=newest,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleUpdate:
    """The next due time of a subscription, and further columns to change with it."""

    row: int
    next_due: datetime | None
    next_slot: str | None
    seen: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)  # further columns


def update_schedules(connection: Connection, steps: Sequence[ScheduleUpdate]) -> None:
    """Move subscriptions on and release their claims, in the caller's transaction."""
    c = t.subscription.c
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for each in sorted(steps, key=lambda each: each.row):
        values = {"next_due": each.next_due, "next_slot": each.next_slot, "held": None, "held_by": None, **each.more}
        alike.setdefault(tuple(values), []).append({"row": each.row} | {f"new_{key}": values[key] for key in values})
    for keys, rows in alike.items():
        moved = {key: bindparam(f"new_{key}", type_=c[key].type) for key in keys}
        connection.execute(update(t.subscription).where(c.id == bindparam("row")).values(moved), rows)
    seen = [{"row": each.row, "new_seen": each.seen} for each in steps if each.seen]
    if seen:
        looked = update(t.subscription).where(c.id == bindparam("row"), c.seen < bindparam("new_seen"))
        connection.execute(looked.values(seen=bindparam("new_seen")), seen)
