"""What `digest prune` deletes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from digest.mail.outcome import State
from digest.store import tables as t
from digest.store.engine import Database, batches

_DELIVERY = t.delivery.c
_DONE = (State.SENT, State.CANCELLED, State.MERGED, State.FAILED, State.SUPPRESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was dropped."""

    letters: int
    issues: int
    others: int  # evidence, notes of what was heard, and the like


@dataclass(frozen=True, slots=True)
class RetentionStore:
    """Deletes what is old and done with."""

    database: Database

    def prune(self, *, before: datetime) -> Pruned:
        """Drop what is older and done with: letters with their tries, issues with their items, evidence.

        Papers stay, and so does what each reader was told, so that nothing is told twice. Letters about which somebody
        still has to decide stay too, and so does each subscription's last issue.
        """
        with self.database.writing() as connection:
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
