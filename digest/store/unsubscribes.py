"""Who unsubscribed from what, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from digest.store import tables as t
from digest.store.engine import Database, insert
from digest.store.statements import note, without_addresses
from digest.text import strip_controls


@dataclass(frozen=True, slots=True)
class UnsubscribeStore:
    """Who unsubscribed from what."""

    database: Database

    def add(self, subscriber: str, subscription: str, why: str, *, now: datetime) -> None:
        """Unsubscribe a reader from a subscription; an empty name means all of theirs."""
        with self.database.writing() as connection:
            unsubscribe(connection, subscriber, subscription, why, now)
            note_leaving(self.database, connection, subscriber, subscription, why)

    def remove(self, subscriber: str, subscription: str) -> bool:
        """Take an unsubscribe back; False where there is none."""
        c = t.departure.c
        with self.database.writing() as connection:
            gone = delete(t.departure).where(c.subscriber == subscriber, c.subscription == subscription)
            if was_there := bool(connection.execute(gone).rowcount):
                note(self.database, connection, "back", subscriber=subscriber, subscription=subscription)
            return was_there

    def list_all(self, subscriber: str | None = None) -> dict[tuple[str, str], str]:
        """Why readers (or one) unsubscribed, by (subscriber, subscription); an empty name means all subscriptions."""
        c = t.departure.c
        wanted = select(c.subscriber, c.subscription, c.why)
        if subscriber is not None:
            wanted = wanted.where(c.subscriber == subscriber)
        with self.database.reading() as connection:
            return {(row.subscriber, row.subscription): row.why for row in connection.execute(wanted)}


def note_leaving(database: Database, connection: Connection, subscriber: str, subscription: str, why: str) -> None:
    said = {"subscriber": subscriber, "subscription": subscription, "why": without_addresses(strip_controls(why))}
    note(database, connection, "leave", **said)


def unsubscribe(connection: Connection, subscriber: str, subscription: str, why: str, now: datetime) -> None:
    row = {"subscriber": subscriber, "subscription": subscription, "at": now, "why": strip_controls(why)}
    connection.execute(insert(connection, t.departure).values(row).on_conflict_do_nothing())
