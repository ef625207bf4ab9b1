"""How a database is opened and a transaction begun: SQLite on disk or PostgreSQL, the same promises on both."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Integer,
    Table,
    cast,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from digest.errors import ConfigError, DigestError

T = TypeVar("T")

TransactionHook = Callable[[Any], None]
"""What else is written in a transaction, given the driver's own connection."""

_WAIT = 10_000
"""Milliseconds that a SQLite writer waits for another."""

PAPERS = 0x70617065
"""The number of PostgreSQL's advisory lock on papers, works and events."""

SCHEDULES = 0x636C6B73
"""The same on which clock rows there are, and on who claims them."""

_PRAGMAS = (f"busy_timeout={_WAIT}", "synchronous=FULL", "foreign_keys=ON")

_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))

_MENDS = {
    "not a database": "restore a backup, or name another file under `database:`",
    "malformed": "restore a backup",
    "readonly": "give this user the right to write the file and its folder",
    "read-only": "give this user the right to write to it",
    "unable to open": "make its folder, and give this user the right to write there",
    "locked": "another process has been writing for long; try again",
    "disk is full": "make room",
}


class Database:
    """One engine; every method of the store is one transaction on a connection of its own, so threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_shared(self) -> bool:
        """Whether other machines may use it too."""
        return self.engine.dialect.name == "postgresql"

    def clock(self) -> datetime | None:
        """What the database's own machine takes for the time; None: it is this one."""
        if not self.is_shared:
            return None
        with self.reading() as connection:
            return connection.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that changes nothing and keeps no writer waiting."""
        with self._plainly(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is written whole, or not at all."""
        with self._plainly(), self.engine.connect() as connection, connection.execution_options(writing=True).begin():
            yield connection

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """A writing transaction that may replace tables.

        On SQLite dropping a table that others refer to deletes their rows, so references are off while it lasts and are
        checked before it ends.
        """
        if self.engine.dialect.name != "sqlite":
            with self.writing() as connection:
                yield connection
            return
        with self._plainly(), self.engine.connect() as connection:
            bare = connection.connection.driver_connection
            assert bare is not None
            bare.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.execution_options(writing=True).begin():
                    yield connection
                    if lost := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                        raise DigestError(
                            f"{self.engine.url.database}: rows of {lost[0][0]} refer to nothing; nothing was changed"
                        )
            finally:
                bare.execute("PRAGMA foreign_keys=ON")

    def copy_to(self, file: str) -> None:
        """A copy of a SQLite database, whole even while others write."""
        with self._plainly(), self.engine.connect() as connection:
            bare = connection.connection.driver_connection
            assert bare is not None
            bare.execute("VACUUM INTO ?", (file,))

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            # IntegrityError and the like are our mistakes and keep their trace.
            if type(error) not in (DatabaseError, OperationalError):
                raise
            raise _plain(self.engine.url, str(error.orig)) from error


def connect(url: str) -> Engine:
    """The engine of a `database:` URL. Raises ConfigError where it names no database that we know."""
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ConfigError(
                f"database: {parsed.get_backend_name()} is not supported: write sqlite:///FILE or postgresql://…"
            )
        engine = create_engine(
            parsed, pool_pre_ping=parsed.get_backend_name() == "postgresql", json_serializer=_JSON.encode
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError("database: no address of a database: write sqlite:///FILE or postgresql://…") from error
    except ModuleNotFoundError as error:
        raise ConfigError("database: postgresql:// needs the extra: pip install 'morning-papers[postgres]'") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself; _begin does
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    _write_ahead(connection)


def _write_ahead(connection: Any) -> None:
    """Turn a new file to WAL; where others do so at this moment, SQLite says that it is locked and does not wait."""
    until = time.monotonic() + _WAIT / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails at once when another writes; an immediate one waits its turn.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN")


def _plain(url: URL, words: str) -> DigestError:
    mend = next((mend for sign, mend in _MENDS.items() if sign in words.casefold()), None)
    return DigestError(f"{url.render_as_string(hide_password=True)}: {words.strip()}" + (f": {mend}" if mend else ""))


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT in the words of this database."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def add_row(connection: Connection, table: Table, row: dict[str, object]) -> bool:
    """Insert a row, unless it is there; PostgreSQL's driver counts no inserted rows, so they are asked for."""
    key = next(iter(table.primary_key))
    statement = insert(connection, table).values(row).on_conflict_do_nothing().returning(key)
    return connection.execute(statement).first() is not None


def lock_writers(connection: Connection, lock: int = PAPERS) -> None:
    """Wait until no other transaction adds papers, so that ids and serials are given in the order of the commits.

    Or until none does whatever else has that number. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def is_any_of(connection: Connection, column: ColumnElement[int], values: Iterable[int]) -> ColumnElement[bool]:
    """Is a number one of these, however many they are? IN has a parameter for each, and takes long to write."""
    if connection.dialect.name == "sqlite":
        listed = func.json_each(_JSON.encode(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == func.any(cast(list(values), postgresql.ARRAY(Integer)))


def batches(values: Iterable[T], size: int = 1_000) -> Iterator[list[T]]:
    """Few enough at a time for one statement's parameters."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
