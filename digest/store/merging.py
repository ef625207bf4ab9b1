"""Unsent letters that are merged into the next issue of their subscription."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from digest.mail.outcome import WAITING, State
from digest.store import tables as t
from digest.store.engine import Database, batches

_COLUMN = t.delivery.c


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLetter:
    """A letter that came too late; its papers will be told in the next issue."""

    subscriber: str
    subscription: str
    message_id: str


@dataclass(frozen=True, slots=True)
class LetterMerging:
    """Unsent letters that are merged into the next issue."""

    database: Database

    def supersede(self, subscriptions: Sequence[tuple[str, str]], *, now: datetime) -> list[MergedLetter]:
        """Merge the unsent scheduled letters of these (subscriber, subscription) into their next issue.

        To be called when that issue is about to be written.
        """
        found: list[MergedLetter] = []
        with self.database.writing() as connection:
            for batch in batches(sorted({subscriber for subscriber, _ in subscriptions})):
                rows = _late(connection, t.issue.c.subscriber.in_(batch) & (t.issue.c.kind == "scheduled"))
                chosen = [row for row in rows if (row.subscriber, row.subscription) in set(subscriptions)]
                found += _merge(connection, chosen, now, "the next issue is due before this one could go out")
        return found

    def expire(self, *, now: datetime) -> list[MergedLetter]:
        """What could not go out in its time is not sent any more; its papers are new to the next issue.

        Of what may have arrived nothing is told again: it is not tried for ever either, and left to a person.
        """
        with self.database.writing() as connection:
            doubtful = (_COLUMN.state == State.DEFERRED) & (_COLUMN.expires <= now)
            _leave_in_doubt(
                connection, doubtful, now, "it may have arrived, and could not be sent once more in its time"
            )
            return _merge(connection, _late(connection, _COLUMN.expires <= now), now, "it could not go out in its time")

    def withdraw(self, delivery: int, epoch: int, words: str, *, now: datetime) -> list[MergedLetter]:
        """A letter in hand is not wanted now, but its papers are wanted later (a paused reader).

        One that may have arrived is left to a person: it is told neither twice nor after all.
        """
        with self.database.writing() as connection:
            which = (_COLUMN.id == delivery) & (_COLUMN.epoch == epoch)
            _leave_in_doubt(
                connection, which & (_COLUMN.state == State.LEASED), now, f"it may have arrived, and {words}"
            )
            return _merge(connection, _late(connection, which, State.LEASED), now, words)


def _late(connection: Connection, which: ColumnElement[bool], *states: State) -> Sequence[Row[*tuple[Any, ...]]]:
    """Of these what was never handed over; what may have arrived is not told a second time."""
    waits = _COLUMN.state.in_(states or WAITING) & (_COLUMN.doubts == 0)
    c = t.issue.c
    columns = (_COLUMN.id, _COLUMN.issue_id, _COLUMN.message_id, c.subscriber, c.subscription, c.since, c.kind)
    chosen = select(*columns, c.subscription_id).join(t.issue, isouter=True).where(which, waits)
    return connection.execute(chosen.with_for_update(of=t.delivery)).all()


def _leave_in_doubt(connection: Connection, which: ColumnElement[bool], now: datetime, words: str) -> None:
    """These are not tried again by themselves, where nobody knows whether they have arrived."""
    gone = {"state": State.IN_DOUBT, "reason": words, "next_at": None, "owner": None, "until": None}
    statement = update(t.delivery).where(which, _COLUMN.doubts > 0).values(gone)
    left = connection.scalars(statement.returning(_COLUMN.id)).all()
    if left:
        tries = [{"delivery_id": number, "at": now, "state": State.IN_DOUBT, "words": words} for number in left]
        connection.execute(insert(t.attempt), tries)


def _merge(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], now: datetime, words: str
) -> list[MergedLetter]:
    for batch in batches([row.id for row in rows]):
        gone = {"state": State.MERGED, "reason": words, "next_at": None, "owner": None, "until": None}
        connection.execute(update(t.delivery).where(_COLUMN.id.in_(batch)).values(gone))
        tries = [{"delivery_id": number, "at": now, "state": State.MERGED, "words": words} for number in batch]
        connection.execute(insert(t.attempt), tries)
    for row in rows:
        if row.issue_id is not None:
            _untell(connection, row)
    return [
        MergedLetter(subscriber=row.subscriber, subscription=row.subscription, message_id=row.message_id)
        for row in rows
        if row.issue_id is not None
    ]


def _untell(connection: Connection, row: Row[*tuple[Any, ...]]) -> None:
    """What only this issue told is not told; the subscription reads back to where the issue began."""
    memory, clock, event = t.memory.c, t.subscription.c, t.event.c
    connection.execute(delete(t.memory).where(memory.subscriber == row.subscriber, memory.issue == row.issue_id))
    connection.execute(
        update(t.subscription).where(clock.id == row.subscription_id, clock.cursor > row.since).values(cursor=row.since)
    )
    if row.kind == "alert":
        first = connection.scalar(select(func.min(event.serial)).where(event.at > row.since))
        if first is not None:
            connection.execute(
                update(t.subscription)
                .where(clock.id == row.subscription_id, clock.seen >= first)
                .values(seen=first - 1)
            )
