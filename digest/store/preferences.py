"""Preferences that readers set on their pages: pauses, muted terms, invalidated links, opinions on papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, delete, select, update

from digest.store import tables as t
from digest.store.engine import Database, insert
from digest.store.readers import next_serial
from digest.store.statements import note


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Preferences by reader; they override the reader's file."""

    pauses: Mapping[str, date | None] = field(
        default_factory=dict
    )  # until that day; None: no pause, whatever the file says
    mutes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # the oldest first
    links: Mapping[str, int] = field(default_factory=dict)  # the version of links that are valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Whether a reader wants more papers like this one, or fewer."""

    paper: str  # its key
    more: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class PreferenceStore:
    """Preferences of readers, and their opinions on papers."""

    database: Database

    def get(self, subscriber: str | None = None) -> Preferences:
        """The preferences of all readers, or of one."""
        mutes: dict[str, list[str]] = {}
        pauses = select(t.pause.c.subscriber, t.pause.c.until)
        links = select(t.links.c.subscriber, t.links.c.version)
        said = select(t.mute.c.subscriber, t.mute.c.term).order_by(t.mute.c.at, t.mute.c.term)
        if subscriber is not None:
            pauses = pauses.where(t.pause.c.subscriber == subscriber)
            links = links.where(t.links.c.subscriber == subscriber)
            said = said.where(t.mute.c.subscriber == subscriber)
        with self.database.reading() as connection:
            until = {row.subscriber: row.until for row in connection.execute(pauses)}
            versions = {row.subscriber: row.version for row in connection.execute(links)}
            for whose, term in connection.execute(said):
                mutes.setdefault(whose, []).append(term)
        return Preferences(
            pauses=until,
            mutes={whose: tuple(terms) for whose, terms in mutes.items()},
            links=versions,
        )

    def pause(self, subscriber: str, until: date | None, *, now: datetime) -> None:
        """Send no letters until that day; None: send letters, also where the reader's file has a pause."""
        with self.database.writing() as connection:
            next_serial(connection)
            set_pause(connection, subscriber, until, now)
            note(self.database, connection, "pause", subscriber=subscriber, until=until and until.isoformat())

    def mute(self, subscriber: str, term: str, *, now: datetime) -> None:
        """Send no papers with this term any more."""
        with self.database.writing() as connection:
            next_serial(connection)
            set_mute(connection, subscriber, term, now)
            note(self.database, connection, "mute", subscriber=subscriber, term=term)

    def unmute(self, subscriber: str, term: str) -> None:
        """Send papers with this term again."""
        with self.database.writing() as connection:
            next_serial(connection)
            set_mute(connection, subscriber, term, None)
            note(self.database, connection, "unmute", subscriber=subscriber, term=term)

    def renew_links(self, subscriber: str) -> None:
        """Invalidate all links to the reader's own pages and feeds that were sent; unsubscribe links still work."""
        with self.database.writing() as connection:
            next_serial(connection)
            now = connection.scalar(select(t.links.c.version).where(t.links.c.subscriber == subscriber)) or 0
            set_links(connection, subscriber, now + 1)
            note(self.database, connection, "links", subscriber=subscriber, version=now + 1)

    def save_opinion(self, subscriber: str, paper: str, more: bool | None, *, now: datetime) -> None:
        """Keep a reader's opinion on a paper (more or fewer like it) instead of an earlier one; None deletes it."""
        c = t.opinion.c
        with self.database.writing() as connection:
            if more is None:
                connection.execute(delete(t.opinion).where(c.subscriber == subscriber, c.paper == paper))
                return
            given = insert(connection, t.opinion).values(subscriber=subscriber, paper=paper, more=more, at=now)
            newer = {"more": more, "at": now}
            connection.execute(given.on_conflict_do_update(index_elements=["subscriber", "paper"], set_=newer))

    def opinions(self, subscriber: str) -> list[Opinion]:
        """A reader's opinions on papers, the newest first."""
        c = t.opinion.c
        with self.database.reading() as connection:
            said = select(c.paper, c.more, c.at).where(c.subscriber == subscriber).order_by(c.at.desc(), c.paper)
            return [Opinion(**row) for row in connection.execute(said).mappings()]


def set_pause(connection: Connection, subscriber: str, until: date | None, at: datetime) -> None:
    given = insert(connection, t.pause).values(subscriber=subscriber, until=until, at=at)
    connection.execute(given.on_conflict_do_update(index_elements=["subscriber"], set_={"until": until, "at": at}))


def set_mute(connection: Connection, subscriber: str, term: str, at: datetime | None) -> None:
    """Mute a term since then; None: not any more."""
    c = t.mute.c
    if at is None:
        connection.execute(delete(t.mute).where(c.subscriber == subscriber, c.term == term))
        return
    given = insert(connection, t.mute).values(subscriber=subscriber, term=term, at=at)
    connection.execute(given.on_conflict_do_nothing())


def set_links(connection: Connection, subscriber: str, version: int) -> None:
    """Invalidate links of older versions; nothing where this version, or a later one, is valid already."""
    given = insert(connection, t.links).values(subscriber=subscriber, version=version)
    older = t.links.c.version < version
    connection.execute(
        given.on_conflict_do_update(index_elements=["subscriber"], set_={"version": version}, where=older)
    )
    connection.execute(update(t.issue).where(t.issue.c.subscriber == subscriber).values(page=None))
