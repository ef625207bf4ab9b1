"""The clock rows: which subscription is due, from where it reads on, and what its reader was told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, insert, or_, select, update

from digest.store import tables as t
from digest.store.engine import CLOCKS, Database, batches, queue_up

Schedule = Callable[[str, str, str | None], tuple[datetime, str] | None]
"""(subscriber, subscription's name, slot of its last issue) -> when it is due next, for which slot; None: at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A subscription as the config wants it."""

    subscriber: str
    name: str
    timing: str  # days, hour and zone as text: when it changes the next slot is reckoned anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A subscription whose time has come."""

    id: int
    subscriber: str
    name: str
    slot: str | None  # the slot that is due; None: at once
    due_at: datetime | None
    cursor: datetime | None  # the end of the last window; None: no issue yet
    fingerprint: str | None  # of the rules that the last issue used
    number: int  # of the issue to come
    newest: int  # the newest arrival's serial; an alert that hands it back is not woken for it again


def sync(self: Database, plans: Sequence[Plan], schedule: Schedule, *, now: datetime) -> None:
    """Bring the clock rows in line with the config; only what differs is written.

    `schedule` is asked for the subscriptions that are new, changed in time, or back again. What left the config is
    never due and keeps its place, in case it comes back.
    """
    schedule = cache(schedule)
    with self.reading() as connection:  # mostly nothing differs, and then no writer is kept waiting
        if not any(_differences(connection, plans, schedule)):
            return
    with self.writing() as connection:
        queue_up(connection, CLOCKS)
        fresh, moved, gone = _differences(connection, plans, schedule)
        if fresh:
            connection.execute(insert(t.subscription), fresh)
        for changes in filter(None, (moved, gone)):
            connection.execute(update(t.subscription).where(t.subscription.c.id == bindparam("row")), changes)


def _differences(
    connection: Connection, plans: Sequence[Plan], schedule: Schedule
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows that are new, that move, and that have left the config."""
    c = t.subscription.c
    rows = connection.execute(select(c.id, c.subscriber, c.name, c.timing, c.active, c.last_slot))
    known = {(subscriber, name): (row, timing, active, last) for row, subscriber, name, timing, active, last in rows}
    fresh, moved = [], []
    for plan in plans:
        row, timing, active, last = known.pop((plan.subscriber, plan.name), (None, None, False, None))
        if row is not None and active and timing == plan.timing:
            continue
        due, slot = schedule(plan.subscriber, plan.name, last) or (None, None)
        place = {"timing": plan.timing, "next_due": due, "next_slot": slot, "active": True}
        if row is None:
            fresh.append(place | {"subscriber": plan.subscriber, "name": plan.name, "seen": 0, "number": 0})
        else:
            moved.append(place | {"row": row})
    gone = [{"row": row, "active": False} for row, _, active, _ in known.values() if active]
    return fresh, moved, gone


_C = t.subscription.c
COLUMNS = (_C.id, _C.subscriber, _C.name, _C.next_slot, _C.next_due, _C.cursor, _C.fingerprint, _C.number)
"""What a Due is made of."""


def due(self: Database, now: datetime, among: Collection[int] | None = None) -> list[Due]:
    """The subscriptions whose slot has come, and the alerts for which something has arrived since they last looked.

    Of the clock rows `among` alone, where given.
    """
    c = t.subscription.c
    with self.reading() as connection:
        newest = newest_serial(connection, now)
        wanted = select(*COLUMNS).where(is_due(newest, now))
        asked = [wanted] if among is None else [wanted.where(c.id.in_(batch)) for batch in batches(among)]
        rows = [row for statement in asked for row in connection.execute(statement.order_by(c.next_due, c.id))]
    slots, alerts = ([row for row in rows if (row.next_due is None) == is_alert] for is_alert in (False, True))
    return [due_of(row, newest) for row in (*slots, *alerts)]


def next_due(self: Database, subscriber: str | None = None) -> dict[tuple[str, str], datetime | None]:
    """When each subscription, by (subscriber, name), is due next; None: at once. Of one reader alone, where given."""
    c = t.subscription.c
    wanted = select(c.subscriber, c.name, c.next_due).where(c.active)
    if subscriber is not None:
        wanted = wanted.where(c.subscriber == subscriber)
    with self.reading() as connection:
        rows = connection.execute(wanted)
        return {(row.subscriber, row.name): row.next_due for row in rows}


def newest_serial(connection: Connection, now: datetime) -> int:
    """The newest arrival's."""
    return connection.scalar(select(func.max(t.event.c.serial)).where(t.event.c.at <= now)) or 0


def is_due(newest: int, now: datetime) -> ColumnElement[bool]:
    """Which clock rows are due."""
    c = t.subscription.c
    return and_(c.active, or_(c.next_due <= now, and_(c.next_due.is_(None), c.seen < newest)))


def due_of(row: Row[*tuple[Any, ...]], newest: int) -> Due:
    """A row of COLUMNS."""
    number, subscriber, name, slot, due_at, cursor, fingerprint, last = row
    return Due(
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
class Step:
    """How a clock row moves on."""

    row: int
    next_due: datetime | None
    next_slot: str | None
    seen: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)  # further columns


def advance(self: Database, steps: Sequence[Step]) -> None:
    """Let slots pass without an issue (or alerts without news): what arrives meanwhile stays to be told."""
    if steps:
        with self.writing() as connection:
            step(connection, steps)


def step(connection: Connection, steps: Sequence[Step]) -> None:
    """Move clock rows on and let go of them, in the caller's transaction."""
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


def told(self: Database, subscriber: str, works: Collection[int] | None = None) -> frozenset[tuple[int, str]]:
    """What a reader knows, as (work, event); of these works alone, where given."""
    c = t.memory.c
    known = select(c.work, c.event).where(c.subscriber == subscriber)
    asked = [known] if works is None else [known.where(c.work.in_(batch)) for batch in batches(works)]
    with self.reading() as connection:
        return frozenset((work, what) for statement in asked for work, what in connection.execute(statement))


def told_many(self: Database, subscribers: Iterable[str], since: datetime) -> dict[str, frozenset[tuple[int, str]]]:
    """What each of these readers knows of the works of which something arrived after `since`."""
    c = t.memory.c
    works = select(t.event.c.work).where(t.event.c.at > since)
    known: dict[str, set[tuple[int, str]]] = {}
    with self.reading() as connection:
        for batch in batches(subscribers):
            asked = select(c.subscriber, c.work, c.event).where(c.subscriber.in_(batch), c.work.in_(works))
            for subscriber, work, what in connection.execute(asked):
                known.setdefault(subscriber, set()).add((work, what))
            for subscriber in batch:
                known.setdefault(subscriber, set())
    return {subscriber: frozenset(facts) for subscriber, facts in known.items()}


def told_of(self: Database, subscribers: Iterable[str]) -> dict[str, frozenset[tuple[int, str]]]:
    """All that each of these readers knows, as (work, event)."""
    c = t.memory.c
    known: dict[str, list[tuple[int, str]]] = {}
    with self.reading() as connection:
        for batch in batches(subscribers):
            known |= {subscriber: [] for subscriber in batch}
            asked = select(c.subscriber, c.work, c.event).where(c.subscriber.in_(batch))
            for subscriber, work, what in connection.execute(asked):
                known[subscriber].append((work, what))
    return {subscriber: frozenset(facts) for subscriber, facts in known.items()}
