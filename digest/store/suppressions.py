"""Addresses that get no letters, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from digest.store import tables as t
from digest.store.engine import Database, add_row, batches
from digest.store.statements import HASHED, address_hash, note, without_addresses
from digest.text import strip_controls


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that gets no letters, and why."""

    address: str
    reason: str
    since: datetime
    evidence: tuple[str, ...] = ()  # newest first
    kind: str = ""  # of the newest evidence that weighs something; empty: by hand


@dataclass(frozen=True, slots=True)
class SuppressionStore:
    """Addresses that get no letters."""

    database: Database

    def add(self, address: str, reason: str, *, now: datetime) -> bool:
        """Suppress an address; False where it is suppressed already."""
        row = {"address": address, "reason": strip_controls(reason), "since": now}
        with self.database.writing() as connection:
            if is_new := add_row(connection, t.suppression, row):
                note_suppression(self.database, connection, address, reason)
            return is_new

    def remove(self, address: str) -> bool:
        """Lift a suppression and reset the bounce score; False where the address is not suppressed."""
        with self.database.writing() as connection:
            hashed = address.removeprefix(HASHED) if address.startswith(HASHED) else address_hash(address)
            was_there = [lift(connection, each) for each in (address, f"{HASHED}{hashed}")]
            if any(was_there):
                note(self.database, connection, "lift", address=hashed)
            return any(was_there)

    def list_all(self, address: str | None = None) -> list[Suppression]:
        """All suppressions with their evidence, or that of one address."""
        c, e = t.suppression.c, t.evidence.c
        wanted = select(c.address, c.reason, c.since).order_by(c.since, c.address)
        if address is not None:
            wanted = wanted.where(c.address.in_([address, f"{HASHED}{address_hash(address)}"]))
        with self.database.reading() as connection:
            rows = connection.execute(wanted).all()
            said: dict[str, list[str]] = {}
            kinds: dict[str, str] = {}
            for batch in batches([row.address for row in rows]):
                told = select(e.address, e.at, e.kind, e.words, e.points).where(e.address.in_(batch))
                for whose, at, kind, words, points in connection.execute(told.order_by(e.id.desc())):
                    said.setdefault(whose, []).append(f"{at:%Y-%m-%d} {kind}: {words}")
                    if points:
                        kinds.setdefault(whose, kind)
        return [
            Suppression(
                address=row.address,
                reason=row.reason,
                since=row.since,
                evidence=tuple(said.get(row.address, ())),
                kind=kinds.get(row.address, ""),
            )
            for row in rows
        ]


def note_suppression(database: Database, connection: Connection, address: str, reason: str) -> None:
    said = without_addresses(strip_controls(reason))
    note(database, connection, "suppress", address=address_hash(address), reason=said)


def lift(connection: Connection, address: str) -> bool:
    """Lift a suppression and reset the bounce score; False where the address is not suppressed."""
    connection.execute(delete(t.score).where(t.score.c.address == address))
    return bool(connection.execute(delete(t.suppression).where(t.suppression.c.address == address)).rowcount)
