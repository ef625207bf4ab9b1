"""The part of the store that one page of papers touches: read at once, judged in memory, written at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table, delete, exists, func, select, update

from digest.arrival import decide, merge
from digest.identity import same_work
from digest.paper import Paper
from digest.store import tables as t
from digest.store.engine import batches, insert
from digest.store.rows import COLUMNS, names, to_paper, to_row

T = TypeVar("T")


@dataclass(slots=True)
class _Record:
    id: int
    work: int
    paper: Paper


class Shelf:
    """Records, names, versions and events around a page; `put` judges a sighting, `write` keeps what was judged."""

    def __init__(self, connection: Connection, page: Sequence[Paper]) -> None:
        self.news: dict[tuple[int, str], int] = {}  # (work, event) -> the record by which we know
        self._names: dict[str, dict[int, bool]] = {}  # name -> record -> whether it is the record's own
        self._records: dict[int, _Record] = {}
        self._versions: dict[tuple[int, int], datetime | None] = {}  # (record, version) -> date
        self._happened: set[tuple[int, str]] = set()
        self._changed: set[int] = set()
        self._named: list[tuple[str, int, bool]] = []
        self._dated: set[tuple[int, int]] = set()
        self._joined: list[tuple[int, int]] = []  # (younger work, older work)
        self._load(connection, page)
        self._first = self._next = (connection.scalar(select(func.max(t.paper.c.id))) or 0) + 1

    @property
    def fresh(self) -> int:
        """How many records are new."""
        return self._next - self._first

    def put(self, seen: Paper, *, now: datetime, since: datetime, first: bool) -> None:
        """One sighting: into its record, the record into its work, and what is news of it."""
        found = self._find(seen)
        known = found.paper if found else None
        record = found or self._new(seen)
        if known:
            record.paper = merge(known, seen)
        kin = list(self._kin(record))
        others = [other.paper for other in kin]
        events = decide(known, seen, now=now, since=since, first=first, kin=others)
        if record.paper != known:
            self._keep(record)
        for other in kin:
            self._join(record.work, other.work)
        for what in events:
            if (record.work, what) not in self._happened:
                self._happened.add((record.work, what))
                self.news[record.work, what] = record.id
        self._date(record.id, seen)

    def write(self, connection: Connection, now: datetime) -> None:
        """Write down what `put` has judged."""
        records = [self._records[number] for number in sorted(self._changed)]
        _upsert(connection, t.paper, [to_row(one.paper) | {"id": one.id, "work": one.work} for one in records])
        _add(connection, t.name, [{"name": name, "paper_id": number, "own": own} for name, number, own in self._named])
        dates = [(number, version, self._versions[number, version]) for number, version in sorted(self._dated)]
        _upsert(connection, t.version, [{"paper_id": p, "version": v, "date": date} for p, v, date in dates])
        for younger, older in self._joined:
            _move(connection, younger, older)
        _add(
            connection,
            t.event,
            [
                {"work": work, "event": what, "paper_id": number, "at": now}
                for (work, what), number in self.news.items()
            ],
        )

    def _load(self, connection: Connection, page: Sequence[Paper]) -> None:
        called = {name for paper in page for name in names(paper)}
        for name, number, own in _rows(
            connection, t.name.c.name, called, t.name.c.name, t.name.c.paper_id, t.name.c.own
        ):
            self._names.setdefault(name, {})[number] = own
        numbers = {number for owners in self._names.values() for number in owners}
        columns = (t.paper.c.id, t.paper.c.work, *(t.paper.c[name] for name in COLUMNS))
        for row in _rows(connection, t.paper.c.id, numbers, *columns):
            self._records[row.id] = _Record(row.id, row.work, to_paper(row._mapping))
        heard = (t.version.c.paper_id, t.version.c.version, t.version.c.date)
        for number, version, date in _rows(connection, t.version.c.paper_id, numbers, *heard):
            self._versions[number, version] = date
        works = {record.work for record in self._records.values()}
        for work, what in _rows(connection, t.event.c.work, works, t.event.c.work, t.event.c.event):
            self._happened.add((work, what))

    def _find(self, seen: Paper) -> _Record | None:
        """The record that owns the strongest name of a sighting."""
        for name, own in names(seen).items():
            for number, owned in self._names.get(name, {}).items() if own else ():
                if owned:
                    return self._records[number]
        return None

    def _new(self, seen: Paper) -> _Record:
        self._next += 1
        return _Record(self._next - 1, self._next - 1, seen)

    def _kin(self, record: _Record) -> Iterator[_Record]:
        """The other records that share a name with this one and are the same work."""
        shared = {number: None for name in names(record.paper) for number in self._names.get(name, ())}
        for number in shared:
            if number != record.id and same_work(record.paper, self._records[number].paper):
                yield self._records[number]

    def _keep(self, record: _Record) -> None:
        self._records[record.id] = record
        self._changed.add(record.id)
        for name, own in names(record.paper).items():
            owners = self._names.setdefault(name, {})
            if record.id not in owners:
                owners[record.id] = own and not any(owners.values())
                self._named.append((name, record.id, owners[record.id]))

    def _join(self, work: int, other: int) -> None:
        """Two works turn out to be one: the older takes over what was known of the younger."""
        older, younger = sorted((work, other))
        if older == younger:
            return
        for record in self._records.values():
            if record.work == younger:
                record.work = older
        for what in [what for of, what in self._happened if of == younger]:
            number = self.news.pop((younger, what), None)
            if number is not None and (older, what) not in self._happened:
                self.news[older, what] = number
            self._happened.add((older, what))
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


def _rows(connection: Connection, column: Column[T], among: Iterable[T], *wanted: Column[Any]) -> Iterator[Any]:
    for batch in batches(among):
        yield from connection.execute(select(*wanted).where(column.in_(batch)))


def _add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(connection, table).on_conflict_do_nothing(), rows)


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(connection, table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), rows)


def _move(connection: Connection, younger: int, older: int) -> None:
    """What was known of the younger work is known of the older; what was known of both is known once."""
    connection.execute(update(t.paper).where(t.paper.c.work == younger).values(work=older))
    for table, same in ((t.event, ("event",)), (t.memory, ("subscriber", "event"))):
        twin = table.alias()
        known = exists().where(twin.c.work == older, *(twin.c[name] == table.c[name] for name in same))
        connection.execute(update(table).where(table.c.work == younger, ~known).values(work=older))
        connection.execute(delete(table).where(table.c.work == younger))
