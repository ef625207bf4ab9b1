"""Lists for the admin's pages, one page at a time: letters, due subscriptions, suppressed addresses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, select

from digest.mail.delivery_state import DeliveryState
from digest.mail.packing import unpack_message
from digest.store import tables as t
from digest.store.engine import Database, batches
from digest.store.outbox import ROW, OutboxRow, row_of
from digest.store.subscriptions import is_due, newest_serial
from digest.store.suppressions import Suppression

_DELIVERY, _CLOCK, _GONE, _BARRED, _SAID = (
    t.delivery.c,
    t.subscription.c,
    t.departure.c,
    t.suppression.c,
    t.evidence.c,
)
_CLOSED = (DeliveryState.SENT, DeliveryState.CANCELLED, DeliveryState.MERGED)
_MOST_SAID = 5  # pieces of evidence that are shown of one address


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledSubscription:
    """A subscription and its next due time."""

    subscriber: str
    name: str
    due_at: datetime | None  # None: an alert, due with the next arrival


@dataclass(frozen=True, slots=True)
class AdminLists:
    """Lists for the admin's pages, a page at a time."""

    database: Database

    def letters(
        self, *, state: DeliveryState | None = None, subscriber: str | None = None, limit: int, offset: int = 0
    ) -> list[OutboxRow]:
        """Letters in a state, or all that are not sent: those in doubt first, then the oldest."""
        c = _DELIVERY
        wanted = select(*ROW).where(c.state == state if state else c.state.not_in(_CLOSED))
        if subscriber is not None:
            wanted = wanted.where(c.subscriber == subscriber)
        order = case((c.state == DeliveryState.IN_DOUBT, 0), else_=1), c.created, c.id
        with self.database.reading() as connection:
            rows = connection.execute(wanted.order_by(*order).limit(limit).offset(offset)).mappings().all()
        return [row_of(row) for row in rows]

    def letter_history(self, number: int) -> LetterHistory | None:
        """A letter in any state with its tries; None: there is no such letter, or none any more."""
        c, tried = _DELIVERY, t.attempt.c
        tries = select(tried.at, tried.state, tried.phase, tried.relay, tried.queue_id, tried.words)
        with self.database.reading() as connection:
            row = connection.execute(select(*ROW).where(c.id == number)).mappings().first()
            packed = connection.scalar(select(t.letter.c.message).where(t.letter.c.delivery_id == number))
            if row is None or packed is None:
                return None
            rows = connection.execute(tries.where(tried.delivery_id == number).order_by(tried.id)).mappings().all()
        return LetterHistory(
            row=row_of(row),
            message=unpack_message(packed),
            tries=tuple(LetterAttempt(**each) for each in rows),
        )

    def next_due(self, subscribers: Collection[str]) -> dict[tuple[str, str], datetime | None]:
        """When the subscriptions of these readers, by (subscriber, name), are due next; None: at once."""
        c = _CLOCK
        with self.database.reading() as connection:
            return {
                (row.subscriber, row.name): row.next_due
                for batch in batches(subscribers)
                for row in connection.execute(
                    select(c.subscriber, c.name, c.next_due).where(c.subscriber.in_(batch), c.active)
                )
            }

    def unsubscribed(self, subscribers: Collection[str]) -> dict[tuple[str, str], str]:
        """What these readers unsubscribed from, and why; an empty name means all of a reader's subscriptions."""
        c = _GONE
        with self.database.reading() as connection:
            return {
                (row.subscriber, row.subscription): row.why
                for batch in batches(subscribers)
                for row in connection.execute(
                    select(c.subscriber, c.subscription, c.why).where(c.subscriber.in_(batch)).order_by(c.subscription)
                )
            }

    def overdue(self, now: datetime, *, limit: int) -> tuple[int, list[ScheduledSubscription]]:
        """How many subscriptions are due, and the first of them, the longest due first."""
        c = _CLOCK
        with self.database.reading() as connection:
            which = is_due(newest_serial(connection, now), now)
            count = connection.scalar(select(func.count()).select_from(t.subscription).where(which)) or 0
            wanted = select(c.subscriber, c.name, c.next_due).where(which)
            rows = connection.execute(wanted.order_by(c.next_due.is_(None), c.next_due, c.id).limit(limit)).all()
        return count, [
            ScheduledSubscription(subscriber=row.subscriber, name=row.name, due_at=row.next_due) for row in rows
        ]

    def upcoming(self, now: datetime, *, limit: int) -> list[ScheduledSubscription]:
        """The subscriptions that are due next, after `now`."""
        c = _CLOCK
        wanted = select(c.subscriber, c.name, c.next_due).where(and_(c.active, c.next_due > now))
        with self.database.reading() as connection:
            rows = connection.execute(wanted.order_by(c.next_due, c.id).limit(limit)).all()
        return [ScheduledSubscription(subscriber=row.subscriber, name=row.name, due_at=row.next_due) for row in rows]

    def suppressed(self, addresses: Collection[str]) -> dict[str, str]:
        """The suppressed ones of these addresses (as mail.address.address_key gives them), and why."""
        c = _BARRED
        with self.database.reading() as connection:
            return {
                row.address: row.reason
                for batch in batches(addresses)
                for row in connection.execute(select(c.address, c.reason).where(c.address.in_(batch)))
            }

    def suppressions(self, *, like: str = "", limit: int, offset: int = 0) -> tuple[int, list[Suppression]]:
        """How many suppressed addresses contain a text, and one page of them with the latest evidence, newest first."""
        c = _BARRED
        which = c.address.contains(like, autoescape=True)
        with self.database.reading() as connection:
            count = connection.scalar(select(func.count()).select_from(t.suppression).where(which)) or 0
            order = c.since.desc(), c.address
            wanted = select(c.address, c.reason, c.since).where(which).order_by(*order).limit(limit).offset(offset)
            rows = connection.execute(wanted).all()
            said: dict[str, list[str]] = {}
            for row in rows:
                told = select(_SAID.at, _SAID.kind, _SAID.words).where(_SAID.address == row.address)
                for at, kind, words in connection.execute(told.order_by(_SAID.id.desc()).limit(_MOST_SAID)):
                    said.setdefault(row.address, []).append(f"{at:%Y-%m-%d} {kind}: {words}")
        return count, [
            Suppression(
                address=row.address, reason=row.reason, since=row.since, evidence=tuple(said.get(row.address, ()))
            )
            for row in rows
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterAttempt:
    """The result of one try, or a decision of a person on the letter."""

    at: datetime
    state: str
    phase: str | None
    relay: str | None
    queue_id: str | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterHistory:
    """A letter with all its tries, oldest first."""

    row: OutboxRow
    message: bytes
    tries: tuple[LetterAttempt, ...]
