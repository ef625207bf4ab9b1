"""How things stand, for the admin and for metrics: counted in the database when asked, and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from digest.mail.outcome import State
from digest.store import tables as t
from digest.store.engine import Database, batches

_DELIVERY = t.delivery.c
_DONE = (State.SENT, State.CANCELLED, State.MERGED, State.FAILED, State.SUPPRESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is in the outbox, what is late, and what came back."""

    letters: Mapping[str, int]  # by state; what was pruned is not counted
    oldest_waiting: datetime | None  # of the letters whose time has come, when that was
    oldest_due: datetime | None  # of the subscriptions whose slot has come, when that was
    tries: Mapping[str, int]  # of the last day, by what came of them
    evidence: Mapping[str, int]  # of the last day, by kind
    suppressed: int
    papers: int


def standing(self: Database, *, now: datetime) -> Figures:
    """How things stand at this moment."""
    day = now - timedelta(days=1)
    clock, tries, said = t.subscription.c, t.attempt.c, t.evidence.c
    with self.reading() as connection:
        return Figures(
            letters=_counted(connection, select(_DELIVERY.state, func.count()).group_by(_DELIVERY.state)),
            oldest_waiting=connection.scalar(select(func.min(_DELIVERY.next_at)).where(_DELIVERY.next_at <= now)),
            oldest_due=connection.scalar(select(func.min(clock.next_due)).where(clock.active, clock.next_due <= now)),
            tries=_counted(connection, select(tries.state, func.count()).where(tries.at > day).group_by(tries.state)),
            evidence=_counted(connection, select(said.kind, func.count()).where(said.at > day).group_by(said.kind)),
            suppressed=connection.scalar(select(func.count()).select_from(t.suppression)) or 0,
            papers=connection.scalar(select(func.count()).select_from(t.paper)) or 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was dropped."""

    letters: int
    issues: int
    others: int  # evidence, notes of what was heard, and the like


def prune(self: Database, *, before: datetime) -> Pruned:
    """Drop what is older and done with: letters with their tries, issues with their items, evidence.

    Papers stay, and so does what each reader was told, so that nothing is told twice. Letters about which somebody
    still has to decide stay too, and so does each subscription's last issue.
    """
    with self.writing() as connection:
        old = connection.scalars(
            select(_DELIVERY.id).where(_DELIVERY.created < before, _DELIVERY.state.in_(_DONE))
        ).all()
        for batch in batches(old):
            connection.execute(delete(t.attempt).where(t.attempt.c.delivery_id.in_(batch)))
            connection.execute(delete(t.letter).where(t.letter.c.delivery_id.in_(batch)))
            connection.execute(delete(t.delivery).where(_DELIVERY.id.in_(batch)))
        issues = _issues(connection, before)
        others = sum(
            connection.execute(delete(table).where(column < before)).rowcount
            for table, column in (
                (t.evidence, t.evidence.c.at),
                (t.heard, t.heard.c.at),
                (t.posted, t.posted.c.at),
                (t.journal, t.journal.c.closed),
                (t.allowance, t.allowance.c.day),
            )
        )
    return Pruned(letters=len(old), issues=issues, others=others)


def _issues(connection: Connection, before: datetime) -> int:
    c = t.issue.c
    last = select(func.max(c.id)).group_by(c.subscriber, c.subscription)
    wanted = select(_DELIVERY.issue_id).where(_DELIVERY.issue_id.is_not(None))
    old = connection.scalars(select(c.id).where(c.created < before, c.id.not_in(last), c.id.not_in(wanted))).all()
    for batch in batches(old):
        connection.execute(delete(t.item).where(t.item.c.issue_id.in_(batch)))
        connection.execute(delete(t.issue).where(c.id.in_(batch)))
    return len(old)


def _counted(connection: Connection, statement: object) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(statement)}  # type: ignore[call-overload]
