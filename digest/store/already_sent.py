"""Which papers each reader was sent already: derived from the issues and from what became of their letters.

The papers of an issue count as sent while a delivery of it waits, is in doubt, is set aside for a person, or has gone.
They count no more once all deliveries have ended otherwise, so the papers can come with another issue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from digest.mail.delivery_state import ENDED_UNSENT
from digest.store import tables as t
from digest.store.engine import Database, batches, insert, is_any_of
from digest.store.issue_contents import IssueEntry, facts_of, packed_columns, records_of

WorkEvent = tuple[int, str]
"""A work, and what happened to it: "new", "revised v2", "published" or "withdrawn"."""

_ISSUE = t.issue.c

STANDS_FOR_OTHERS = "pruned"
"""The kind of an issue that only says what was sent: by issues that were deleted, or lost with a database."""


@dataclass(frozen=True, slots=True)
class SentPapers:
    """What the recent issues of a reader told."""

    sent: set[WorkEvent] = field(default_factory=set)
    given_back: dict[WorkEvent, set[int]] = field(default_factory=dict)  # and the issues whose letters did not go out


@dataclass(frozen=True, slots=True)
class AlreadySentStore:
    """Which news of which work each reader was sent, so that nothing is sent twice and nothing is lost."""

    database: Database

    def since(
        self, subscribers: Collection[str], since: datetime, *, given_back_since: datetime
    ) -> dict[str, SentPapers]:
        """What the issues composed at or after `since` told each reader, whatever subscription they belong to.

        Of issues whose letters did not go out, those composed at or after `given_back_since` are looked at.
        """
        found = {subscriber: SentPapers() for subscriber in subscribers}
        counting = counts().label("counts")
        recent = or_(_ISSUE.created >= since, and_(_ISSUE.created >= given_back_since, ~counts()))
        asked = select(_ISSUE.id, _ISSUE.subscriber, _ISSUE.contents, counting).where(
            _ISSUE.recorded, _ISSUE.contents.is_not(None), recent
        )
        with self.database.reading() as connection:
            rows = [
                row
                for batch in batches(subscribers)
                for row in connection.execute(asked.where(_ISSUE.subscriber.in_(batch)))
            ]
            works = works_of(connection, {record for row in rows for record in records_of(row.contents)})
        for row in rows:
            papers = found[row.subscriber]
            facts = ((works[record], event) for record, event in facts_of(row.contents) if record in works)
            if row.counts:
                papers.sent.update(facts)
                continue
            for fact in facts:
                papers.given_back.setdefault(fact, set()).add(row.id)
        return found

    def has_posted(self) -> bool:
        """Whether anything is known of what was told before the database was put back."""
        with self.database.reading() as connection:
            return connection.scalar(select(t.posted_paper.c.mark).limit(1)) is not None

    def posted(self, marks: Iterable[str]) -> set[str]:
        """Of these marks those of papers that were told before the database was put back."""
        c = t.posted_paper.c
        with self.database.reading() as connection:
            return {
                mark for batch in batches(marks) for mark in connection.scalars(select(c.mark).where(c.mark.in_(batch)))
            }

    def keep_posted(self, told: Mapping[str, Sequence[IssueEntry]], *, now: datetime) -> None:
        """Keep what each reader was told before the database was put back, as an issue that stands for those lost."""
        rows = [
            {
                "subscriber": reader,
                "subscription": "",
                "kind": STANDS_FOR_OTHERS,
                "slot": f"restored {now.isoformat()} {entries[0].record}",
                "number": 0,
                "created": now,
                "since": now,
                "until": now,
                "state": "quiet",
                "recorded": True,
                **packed_columns(entries),
            }
            for reader, entries in told.items()
        ]
        if rows:
            with self.database.writing() as connection:
                connection.execute(insert(connection, t.issue).on_conflict_do_nothing(), rows)

    def had(self, asked: Mapping[int, Collection[str]]) -> set[tuple[str, int]]:
        """Of these works, each with the readers in question: who was ever sent something of it, as (reader, work)."""
        found = set[tuple[str, int]]()
        records = defaultdict[int, list[int]](list)
        with self.database.reading() as connection:
            for batch in batches(asked):
                known = select(t.paper.c.id, t.paper.c.work).where(t.paper.c.work.in_(batch))
                for row in connection.execute(known):
                    records[row.work].append(row.id)
            for work, readers in asked.items():
                for record in records[work]:
                    found.update((reader, work) for reader in _readers_of(connection, record, readers))
        return found


def _readers_of(connection: Connection, record: int, among: Iterable[str]) -> set[str]:
    """The readers among these who were sent something of a record."""
    asked = select(_ISSUE.subscriber, _ISSUE.contents).where(
        _ISSUE.highest >= record, _ISSUE.lowest <= record, counts()
    )
    return {
        row.subscriber
        for batch in batches(among)
        for row in connection.execute(asked.where(_ISSUE.subscriber.in_(batch)))
        if record in records_of(row.contents)
    }


def counts(issue: Any = _ISSUE) -> ColumnElement[bool]:
    """The SQL condition that the papers of an issue count as sent."""
    delivery = t.delivery.alias().c
    theirs = delivery.issue_id == issue.id
    goes = exists().where(theirs, delivery.state.not_in(ENDED_UNSENT))
    return and_(
        issue.recorded,
        or_(issue.outcome == "told", and_(issue.outcome.is_(None), or_(goes, ~exists().where(theirs)))),
    )


def issue_with_same_papers(connection: Connection, number: int | None) -> str | None:
    """Which other issue has sent a paper of this one to its reader since; None: no other issue has.

    To be asked before the letter of an issue, which had ended, is sent after all.
    """
    asked = select(_ISSUE.subscriber, _ISSUE.contents, _ISSUE.lowest, _ISSUE.highest).where(_ISSUE.id == number)
    mine = connection.execute(asked).first()
    if mine is None or mine.contents is None:
        return None
    others = select(_ISSUE.subscription, _ISSUE.slot, _ISSUE.contents).where(
        _ISSUE.subscriber == mine.subscriber,
        _ISSUE.id != number,
        _ISSUE.highest >= mine.lowest,
        _ISSUE.lowest <= mine.highest,
        counts(),
    )
    rows = connection.execute(others.order_by(_ISSUE.created, _ISSUE.id)).all()
    records = {record for row in (mine, *rows) for record in records_of(row.contents)}
    works = works_of(connection, records)
    told = {(works.get(record), event) for record, event in facts_of(mine.contents)}
    for row in rows:
        if any((works.get(record), event) in told for record, event in facts_of(row.contents)):
            return f"its papers came with another issue ({row.subscription}, {row.slot})"
    return None


def works_of(connection: Connection, records: Iterable[int]) -> dict[int, int]:
    """The work that each record belongs to now; works are joined and split."""
    found = select(t.paper.c.id, t.paper.c.work).where(is_any_of(connection, t.paper.c.id, records))
    return {row.id: row.work for row in connection.execute(found)}
