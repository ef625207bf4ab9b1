"""Readers who signed up on the website: pending confirmations (sign-up, address change, link), documents, deletion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy import insert as plain_insert

from digest.mail.address import address_key
from digest.mail.delivery_state import DeliveryState
from digest.mail.envelope import Envelope
from digest.store import tables as t
from digest.store.engine import Database, insert, lock_writers
from digest.store.outbox_write import add_letter
from digest.store.statements import address_hash, note, without_addresses

ReaderDocument = dict[str, Any]
"""A reader's settings as plain JSON values, with the keys of a file in config/subscribers/."""

NOTICE = "notice"
"""The kind of a letter without papers (a confirmation, a change of address)."""

_SIGNUPS = 0x61736B  # PostgreSQL's advisory lock on pending requests


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRow:
    """A reader who signed up."""

    id: str
    address: str = field(repr=False)  # as mail.address.address_key gives it; the document has it as it was typed
    document: ReaderDocument = field(repr=False)
    created: datetime
    serial: int = 0  # ReaderStore.serial when the row was last changed


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRequest:
    """A request that waits to be confirmed by a link in a letter."""

    id: str
    kind: Literal["sign-up", "address", "link"]
    address: str = field(repr=False)  # of the reader; letters are limited by address
    subscriber: str | None = None
    document: ReaderDocument = field(default_factory=dict, repr=False)
    said: str = ""  # the address that has confirmed a change so far: "", "old" or "new"
    at: datetime
    expires: datetime
    done: datetime | None = None


AddressChangeStatus = Literal["done", "half", "taken"]
"""Both addresses have confirmed, one of them has, or the new one is another reader's by now."""


@dataclass(frozen=True, slots=True)
class ReaderStore:
    """Readers who signed up, and requests that wait to be confirmed."""

    database: Database

    def serial(self) -> int:
        """A number that grows with every change of readers, their settings and their preferences."""
        with self.database.reading() as connection:
            return connection.scalar(select(t.roll.c.serial)) or 0

    def list_all(self, since: int = 0) -> list[ReaderRow]:
        """The readers who signed up and have changed after this serial, by id."""
        c = t.reader.c
        with self.database.reading() as connection:
            rows = connection.execute(select(t.reader).where(c.serial > since).order_by(c.id)).mappings()
            return [ReaderRow(**row) for row in rows]

    def ids(self) -> frozenset[str]:
        """The ids of all readers who signed up."""
        with self.database.reading() as connection:
            return frozenset(connection.scalars(select(t.reader.c.id)))

    def get(self, *, id: str | None = None, address: str | None = None) -> ReaderRow | None:
        """The reader with this id, or this address (as mail.address.address_key gives it)."""
        with self.database.reading() as connection:
            return find_reader(connection, id=id, address=address)

    def add_pending(
        self,
        pending: PendingRequest,
        notices: Sequence[tuple[str, Envelope]],
        *,
        most: int,
        within: timedelta,
        now: datetime,
    ) -> bool:
        """Keep a request and add its letters, by key, to the outbox, in one transaction.

        False, and nothing is kept, where this address had `most` requests `within` that time. Requests that expired
        long ago are deleted.
        """
        c = t.pending.c
        with self.database.writing() as connection:
            lock_writers(connection, _SIGNUPS)  # else simultaneous requests would not count each other
            connection.execute(delete(t.pending).where(c.expires < now - within))
            if within and most <= (
                connection.scalar(select(func.count()).where(c.address == pending.address, c.at > now - within)) or 0
            ):
                return False
            row = {name: getattr(pending, name) for name in t.pending.c.keys()}  # noqa: SIM118 (it is no dict)
            connection.execute(plain_insert(t.pending).values(row))
            for key, envelope in notices:
                more = {"notice": key, "subscriber": "", "kind": NOTICE, "expires": pending.expires}
                add_letter(connection, envelope, created=now, **more)
        return True

    def get_pending(self, id: str) -> PendingRequest | None:
        """The request with this id."""
        with self.database.reading() as connection:
            return _pending(connection, id)

    def admit(
        self,
        id: str,
        decide: Callable[[PendingRequest, ReaderRow | None, Collection[str]], tuple[ReaderRow, Collection[str]]],
        *,
        now: datetime,
    ) -> ReaderRow | None:
        """Confirm a sign-up, once; `decide` is called inside the write transaction.

        `decide` gets the request, the reader who has this address already, and the names of the subscriptions that
        this reader unsubscribed from ("" means all); it returns the reader to keep, and the names to subscribe to
        again. An unsubscribe from all becomes one for each other subscription. None where the request was confirmed
        before, or has expired.
        """
        with self.database.writing() as connection:
            lock_writers(connection, _SIGNUPS)
            asked = _open_request(connection, id, "sign-up", now)
            if asked is None:  # the serial stays as it is, however often a link is followed
                return None
            serial = next_serial(connection)
            row = find_reader(connection, address=asked.address)
            left = _unsubscribed(connection, row.id) if row else {}
            row, names = decide(asked, row, left)
            write_reader(connection, row, serial)
            c = t.departure.c
            connection.execute(delete(t.departure).where(c.subscriber == row.id, c.subscription.in_(["", *names])))
            for name in sorted({"", *names} & left.keys()):
                note(self.database, connection, "back", subscriber=row.id, subscription=name)
            if whole := left.get(""):
                others = [each["name"] for each in row.document["subscriptions"] if each["name"] not in (*names, *left)]
                for name in others:
                    connection.execute(plain_insert(t.departure).values(subscriber=row.id, subscription=name, **whole))
                    said = {"subscriber": row.id, "subscription": name, "why": without_addresses(whole["why"])}
                    note(self.database, connection, "leave", **said)
            connection.execute(update(t.pending).where(t.pending.c.id == id).values(done=now, subscriber=row.id))
        return row

    def confirm_address_change(
        self,
        id: str,
        side: Literal["old", "new"],
        readdress: Callable[[ReaderRow, PendingRequest], ReaderRow],
        *,
        now: datetime,
    ) -> AddressChangeStatus | None:
        """Confirm one side of a change of address; `readdress` is called inside the write transaction.

        With both sides confirmed the reader is moved, unless the new address is another reader's by now. None where
        there is nothing to confirm any more.
        """
        with self.database.writing() as connection:
            lock_writers(connection, _SIGNUPS)
            asked = _open_request(connection, id, "address", now)
            if asked is None or find_reader(connection, id=asked.subscriber) is None:
                return None
            mine = update(t.pending).where(t.pending.c.id == id)
            if asked.said in ("", side):
                connection.execute(mine.values(said=side))
                return "half"
            serial = next_serial(connection)
            row = find_reader(connection, id=asked.subscriber)
            if row is None:
                return None
            moved = readdress(row, asked)
            if (other := find_reader(connection, address=moved.address)) and other.id != row.id:
                connection.execute(mine.values(done=now))
                return "taken"
            write_reader(connection, moved, serial)
            connection.execute(mine.values(done=now))
            said = {"old": address_hash(row.address), "address": moved.address, "email": moved.document["email"]}
            note(self.database, connection, "move", subscriber=row.id, **said)
        return "done"

    def update_document(
        self,
        id: str,
        change: Callable[[ReaderDocument], ReaderDocument],
    ) -> ReaderRow | None:
        """Call `change` on the document inside the write transaction and keep what it returns; None: no such reader.

        An exception of `change` leaves all as it was.
        """
        with self.database.writing() as connection:
            serial = next_serial(connection)
            row = find_reader(connection, id=id)
            if row is None:
                return None
            changed = ReaderRow(id=row.id, address=row.address, document=change(row.document), created=row.created)
            write_reader(connection, changed, serial)
        return changed

    def delete(self, id: str) -> bool:
        """Delete all that is known of a reader who signed up; False where there is no such reader.

        A suppression of their address stays with its evidence, so that nobody can have letters sent to it again. A
        letter that is leased is not sent; of a letter that ever was leased an anonymous row stays until it is pruned.
        """
        with self.database.writing() as connection:
            next_serial(connection)
            if row := delete_reader(connection, id):
                note(self.database, connection, "forget", subscriber=id, address=address_hash(row.address))
        return row is not None


def delete_reader(connection: Connection, id: str) -> ReaderRow | None:
    """Delete all that is known of a reader who signed up, but a suppression; who it was."""
    row = find_reader(connection, id=id)
    if row is None:
        return None
    pending_ = t.pending.c
    asked = (pending_.subscriber == id) | (pending_.address == row.address)
    _delete_mail(connection, row, connection.scalars(select(pending_.id).where(asked)).all())
    said = (t.answer, t.departure, t.pause, t.links, t.mute, t.opinion, t.subscription)
    for table in said:
        connection.execute(delete(table).where(table.c.subscriber == id))
    connection.execute(delete(t.pending).where(asked))
    stays = select(t.suppression.c.address)
    for against in (t.evidence, t.score):
        known = against.c.address
        connection.execute(delete(against).where(known == row.address, known.not_in(stays)))
    connection.execute(delete(t.reader).where(t.reader.c.id == id))
    return row


def _delete_mail(connection: Connection, row: ReaderRow, asked: Collection[str]) -> None:
    """Delete a reader's letters and notices; those of their requests (`asked`) may have another address of theirs."""
    c = t.delivery.c
    notices = connection.execute(select(c.id, c.notice, c.recipient).where(c.kind == NOTICE))
    to_them = [
        number
        for number, key, recipient in notices
        if (key or "").partition("/")[0] in asked or address_key(recipient) == row.address
    ]
    theirs = (c.subscriber == row.id) | c.id.in_(to_them)
    numbers = select(c.id).where(theirs)
    connection.execute(delete(t.letter).where(t.letter.c.delivery_id.in_(numbers)))
    connection.execute(delete(t.attempt).where(t.attempt.c.delivery_id.in_(numbers), _not_leased(t.attempt.c)))
    nobody = {"subscriber": "", "sender": "", "recipient": "", "domain": "", "issue_id": None, "notice": None}
    nobody |= {"reason": "the reader was forgotten"}
    # A letter that was ever leased keeps its row until it is pruned: a journal with letters that the database does not
    # know means that an older state of the database was restored, and then no letters are sent at all.
    connection.execute(delete(t.delivery).where(theirs, c.epoch == 0))
    settled = c.state.in_((DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.MERGED, DeliveryState.SUPPRESSED))
    connection.execute(update(t.delivery).where(theirs, ~settled).values(state=DeliveryState.CANCELLED, next_at=None))
    connection.execute(update(t.delivery).where(theirs).values(nobody))
    connection.execute(delete(t.issue).where(t.issue.c.subscriber == row.id))


def _not_leased(attempt: Any) -> Any:
    held = select(t.delivery.c.id).where(t.delivery.c.state == DeliveryState.LEASED)
    return attempt.delivery_id.not_in(held)


def find_reader(connection: Connection, *, id: str | None = None, address: str | None = None) -> ReaderRow | None:
    c = t.reader.c
    which = c.id == id if id is not None else c.address == address
    row = connection.execute(select(t.reader).where(which)).mappings().first()
    return ReaderRow(**row) if row else None


def _pending(connection: Connection, id: str) -> PendingRequest | None:
    row = connection.execute(select(t.pending).where(t.pending.c.id == id)).mappings().first()
    return PendingRequest(**row) if row else None


def _open_request(connection: Connection, id: str, kind: str, now: datetime) -> PendingRequest | None:
    """A request of this kind that is neither confirmed nor expired."""
    asked = _pending(connection, id)
    return asked if asked and asked.kind == kind and asked.done is None and now < asked.expires else None


def _unsubscribed(connection: Connection, subscriber: str) -> dict[str, dict[str, Any]]:
    """The subscriptions that a reader unsubscribed from, by name: when and why."""
    c = t.departure.c
    rows = connection.execute(select(c.subscription, c.at, c.why).where(c.subscriber == subscriber)).mappings()
    return {row["subscription"]: {"at": row["at"], "why": row["why"]} for row in rows}


def write_reader(connection: Connection, row: ReaderRow, serial: int) -> None:
    values = {"address": row.address, "document": row.document, "serial": serial}
    given = insert(connection, t.reader).values(id=row.id, created=row.created, **values)
    connection.execute(given.on_conflict_do_update(index_elements=["id"], set_=values))


def next_serial(connection: Connection) -> int:
    """The next serial of readers; the row lock makes serials grow in the order of the commits."""
    moved = update(t.roll).values(serial=t.roll.c.serial + 1).returning(t.roll.c.serial)
    return int(connection.execute(moved).scalar_one())
