"""The outbox: letters are leased to a sender, and what came of each try is recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, bindparam, case, func, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from digest.mail.delivery_state import ENDED_UNSENT, Decision, DeliveryAttempt, DeliveryState
from digest.mail.envelope import Envelope, LeasedDelivery
from digest.store import tables as t
from digest.store.already_sent import issue_with_same_papers
from digest.store.engine import Database
from digest.store.executemany import ExecuteMany
from digest.store.outbox_write import add_letter
from digest.store.send_guard import SendGuard
from digest.text import strip_controls

_COLUMN = t.delivery.c
_OLDEST = (_COLUMN.created, _COLUMN.id)
_NO_OWNER: dict[str, Any] = {"owner": None, "until": None}
_DAY = timedelta(days=1)
_HIDDEN = (DeliveryState.SENT, DeliveryState.CANCELLED, DeliveryState.MERGED)

BY_HAND = ", by hand"
"""Ends the reason of what a person has decided."""

DeliveryLease = tuple[int, int]
"""The id of a delivery and the epoch of its lease; the epoch fences off a sender that lost it."""

HandedOver = Collection[DeliveryLease] | Literal["unknown"] | None
"""What an owner may have handed over; "unknown": its journal is gone; None: the owner is alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A letter in the outbox, its state and the reason for it."""

    id: int
    subscriber: str
    recipient: str
    message_id: str
    state: DeliveryState
    reason: str | None  # the server's words
    attempts: int
    next_at: datetime | None
    created: datetime


ROW = (
    *(_COLUMN.id, _COLUMN.subscriber, _COLUMN.recipient, _COLUMN.message_id, _COLUMN.state),
    *(_COLUMN.reason, _COLUMN.attempts, _COLUMN.next_at, _COLUMN.created),
)
"""The columns from which an OutboxRow is made."""


def row_of(found: RowMapping) -> OutboxRow:
    return OutboxRow(**{**found, "state": DeliveryState(found["state"])})


@dataclass(frozen=True, slots=True)
class OutboxStore:
    """Letters that wait, are being sent, or were sent."""

    database: Database

    def add_notice(
        self,
        key: str,
        envelope: Envelope,
        *,
        subscriber: str,
        kind: str,
        now: datetime,
        expires: datetime | None = None,
    ) -> bool:
        """Add a letter without papers (a confirmation, a change of address), once for each key."""
        with self.database.writing() as connection:
            more = {"notice": key, "subscriber": subscriber, "kind": kind, "expires": expires}
            return add_letter(connection, envelope, created=now, **more)

    def send_guard(self) -> SendGuard:
        """A guard for one thread, which asks before each letter whether it is still wanted."""
        return SendGuard(self.database)

    def claim(
        self, *, now: datetime, owner: str, limit: int, lease: timedelta, only: str | None = None
    ) -> list[LeasedDelivery]:
        """Lease letters that are ready, the longest waiting first; no other owner gets them before the lease ends.

        Letters to a domain with an open circuit breaker are left out. `only`: the letter with this Message-ID alone.
        """
        values = {"now": now, "owner": owner, "until": now + lease, "limit": limit}
        with self.database.writing() as connection:
            take, more = (_TAKE, {}) if only is None else (_TAKE_ONE, {"only": only})
            mine = connection.scalars(take, values | more).all()
            return [_delivery(row) for row in connection.execute(_LETTERS, {"mine": mine}).all()] if mine else []

    def has_ready(self, now: datetime) -> bool:
        """Whether any letter is ready to be sent."""
        with self.database.reading() as connection:
            return connection.scalar(select(_COLUMN.id).where(_COLUMN.next_at <= now).limit(1)) is not None

    def renew(self, leases: Collection[DeliveryLease], *, until: datetime) -> set[DeliveryLease]:
        """Extend leases; the ones that were still held."""
        epochs = dict(leases)
        mine = (_COLUMN.state == DeliveryState.LEASED) & _COLUMN.id.in_(epochs)
        with self.database.writing() as connection:
            rows = connection.execute(select(_COLUMN.id, _COLUMN.epoch).where(mine).with_for_update())
            kept = {(number, epoch) for number, epoch in rows if epochs[number] == epoch}
            wanted = _COLUMN.id.in_([number for number, _ in kept])
            connection.execute(update(t.delivery).where(wanted).values(until=until))
        return kept

    def mark_dot(self, lease: DeliveryLease) -> bool:
        """Note that a letter is handed over now, for machines that cannot read our journal.

        False: its lease was lost.
        """
        number, epoch = lease
        with self.database.writing() as connection:
            mine = update(t.delivery).where(_COLUMN.id == number, _COLUMN.epoch == epoch, _HELD)
            return bool(connection.execute(mine.values(at_dot=epoch)).rowcount)

    def release(self, leases: Iterable[DeliveryLease], *, now: datetime) -> None:
        """Give back letters that were not begun; they are ready again, and no try is counted."""
        rows = [{"number": number, "lease": epoch} for number, epoch in leases]
        if not rows:
            return
        with self.database.writing() as connection:
            connection.execute(
                update(t.delivery).where(_FENCE, _COLUMN.state == DeliveryState.LEASED).values(_ready(now)),
                rows,
            )

    def record_results(self, results: Sequence[DeliveryAttempt]) -> None:
        """Record the results of tries.

        After its lease was lost a result changes nothing but the list of tries; that a letter was sent counts even
        then, as long as nobody else has begun to send it.
        """
        if not results:
            return
        said = [strip_controls(each.words) for each in results]
        moves = [
            (
                each.delivery,
                each.epoch,
                each.state,
                words,
                each.next_at,
                int(each.counted),
                int(each.state == DeliveryState.IN_DOUBT),
            )
            for each, words in zip(results, said, strict=True)
        ]
        tries = [
            (
                each.delivery,
                each.began,
                each.ended,
                each.state,
                each.phase,
                each.relay,
                each.queue_id,
                each.code,
                each.enhanced,
                words,
            )
            for each, words in zip(results, said, strict=True)
        ]
        with self.database.writing() as connection:
            _CLOSE_SENT(
                connection,
                [move for move, each in zip(moves, results, strict=True) if each.state == DeliveryState.SENT],
            )
            _CLOSE(
                connection,
                [move for move, each in zip(moves, results, strict=True) if each.state != DeliveryState.SENT],
            )
            # The delivery of a reader who was deleted meanwhile may be gone.
            there = set(connection.scalars(_THERE, {"tried": [each.delivery for each in results]}))
            _TRIED(connection, [tried for tried in tries if tried[0] in there])

    def expire_leases(
        self,
        handed_over: Callable[[str], HandedOver],
        *,
        now: datetime,
        retry_at: datetime,
    ) -> int:
        """Free letters whose leases have expired; how many. `handed_over` is called outside of the transactions.

        `handed_over` returns the letters of an owner that it may have handed over, as far as is known here, or None
        where the owner is alive (after a jump of the clock no lease expires). Of an owner on another machine the letter
        counts that `mark_dot` noted. Nobody knows whether those letters have arrived, so they are tried once more at
        `retry_at`. Where the journal is gone, that is so of all letters of the owner, and they wait for a person. Dead
        owners on this machine are found by their journals long before; this is for other machines, and for stalled
        processes.
        """
        with self.database.reading() as connection:
            late = connection.execute(
                select(_COLUMN.owner, _COLUMN.id, _COLUMN.epoch, _COLUMN.at_dot).where(
                    _COLUMN.until < now, _COLUMN.state == DeliveryState.LEASED
                )
            ).all()
        if not late:
            return 0
        known = {owner: handed_over(owner) for owner in {row.owner for row in late}}
        freed = 0
        with self.database.writing() as connection:
            for owner, number, epoch, at_dot in late:
                handed = known[owner]
                if handed is None:
                    continue
                if handed == "unknown":
                    values: dict[str, Any] = {"state": DeliveryState.IN_DOUBT, "next_at": None, "reason": _JOURNAL_GONE}
                elif (number, epoch) in handed or at_dot == epoch:
                    values = {"state": DeliveryState.IN_DOUBT, "next_at": retry_at, "reason": _STOOD_STILL}
                else:
                    values = {"state": DeliveryState.READY, "next_at": now, "reason": _NOT_HEARD_OF}
                freed += _free(connection, number, epoch, values, now)
        return freed

    def unsent(self, *, in_doubt: bool = False) -> list[OutboxRow]:
        """The letters that are not sent, or those in doubt alone; oldest first."""
        which = _COLUMN.state == DeliveryState.IN_DOUBT if in_doubt else _COLUMN.state.not_in(_HIDDEN)
        with self.database.reading() as connection:
            rows = connection.execute(select(*ROW).where(which).order_by(*_OLDEST)).mappings().all()
        return [row_of(row) for row in rows]

    def ended(self, since: datetime) -> list[OutboxRow]:
        """The letters that ended unsent since then without a person's word: cancelled or merged; oldest first."""
        c = t.attempt.c
        lately = select(c.id).where(c.delivery_id == _COLUMN.id, c.at >= since, c.state == _COLUMN.state).exists()
        mine = _COLUMN.state.in_((DeliveryState.CANCELLED, DeliveryState.MERGED))
        by_hand = func.coalesce(_COLUMN.reason, "").endswith(BY_HAND, autoescape=True)
        with self.database.reading() as connection:
            rows = connection.execute(select(*ROW).where(mine, lately, ~by_hand).order_by(*_OLDEST)).mappings().all()
        return [row_of(row) for row in rows]

    def count_by_state(self) -> dict[str, int]:
        """How many letters are in each state."""
        with self.database.reading() as connection:
            rows = connection.execute(select(_COLUMN.state, func.count()).group_by(_COLUMN.state))
            return {row[0]: row[1] for row in rows}

    def decide(
        self,
        ids: Collection[int],
        state: DeliveryState,
        *,
        now: datetime,
        words: str,
        keep_told: bool = False,
    ) -> dict[int, Decision]:
        """Change letters to `state` as a person decided, where MANUAL_TRANSITIONS allows it; what became of each.

        A letter that had ended is not sent after all once another issue holds one of its papers. With `keep_told` the
        papers of letters that are not sent count as sent nevertheless.
        """
        waits: dict[str, Any] = {"next_at": None}
        if state == DeliveryState.READY:  # for one day more, else an expired letter would be merged instead
            late = case((_COLUMN.expires < now + _DAY, now + _DAY), else_=_COLUMN.expires)
            waits = {"next_at": now, "crashes": 0, "attempts": 0, "expires": late}
        decisions = {number: Decision(before=None, state=state) for number in ids}
        with self.database.writing() as connection:
            chosen = select(_COLUMN.id, _COLUMN.state, _COLUMN.issue_id).where(_COLUMN.id.in_(ids))
            for row in connection.execute(chosen.order_by(_COLUMN.id).with_for_update()).all():
                decision = Decision(before=DeliveryState(row.state), state=state)
                if decision.is_done and state == DeliveryState.READY and decision.before in ENDED_UNSENT:
                    decision = replace(decision, conflict=issue_with_same_papers(connection, row.issue_id))
                decisions[row.id] = decision
                if not decision.is_done:
                    continue
                changed = update(t.delivery).where(_COLUMN.id == row.id)
                connection.execute(changed.values(state=state, reason=words, **waits, **_NO_OWNER))
                tried = {"delivery_id": row.id, "at": now, "state": state, "words": words}
                connection.execute(insert(t.attempt), tried)
                if keep_told and row.issue_id is not None:
                    told = update(t.issue).where(t.issue.c.id == row.issue_id)
                    connection.execute(told.values(outcome="told"))
        return decisions


def _take(which: ColumnElement[bool]) -> ReturningUpdate[tuple[int]]:
    """The statement that leases the longest waiting of these letters."""
    chosen = select(_COLUMN.id).where(_COLUMN.next_at <= bindparam("now"), which)
    chosen = chosen.order_by(_COLUMN.next_at, _COLUMN.id).limit(bindparam("limit")).with_for_update(skip_locked=True)
    # A materialised CTE, else PostgreSQL may choose again for every row, and lock more than the limit.
    once = chosen.cte("chosen").prefix_with("MATERIALIZED")
    lease: dict[str, Any] = {"owner": bindparam("owner"), "until": bindparam("until"), "epoch": _COLUMN.epoch + 1}
    take = update(t.delivery).where(_COLUMN.id.in_(select(once.c.id)))
    return take.values(lease | {"state": DeliveryState.LEASED, "next_at": None}).returning(_COLUMN.id)


# Statements are built once, here and below: building one takes as long as running it.
_OPEN_BREAKERS = select(t.brake.c.name).where(t.brake.c.kind == "domain", t.brake.c.until > bindparam("now"))
_TAKE = _take(_COLUMN.domain.not_in(_OPEN_BREAKERS))
_TAKE_ONE = _take(_COLUMN.message_id == bindparam("only"))

_LETTERS = (
    select(
        _COLUMN.id,
        _COLUMN.epoch,
        _COLUMN.subscriber,
        _COLUMN.kind,
        _COLUMN.sender,
        _COLUMN.recipient,
        _COLUMN.message_id,
        _COLUMN.attempts,
        _COLUMN.doubts,
        _COLUMN.created,
        t.letter.c.message,
        t.letter.c.papers,
        t.issue.c.subscription,
    )
    .join(t.letter)
    .join(t.issue, isouter=True)
    .where(_COLUMN.id.in_(bindparam("mine", expanding=True)))
    .order_by(_COLUMN.reason.is_not(None), *_OLDEST)  # letters that have failed once come last
)

_THERE = select(_COLUMN.id).where(_COLUMN.id.in_(bindparam("tried", expanding=True)))
_THERE = _THERE.with_for_update(read=True, key_share=True)

_FENCE = (_COLUMN.id == bindparam("number")) & (_COLUMN.epoch == bindparam("lease"))
"""A sender that lost the lease changes nothing."""

_HELD = _COLUMN.state == DeliveryState.LEASED
_DOUBTFUL, _FREED = _COLUMN.state == DeliveryState.IN_DOUBT, _COLUMN.state == DeliveryState.READY

_CLOSING = (
    update(t.delivery)
    .where(_FENCE)
    .values(
        state=bindparam("new_state"),
        reason=bindparam("said"),
        next_at=bindparam("later"),
        attempts=_COLUMN.attempts + bindparam("tries"),
        doubts=_COLUMN.doubts + bindparam("doubt"),
        **_NO_OWNER,
    )
)
_MOVED = ("number", "lease", "new_state", "said", "later", "tries", "doubt")
_CLOSE = ExecuteMany(_MOVED, lambda _: _CLOSING.where(_HELD))
_CLOSE_SENT = ExecuteMany(_MOVED, lambda _: _CLOSING.where(_HELD | _DOUBTFUL | _FREED))
_TRIED = ExecuteMany(
    ("delivery_id", "began", "at", "state", "phase", "relay", "queue_id", "code", "enhanced", "words"),
    lambda _: insert(t.attempt),
)


def _ready(now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.READY, "next_at": now, **_NO_OWNER}


_STOOD_STILL = "its sender stood still after handing it over"
_NOT_HEARD_OF = "its sender was not heard of for too long"
_JOURNAL_GONE = "its sender died, and the journal that tells what it sent is gone: nobody knows whether it was sent"


def _free(connection: Connection, number: int, epoch: int, values: dict[str, Any], now: datetime) -> int:
    """Free a letter of an expired lease. 0: its owner changed it meanwhile."""
    which = (_COLUMN.id == number) & (_COLUMN.epoch == epoch) & _HELD
    more = {"doubts": _COLUMN.doubts + 1} if values["state"] == DeliveryState.IN_DOUBT else {}
    freed = connection.execute(update(t.delivery).where(which).values(**values, **more, **_NO_OWNER)).rowcount
    if freed:
        tried = {"delivery_id": number, "at": now, "state": values["state"], "words": values["reason"]}
        connection.execute(insert(t.attempt), tried)
    return freed


def _delivery(row: Row[*tuple[Any, ...]]) -> LeasedDelivery:
    return LeasedDelivery(
        id=row.id,
        epoch=row.epoch,
        subscriber=row.subscriber,
        subscription=row.subscription or "",
        kind=row.kind,
        sender=row.sender,
        recipient=row.recipient,
        message_id=row.message_id,
        packed=row.message,
        papers=row.papers or "",
        attempts=row.attempts,
        doubts=row.doubts,
        created=row.created,
    )
