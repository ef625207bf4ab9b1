"""`digest prune` in the database: deletes old letters, issues and evidence (the rules: digest.mail.retention)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, or_, select, update

from digest.mail.delivery_state import ENDED_UNSENT
from digest.mail.retention import DELETABLE
from digest.store import tables as t
from digest.store.already_sent import counts
from digest.store.engine import Database, batches

_DELIVERY = t.delivery.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many rows were deleted."""

    letters: int
    issues: int
    others: int  # evidence, bounces that were read, and the like


@dataclass(frozen=True, slots=True)
class RetentionStore:
    """Deletes what is old and done with."""

    database: Database

    def prune(self, *, before: datetime) -> Pruned:
        """Delete what is older and finished: letters with their tries, issues that told nothing, evidence.

        Papers stay, and so does every issue whose papers count as sent, so that nothing is sent twice. Letters that a
        person has to decide on stay too, and so does each subscription's last issue.
        """
        with self.database.writing() as connection:
            old = connection.scalars(
                select(_DELIVERY.id).where(_DELIVERY.created < before, _DELIVERY.state.in_(DELETABLE))
            ).all()
            for batch in batches(old):
                _keep_outcomes(connection, batch)
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
                    (t.posted_paper, t.posted_paper.c.at),
                    (t.journal, t.journal.c.closed),
                    (t.allowance, t.allowance.c.day),
                    (t.set_aside, t.set_aside.c.last),
                )
            )
        return Pruned(letters=len(old), issues=issues, others=others)


def _keep_outcomes(connection: Connection, deliveries: Collection[int]) -> None:
    """Write into the issues of these deliveries whether they told their papers: the deliveries are about to go."""
    c, mine = t.issue.c, _DELIVERY.id.in_(deliveries)
    touched = c.id.in_(select(_DELIVERY.issue_id).where(mine))
    gone = c.id.in_(select(_DELIVERY.issue_id).where(mine, _DELIVERY.state.not_in(ENDED_UNSENT)))
    another = exists().where(_DELIVERY.issue_id == c.id, ~mine)
    derived = update(t.issue).where(c.outcome.is_(None))
    connection.execute(derived.where(gone).values(outcome="told"))
    connection.execute(derived.where(touched, ~another).values(outcome="untold"))


def _issues(connection: Connection, before: datetime) -> int:
    """Delete old issues that told nothing, and that have no letter any more; how many."""
    c = t.issue.c
    last = select(func.max(c.id)).group_by(c.subscriber, c.subscription)
    wanted = select(_DELIVERY.issue_id).where(_DELIVERY.issue_id.is_not(None))
    empty = or_(c.contents.is_(None), ~counts())
    gone = delete(t.issue).where(c.created < before, c.id.not_in(last), c.id.not_in(wanted), empty)
    return connection.execute(gone).rowcount
