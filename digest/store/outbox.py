"""The outbox: which letters wait, who is sending them now, and what came of each try."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from digest.delivery import Delivery, Envelope, State
from digest.store import tables as t
from digest.store.engine import Database
from digest.text import strip_controls

_COLUMN = t.delivery.c
_OLDEST = (_COLUMN.created, _COLUMN.id)
_FREE = {"owner": None, "until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A letter that is not sent, and why."""

    id: int
    subscriber: str
    recipient: str
    message_id: str
    state: State
    reason: str | None  # the other side's words
    attempts: int
    next_at: datetime | None
    created: datetime


def claim(
    self: Database, *, now: datetime, owner: str, limit: int, lease: timedelta, only: str | None = None
) -> list[Delivery]:
    """Take letters whose time has come, oldest first, for `lease`; nobody else gets them until it has run out.

    A lease that ran out before the dot puts its letter back; after it the letter is in doubt, for a person to decide.
    With `only`, a Message-ID, no letter but that one is taken.
    """
    chosen = select(_COLUMN.id).where(_waits(now)).order_by(*_OLDEST).limit(limit)
    if only is not None:
        chosen = chosen.where(_COLUMN.message_id == only)
    # A materialised CTE: else PostgreSQL may choose anew for every row, and lock more than the limit.
    once = chosen.with_for_update(skip_locked=True).cte("chosen").prefix_with("MATERIALIZED")
    lease_out = {"state": State.LEASED, "owner": owner, "epoch": _COLUMN.epoch + 1, "until": now + lease}
    take = (
        update(t.delivery).where(_COLUMN.id.in_(select(once.c.id))).values(lease_out | {"dot": False, "next_at": None})
    )
    with self.writing() as connection:
        _free(connection, _COLUMN.until < now, now, "the lease ran out")
        mine = connection.scalars(take.returning(_COLUMN.id)).all()
        letters = select(t.delivery, t.letter.c.message).join(t.letter).where(_COLUMN.id.in_(mine))
        return [_delivery(row) for row in connection.execute(letters.order_by(*_OLDEST))]


def release(self: Database, owner: str) -> None:
    """Give back what this owner has not begun to send."""
    with self.writing() as connection:
        connection.execute(
            update(t.delivery)
            .where(_COLUMN.state == State.LEASED, _COLUMN.owner == owner, ~_COLUMN.dot)
            .values(state=State.READY, **_FREE)
        )


def recover(self: Database, owner_is_dead: Callable[[str], bool], *, now: datetime) -> None:
    """Free at once what owners known to be dead had leased, as if the leases had run out."""
    with self.reading() as connection:
        owners = connection.scalars(select(_COLUMN.owner).where(_COLUMN.state == State.LEASED).distinct()).all()
    for owner in owners:
        if owner and owner_is_dead(owner):
            with self.writing() as connection:
                _free(connection, _COLUMN.owner == owner, now, "the sending process died")


def at_dot(self: Database, delivery: int, epoch: int, now: datetime) -> bool:
    """Keep that the end of the letter is sent next; False where the lease was lost, and the letter must not be sent."""
    with self.writing() as connection:
        marked = connection.execute(
            update(t.delivery).where(_mine(delivery, epoch), _COLUMN.until > now).values(dot=True)
        )
        return marked.rowcount == 1


def sent(self: Database, delivery: int, epoch: int, now: datetime, *, words: str) -> bool:
    """The other side took the letter. False, here and below, where the lease was lost: another's result stands."""
    return _close(self, delivery, epoch, now, State.SENT, words)


def deferred(
    self: Database,
    delivery: int,
    epoch: int,
    now: datetime,
    *,
    next_at: datetime,
    words: str,
    code: int | None = None,
    enhanced: str | None = None,
    counted: bool = True,
) -> bool:
    """Again at `next_at`, the same bytes; not `counted` where the relay was at fault and not the letter."""
    return _close(self, delivery, epoch, now, State.DEFERRED, words, code, enhanced, counted=counted, next_at=next_at)


def failed_delivery(
    self: Database,
    delivery: int,
    epoch: int,
    now: datetime,
    *,
    words: str,
    code: int | None = None,
    enhanced: str | None = None,
) -> bool:
    """Never again: the other side refused the letter or the address."""
    return _close(self, delivery, epoch, now, State.FAILED, words, code, enhanced)


def in_doubt(self: Database, delivery: int, epoch: int, now: datetime, *, words: str) -> bool:
    """The line broke between the dot and its answer: a person decides."""
    return _close(self, delivery, epoch, now, State.IN_DOUBT, words)


def cancelled(self: Database, delivery: int, epoch: int, now: datetime, *, words: str) -> bool:
    """Not wanted any more."""
    return _close(self, delivery, epoch, now, State.CANCELLED, words, counted=False)


def outbox(self: Database, *, in_doubt: bool = False) -> list[OutboxRow]:
    """What is not sent, oldest first; of it what is in doubt alone, where asked."""
    c = _COLUMN
    columns = (c.id, c.subscriber, c.recipient, c.message_id, c.state, c.reason, c.attempts, c.next_at, c.created)
    which = c.state == State.IN_DOUBT if in_doubt else c.state.not_in((State.SENT, State.CANCELLED))
    with self.reading() as connection:
        rows = connection.execute(select(*columns).where(which).order_by(*_OLDEST)).mappings().all()
    return [OutboxRow(**{**row, "state": State(row["state"])}) for row in rows]


def counts(self: Database) -> dict[str, int]:
    """How many letters are in each state."""
    with self.reading() as connection:
        rows = connection.execute(select(_COLUMN.state, func.count()).group_by(_COLUMN.state))
        return {row[0]: row[1] for row in rows}


def _waits(now: datetime) -> ColumnElement[bool]:
    return or_(_COLUMN.state == State.READY, and_(_COLUMN.state == State.DEFERRED, _COLUMN.next_at <= now))


def _delivery(row: Row[*tuple[Any, ...]]) -> Delivery:
    envelope = Envelope(
        sender=row.sender,
        recipient=row.recipient,
        message=zlib.decompress(row.message),
        message_id=row.message_id,
    )
    return Delivery(
        id=row.id,
        epoch=row.epoch,
        subscriber=row.subscriber,
        kind=row.kind,
        envelope=envelope,
        attempts=row.attempts,
        created=row.created,
    )


def _mine(delivery: int, epoch: int) -> ColumnElement[bool]:
    """The fence: whoever lost the lease writes nothing any more."""
    return and_(_COLUMN.id == delivery, _COLUMN.epoch == epoch, _COLUMN.state == State.LEASED)


def _close(
    self: Database,
    delivery: int,
    epoch: int,
    now: datetime,
    state: State,
    words: str,
    code: int | None = None,
    enhanced: str | None = None,
    *,
    counted: bool = True,
    next_at: datetime | None = None,
) -> bool:
    said = strip_controls(words)
    with self.writing() as connection:
        closed = connection.execute(
            update(t.delivery)
            .where(_mine(delivery, epoch))
            .values(state=state, reason=said, next_at=next_at, attempts=_COLUMN.attempts + int(counted), **_FREE)
        )
        if closed.rowcount == 0:
            return False
        row = {"delivery_id": delivery, "at": now, "state": state, "code": code, "enhanced": enhanced, "words": said}
        connection.execute(insert(t.attempt), row)
    return True


def _free(connection: Connection, which: ColumnElement[bool], now: datetime, why: str) -> None:
    leased = and_(_COLUMN.state == State.LEASED, which)
    doubtful = connection.scalars(
        update(t.delivery)
        .where(leased, _COLUMN.dot)
        .values(state=State.IN_DOUBT, reason=f"{why} while the letter was being handed over", **_FREE)
        .returning(_COLUMN.id)
    ).all()
    freed = connection.scalars(
        update(t.delivery).where(leased, ~_COLUMN.dot).values(state=State.READY, **_FREE).returning(_COLUMN.id)
    ).all()
    tries = [
        {"delivery_id": number, "at": now, "state": state, "words": why}
        for state, numbers in ((State.IN_DOUBT, doubtful), (State.READY, freed))
        for number in numbers
    ]
    if tries:
        connection.execute(insert(t.attempt), tries)
