"""Bounces and complaints: evidence against an address and its bounce score (the rules: digest.mail.bounce_score)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, ScalarSelect, func, select, update
from sqlalchemy import insert as plain_insert

from digest.mail import bounce_score
from digest.mail.address import address_key
from digest.mail.bounce_score import AddressScore
from digest.mail.delivery_state import DeliveryState
from digest.store import tables as t
from digest.store.engine import Database, add_row, batches, insert
from digest.store.suppressions import Suppression, note_suppression
from digest.store.unsubscribes import note_leaving, unsubscribe
from digest.text import strip_controls


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceEvidence:
    """A bounce, complaint or auto-reply of an address, and its points."""

    address: str  # as mail.address.address_key gives it
    kind: str  # "hard", "soft", "complaint", "autoreply"
    points: float
    words: str
    delivery: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BouncedDelivery:
    """The delivery that a bounce is about."""

    id: int
    message_id: str
    subscriber: str
    subscription: str
    recipient: str
    state: DeliveryState
    created: datetime


@dataclass(frozen=True, slots=True)
class BounceStore:
    """Bounces and complaints that were read, and the evidence in them."""

    database: Database

    def find_delivery(self, *, id: int | None = None, message_id: str | None = None) -> BouncedDelivery | None:
        """The delivery with an id or a Message-ID."""
        c = t.delivery.c
        which = c.id == id if id is not None else c.message_id == message_id
        columns = (c.id, c.message_id, c.subscriber, t.issue.c.subscription, c.recipient, c.state, c.created)
        with self.database.reading() as connection:
            row = connection.execute(select(*columns).join(t.issue, isouter=True).where(which)).mappings().first()
        if row is None:
            return None
        return BouncedDelivery(
            **{**row, "state": DeliveryState(row["state"]), "subscription": row["subscription"] or ""}
        )

    def already_read(self, pieces: Collection[str]) -> set[str]:
        """The ones of these messages that were recorded before."""
        c = t.heard.c
        with self.database.reading() as connection:
            return {
                piece
                for batch in batches(pieces)
                for piece in connection.scalars(select(c.piece).where(c.piece.in_(batch)))
            }

    def record(
        self,
        piece: str,
        *,
        now: datetime,
        evidence: Collection[BounceEvidence] = (),
        arrived: int | None = None,
        leaves: tuple[str, str, str] | None = None,
    ) -> list[Suppression] | None:
        """Record a message that came back, once; return the addresses that are suppressed now.

        Adds the evidence, marks a delivery in doubt that has `arrived` as sent, and unsubscribes what `leaves` names:
        (subscriber, subscription, why). None where this message was recorded before.
        """
        with self.database.writing() as connection:
            fresh = add_row(connection, t.heard, {"piece": piece, "at": now})
            if not fresh:
                return None
            if arrived is not None:
                c = t.delivery.c
                told = {
                    "state": DeliveryState.SENT,
                    "next_at": None,
                    "reason": "it had arrived, as what came back shows",
                }
                connection.execute(
                    update(t.delivery).where(c.id == arrived, c.state == DeliveryState.IN_DOUBT).values(told)
                )
            if leaves is not None:
                unsubscribe(connection, *leaves, now)
                note_leaving(self.database, connection, *leaves)
            return _add_evidence(self.database, connection, evidence, now)

    def received_since(self, pairs: Collection[tuple[str, str]], since: datetime) -> set[str]:
        """The keys of those addresses that took an issue since then which did not come back hard.

        `pairs`: (subscriber, address).
        """
        wanted = {(subscriber, address_key(address)) for subscriber, address in pairs}
        c, e = t.delivery.c, t.evidence.c
        came_back = select(e.id).where(e.delivery == c.id, e.kind == "hard").exists()
        took = select(c.subscriber, c.recipient).join(t.issue)
        took = took.where(t.issue.c.created > since, c.state == DeliveryState.SENT, ~came_back).distinct()
        found = set[tuple[str, str]]()
        with self.database.reading() as connection:
            for batch in batches(sorted({subscriber for subscriber, _ in wanted})):
                rows = connection.execute(took.where(t.issue.c.subscriber.in_(batch)))
                found |= {(subscriber, address_key(recipient)) for subscriber, recipient in rows}
        return {key for subscriber, key in found & wanted}

    def add_evidence(self, evidence: Collection[BounceEvidence], *, now: datetime) -> list[Suppression]:
        """Add evidence from SMTP replies; the addresses that are suppressed now."""
        with self.database.writing() as connection:
            return _add_evidence(self.database, connection, evidence, now)


def _add_evidence(
    database: Database, connection: Connection, evidence: Collection[BounceEvidence], now: datetime
) -> list[Suppression]:
    found = []
    for each in evidence:
        said = strip_controls(each.words)
        total = _update_score(connection, each, now) if each.points else 0.0
        row = {"address": each.address, "at": now, "kind": each.kind, "words": said, "points": each.points}
        connection.execute(plain_insert(t.evidence), row | {"delivery": each.delivery})
        if bounce_score.suppresses(total) or (
            bounce_score.suppresses_on_probation(each.points)
            and bounce_score.on_probation(_first_issue(connection, each.delivery), now)
        ):
            row = {"address": each.address, "reason": said, "since": now}
            if add_row(connection, t.suppression, row):
                note_suppression(database, connection, each.address, said)
                found.append(Suppression(address=each.address, reason=said, since=now))
    return found


def _update_score(connection: Connection, each: BounceEvidence, now: datetime) -> float:
    """Add a bounce to the score of its address; return the points it has now."""
    c, e = t.score.c, t.evidence.c
    row = connection.execute(select(c.points, c.at).where(c.address == each.address).with_for_update()).first()
    before = AddressScore(row.points, row.at) if row else None
    period = bounce_score.reset_evidence(before, now)
    reset = period is not None and _has_received(connection, each.delivery, *period)
    of_today = select(func.max(e.points)).where(e.address == each.address, e.at > now - bounce_score.DAY)
    worst_today = connection.scalar(of_today) or 0.0
    points = bounce_score.add_bounce(before, each.points, worst_today=worst_today, reset=reset)
    values = {"points": points, "at": now}
    statement = insert(connection, t.score).values(values | {"address": each.address})
    connection.execute(statement.on_conflict_do_update(index_elements=["address"], set_=values))
    return points


def _has_received(connection: Connection, delivery: int | None, since: datetime, until: datetime) -> bool:
    """Whether an issue of that period was sent to the reader of this delivery."""
    c = t.issue.c
    written = select(c.id).where(c.subscriber == _reader_of(delivery), c.created > since, c.created < until)
    return (
        connection.scalar(written.join(t.delivery).where(t.delivery.c.state == DeliveryState.SENT).limit(1)) is not None
    )


def _first_issue(connection: Connection, delivery: int | None) -> datetime | None:
    """When the first issue of the reader of this delivery was written."""
    return connection.scalar(select(func.min(t.issue.c.created)).where(t.issue.c.subscriber == _reader_of(delivery)))


def _reader_of(delivery: int | None) -> ScalarSelect[str]:
    return select(t.delivery.c.subscriber).where(t.delivery.c.id == delivery).scalar_subquery()
