"""Letters in doubt: the period in which each may have been handed over, and evidence that a relay has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from digest.mail.delivery_state import WAITING_STATES, DeliveryState
from digest.store import tables as t
from digest.store.engine import Database
from digest.text import strip_controls

_DELIVERY, _TRY = t.delivery.c, t.attempt.c


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubtLetter:
    """A letter of which nobody knows whether the server took it."""

    id: int
    epoch: int  # of the lease under which it was handed over
    subscriber: str
    message_id: str
    next_at: datetime | None  # when it is sent once more; None: presumed sent
    relay: str | None  # by which it was sent; None: unknown, because the sender died
    since: datetime  # the earliest time of the hand-over
    until: datetime | None  # the latest; None: unknown


@dataclass(frozen=True, slots=True)
class InDoubtStore:
    """Letters in doubt."""

    database: Database

    def list_all(self) -> list[InDoubtLetter]:
        """All letters in doubt, oldest first."""
        c, tried = _DELIVERY, _TRY
        last = select(func.max(tried.id)).where(tried.delivery_id == c.id, tried.state == DeliveryState.IN_DOUBT)
        rows = (
            select(
                c.id,
                c.epoch,
                c.subscriber,
                c.message_id,
                c.next_at,
                c.created,
                c.doubts,
                tried.relay,
                tried.began,
                tried.at,
            )
            .join(t.attempt, tried.id == last.correlate(t.delivery).scalar_subquery(), isouter=True)
            .where(c.state == DeliveryState.IN_DOUBT)
            .order_by(c.created, c.id)
        )
        with self.database.reading() as connection:
            return [
                _letter(
                    row,
                    relay=row.relay,
                    since=row.began if row.began and row.doubts == 1 else row.created,
                    until=row.at,
                )
                for row in connection.execute(rows)
            ]

    def list_waiting(self, now: datetime) -> list[InDoubtLetter]:
        """Letters that are ready to be sent at `now`, as if each were in doubt since it was written."""
        c = _DELIVERY
        rows = select(c.id, c.epoch, c.subscriber, c.message_id, c.next_at, c.created).where(
            c.next_at <= now, c.state.in_(WAITING_STATES)
        )
        with self.database.reading() as connection:
            return [
                _letter(row, relay=None, since=row.created, until=now)
                for row in connection.execute(rows.order_by(c.created, c.id))
            ]

    def confirm_sent(
        self, doubt: InDoubtLetter, *, now: datetime, words: str, relay: str | None, queue_id: str
    ) -> bool:
        """Mark a letter as sent, because its relay's log has it; False where it neither is in doubt nor waits."""
        c, said = _DELIVERY, strip_controls(words)
        open_ = (DeliveryState.IN_DOUBT, *WAITING_STATES)
        which = (c.id == doubt.id) & (c.epoch == doubt.epoch) & c.state.in_(open_)
        with self.database.writing() as connection:
            sent = update(t.delivery).where(which).values(state=DeliveryState.SENT, next_at=None, reason=said)
            if not connection.execute(sent).rowcount:
                return False
            tried = {"at": now, "state": DeliveryState.SENT, "relay": relay, "queue_id": queue_id, "words": said}
            connection.execute(insert(t.attempt), tried | {"delivery_id": doubt.id})
        return True


def _letter(row: Row[*tuple[Any, ...]], *, relay: str | None, since: datetime, until: datetime | None) -> InDoubtLetter:
    return InDoubtLetter(
        id=row.id,
        epoch=row.epoch,
        subscriber=row.subscriber,
        message_id=row.message_id,
        next_at=row.next_at,
        relay=relay,
        since=since,
        until=until,
    )
