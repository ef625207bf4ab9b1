"""Issues: what was composed, for which slot, from which window, and the letter that it became."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from digest.mail.envelope import Envelope
from digest.mail.journal_entry import join_marks
from digest.mail.packing import pack_message
from digest.store import tables as t
from digest.store.already_sent import STANDS_FOR_OTHERS, counts
from digest.store.engine import Database, TransactionHook, insert, is_any_of
from digest.store.issue_contents import IssueEntry, packed_columns, unpack_contents
from digest.store.outbox_write import add_letters
from digest.store.subscriptions import ScheduleUpdate, update_schedules


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """An issue with all that is written in its transaction: contents, letter, next due time."""

    subscriber: str
    subscription: str
    kind: str  # "scheduled", "alert" or "manual"
    slot: str
    number: int
    created: datetime
    since: datetime
    until: datetime  # the start of the next window
    contents: Sequence[IssueEntry] = ()  # those of the letter in its order, then what stands behind "+ n more"
    recorded: bool = True  # whether its papers count as sent; False: by hand, without --record
    marks: Sequence[str] = ()  # of its papers, for the journal (mail.journal_entry.paper_mark)
    given_back: Collection[int] = ()  # issues whose letters did not go out, and whose papers this one takes up
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
        """Keep an issue with its contents, its letter and the next due time; False: the slot has one.

        Also then a scheduled subscription moves on to its next slot, so that it is not composed for ever; the news of
        an alert stay to be sent.
        """
        return self.publish_all([publication]) == [True]

    def publish_all(
        self, publications: Sequence[NewIssue], in_transaction: TransactionHook | None = None
    ) -> list[bool]:
        """Keep many issues, all or none; `in_transaction` is called inside the write transaction if there are letters.

        For each issue, whether it was kept; False: its slot has one. An issue that takes up papers of another, whose
        letter is to be sent after all since, is not kept either, and its subscription stays due.
        """
        messages = {
            each.envelope.message_id: pack_message(each.envelope.message, each.envelope.content)
            for each in publications
            if each.envelope
        }
        with self.database.writing() as connection:
            outdated = _outdated(connection, publications)
            written = [each for place, each in enumerate(publications) if place not in outdated]
            numbers = _insert(connection, written)
            fresh = [(each, number) for each, number in zip(written, numbers, strict=True) if number is not None]
            _add_letters(connection, fresh, messages)
            _advance(
                connection,
                [
                    each
                    for each, number in zip(written, numbers, strict=True)
                    if each.due is not None and (number is not None or each.kind == "scheduled")
                ],
            )
            if in_transaction is not None and any(each.envelope for each, _ in fresh):
                in_transaction(connection.connection.driver_connection)
        kept = iter(numbers)
        return [place not in outdated and next(kept) is not None for place in range(len(publications))]

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
        wanted = wanted.where(t.issue.c.kind != STANDS_FOR_OTHERS)
        for column, value in ((t.issue.c.subscriber, subscriber), (t.issue.c.subscription, subscription)):
            if value is not None:
                wanted = wanted.where(column == value)
        if letters:
            wanted = wanted.where(t.issue.c.state == "composed")
        with self.database.reading() as connection:
            rows = connection.execute(wanted).mappings().all()
            shown = {
                row["id"]: [each.record for each in unpack_contents(row["contents"]) if each.section is not None]
                for row in rows
            }
            keys = keys_of(connection, {record for records in shown.values() for record in records})
        return [
            IssueRow(
                **{key: row[key] for key in row if key in _SHOWN},
                papers=tuple(keys[record] for record in shown[row["id"]] if record in keys),
            )
            for row in rows
        ]


def keys_of(connection: Connection, records: Collection[int]) -> dict[int, str]:
    """The key of each record."""
    found = select(t.paper.c.id, t.paper.c.key).where(is_any_of(connection, t.paper.c.id, records))
    return {row.id: row.key for row in connection.execute(found)}


_SHOWN = frozenset(field.name for field in fields(IssueRow)) - {"papers"}

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
            **packed_columns(each.contents),
            "recorded": each.recorded,
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


def _outdated(connection: Connection, publications: Sequence[NewIssue]) -> set[int]:
    """The places of those that take up papers of an issue whose letter is to be sent after all."""
    wanted = {number for each in publications for number in each.given_back}
    if not wanted:
        return set()
    c = t.issue.c
    locked = select(t.delivery.c.id).where(is_any_of(connection, t.delivery.c.issue_id, wanted))
    connection.execute(locked.with_for_update())  # else its state may change before this is committed
    sent = set(connection.scalars(select(c.id).where(is_any_of(connection, c.id, wanted), counts())))
    return {place for place, each in enumerate(publications) if not sent.isdisjoint(each.given_back)}


def _add_letters(connection: Connection, issues: Sequence[tuple[NewIssue, int]], messages: Mapping[str, bytes]) -> None:
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
            [join_marks(each.marks) for each, _, _ in letters],
        )


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
