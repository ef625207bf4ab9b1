"""Web copies of issues: the papers of each, in the letter or behind "+ n more", and the issues before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from digest.store import tables as t
from digest.store.engine import Database
from digest.store.issue_contents import unpack_contents
from digest.store.issues import keys_of

_ISSUE = t.issue.c


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePaper:
    """A paper of an issue."""

    paper: str  # its key
    event: str
    at: datetime  # when the issue was written
    section: str = ""  # its title; empty for a paper behind "+ n more"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebCopy:
    """An issue with its papers, and the (kind, slot) of the issues before and after it in its subscription."""

    number: int
    created: datetime
    since: datetime
    shown: tuple[IssuePaper, ...]  # in the order of the letter
    behind: tuple[IssuePaper, ...]  # papers behind "+ n more", in a stable order
    before: tuple[str, str] | None
    after: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class WebCopyStore:
    """Issues as pages on the website."""

    database: Database

    def get(self, subscriber: str, subscription: str, kind: str, slot: str) -> WebCopy | None:
        """The issue of that slot; None where none was kept (a preview), or where it was deleted since."""
        theirs = and_(_ISSUE.subscriber == subscriber, _ISSUE.subscription == subscription)
        columns = (_ISSUE.id, _ISSUE.number, _ISSUE.created, _ISSUE.since, _ISSUE.contents)
        with self.database.reading() as connection:
            row = connection.execute(select(*columns).where(theirs, _ISSUE.kind == kind, _ISSUE.slot == slot)).first()
            if row is None:
                return None
            [(shown, behind)] = _papers_of(connection, [row])
            older = or_(_ISSUE.created < row.created, and_(_ISSUE.created == row.created, _ISSUE.id < row.id))
            newer = or_(_ISSUE.created > row.created, and_(_ISSUE.created == row.created, _ISSUE.id > row.id))
            return WebCopy(
                number=row.number,
                created=row.created,
                since=row.since,
                shown=tuple(shown),
                behind=tuple(behind),
                before=_nearest(connection, and_(theirs, older), _ISSUE.created.desc(), _ISSUE.id.desc()),
                after=_nearest(connection, and_(theirs, newer), _ISSUE.created, _ISSUE.id),
            )

    def find(self, page: str) -> tuple[str, str, str, str] | None:
        """The issue whose letter links to this page: subscriber, subscription, kind and slot."""
        wanted = select(_ISSUE.subscriber, _ISSUE.subscription, _ISSUE.kind, _ISSUE.slot).where(_ISSUE.page == page)
        with self.database.reading() as connection:
            row = connection.execute(wanted).first()
        return (row.subscriber, row.subscription, row.kind, row.slot) if row else None

    def recent_papers(self, subscriber: str, subscription: str, most: int) -> list[IssuePaper]:
        """The papers of a subscription's last issues, the newest issue first, each in the order of its letter."""
        last = select(_ISSUE.created, _ISSUE.contents).where(
            _ISSUE.subscriber == subscriber, _ISSUE.subscription == subscription, _ISSUE.state == "composed"
        )
        with self.database.reading() as connection:
            rows = connection.execute(last.order_by(_ISSUE.created.desc(), _ISSUE.id.desc()).limit(most)).all()
            told = _papers_of(connection, rows)
        return [each for shown, behind in told for each in (*shown, *behind)][:most]


def _nearest(connection: Connection, which: ColumnElement[bool], *order: ColumnElement[Any]) -> tuple[str, str] | None:
    wanted = select(_ISSUE.kind, _ISSUE.slot).where(which, _ISSUE.state == "composed").order_by(*order).limit(1)
    row = connection.execute(wanted).first()
    return (row.kind, row.slot) if row else None


def _papers_of(
    connection: Connection, issues: Sequence[Row[*tuple[Any, ...]]]
) -> list[tuple[list[IssuePaper], list[IssuePaper]]]:
    """Of each issue (created, contents) the papers in the letter, and those behind "+ n more"."""
    held = [[entry for entry in unpack_contents(row.contents) if entry.listed] for row in issues]
    keys = keys_of(connection, {entry.record for entries in held for entry in entries})
    found = []
    for row, entries in zip(issues, held, strict=True):
        papers = [
            (
                entry.section is not None,
                IssuePaper(paper=keys[entry.record], event=entry.event, section=entry.section or "", at=row.created),
            )
            for entry in entries
            if entry.record in keys
        ]
        found.append(
            ([paper for is_shown, paper in papers if is_shown], [paper for is_shown, paper in papers if not is_shown])
        )
    return found
