"""The clock rows: which subscription is due, from where it reads on, and what its reader was told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from digest.store import tables as t
from digest.store.engine import Database, batches, insert

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
    c = t.subscription.c
    with self.writing() as connection:
        rows = connection.execute(select(c.id, c.subscriber, c.name, c.timing, c.active, c.last_slot)).all()
        known = {(row.subscriber, row.name): row for row in rows}
        fresh, moved = [], []
        for plan in plans:
            row = known.pop((plan.subscriber, plan.name), None)
            if row is not None and row.active and row.timing == plan.timing:
                continue
            due, slot = schedule(plan.subscriber, plan.name, row.last_slot if row else None) or (None, None)
            place = {"timing": plan.timing, "next_due": due, "next_slot": slot, "active": True}
            if row is None:
                fresh.append(place | {"subscriber": plan.subscriber, "name": plan.name, "seen": 0, "number": 0})
            else:
                moved.append(place | {"row": row.id})
        gone = [{"row": row.id, "active": False} for row in known.values() if row.active]
        if fresh:
            # another daemon may be enrolling the same readers at this moment
            connection.execute(insert(connection, t.subscription).on_conflict_do_nothing(), fresh)
        for changes in filter(None, (moved, gone)):
            connection.execute(update(t.subscription).where(c.id == bindparam("row")), changes)


def due(self: Database, now: datetime) -> list[Due]:
    """The subscriptions whose slot has come, and the alerts for which something has arrived since they last looked."""
    c = t.subscription.c
    columns = (c.id, c.subscriber, c.name, c.next_slot, c.next_due, c.cursor, c.fingerprint, c.number)
    with self.reading() as connection:
        newest = connection.scalar(select(func.max(t.event.c.serial)).where(t.event.c.at <= now)) or 0
        slots = select(*columns).where(c.active, c.next_due <= now)
        alerts = select(*columns).where(c.active, c.next_due.is_(None), c.seen < newest)
        rows = [*connection.execute(slots.order_by(c.next_due, c.id)), *connection.execute(alerts.order_by(c.id))]
    return [
        Due(
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
        for number, subscriber, name, slot, due_at, cursor, fingerprint, last in rows
    ]


def next_due(self: Database) -> dict[tuple[str, str], datetime | None]:
    """When each subscription, by (subscriber, name), is due next; None: at once."""
    c = t.subscription.c
    with self.reading() as connection:
        rows = connection.execute(select(c.subscriber, c.name, c.next_due).where(c.active))
        return {(row.subscriber, row.name): row.next_due for row in rows}


def advance(self: Database, row: int, *, next_due: datetime | None, next_slot: str | None, seen: int = 0) -> None:
    """Let a slot pass without an issue (or an alert without news): what arrives meanwhile stays to be told."""
    with self.writing() as connection:
        step(connection, row, next_due=next_due, next_slot=next_slot, seen=seen)


def step(
    connection: Connection, row: int, *, next_due: datetime | None, next_slot: str | None, seen: int, **more: Any
) -> None:
    """Move a clock row on, in the caller's transaction."""
    c = t.subscription.c
    values = {"next_due": next_due, "next_slot": next_slot} | more
    connection.execute(update(t.subscription).where(c.id == row).values(values))
    connection.execute(update(t.subscription).where(c.id == row, c.seen < seen).values(seen=seen))


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
