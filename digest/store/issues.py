"""Issues: what was composed, for which slot, from which window, and the letter that it became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from digest.mail.envelope import Envelope
from digest.mail.packing import pack_message
from digest.store import tables as t
from digest.store.engine import Database, TransactionHook, batches, insert, is_any_of
from digest.store.executemany import ExecuteMany
from digest.store.outbox_write import add_letters
from digest.store.subscriptions import ScheduleUpdate, update_schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """An issue with all that is written in its transaction: items, letter, what counts as sent, next due time."""

    subscriber: str
    subscription: str
    kind: str  # "scheduled", "alert" or "manual"
    slot: str
    number: int
    created: datetime
    since: datetime
    until: datetime  # the start of the next window
    items: Sequence[tuple[int, str, str, str]] = ()  # (work, paper's key, event, section's title), in order
    told: Sequence[tuple[int, str]] = ()  # (work, event) that count as sent, also those behind "+ n more"
    envelope: Envelope | None = None  # None: a quiet issue, which is kept and not sent
    due: int | None = None  # the id of the subscription's schedule; None: by hand
    next_due: datetime | None = None
    next_slot: str | None = None
    fingerprint: str | None = None
    seen: int = 0  # Due.newest, for an alert
    expires: datetime | None = None  # a letter that is not sent by then is merged into the next


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """An issue in the database."""

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


@dataclass(frozen=True, slots=True)
class IssueStore:
    """Issues and what belongs to them."""

    database: Database

    def publish(self, publication: NewIssue) -> bool:
        """Keep an issue with its items, its letter, what counts as sent and the next due time; False: the slot has one.

        Also then a scheduled subscription moves on to its next slot, so that it is not composed for ever; the news of
        an alert stay to be sent.
        """
        return self.publish_all([publication]) == [True]

    def publish_all(
        self, publications: Sequence[NewIssue], in_transaction: TransactionHook | None = None
    ) -> list[bool]:
        """Keep many issues, all or none; `in_transaction` is called inside the write transaction if there are letters.

        For each issue, whether it was kept; False: its slot has one.
        """
        messages = {
            each.envelope.message_id: pack_message(each.envelope.message, each.envelope.content)
            for each in publications
            if each.envelope
        }
        with self.database.writing() as connection:
            numbers = _insert(connection, publications)
            fresh = [(each, number) for each, number in zip(publications, numbers, strict=True) if number is not None]
            _write_contents(connection, fresh, messages)
            _advance(
                connection,
                [
                    each
                    for each, number in zip(publications, numbers, strict=True)
                    if each.due is not None and (number is not None or each.kind == "scheduled")
                ],
            )
            if in_transaction is not None and any(each.envelope for each, _ in fresh):
                in_transaction(connection.connection.driver_connection)
        return [number is not None for number in numbers]

    def latest(
        self,
        subscriber: str | None = None,
        limit: int | None = 100,
        *,
        subscription: str | None = None,
        letters: bool = False,
    ) -> list[IssueRow]:
        """The latest issues, newest first, or all of them; of this reader and subscription alone, where given, and with
        `letters` those alone that became one.
        """
        wanted = select(t.issue).order_by(t.issue.c.created.desc(), t.issue.c.id.desc()).limit(limit)
        for column, value in ((t.issue.c.subscriber, subscriber), (t.issue.c.subscription, subscription)):
            if value is not None:
                wanted = wanted.where(column == value)
        if letters:
            wanted = wanted.where(t.issue.c.state == "composed")
        with self.database.reading() as connection:
            rows = connection.execute(wanted).mappings().all()
            papers: dict[int, list[str]] = {row["id"]: [] for row in rows}
            for batch in batches(papers):
                shown = select(t.item.c.issue_id, t.item.c.paper).where(t.item.c.issue_id.in_(batch))
                for number, key in connection.execute(shown.order_by(t.item.c.issue_id, t.item.c.position)):
                    papers[number].append(key)
        return [
            IssueRow(
                **{key: row[key] for key in row if key not in _OMITTED},
                papers=tuple(papers[row["id"]]),
            )
            for row in rows
        ]


_OMITTED = ("subscription_id", "page")
_ITEMS = ExecuteMany(
    ("issue_id", "position", "paper", "event", "section"),
    lambda connection: insert(connection, t.item),
)
_ALREADY_SENT = ExecuteMany(
    ("subscriber", "work", "event", "issue"),
    lambda connection: insert(connection, t.memory).on_conflict_do_nothing(),
)

_Key = tuple[str, str, str, str]


def _key(publication: NewIssue) -> _Key:
    return publication.subscriber, publication.subscription, publication.kind, publication.slot


def _insert(connection: Connection, publications: Sequence[NewIssue]) -> list[int | None]:
    """The ids of the issues; None where a slot has its issue already."""
    rows = {
        _key(each): {
            "subscription_id": each.due,
            "subscriber": each.subscriber,
            "subscription": each.subscription,
            "kind": each.kind,
            "slot": each.slot,
            "number": each.number,
            "created": each.created,
            "since": each.since,
            "until": each.until,
            "state": "composed" if each.envelope else "quiet",
            "page": each.envelope.page if each.envelope else None,
        }
        for each in reversed(publications)
    }
    c = t.issue.c
    statement = insert(connection, t.issue).on_conflict_do_nothing()
    kept = connection.execute(
        statement.returning(c.id, c.subscriber, c.subscription, c.kind, c.slot), list(rows.values())[::-1]
    )
    numbers = {(subscriber, name, kind, slot): number for number, subscriber, name, kind, slot in kept}
    return [numbers.pop(_key(each), None) for each in publications]


def _write_contents(
    connection: Connection, issues: Sequence[tuple[NewIssue, int]], messages: Mapping[str, bytes]
) -> None:
    items = [
        (number, position, key, event, section)
        for publication, number in issues
        for position, (_, key, event, section) in enumerate(publication.items)
    ]
    _ITEMS(connection, items)
    _write_already_sent(connection, issues)
    letters = [(each, each.envelope, number) for each, number in issues if each.envelope]
    if letters:
        add_letters(
            connection,
            [
                {
                    "issue_id": number,
                    "subscriber": each.subscriber,
                    "kind": each.kind,
                    "created": each.created,
                    "expires": each.expires,
                }
                for each, _, number in letters
            ],
            [envelope for _, envelope, _ in letters],
            messages,
        )


def _write_already_sent(connection: Connection, issues: Sequence[tuple[NewIssue, int]]) -> None:
    told = {work for publication, _ in issues for work, _ in publication.told}
    if not told:
        return
    # Two works may have been merged since they were read; the lock prevents more until this is committed.
    current = select(t.paper.c.id, t.paper.c.work).order_by(t.paper.c.id).with_for_update(read=True)
    found = connection.execute(current.where(is_any_of(connection, t.paper.c.id, told))).all()
    works = {row[0]: row[1] for row in found}
    rows = {
        (publication.subscriber, works[work], event): number
        for publication, number in reversed(issues)
        for work, event in publication.told
    }
    # The same order in all processes prevents deadlocks.
    _ALREADY_SENT(connection, [(*fact, number) for fact, number in sorted(rows.items())])


def _advance(connection: Connection, publications: Sequence[NewIssue]) -> None:
    steps = []
    for publication in publications:
        assert publication.due is not None
        more: dict[str, Any] = {"number": publication.number} if publication.envelope else {}
        if publication.kind == "scheduled":
            more["last_slot"] = publication.slot
        steps.append(
            ScheduleUpdate(
                row=publication.due,
                next_due=publication.next_due,
                next_slot=publication.next_slot,
                seen=publication.seen,
                more=more | {"cursor": publication.until, "fingerprint": publication.fingerprint},
            )
        )
    update_schedules(connection, steps)
