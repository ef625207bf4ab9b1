"""Upserts one page of papers: its records are read in bulk, merged in memory, and written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, exists, func, select, update

from digest.papers import Paper
from digest.papers.duplicates import ids_conflict, same_paper
from digest.papers.ids import same_work
from digest.papers.updates import LOOK_BACK, changed_fields, merge_records, news_in
from digest.store import tables as t
from digest.store.engine import batches, insert
from digest.store.rows import COLUMNS, Marks, marks_of, names, to_paper, to_row

T = TypeVar("T")


@dataclass(slots=True)
class _Record:
    id: int
    work: int
    paper: Paper
    marks: Marks


class PaperUpsert:
    """The records, names, versions and events that a page concerns; `put` adds a paper, `write` writes all changes."""

    def __init__(self, connection: Connection, page: Sequence[Paper], trust: Mapping[str, int]) -> None:
        self._trust = trust
        self.news: dict[tuple[int, str], int] = {}  # (work, event) -> the record that brought it
        self._names: dict[str, dict[int, bool]] = {}  # name -> record -> whether the name is its own
        self._marks: dict[int, set[int]] = {}  # mark -> records
        self._page: dict[str, Marks] = {}  # the marks of unknown papers, by key
        self._called: dict[int, dict[str, bool]] = {}  # the names in a paper of the page, by its id()
        self._records: dict[int, _Record] = {}
        self._apart: set[tuple[int, int]] = set()  # pairs of records that were split by hand
        self._versions: dict[tuple[int, int], datetime | None] = {}  # (record, version) -> date
        self._happened: set[tuple[int, str]] = set()
        self._changed: set[int] = set()
        self._named: list[tuple[str, int, bool]] = []
        self._dated: set[tuple[int, int]] = set()
        self._joined: list[tuple[int, int]] = []  # (younger work, older work)
        self._bonds: dict[tuple[int, int], str] = {}  # (older record, younger record) -> why they are one work
        self._changes: dict[tuple[int, str], str | None] = {}  # (record, event) -> the changed fields
        self._fuller: dict[int, int] = {}  # work -> a fuller record than the announced one
        self._load(connection, page)
        self._first = self._next = (connection.scalar(select(func.max(t.paper.c.id))) or 0) + 1

    @property
    def fresh(self) -> int:
        """The number of new records."""
        return self._next - self._first

    def put(self, seen: Paper, *, now: datetime, since: datetime, first: bool) -> None:
        """Add one paper: merge it into its record, join the record to its work, and find its events."""
        found = self._find(seen)
        known = found.paper if found else None
        record = found or self._new(seen)
        if known:
            record.paper = merge_records(known, seen, self._trust)
        if known and (known.title, known.authors) != (record.paper.title, record.paper.authors):
            record.marks = marks_of(record.paper)
            self._mark(record)
        if record.paper != known:
            self._keep(record)
        kin = [other.paper for other in self._kin(record, new=known is None or not known.authors)]
        events = news_in(known, seen, now=now, since=since, first=first, kin=kin)
        announced = [known] if known else kin
        if announced and not any(map(_is_full, announced)) and _is_full(record.paper):
            self._fuller[record.work] = record.id
        changed = ",".join(changed_fields(known, record.paper)) if known and events else ""
        for what in events:
            if (record.work, what) not in self._happened:
                self._happened.add((record.work, what))
                self.news[record.work, what] = record.id
                self._changes[record.id, what] = changed or None
        self._date(record.id, seen)

    def write(self, connection: Connection, now: datetime) -> None:
        """Write the changes of all `put` calls."""
        records = [self._records[number] for number in sorted(self._changed)]
        _upsert(connection, t.paper, map(_row, records))
        _add(connection, t.name, ({"name": name, "paper_id": number, "own": own} for name, number, own in self._named))
        dates = [(number, version, self._versions[number, version]) for number, version in sorted(self._dated)]
        _upsert(connection, t.version, ({"paper_id": p, "version": v, "date": date} for p, v, date in dates))
        for younger, older in self._joined:
            merge_works(connection, younger, older)
        bonds = [{"paper_id": one, "other_id": other, "why": why} for (one, other), why in self._bonds.items()]
        _add(connection, t.bond, [bond | {"together": True, "at": now} for bond in bonds])
        for work, number in self._fuller.items():
            if (work, "new") not in self.news and _taken_back(connection, work, now):
                self.news[work, "new"] = number
        _add(
            connection,
            t.event,
            [
                {
                    "work": work,
                    "event": what,
                    "paper_id": number,
                    "at": now,
                    "changes": self._changes.get((number, what)),
                }
                for (work, what), number in self.news.items()
            ],
        )

    def _load(self, connection: Connection, page: Sequence[Paper]) -> None:
        self._called = {id(paper): names(paper) for paper in page}
        called = {name for found in self._called.values() for name in found}
        for name, number, own in _rows(
            connection, t.name.c.name, called, t.name.c.name, t.name.c.paper_id, t.name.c.own
        ):
            self._names.setdefault(name, {})[number] = own
        numbers = {number for owners in self._names.values() for number in owners}
        numbers.update(self._alike(connection, page))
        columns = [t.paper.c[name] for name in ("id", "work", "title_mark", "people_mark", *COLUMNS)]
        mates = t.paper.alias()
        for batch in batches(numbers):  # and all other records of their works
            theirs = select(mates.c.work).where(mates.c.id.in_(batch))
            for row in connection.execute(select(*columns).where(t.paper.c.work.in_(theirs))):
                marks = (row.title_mark, row.people_mark)
                self._records[row.id] = _Record(row.id, row.work, to_paper(row._mapping), marks)
        for number, other in _rows(connection, t.bond.c.paper_id, self._records, *_PAIR, only=~t.bond.c.together):
            self._apart.add((number, other))
        for record in self._records.values():
            self._mark(record)
        heard = (t.version.c.paper_id, t.version.c.version, t.version.c.date)
        for number, version, date in _rows(connection, t.version.c.paper_id, numbers, *heard):
            self._versions[number, version] = date
        works = {record.work for record in self._records.values()}
        for work, what in _rows(connection, t.event.c.work, works, t.event.c.work, t.event.c.event):
            self._happened.add((work, what))

    def _alike(self, connection: Connection, page: Sequence[Paper]) -> Iterator[int]:
        """Records that may be the same paper as one of the page whose names are all unknown."""
        self._page = {paper.key: marks_of(paper) for paper in page if self._owner(paper) is None}
        meeting = [_meets(*self._page[paper.key], paper) for paper in page if paper.key in self._page]
        for place, column in enumerate((t.paper.c.title_mark, t.paper.c.people_mark)):
            wanted = {mark for each in meeting for mark in each[place::2]}
            yield from (row.id for row in _rows(connection, column, wanted, t.paper.c.id))

    def _find(self, seen: Paper) -> _Record | None:
        number = self._owner(seen)
        return None if number is None else self._records[number]

    def _owner(self, seen: Paper) -> int | None:
        """The record that owns the strongest name of a paper."""
        for name, own in self._called[id(seen)].items():
            for number, owned in self._names.get(name, {}).items() if own else ():
                if owned:
                    return number
        return None

    def _new(self, seen: Paper) -> _Record:
        self._next += 1
        return _Record(self._next - 1, self._next - 1, seen, self._page.get(seen.key) or marks_of(seen))

    def _kin(self, record: _Record, *, new: bool) -> Iterator[_Record]:
        """Join and yield the other records of the same work: they share a name, or are like a `new` record."""
        called = self._called.get(id(record.paper)) or names(record.paper)
        shared = {number: name for name in called for number in self._names.get(name, ())}
        for number, name in shared.items():
            other = self._records[number]
            if number != record.id and same_work(record.paper, other.paper) and self._may_join(record, other):
                self._join(record, other, f"both name {name}")
                yield other
        marks = _meets(*record.marks, record.paper) if new else ()
        likely = {number for mark in marks for number in self._marks.get(mark, ())}
        for number in sorted(likely - set(shared) - {record.id}):
            other = self._records[number]
            why = same_paper(record.paper, other.paper)
            if why and self._may_join(record, other, by_likeness=True):
                self._join(record, other, why)
                yield other

    def _may_join(self, record: _Record, other: _Record, *, by_likeness: bool = False) -> bool:
        """Whether no two records of the two works were split by hand, or (by_likeness) conflict."""
        if record.work == other.work:
            return True
        ours, theirs = self._mates(record), self._mates(other)
        return not any(
            (min(a.id, b.id), max(a.id, b.id)) in self._apart or (by_likeness and ids_conflict(a.paper, b.paper))
            for a in ours
            for b in theirs
        )

    def _mates(self, record: _Record) -> list[_Record]:
        if record.id >= self._first and record.work == record.id:
            return [record]
        return [record, *(mate for mate in self._records.values() if mate.work == record.work and mate is not record)]

    def _keep(self, record: _Record) -> None:
        if record.id not in self._records:
            self._records[record.id] = record
            self._mark(record)
        self._changed.add(record.id)
        for name, own in (self._called.get(id(record.paper)) or names(record.paper)).items():
            owners = self._names.setdefault(name, {})
            if record.id not in owners:
                owners[record.id] = own and not any(owners.values())
                self._named.append((name, record.id, owners[record.id]))

    def _mark(self, record: _Record) -> None:
        for mark in record.marks:
            if mark is not None:
                self._marks.setdefault(mark, set()).add(record.id)

    def _join(self, record: _Record, other: _Record, why: str) -> None:
        """Join two works: the older takes the records and events of the younger."""
        older, younger = sorted((record.work, other.work))
        if older == younger:
            return
        self._bonds[min(record.id, other.id), max(record.id, other.id)] = why
        for each in self._records.values():
            if each.work == younger:
                each.work = older
        for what in [what for of, what in self._happened if of == younger]:
            number = self.news.pop((younger, what), None)
            if number is not None and (older, what) not in self._happened:
                self.news[older, what] = number
            self._happened.add((older, what))
        if younger in self._fuller:
            self._fuller[older] = self._fuller.pop(younger)
        if younger < self._first:
            self._joined.append((younger, older))

    def _date(self, number: int, seen: Paper) -> None:
        if seen.version is None:
            return
        for version, date in ((1, seen.published), (seen.version, seen.updated)):
            place = (number, version)
            if (place not in self._versions and version == seen.version) or (date and not self._versions.get(place)):
                self._versions[place] = date
                self._dated.add(place)


_PAIR = (t.bond.c.paper_id, t.bond.c.other_id)


def _meets(title: int | None, people: int | None, paper: Paper) -> tuple[int, ...]:
    """The marks of records that may be the same paper: title and people, in turn."""
    if title is None or people is None:
        return ()
    turned = (-title - 1, -people - 1)
    return turned if paper.ids.arxiv else (title, people, *turned)


def _row(record: _Record) -> dict[str, Any]:
    title, people = record.marks
    places = {"id": record.id, "work": record.work, "title_mark": title, "people_mark": people}
    return to_row(record.paper) | places


def _is_full(paper: Paper) -> bool:
    """Whether a paper has what rules match: an abstract and authors."""
    return bool(paper.abstract and paper.authors)


def _taken_back(connection: Connection, work: int, now: datetime) -> bool:
    """Delete the recent "new" event of a work, so that a fuller record can be announced instead."""
    c = t.event.c
    told = delete(t.event).where(c.work == work, c.event == "new", c.at > now - LOOK_BACK)
    return connection.execute(told).rowcount > 0


def _rows(
    connection: Connection,
    column: Column[T],
    among: Iterable[T],
    *wanted: Column[Any],
    only: ColumnElement[bool] | None = None,
) -> Iterator[Any]:
    for batch in batches(among):
        found = select(*wanted).where(column.in_(batch))
        yield from connection.execute(found if only is None else found.where(only))


def _add(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    statement = insert(connection, table).on_conflict_do_nothing()
    for batch in batches(rows):
        connection.execute(statement, batch)


def _upsert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    statement = insert(connection, table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    for batch in batches(rows):
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), batch)


def merge_works(connection: Connection, younger: int, older: int) -> None:
    """Move records and events from the younger work to the older; duplicate events are dropped."""
    connection.execute(update(t.paper).where(t.paper.c.work == younger).values(work=older))
    twin = t.event.alias()
    known = exists().where(twin.c.work == older, twin.c.event == t.event.c.event)
    connection.execute(update(t.event).where(t.event.c.work == younger, ~known).values(work=older))
    connection.execute(delete(t.event).where(t.event.c.work == younger))
