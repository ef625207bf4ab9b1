"""What came back and what follows: evidence against an address, its score, suppressions, and who has left."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, delete, func, select, update
from sqlalchemy import insert as plain_insert

from digest.mail.outcome import State
from digest.store import tables as t
from digest.store.engine import Database, batches, insert
from digest.text import strip_controls

THRESHOLD = 5.0
"""Points at which an address gets no more letters (Mailman's figure)."""

_QUIET = timedelta(days=7)  # without a bounce of the letters that went out in it, and the score begins anew
_BACK = timedelta(days=1)  # until a bounce of a letter has come
_NEW = timedelta(days=7)  # since its reader's first issue: an address that is wrong from the start needs no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was said of an address, and what it weighs."""

    address: str  # as `delivery.address_key` gives it
    kind: str  # "hard", "soft", "complaint", "autoreply"
    points: float
    words: str
    delivery: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that gets no letters, and why."""

    address: str
    reason: str
    since: datetime
    evidence: tuple[str, ...] = ()  # newest first
    kind: str = ""  # of the newest evidence that weighs something; empty: by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A delivery to which something came back."""

    id: int
    message_id: str
    subscriber: str
    subscription: str
    recipient: str
    state: State
    created: datetime


def delivered(self: Database, *, id: int | None = None, message_id: str | None = None) -> Known | None:  # noqa: A002
    """The delivery of a number or a Message-ID."""
    c = t.delivery.c
    which = c.id == id if id is not None else c.message_id == message_id
    columns = (c.id, c.message_id, c.subscriber, t.issue.c.subscription, c.recipient, c.state, c.created)
    with self.reading() as connection:
        row = connection.execute(select(*columns).join(t.issue, isouter=True).where(which)).mappings().first()
    if row is None:
        return None
    return Known(**{**row, "state": State(row["state"]), "subscription": row["subscription"] or ""})


def has_heard(self: Database, pieces: Collection[str]) -> set[str]:
    """Of these pieces those that were dealt with before."""
    c = t.heard.c
    with self.reading() as connection:
        return {
            piece
            for batch in batches(pieces)
            for piece in connection.scalars(select(c.piece).where(c.piece.in_(batch)))
        }


def hear(
    self: Database,
    piece: str,
    *,
    now: datetime,
    evidence: Collection[Evidence] = (),
    arrived: int | None = None,
    leaves: tuple[str, str, str] | None = None,
) -> list[Suppression] | None:
    """Deal with what came back, once: weigh the evidence, settle the doubt about a delivery that has `arrived`, let a
    (subscriber, subscription, why) leave. The addresses that get no more letters from now on; None where this piece
    was dealt with before.
    """
    with self.writing() as connection:
        fresh = _added(connection, t.heard, {"piece": piece, "at": now})
        if not fresh:
            return None
        if arrived is not None:
            c = t.delivery.c
            told = {"state": State.SENT, "next_at": None, "reason": "it had arrived, as what came back shows"}
            connection.execute(update(t.delivery).where(c.id == arrived, c.state == State.IN_DOUBT).values(told))
        if leaves is not None:
            _leave(connection, *leaves, now)
        return _weigh(connection, evidence, now)


def weigh(self: Database, evidence: Collection[Evidence], *, now: datetime) -> list[Suppression]:
    """What a relay said of addresses while letters were handed over; the addresses that get no more letters now."""
    with self.writing() as connection:
        return _weigh(connection, evidence, now)


def suppress(self: Database, address: str, reason: str, *, now: datetime) -> bool:
    """No more letters to this address; False where that was so already."""
    row = {"address": address, "reason": strip_controls(reason), "since": now}
    with self.writing() as connection:
        return _added(connection, t.suppression, row)


def lift(self: Database, address: str) -> bool:
    """Letters again, with a clean slate; False where nothing stood against it."""
    with self.writing() as connection:
        connection.execute(delete(t.score).where(t.score.c.address == address))
        return bool(connection.execute(delete(t.suppression).where(t.suppression.c.address == address)).rowcount)


def suppressions(self: Database, address: str | None = None) -> list[Suppression]:
    """Every address that gets no letters, with what was said of it; that one alone, where given."""
    c, e = t.suppression.c, t.evidence.c
    wanted = select(c.address, c.reason, c.since).order_by(c.since, c.address)
    if address is not None:
        wanted = wanted.where(c.address == address)
    with self.reading() as connection:
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


def leave(self: Database, subscriber: str, subscription: str, why: str, *, now: datetime) -> None:
    """This reader wants that subscription no more; an empty name means all of theirs."""
    with self.writing() as connection:
        _leave(connection, subscriber, subscription, why, now)


def come_back(self: Database, subscriber: str, subscription: str) -> bool:
    """They want it again; False where they had not left."""
    c = t.departure.c
    with self.writing() as connection:
        gone = delete(t.departure).where(c.subscriber == subscriber, c.subscription == subscription)
        return bool(connection.execute(gone).rowcount)


def departures(self: Database, subscriber: str | None = None) -> dict[tuple[str, str], str]:
    """Who has left what, and why; an empty name stands for all of a reader's subscriptions. Of one, where given."""
    c = t.departure.c
    wanted = select(c.subscriber, c.subscription, c.why)
    if subscriber is not None:
        wanted = wanted.where(c.subscriber == subscriber)
    with self.reading() as connection:
        return {(row.subscriber, row.subscription): row.why for row in connection.execute(wanted)}


def _added(connection: Connection, table: Table, row: dict[str, object]) -> bool:
    """Insert a row, unless it is there; PostgreSQL's driver counts no inserted rows, so they are asked for."""
    key = next(iter(table.primary_key))
    statement = insert(connection, table).values(row).on_conflict_do_nothing().returning(key)
    return connection.execute(statement).first() is not None


def _leave(connection: Connection, subscriber: str, subscription: str, why: str, now: datetime) -> None:
    row = {"subscriber": subscriber, "subscription": subscription, "at": now, "why": strip_controls(why)}
    connection.execute(insert(connection, t.departure).values(row).on_conflict_do_nothing())


def _weigh(connection: Connection, evidence: Collection[Evidence], now: datetime) -> list[Suppression]:
    found = []
    for each in evidence:
        said = strip_controls(each.words)
        points = _score(connection, each, now) if each.points else 0.0
        row = {"address": each.address, "at": now, "kind": each.kind, "words": said, "points": each.points}
        connection.execute(plain_insert(t.evidence), row | {"delivery": each.delivery})
        if points >= THRESHOLD or (each.points >= 1 and _is_new(connection, each.delivery, now)):
            row = {"address": each.address, "reason": said, "since": now}
            if _added(connection, t.suppression, row):
                found.append(Suppression(address=each.address, reason=said, since=now))
    return found


def _score(connection: Connection, each: Evidence, now: datetime) -> float:
    """Mailman's way: one day counts once, with its worst bounce; a week without a bounce wipes the slate.

    A week without a letter shows nothing, else no weekly reader's address would ever be found dead.
    """
    c = t.score.c
    before = connection.execute(select(c.points, c.at).where(c.address == each.address).with_for_update()).first()
    wiped = before and now - before.at >= _QUIET and _has_taken(connection, each.delivery, before.at, now - _BACK)
    points = before.points if before and not wiped else 0.0
    today = connection.scalar(
        select(func.max(t.evidence.c.points)).where(
            t.evidence.c.address == each.address, t.evidence.c.at > now - timedelta(days=1)
        )
    )
    points += max(0.0, each.points - (today or 0.0))
    row = {"address": each.address, "points": points, "at": now}
    statement = insert(connection, t.score).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["address"], set_={"points": points, "at": now}))
    return points


def _has_taken(connection: Connection, delivery: int | None, since: datetime, until: datetime) -> bool:
    """Has an issue of that time gone out to the reader of this delivery?"""
    c = t.issue.c
    reader = select(t.delivery.c.subscriber).where(t.delivery.c.id == delivery).scalar_subquery()
    written = select(c.id).where(c.subscriber == reader, c.created > since, c.created < until)
    return connection.scalar(written.join(t.delivery).where(t.delivery.c.state == State.SENT).limit(1)) is not None


def _is_new(connection: Connection, delivery: int | None, now: datetime) -> bool:
    """Has the reader of this delivery had nothing before this week?"""
    reader = select(t.delivery.c.subscriber).where(t.delivery.c.id == delivery).scalar_subquery()
    first = connection.scalar(select(func.min(t.issue.c.created)).where(t.issue.c.subscriber == reader))
    return first is not None and now - first < _NEW
