"""Web copies of issues: the papers of each, in the letter or behind "+ n more", and the issues before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from digest.store import tables as t
from digest.store.engine import Database, batches

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
        columns = (_ISSUE.id, _ISSUE.number, _ISSUE.created, _ISSUE.since)
        with self.database.reading() as connection:
            row = connection.execute(select(*columns).where(theirs, _ISSUE.kind == kind, _ISSUE.slot == slot)).first()
            if row is None:
                return None
            shown, behind = _papers_of(connection, subscriber, {row.id: row.created})[row.id]
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
        last = select(_ISSUE.id, _ISSUE.created).where(
            _ISSUE.subscriber == subscriber, _ISSUE.subscription == subscription, _ISSUE.state == "composed"
        )
        with self.database.reading() as connection:
            rows = connection.execute(last.order_by(_ISSUE.created.desc(), _ISSUE.id.desc()).limit(most)).all()
            told = _papers_of(connection, subscriber, {row.id: row.created for row in rows})
        return [each for shown, behind in told.values() for each in (*shown, *behind)][:most]


def _nearest(connection: Connection, which: ColumnElement[bool], *order: ColumnElement[Any]) -> tuple[str, str] | None:
    wanted = select(_ISSUE.kind, _ISSUE.slot).where(which, _ISSUE.state == "composed").order_by(*order).limit(1)
    row = connection.execute(wanted).first()
    return (row.kind, row.slot) if row else None


def _papers_of(
    connection: Connection, subscriber: str, issues: Mapping[int, datetime]
) -> dict[int, tuple[list[IssuePaper], list[IssuePaper]]]:
    """By issue the papers in the letter, and those behind "+ n more"."""
    found: dict[int, tuple[list[IssuePaper], list[IssuePaper]]] = {number: ([], []) for number in issues}
    i = t.item.c
    for batch in batches(issues):
        rows = select(i.issue_id, i.paper, i.event, i.section).where(i.issue_id.in_(batch))
        for number, key, event, section in connection.execute(rows.order_by(i.issue_id, i.position)):
            found[number][0].append(IssuePaper(paper=key, event=event, section=section, at=issues[number]))
    works = _works(connection, {each.paper for shown, _ in found.values() for each in shown})
    known = {number: {works.get(each.paper) for each in shown} for number, (shown, _) in found.items()}
    for number, work, key, event in _already_sent(connection, subscriber, list(issues)):
        if work not in known[number]:
            known[number].add(work)  # of two events of a work the later one
            found[number][1].append(IssuePaper(paper=key, event=event, at=issues[number]))
    return found


def _works(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    c = t.paper.c
    return {
        key: work
        for batch in batches(keys)
        for key, work in connection.execute(select(c.key, c.work).where(c.key.in_(batch)))
    }


def _already_sent(connection: Connection, subscriber: str, issues: Sequence[int]) -> list[tuple[int, int, str, str]]:
    """(issue, work, paper's key, event), the latest arrival first, which is a stable order."""
    m, e, p = t.memory.c, t.event.c, t.paper.c
    rows = (
        select(m.issue, m.work, p.key, m.event)
        .select_from(t.memory)
        .join(t.event, and_(e.work == m.work, e.event == m.event), isouter=True)
        .join(t.paper, p.id == func.coalesce(e.paper_id, m.work))
        .order_by(m.work.desc(), e.serial.desc())
    )
    return [
        (number, work, key, event)
        for batch in batches(issues)
        for number, work, key, event in connection.execute(rows.where(m.subscriber == subscriber, m.issue.in_(batch)))
        if number is not None
    ]
