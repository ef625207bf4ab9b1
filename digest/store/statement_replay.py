"""Applies again what people told us and the database does not know: after a restore, or a crash before a commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from digest.errors import SetAside
from digest.mail.address import address_key
from digest.store import tables as t
from digest.store.engine import Database, add_row
from digest.store.preferences import set_links, set_mute, set_pause
from digest.store.readers import delete_reader, find_reader, next_serial, write_reader
from digest.store.statements import (
    HASHED,
    NotedStatements,
    Statement,
    address_hash,
    applied_offsets,
    lock_statements,
    set_applied,
)
from digest.store.subscriptions import rename_reader
from digest.store.suppressions import lift
from digest.store.unsubscribes import unsubscribe


@dataclass(frozen=True, slots=True)
class StatementReplay:
    """Brings the database up to what its statement log says."""

    database: Database

    def catch_up(self, *, now: datetime, shorten: bool = False) -> tuple[int, SetAside | None]:
        """Apply what the database does not know; how many statements that were, and what could not be read.

        To be called before anything is composed. A database without a log gets one with all that stands in it; a new
        file beside the logs of others takes theirs over. With `shorten` a large log is rewritten. Raises DigestError.
        """
        log = self.database.statements
        if log is None:
            return 0, None
        with self.database.reading() as connection:
            found = log.read(applied_offsets(connection))
            is_current = found is not None and not (found.statements or found.spoilt)
        if is_current and not shorten:
            return 0, None
        with self.database.writing() as connection:
            lock_statements(connection)
            known = applied_offsets(connection)
            found = log.read(known)
            if found is None:
                others, standing = log.others() if self._is_new(connection, known) else (), list(_standing(connection))
                if not (others or standing):
                    return 0, None
                added = log.append([*others, *standing])
                found = NotedStatements(log=added.log, end=added.end, statements=others)
            spoilt = found.spoilt
            for each in found.statements:
                try:
                    _apply(connection, each, now)
                except (KeyError, TypeError, ValueError):  # a line that no version of ours has written
                    spoilt += 1
            if found.statements:
                next_serial(connection)
            if known.get(found.log) != found.end:
                set_applied(connection, found.log, found.end)
            if shorten and (rewritten := log.shorten()):
                set_applied(connection, rewritten.log, rewritten.end)
        aside = SetAside("statements", "what people told us", f"{spoilt} lines of its file are spoilt")
        return len(found.statements), aside if spoilt else None

    def _is_new(self, connection: Connection, known: Mapping[str, int]) -> bool:
        """Whether it is a new SQLite file; databases of a server may share a folder and are not each other's."""
        is_used = known or connection.scalar(select(t.journal.c.name).limit(1)) is not None
        return not (is_used or self.database.is_shared)


def _standing(connection: Connection) -> Iterator[Statement]:
    """What a database without a log knows already, from before there were logs or because the file is gone."""

    def rows(*columns: Any) -> Iterator[dict[str, Any]]:
        return (dict(row) for row in connection.execute(select(*columns)).mappings().all())

    d, p, m, v, s = t.departure.c, t.pause.c, t.mute.c, t.links.c, t.suppression.c
    for row in rows(d.subscriber, d.subscription, d.at):
        at = row.pop("at")
        yield Statement(kind="leave", values={**row, "why": "the reader asked to"}, at=at)
    for row in rows(p.subscriber, p.until, p.at):
        until = row["until"]
        yield Statement(
            kind="pause",
            values={"subscriber": row["subscriber"], "until": until and until.isoformat()},
            at=row["at"],
        )
    for row in rows(m.subscriber, m.term, m.at):
        yield Statement(kind="mute", values={"subscriber": row["subscriber"], "term": row["term"]}, at=row["at"])
    for row in rows(v.subscriber, v.version):
        yield Statement(kind="links", values=row)
    for row in rows(s.address, s.since):
        whose = row["address"]
        hashed = whose.removeprefix(HASHED) if whose.startswith(HASHED) else address_hash(whose)
        yield Statement(kind="suppress", values={"address": hashed, "reason": "suppressed before"}, at=row["since"])


def _apply(connection: Connection, statement: Statement, now: datetime) -> None:
    values, at = statement.values, statement.at or now
    match statement.kind:
        case "leave":
            unsubscribe(connection, values["subscriber"], values["subscription"], values["why"], at)
        case "back":
            c = t.departure.c
            gone = (c.subscriber == values["subscriber"]) & (c.subscription == values["subscription"])
            connection.execute(delete(t.departure).where(gone))
        case "pause":
            until = values["until"]
            set_pause(connection, values["subscriber"], until and date.fromisoformat(until), at)
        case "mute" | "unmute":
            set_mute(connection, values["subscriber"], values["term"], at if statement.kind == "mute" else None)
        case "links":
            set_links(connection, values["subscriber"], values["version"])
        case "suppress":
            _suppress(connection, values["address"], values["reason"], at)
        case "lift":
            for address in _known_as(connection, values["address"]):
                lift(connection, address)
        case "forget":
            _forget(connection, values["subscriber"], values["address"])
        case "move":
            _move(connection, values)
        case "rename":
            rename_reader(connection, values["old"], values["subscriber"])


def _suppress(connection: Connection, hashed: str, reason: str, at: datetime) -> None:
    """Suppress every address that has this hash; where none is known, the hash itself, which SendGuard knows too."""
    known = [each for each in _known_as(connection, hashed) if not each.startswith(HASHED)]
    for address in known or [f"{HASHED}{hashed}"]:
        add_row(connection, t.suppression, {"address": address, "reason": reason, "since": at})


def _known_as(connection: Connection, hashed: str) -> list[str]:
    """The addresses in the database that have this hash, and the hash itself."""
    found = set[str]()
    for column in (t.reader.c.address, t.delivery.c.recipient, t.evidence.c.address, t.suppression.c.address):
        found.update(address_key(each) for each in connection.scalars(select(column).distinct()))
    return [f"{HASHED}{hashed}", *(each for each in sorted(found) if address_hash(each) == hashed)]


def _forget(connection: Connection, subscriber: str, hashed: str) -> None:
    """Delete a reader again, and a request of theirs that could still be confirmed."""
    delete_reader(connection, subscriber)
    c = t.pending.c
    asked = [row.id for row in connection.execute(select(c.id, c.address)) if address_hash(row.address) == hashed]
    connection.execute(delete(t.pending).where(c.id.in_(asked)))


def _move(connection: Connection, values: Any) -> None:
    """Change a reader's address again, unless they have another by now, or somebody else has the new one."""
    row = find_reader(connection, id=values["subscriber"])
    if row is None or address_hash(row.address) != values["old"] or find_reader(connection, address=values["address"]):
        return
    moved = replace(row, address=values["address"], document=row.document | {"email": values["email"]})
    write_reader(connection, moved, next_serial(connection))
