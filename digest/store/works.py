"""Works: the records of one paper (preprint, article), joined by the system or split and merged by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from sqlalchemy import Connection, and_, func, or_, select, update

from digest.errors import DigestError
from digest.papers import Paper
from digest.papers.updates import LOOK_BACK
from digest.store import tables as t
from digest.store.engine import Database, insert, lock_writers
from digest.store.paper_upsert import merge_works
from digest.store.rows import to_paper

_BY_HAND = "by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLink:
    """Why two records, by key, are one work; or that they were split by hand."""

    one: str
    other: str
    together: bool
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All records of one work, the oldest first, their links, and the events of the work."""

    records: tuple[Paper, ...]
    bonds: tuple[WorkLink, ...]
    events: tuple[tuple[str, datetime, str], ...]  # (event, when it arrived, key of its record)


@dataclass(frozen=True, slots=True)
class WorkStore:
    """Which records are one work."""

    database: Database

    def get(self, key: str) -> Work | None:
        """The work of the record with this key; None where there is none."""
        with self.database.reading() as connection:
            found = _record(connection, key)
            if found is None:
                return None
            _, number = found
            records = connection.execute(
                select(t.paper).where(t.paper.c.work == number).order_by(t.paper.c.id)
            ).mappings()
            papers = {row["id"]: to_paper(row) for row in records}
            one, other = t.paper.alias(), t.paper.alias()
            c = t.bond.c
            bonds = (
                select(one.c.key.label("one"), other.c.key.label("other"), c.together, c.why, c.at)
                .join_from(t.bond, one, c.paper_id == one.c.id)
                .join(other, c.other_id == other.c.id)
                .where(or_(c.paper_id.in_(papers), c.other_id.in_(papers)))
                .order_by(c.at, c.paper_id, c.other_id)
            )
            told = select(t.event.c.event, t.event.c.at, t.event.c.paper_id).where(t.event.c.work == number)
            return Work(
                records=tuple(papers.values()),
                bonds=tuple(WorkLink(**row) for row in connection.execute(bonds).mappings()),
                events=tuple(
                    (row.event, row.at, papers[row.paper_id].key)
                    for row in connection.execute(told.order_by(t.event.c.serial))
                ),
            )

    def split(self, key: str, *, now: datetime) -> None:
        """Take a record out of its work for good: it is never joined with these records again.

        The news of a record goes with it. A record that had joined without news is news now, where it is not older
        than the look-back. Raises DigestError where there is no such record, or where it is the only one.
        """
        with self.database.writing() as connection:
            lock_writers(connection)
            record, number = _find_record(connection, key)
            mates = set(connection.scalars(select(t.paper.c.id).where(t.paper.c.work == number))) - {record}
            if not mates:
                raise DigestError(f"{key} is the only record of its work: there is nothing to split")
            _write_links(connection, product([record], mates), together=False, now=now)
            staying, leaving = (mates, {record}) if number in mates else ({record}, mates)
            other = min(leaving)
            connection.execute(update(t.paper).where(t.paper.c.id.in_(leaving)).values(work=other))
            _move_events(connection, leaving, number, other)
            for group, its in ((staying, number), (leaving, other)):
                _announce_new(connection, group, its, now)

    def merge(self, one: str, other: str, *, now: datetime) -> None:
        """Declare two records one work. Raises DigestError where one is missing, or where they are one already."""
        with self.database.writing() as connection:
            lock_writers(connection)
            (first, ours), (second, theirs) = _find_record(connection, one), _find_record(connection, other)
            if ours == theirs:
                raise DigestError(f"{one} and {other} are one work already")
            c = t.bond.c
            here, there = (
                list(connection.scalars(select(t.paper.c.id).where(t.paper.c.work == w))) for w in (ours, theirs)
            )
            between = or_(
                and_(c.paper_id.in_(here), c.other_id.in_(there)), and_(c.paper_id.in_(there), c.other_id.in_(here))
            )
            connection.execute(t.bond.delete().where(between))
            _write_links(connection, [(first, second)], together=True, now=now)
            older, younger = sorted((ours, theirs))
            merge_works(connection, younger, older)


def _find_record(connection: Connection, key: str) -> tuple[int, int]:
    found = _record(connection, key)
    if found is None:
        raise DigestError(f"{key} is not in the store")
    return found


def _record(connection: Connection, key: str) -> tuple[int, int] | None:
    """The ids of the record with this key, and of its work."""
    named = select(t.paper.c.id, t.paper.c.work).join(t.name).where(t.name.c.name == key)
    row = connection.execute(named.order_by(t.name.c.own.desc(), t.paper.c.id).limit(1)).first()
    return (row.id, row.work) if row else None


def _write_links(connection: Connection, pairs: Iterable[tuple[int, int]], *, together: bool, now: datetime) -> None:
    said = {"together": together, "why": _BY_HAND, "at": now}
    rows = [{"paper_id": min(pair), "other_id": max(pair), **said} for pair in pairs]
    statement = insert(connection, t.bond).on_conflict_do_update(index_elements=["paper_id", "other_id"], set_=said)
    connection.execute(statement, rows)


def _move_events(connection: Connection, leaving: Collection[int], number: int, other: int) -> None:
    """Move the events of the leaving records to their new work.

    An article that came as the publication of another paper becomes a new paper; who was sent the publication has had
    the article (news.is_news).
    """
    c = t.event.c
    told = connection.execute(
        select(c.serial, c.event).where(c.work == number, c.paper_id.in_(leaving)).order_by(c.serial)
    ).all()
    names = {row.event for row in told}
    for row in told:
        event = "new" if row.event == "published" and "new" not in names else row.event
        connection.execute(update(t.event).where(c.serial == row.serial).values(work=other, event=event))


def _announce_new(connection: Connection, group: Collection[int], work: int, now: datetime) -> None:
    """Announce the records of a work without events as new, where they are not too old."""
    told = connection.scalar(select(func.count()).select_from(t.event).where(t.event.c.work == work))
    c = t.paper.c
    newest = select(c.id, func.coalesce(c.announced, c.published, c.updated, type_=t.UTCDateTime).label("at"))
    row = connection.execute(newest.where(c.id.in_(group)).order_by(c.id).limit(1)).one()
    if not told and row.at is not None and row.at > now - LOOK_BACK:
        connection.execute(insert(connection, t.event).values(work=work, event="new", paper_id=row.id, at=now))
