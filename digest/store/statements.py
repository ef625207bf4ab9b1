"""Statements: what people told us, noted in a file too, so that it holds after the database is put back to a backup.

The file is written by whoever implements StatementLog (delivery.statement_log); the store only says what to note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, select

from digest.mail.address import ADDRESS, address_key
from digest.store import tables as t
from digest.store.engine import Database, insert, lock_writers

StatementKind = Literal[
    "leave", "back", "pause", "mute", "unmute", "links", "suppress", "lift", "forget", "move", "rename"
]  # fmt: skip
"""A reader left a subscription or all, came back, paused or went on, muted a term or unmuted it, made old links
invalid; an address was suppressed, or that was lifted; a reader was deleted, got another address, or another id (a
renamed file)."""

HASHED = "sha256:"
"""Begins the row of a suppressed address of which only the hash is known."""

_LOCK = 0x73746174  # PostgreSQL's advisory lock on the count of what was applied
_ADDRESS = re.compile(ADDRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that somebody told us; `values` are plain JSON."""

    kind: StatementKind
    values: Mapping[str, Any] = field(repr=False)
    at: datetime | None = None  # when it was noted


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedStatements:
    """What a log holds after some offset."""

    log: str  # the random id of the log; a rewritten one has another
    end: int  # offset after the last whole line
    statements: Sequence[Statement] = ()
    spoilt: int = 0  # lines that cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendedStatements:
    """Where in a log new lines stand."""

    log: str
    start: int  # 0: the log was made for them
    end: int


class StatementLog(Protocol):
    """A file of statements that outlives the database."""

    def read(self, known: Mapping[str, int]) -> NotedStatements | None:
        """What is beyond the offset that is `known` for its id; None where there is no log yet. Raises DigestError."""
        ...

    def append(self, statements: Sequence[Statement]) -> AppendedStatements:
        """Write these and flush them to the disk. Raises DigestError where that cannot be done."""
        ...

    def others(self) -> Sequence[Statement]:
        """What the logs of other databases beside it hold. Raises DigestError."""
        ...

    def shorten(self) -> AppendedStatements | None:
        """Rewrite a large log with the last statement of each thing alone, under a new id; None: it stays as it is."""
        ...


def note(database: Database, connection: Connection, kind: StatementKind, **values: Any) -> None:
    """Note a statement in the transaction that carries it out, before the commit.

    The line of a transaction that fails after this is applied later (see StatementReplay). Raises DigestError.
    """
    if database.statements is None:
        return
    lock_statements(connection)
    added = database.statements.append([Statement(kind=kind, values=values)])
    if applied_offsets(connection).get(added.log, 0) == added.start:  # else there are lines before it to apply first
        set_applied(connection, added.log, added.end)


def lock_statements(connection: Connection) -> None:
    """Let one transaction at a time write and apply statements."""
    lock_writers(connection, _LOCK)


def applied_offsets(connection: Connection) -> dict[str, int]:
    """Up to where each log is applied, by its id."""
    c = t.statement_log.c
    return {row.id: row.applied for row in connection.execute(select(c.id, c.applied))}


def set_applied(connection: Connection, log: str, end: int) -> None:
    given = insert(connection, t.statement_log).values(id=log, applied=end)
    connection.execute(given.on_conflict_do_update(index_elements=["id"], set_={"applied": end}))


def address_hash(address: str) -> str:
    """The form of an address in the log: SHA-256 of its key, in hexadecimal."""
    return sha256(address_key(address).encode("utf-8", "surrogatepass")).hexdigest()


def without_addresses(words: str) -> str:
    """Words of a server or a person, as they may stand in the log."""
    return _ADDRESS.sub("…", words)
