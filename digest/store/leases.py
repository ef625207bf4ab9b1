"""Leases on due subscriptions and on periodic work, so that two processes do not do the same work.

A lease only saves work. That an issue is written once is guaranteed by the unique key of its slot.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select, update

from digest.store import tables as t
from digest.store.engine import SCHEDULES, Database, batches, insert, lock_writers
from digest.store.subscriptions import COLUMNS, DueSubscription, due_of, is_due, newest_serial

_C = t.subscription.c
_FREE: dict[str, Any] = {"held": None, "held_by": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How much work is pending."""

    readers: int  # with a due subscription that nobody has claimed
    since: datetime | None  # the earliest cursor; None: one has had no issue yet
    newest: int  # the newest arrival's serial
    letters: int  # that are ready to be sent


@dataclass(frozen=True, slots=True)
class LeaseStore:
    """Claims on due subscriptions and on periodic work."""

    database: Database

    def claim_due(
        self,
        *,
        now: datetime,
        owner: str,
        limit: int,
        lease: timedelta,
        is_gone: Callable[[str], bool] = lambda _: False,
    ) -> list[DueSubscription]:
        """Claim all due subscriptions of up to `limit` readers for `lease`, the longest waiting first.

        All due subscriptions of a reader are claimed together, since none may repeat the news of another. `is_gone`
        says of an owner whether its process has ended; its claims end with it.
        """
        with self.database.reading() as connection:
            gone = _ended_owners(connection, is_gone)  # an owner that has ended never comes back
        with self.database.writing() as connection:
            lock_writers(connection, SCHEDULES)  # one claim at a time, so that no reader is split between two owners
            newest = newest_serial(connection, now)
            free = ~_is_claimed(now, lease, gone)
            chosen = select(_C.subscriber).where(is_due(newest, now), free).group_by(_C.subscriber)
            readers = connection.scalars(chosen.order_by(func.min(_C.next_due), _C.subscriber).limit(limit)).all()
            rows: list[Any] = []
            for batch in batches(readers):
                mine = update(t.subscription).where(_C.subscriber.in_(batch), is_due(newest, now))
                taken = mine.values(held=now + lease, held_by=owner).returning(*COLUMNS)
                rows += connection.execute(taken).all()
        return sorted((due_of(row, newest) for row in rows), key=lambda due: (due.due_at or now, due.id))

    def renew_due(self, rows: Collection[int], *, owner: str, until: datetime) -> None:
        """Extend claims of this owner."""
        with self.database.writing() as connection:
            for batch in batches(rows):
                connection.execute(
                    update(t.subscription).where(_C.id.in_(batch), _C.held_by == owner).values(held=until)
                )

    def release_due(self, owner: str) -> None:
        """Release all claims of this owner."""
        with self.database.reading() as connection:
            if connection.scalar(select(_C.id).where(_C.held_by == owner).limit(1)) is None:
                return
        with self.database.writing() as connection:
            connection.execute(update(t.subscription).where(_C.held_by == owner).values(_FREE))

    def backlog(self, now: datetime, lease: timedelta, is_gone: Callable[[str], bool] = lambda _: False) -> Backlog:
        """The work that no living owner has claimed."""
        letter = t.delivery.c
        with self.database.reading() as connection:
            newest = newest_serial(connection, now)
            free = select(
                func.count(_C.subscriber.distinct()).label("readers"),
                func.count().label("all"),
                func.count(_C.cursor).label("begun"),
                func.min(_C.cursor).label("since"),
            ).where(is_due(newest, now), ~_is_claimed(now, lease, _ended_owners(connection, is_gone)))
            row = connection.execute(free).one()
            letters = connection.scalar(select(func.count()).where(letter.next_at <= now)) or 0
        since = row.since if row.all and row.all == row.begun else None
        return Backlog(readers=row.readers, since=since, newest=newest, letters=letters)

    def acquire(self, name: str, *, now: datetime, lease: timedelta) -> timedelta:
        """Acquire periodic work that one process at a time may do; zero, or how long to wait while another has it.

        A wait of more than two leases was set by another clock, and is ignored.
        """
        c = t.pace.c
        with self.database.writing() as connection:
            mine = (
                insert(connection, t.pace)
                .values(name=name, next_at=now + lease)
                .on_conflict_do_update(
                    index_elements=["name"],
                    set_={"next_at": now + lease},
                    where=(c.next_at <= now) | (c.next_at > now + 2 * lease),
                )
            )
            if connection.scalar(mine.returning(c.name)) is not None:
                return timedelta(0)
            free = connection.execute(select(c.next_at).where(c.name == name)).scalar_one()
        return max(free - now, timedelta.resolution)

    def release(self, name: str, *, at: datetime) -> None:
        """Release periodic work; it may be acquired again from `at` on."""
        with self.database.writing() as connection:
            connection.execute(update(t.pace).where(t.pace.c.name == name).values(next_at=at))


def _ended_owners(connection: Connection, is_gone: Callable[[str], bool]) -> list[str]:
    """The owners of claims whose processes have ended."""
    owners = connection.scalars(select(_C.held_by).where(_C.held_by.is_not(None)).distinct()).all()
    return [name for name in owners if name is not None and is_gone(name)]


def _is_claimed(now: datetime, lease: timedelta, gone: Collection[str]) -> ColumnElement[bool]:
    """The SQL condition that a living owner has claimed a subscription of the same reader.

    A claim of more than two leases was made by another clock, and is ignored.
    """
    other = t.subscription.alias()
    return exists().where(
        other.c.subscriber == _C.subscriber,
        other.c.held > now,
        other.c.held <= now + 2 * lease,
        other.c.held_by.not_in(gone),
    )
