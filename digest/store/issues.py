"""Issues: what was composed, for which slot, from which window, and the letter that it became."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from digest.delivery import Envelope
from digest.store import tables as t
from digest.store.engine import Database, batches, insert
from digest.store.post import put
from digest.store.subscriptions import step


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """An issue with all that must be kept together with it, or not at all."""

    subscriber: str
    subscription: str
    kind: str  # "scheduled", "alert" or "manual"
    slot: str
    number: int
    created: datetime
    since: datetime
    until: datetime  # the next window begins here
    items: Sequence[tuple[int, str, str, str]] = ()  # (work, paper's key, event, section's title), in order
    told: Sequence[tuple[int, str]] = ()  # (work, event), also what was behind "+ n more"
    envelope: Envelope | None = None  # None: a quiet issue, recorded and not sent
    due: int | None = None  # the clock row; None: by hand
    next_due: datetime | None = None
    next_slot: str | None = None
    fingerprint: str | None = None
    seen: int = 0  # Due.newest, for an alert
    expires: datetime | None = None  # a letter that has not gone out by then is merged into the next


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """An issue as it was kept."""

    id: int
    subscriber: str
    subscription: str
    kind: str
    slot: str
    number: int
    created: datetime
    since: datetime
    until: datetime
    state: str  # "composed" or "quiet"
    papers: tuple[str, ...]  # keys, in the order of the letter


def publish(self: Database, publication: Publication) -> bool:
    """Keep an issue, its items, what its reader now knows, its letter and its clock row; False where the slot has one.

    Also then the clock of a scheduled slot moves on, so that it is not composed for ever; an alert stays to be told.
    """
    with self.writing() as connection:
        number = _insert(connection, publication)
        if number is not None:
            _fill(connection, publication, number)
        if publication.due is not None and (number is not None or publication.kind == "scheduled"):
            _advance(connection, publication, publication.due)
    return number is not None


def issues(self: Database, subscriber: str | None = None, limit: int = 100) -> list[IssueRow]:
    """The latest issues, newest first."""
    wanted = select(t.issue).order_by(t.issue.c.created.desc(), t.issue.c.id.desc()).limit(limit)
    if subscriber is not None:
        wanted = wanted.where(t.issue.c.subscriber == subscriber)
    with self.reading() as connection:
        rows = connection.execute(wanted).mappings().all()
        papers: dict[int, list[str]] = {row["id"]: [] for row in rows}
        for batch in batches(papers):
            shown = select(t.item.c.issue_id, t.item.c.paper).where(t.item.c.issue_id.in_(batch))
            for number, key in connection.execute(shown.order_by(t.item.c.issue_id, t.item.c.position)):
                papers[number].append(key)
    return [
        IssueRow(**{key: row[key] for key in row if key != "subscription_id"}, papers=tuple(papers[row["id"]]))
        for row in rows
    ]


def _insert(connection: Connection, publication: Publication) -> int | None:
    statement = insert(connection, t.issue).values(
        subscription_id=publication.due,
        subscriber=publication.subscriber,
        subscription=publication.subscription,
        kind=publication.kind,
        slot=publication.slot,
        number=publication.number,
        created=publication.created,
        since=publication.since,
        until=publication.until,
        state="composed" if publication.envelope else "quiet",
    )
    return connection.scalar(statement.on_conflict_do_nothing().returning(t.issue.c.id))


def _fill(connection: Connection, publication: Publication, number: int) -> None:
    items = [
        {"issue_id": number, "position": position, "paper": key, "event": event, "section": section}
        for position, (_, key, event, section) in enumerate(publication.items)
    ]
    if items:
        connection.execute(insert(connection, t.item), items)
    if publication.told:
        _remember(connection, publication, number)
    if publication.envelope:
        _queue(connection, publication, publication.envelope, number)


def _remember(connection: Connection, publication: Publication, number: int) -> None:
    # Since they were read two works may have become one; the lock keeps it so until this is written.
    current = select(t.paper.c.id, t.paper.c.work).order_by(t.paper.c.id).with_for_update(read=True)
    works = {
        number: work
        for batch in batches(sorted({work for work, _ in publication.told}))
        for number, work in connection.execute(current.where(t.paper.c.id.in_(batch)))
    }
    facts = {(works[work], event): None for work, event in publication.told}
    known = {"subscriber": publication.subscriber, "issue": number}
    rows = [known | {"work": work, "event": event} for work, event in facts]
    connection.execute(insert(connection, t.memory).on_conflict_do_nothing(), rows)


def _queue(connection: Connection, publication: Publication, envelope: Envelope, number: int) -> None:
    put(
        connection,
        envelope,
        issue_id=number,
        subscriber=publication.subscriber,
        kind=publication.kind,
        created=publication.created,
        expires=publication.expires,
    )


def _advance(connection: Connection, publication: Publication, row: int) -> None:
    more: dict[str, Any] = {"number": publication.number} if publication.envelope else {}
    if publication.kind == "scheduled":
        more["last_slot"] = publication.slot
    step(
        connection,
        row,
        next_due=publication.next_due,
        next_slot=publication.next_slot,
        seen=publication.seen,
        cursor=publication.until,
        fingerprint=publication.fingerprint,
        **more,
    )
