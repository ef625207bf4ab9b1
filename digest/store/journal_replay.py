"""Replays send journals: letters of dead processes, and letters that a restored database does not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy import insert as plain_insert

from digest.mail.delivery_state import DeliveryState
from digest.mail.journal_entry import JournalContent, JournalEntry
from digest.store import tables as t
from digest.store.engine import Database, batches, insert
from digest.store.outbox_write import SENT_BEFORE_RESTORE

_COLUMN = t.delivery.c
_OPEN = (
    DeliveryState.READY,
    DeliveryState.LEASED,
    DeliveryState.DEFERRED,
    DeliveryState.IN_DOUBT,
    DeliveryState.POISON,
)
_MOST_CRASHES = 3
"""After so many crashes of its sender a letter waits for a person to decide."""


@dataclass(frozen=True, slots=True)
class JournalStore:
    """Which send journals there are, and what they record."""

    database: Database

    def database_id(self) -> str:
        """The id of this database; a copy or a restored backup has the same."""
        with self.database.reading() as connection:
            return connection.execute(select(t.ledger.c.id)).scalar_one()

    def last_place(self) -> str | None:
        """Where this database was used last (Database.place); None: nowhere yet."""
        with self.database.reading() as connection:
            return connection.execute(select(t.ledger.c.place)).scalar_one()

    def set_place(self, place: str) -> None:
        """Record where this database is used."""
        with self.database.writing() as connection:
            connection.execute(update(t.ledger).values(place=place))

    def has_any(self) -> bool:
        """Whether a journal was ever opened for this database."""
        with self.database.reading() as connection:
            return connection.scalar(select(t.journal.c.name).limit(1)) is not None

    def add(self, name: str, *, now: datetime) -> None:
        """Record that a journal was opened."""
        with self.database.writing() as connection:
            connection.execute(plain_insert(t.journal), {"name": name, "opened": now})

    def mark_closed(self, name: str, *, now: datetime) -> None:
        """Record that all entries of a journal are in the database."""
        with self.database.writing() as connection:
            _close_journal(connection, name, now)

    def not_closed(self, names: Iterable[str]) -> list[str]:
        """The ones of these journals that the database does not know as closed."""
        found = []
        with self.database.reading() as connection:
            for batch in batches(names):
                c = t.journal.c
                known = set(connection.scalars(select(c.name).where(c.name.in_(batch), c.closed.is_not(None))))
                found += [name for name in batch if name not in known]
        return found

    def replay(self, record: JournalContent, *, now: datetime, retry_at: datetime) -> bool:
        """Settle the letters of a dead process by its journal; False, and nothing changed, if the database is older.

        What was taken is sent. What was handed over without an answer is in doubt: presumed sent where only the process
        died, since the machine still sent what it had; tried once more at `retry_at` where the machine went down. What
        was begun is ready again, or set aside where that has happened too often, and what was not begun is ready at
        once. A journal that is not whole does not say how far a letter came: all that its process held and that it does
        not know as taken is in doubt, and waits for a person.
        """
        with self.database.writing() as connection:
            rows = _rows(connection, record.entries)
            if not all(_fits(entry, rows.get(entry.delivery)) for entry in record.entries):
                return False
            for entry in record.entries:
                _settle(connection, record, entry, rows[entry.delivery], now, retry_at)
            held = (_COLUMN.owner == record.name) & (_COLUMN.state == DeliveryState.LEASED)
            if not record.is_whole:
                for row in connection.execute(select(_COLUMN.id, _COLUMN.doubts).where(held)).all():
                    _change(connection, row.id, DeliveryState.IN_DOUBT, now, _SPOILT, doubts=row.doubts + 1)
            connection.execute(update(t.delivery).where(held).values(_free(DeliveryState.READY, now)))
            _close_journal(connection, record.name, now)
        return True

    def record_taken(self, record: JournalContent, *, now: datetime) -> None:
        """Mark as sent what the journal of a stalled process records as taken; the process could not do so yet."""
        taken = [entry for entry in record.entries if entry.mark == "K"]
        with self.database.writing() as connection:
            rows = _rows(connection, taken)
            for entry in taken:
                if _fits(entry, rows.get(entry.delivery)):
                    _settle(connection, record, entry, rows[entry.delivery], now, now)

    def replay_after_restore(self, record: JournalContent, *, now: datetime) -> int:
        """Settle letters by a journal that is newer than the restored database; how many are not sent again.

        Letters are matched by Message-ID, which names their content, since the restored database may give their ids to
        other letters. Of a letter that the database does not know the papers are remembered.
        """
        gone = {entry.message_id: entry for entry in record.entries if entry.mark in "DKL" and entry.message_id}
        with self.database.writing() as connection:
            for batch in batches(gone):
                known = connection.execute(
                    select(_COLUMN.id, _COLUMN.message_id, _COLUMN.state).where(_COLUMN.message_id.in_(batch))
                ).all()
                for number, key, state in known:
                    if state in _OPEN:
                        taken = gone[key].mark == "K"
                        words = SENT_BEFORE_RESTORE if taken else _PRESUMED
                        _change(connection, number, DeliveryState.SENT if taken else DeliveryState.IN_DOUBT, now, words)
                missing = set(batch) - {row.message_id for row in known}
                if missing:
                    rows = [{"message_id": key, "at": now} for key in sorted(missing)]
                    connection.execute(insert(connection, t.posted).on_conflict_do_nothing(), rows)
                marks = sorted({mark for key in missing for mark in gone[key].papers})
                for some in batches(marks):
                    values = [{"mark": mark, "at": now} for mark in some]
                    connection.execute(insert(connection, t.posted_paper).on_conflict_do_nothing(), values)
            held = (_COLUMN.owner == record.name) & (_COLUMN.state == DeliveryState.LEASED)
            connection.execute(update(t.delivery).where(held).values(_free(DeliveryState.READY, now)))
            _close_journal(connection, record.name, now)
        return len(gone)


_PRESUMED = "its sender died between handing it over and the answer: presumed sent, and not sent again by itself"
_UNSURE = "the machine went down between handing it over and the answer"
_CONNECTION_LOST = "the line was lost between handing it over and the answer, and then its sender died"
_BEGUN = "its sender died while sending it"
_SPOILT = "its sender died, and the journal that tells what it sent is spoilt: nobody knows whether it was sent"


def _rows(connection: Connection, entries: Iterable[JournalEntry]) -> Mapping[int, Row[*tuple[Any, ...]]]:
    columns = (_COLUMN.id, _COLUMN.epoch, _COLUMN.message_id, _COLUMN.state, _COLUMN.crashes, _COLUMN.doubts)
    return {
        row.id: row
        for batch in batches(entry.delivery for entry in entries)
        for row in connection.execute(select(*columns).where(_COLUMN.id.in_(batch)).with_for_update())
    }


def _fits(entry: JournalEntry, row: Row[*tuple[Any, ...]] | None) -> bool:
    """Whether the database knows the lease of an entry; one that does not is older than the journal."""
    return row is not None and entry.message_id in ("", row.message_id) and row.epoch >= entry.epoch


def _settle(
    connection: Connection,
    record: JournalContent,
    entry: JournalEntry,
    row: Row[*tuple[Any, ...]],
    now: datetime,
    retry_at: datetime,
) -> None:
    if entry.mark == "K":
        if row.state in _OPEN and (row.epoch == entry.epoch or row.state != DeliveryState.LEASED):
            _change(connection, row.id, DeliveryState.SENT, now, "taken, as its sender's journal tells")
        return
    if row.state != DeliveryState.LEASED or row.epoch != entry.epoch:
        return
    if not record.is_whole:
        return  # it may have come further: it is in doubt with all that this process held
    if entry.mark == "D" and record.same_boot:
        _change(connection, row.id, DeliveryState.IN_DOUBT, now, _PRESUMED, doubts=row.doubts + 1)
    elif entry.mark in "DL":
        later = retry_at if row.doubts == 0 else None
        words = _UNSURE if entry.mark == "D" else _CONNECTION_LOST
        _change(connection, row.id, DeliveryState.IN_DOUBT, now, words, doubts=row.doubts + 1, next_at=later)
    elif entry.mark == "M":
        crashes = row.crashes + 1
        poison = crashes >= _MOST_CRASHES
        words = f"{_BEGUN}, {crashes} times now" if crashes > 1 else _BEGUN
        state, later = (DeliveryState.POISON, None) if poison else (DeliveryState.READY, now)
        _change(connection, row.id, state, now, words, crashes=crashes, next_at=later)


def _change(
    connection: Connection,
    number: int,
    state: DeliveryState,
    now: datetime,
    words: str,
    *,
    next_at: datetime | None = None,
    **more: int,
) -> None:
    values = _free(state, next_at) | {"reason": words} | more
    connection.execute(update(t.delivery).where(_COLUMN.id == number).values(values))
    connection.execute(plain_insert(t.attempt), {"delivery_id": number, "at": now, "state": state, "words": words})


def _free(state: DeliveryState, next_at: datetime | None) -> dict[str, Any]:
    return {"state": state, "next_at": next_at, "owner": None, "until": None}


def _close_journal(connection: Connection, name: str, now: datetime) -> None:
    row = {"name": name, "opened": now, "closed": now}
    statement = insert(connection, t.journal).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"closed": now}))
