"""Papers in the database: adds pages of papers and finds papers by key, date, author and arrival."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Select, Text, cast, func, or_, select, type_coerce

from digest.errors import DigestError, SetAside
from digest.papers import Paper
from digest.papers.ranges import EARLIEST, LATEST, instant
from digest.papers.updates import Arrival
from digest.store import tables as t
from digest.store.engine import Database, TransactionHook, batches, lock_writers
from digest.store.paper_upsert import PaperUpsert
from digest.store.rows import COLUMNS, to_paper
from digest.store.sources import SourceProgress, record_progress

_PAPER = [t.paper.c[name] for name in COLUMNS]
_EVENT = t.event.c
_HAPPENED = select(
    _EVENT.serial, _EVENT.work, _EVENT.event, _EVENT.at, _EVENT.changes, t.paper.c.id.label("record"), *_PAPER
).join(t.paper, _EVENT.paper_id == t.paper.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPapers:
    """How many records and events a page added."""

    records: int = 0  # not seen before
    events: Mapping[str, int] = field(default_factory=dict)  # by kind: "new", "revised", "published", "withdrawn"

    @property
    def new(self) -> int:
        return self.events.get("new", 0)

    @property
    def updates(self) -> int:
        return sum(self.events.values()) - self.new


@dataclass(frozen=True, slots=True)
class PaperStore:
    """Papers and their arrivals."""

    database: Database
    trust: Mapping[str, int] = field(default_factory=dict)  # of each source, where two tell of one paper

    def add(
        self,
        papers: Sequence[Paper],
        *,
        now: datetime,
        since: datetime,
        first: bool,
        progress: SourceProgress | None = None,
        in_transaction: TransactionHook | None = None,
    ) -> AddedPapers:
        """Add a page; `in_transaction` is called inside the write transaction where the page has news.

        The page and the progress of its source are kept together; the same page again changes nothing. `since` is
        the start of the look-back window, `first` marks the source's first pull (see papers.updates.decide).
        """
        with self.database.writing() as connection:
            lock_writers(connection)
            upsert = PaperUpsert(connection, papers, self.trust)
            for seen in papers:
                upsert.put(seen, now=now, since=since, first=first)
            upsert.write(connection, now)
            if progress:
                record_progress(connection, progress, now)
            if in_transaction is not None and upsert.news:
                in_transaction(connection.connection.driver_connection)
        return AddedPapers(records=upsert.fresh, events=Counter(event.split()[0] for _, event in upsert.news))

    def get(self, key: str) -> Paper | None:
        """The record of this key, else one that names it (the preprint of an article that no source gave us)."""
        named = select(t.paper).join(t.name).where(t.name.c.name == key).order_by(t.name.c.own.desc(), t.paper.c.id)
        with self.database.reading() as connection:
            row = connection.execute(named.limit(1)).mappings().first()
        return to_paper(row) if row else None

    def get_many(self, keys: Iterable[str]) -> dict[str, Paper]:
        """The records of these keys, by key; unknown keys are left out."""
        found: dict[str, Paper] = {}
        with self.database.reading() as connection:
            for batch in batches(keys):
                named = select(t.name.c.name.label("called"), t.paper).join(t.paper, t.name.c.paper_id == t.paper.c.id)
                order = named.where(t.name.c.name.in_(batch)).order_by(t.name.c.own.desc(), t.paper.c.id)
                for row in connection.execute(order).mappings():
                    found.setdefault(row["called"], to_paper(row))
        return found

    def archive(self, since: datetime | None = None, *, most: int = 20_000) -> list[Paper]:
        """The newest papers, one for each work, newest first; papers without a date come last, whatever `since` is."""
        date = func.coalesce(t.paper.c.announced, t.paper.c.published, t.paper.c.updated)
        kept = select(*_PAPER).where(t.paper.c.id == t.paper.c.work)
        if since is not None:
            kept = kept.where(date.is_(None) | (date > since))
        with self.database.reading() as connection:
            rows = connection.execute(kept.order_by(date.desc().nulls_last(), t.paper.c.id).limit(most)).mappings()
            return [to_paper(row) for row in rows]

    def newest_serial(self) -> int:
        """The serial of the newest arrival; it grows with each."""
        with self.database.reading() as connection:
            return connection.scalar(select(func.max(t.event.c.serial))) or 0

    def by_author(self, words: Sequence[str], *, most: int) -> list[Paper]:
        """The newest papers, one for each work, whose authors contain one of these words; case does not matter."""
        printed = cast(t.paper.c.authors, Text)
        date_of = func.coalesce(t.paper.c.announced, t.paper.c.published, t.paper.c.updated)
        found = select(*_PAPER).where(
            t.paper.c.id == t.paper.c.work, or_(*(printed.icontains(word, autoescape=True) for word in words))
        )
        with self.database.reading() as connection:
            rows = connection.execute(found.order_by(date_of.desc().nulls_last(), t.paper.c.id).limit(most)).mappings()
            return [to_paper(row) for row in rows]

    def versions(self, key: str) -> dict[int, datetime | None]:
        """The known versions of a record, each with its date where a service gave it."""
        own = select(t.name.c.paper_id).where(t.name.c.name == key, t.name.c.own)
        heard = select(t.version.c.version, t.version.c.date).where(t.version.c.paper_id.in_(own))
        with self.database.reading() as connection:
            return {row.version: instant(row.date) for row in connection.execute(heard.order_by(t.version.c.version))}

    def arrivals(self, since: datetime, until: datetime) -> list[Arrival]:
        """What arrived after `since` and not after `until`, in order."""
        c = t.event.c
        return self._arrivals(_HAPPENED.where(c.at > since, c.at <= until).order_by(c.serial))

    def readable_arrivals(self, since: datetime, until: datetime) -> tuple[list[Arrival], list[SetAside]]:
        """The same where a row cannot be read: one by one, without those, which come second."""
        c = t.event.c
        found, unreadable = list[Arrival](), list[SetAside]()
        with self.database.reading() as connection:
            serials = connection.execute(
                select(c.serial, t.paper.c.key)
                .join(t.paper, c.paper_id == t.paper.c.id)
                .where(c.at > since, c.at <= until)
                .order_by(c.serial)
            ).all()
        for serial, key in serials:
            try:
                found += self._arrivals(_HAPPENED.where(c.serial == serial))
            except DigestError:
                raise
            except Exception as error:  # noqa: BLE001, whatever is odd in one row, the others are read
                unreadable.append(SetAside.of("match", key, error))
        return found, unreadable

    def arrivals_of(self, facts: Collection[tuple[int, str]], since: datetime) -> list[Arrival]:
        """The events (work, event) that arrived after `since`, in order."""
        c, found = t.event.c, list[Arrival]()
        for batch in batches({work for work, _ in facts}):
            found += self._arrivals(_HAPPENED.where(c.work.in_(batch), c.at > since))
        chosen = (arrival for arrival in found if (arrival.work, arrival.event) in facts)
        return sorted(chosen, key=lambda arrival: arrival.serial)

    def dated(self, since: datetime, until: datetime, *, voted: bool = False) -> list[Arrival]:
        """The papers dated after `since` and not after `until`, also those that were never news.

        `voted`: only papers with votes. Each comes with its date as `at` and the last event of its work; without one
        the event is "new", with serial 0.
        """
        date = func.coalesce(t.paper.c.announced, t.paper.c.published, t.paper.c.updated)
        last = t.event.alias()
        newest = select(func.max(last.c.serial)).where(last.c.work == t.paper.c.work).scalar_subquery()
        c = t.event.c
        told = select(
            func.coalesce(c.serial, 0).label("serial"),
            t.paper.c.work,
            func.coalesce(c.event, "new").label("event"),
            date.label("at"),
            t.paper.c.id.label("record"),
            c.changes,
            *_PAPER,
        )
        found = told.select_from(t.paper).join(t.event, c.serial == newest, isouter=True)
        if voted:
            found = found.where(t.paper.c.votes.is_not(None))
        return self._arrivals(found.where(date > since, date <= until).order_by(date, t.paper.c.id))

    def voted_span(self) -> tuple[datetime, datetime] | None:
        """The dates of the oldest and the newest paper with votes; None where there is none."""
        date = func.coalesce(t.paper.c.announced, t.paper.c.published, t.paper.c.updated)
        date_of = type_coerce(date, t.UTCDateTime)
        counted = select(func.count(), func.min(date_of), func.max(date_of)).where(t.paper.c.votes.is_not(None))
        with self.database.reading() as connection:
            count, first, last = connection.execute(counted).one()
        return (max(first, EARLIEST), min(last, LATEST)) if count else None

    def days_by_source(self, since: date) -> dict[tuple[str, date], int]:
        """How many papers of each source (its kind) are dated to each day, in UTC, from `since` on."""
        date_of = func.coalesce(t.paper.c.announced, t.paper.c.published, t.paper.c.updated)
        begin = datetime.combine(since, time(), UTC)
        counts: Counter[tuple[str, date]] = Counter()
        with self.database.reading() as connection:
            dated = select(t.paper.c.source, type_coerce(date_of, t.UTCDateTime).label("at")).where(date_of >= begin)
            for source, at in connection.execute(dated):
                counts[source, at.date()] += 1
        return dict(counts)

    def announced_only(self, source: str, since: datetime) -> list[str]:
        """Keys of papers that a source's feed announced after `since` and of which only the announcement is known."""
        c = t.paper.c
        wanted = select(c.key).where(
            c.source == source, c.published.is_(None), c.announced > since, c.announce.is_not(None)
        )
        with self.database.reading() as connection:
            return list(connection.scalars(wanted.order_by(c.announced.desc(), c.id)))

    def _arrivals(self, wanted: Select[Any]) -> list[Arrival]:
        with self.database.reading() as connection:
            rows = connection.execute(wanted).mappings().all()
        return [
            Arrival(
                serial=row["serial"],
                work=row["work"],
                event=row["event"],
                at=row["at"],
                paper=to_paper(row),
                record=row["record"],
                changes=tuple(row["changes"].split(",")) if row["changes"] else (),
            )
            for row in rows
        ]
