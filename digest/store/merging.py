"""Merges unsent letters into the next issue of their subscription (the rules: digest.mail.late_letters)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from digest.mail.delivery_state import WAITING_STATES, DeliveryState
from digest.mail.late_letters import ReadPosition, read_back, when_expired, when_superseded, when_withdrawn
from digest.store import tables as t
from digest.store.engine import Database, batches

_COLUMN = t.delivery.c
_Row = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLetter:
    """A letter that is not sent; its papers come with the next issue."""

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
        wanted, found = set(subscriptions), list[MergedLetter]()
        with self.database.writing() as connection:
            for batch in batches(sorted({subscriber for subscriber, _ in subscriptions})):
                rows = _letters(connection, t.issue.c.subscriber.in_(batch), WAITING_STATES)
                chosen = [
                    row
                    for row in rows
                    if (row.subscriber, row.subscription) in wanted
                    and when_superseded(DeliveryState(row.state), row.doubts, row.kind) == DeliveryState.MERGED
                ]
                found += _merge(connection, chosen, now, "the next issue is due before this one could go out")
        return found

    def expire(self, *, now: datetime) -> list[MergedLetter]:
        """Merge the letters that could not be sent in their time; leave to a person those that may have arrived."""
        with self.database.writing() as connection:
            by_state = defaultdict[DeliveryState | None, list[_Row]](list)
            for row in _letters(connection, _COLUMN.expires <= now, WAITING_STATES):
                by_state[when_expired(DeliveryState(row.state), row.doubts)].append(row)
            why = "it may have arrived, and could not be sent once more in its time"
            _close(connection, by_state[DeliveryState.IN_DOUBT], DeliveryState.IN_DOUBT, now, why)
            return _merge(connection, by_state[DeliveryState.MERGED], now, "it could not go out in its time")

    def withdraw(self, delivery: int, epoch: int, words: str, *, now: datetime) -> list[MergedLetter]:
        """Merge a leased letter that its reader does not want now (a pause); leave it in doubt if it may have arrived.

        Nothing happens where the lease was lost.
        """
        with self.database.writing() as connection:
            rows = _letters(connection, (_COLUMN.id == delivery) & (_COLUMN.epoch == epoch), {DeliveryState.LEASED})
            if any(when_withdrawn(row.doubts) == DeliveryState.IN_DOUBT for row in rows):
                _close(connection, rows, DeliveryState.IN_DOUBT, now, f"it may have arrived, and {words}")
                return []
            return _merge(connection, rows, now, words)


def _letters(connection: Connection, which: ColumnElement[bool], states: Collection[DeliveryState]) -> Sequence[_Row]:
    """Letters in one of these states with their issues, locked until the transaction ends."""
    c = t.issue.c
    letter = (_COLUMN.id, _COLUMN.issue_id, _COLUMN.message_id, _COLUMN.state, _COLUMN.doubts)
    chosen = select(*letter, c.subscriber, c.subscription, c.subscription_id, c.since, c.kind)
    chosen = chosen.join(t.issue, isouter=True).where(which, _COLUMN.state.in_(states))
    return connection.execute(chosen.with_for_update(of=t.delivery)).all()


def _close(connection: Connection, rows: Sequence[_Row], state: DeliveryState, now: datetime, words: str) -> None:
    """Give letters a state in which they are not tried again by themselves."""
    for batch in batches([row.id for row in rows]):
        values = {"state": state, "reason": words, "next_at": None, "owner": None, "until": None}
        connection.execute(update(t.delivery).where(_COLUMN.id.in_(batch)).values(values))
        tries = [{"delivery_id": number, "at": now, "state": state, "words": words} for number in batch]
        connection.execute(insert(t.attempt), tries)


def _merge(connection: Connection, rows: Sequence[_Row], now: datetime, words: str) -> list[MergedLetter]:
    _close(connection, rows, DeliveryState.MERGED, now, words)
    issues = [row for row in rows if row.issue_id is not None]
    for row in issues:
        _read_back(connection, row)
    return [
        MergedLetter(subscriber=row.subscriber, subscription=row.subscription, message_id=row.message_id)
        for row in issues
    ]


def _read_back(connection: Connection, row: _Row) -> None:
    """The subscription of a merged letter reads back to where its issue began."""
    clock, event = t.subscription.c, t.event.c
    # key_share: only what an UPDATE of these columns would lock anyway
    mine = select(clock.cursor, clock.seen).where(clock.id == row.subscription_id).with_for_update(key_share=True)
    found = connection.execute(mine).first()
    if found is None:
        return
    first = None
    if row.kind == "alert":
        first = connection.scalar(select(func.min(event.serial)).where(event.at > row.since))
    before = ReadPosition(found.cursor, found.seen)
    after = read_back(before, row.since, first_serial=first)
    if after != before:
        values = {"cursor": after.cursor, "seen": after.seen}
        connection.execute(update(t.subscription).where(clock.id == row.subscription_id).values(values))
