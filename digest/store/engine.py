"""Connections and transactions: SQLite on disk or PostgreSQL through SQLAlchemy, with the same guarantees on both."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

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
from digest.process import machine_id
from digest.store.private_files import create_private

if TYPE_CHECKING:
    from digest.store.statements import StatementLog

T = TypeVar("T")

TransactionHook = Callable[[Any], None]
"""A callable that writes more in a transaction of the store; it gets the driver's own connection."""

_WAIT = 10_000
"""SQLite's busy timeout in milliseconds."""

PAPERS = 0x70617065
"""PostgreSQL's advisory lock on papers, works and events."""

SCHEDULES = 0x636C6B73
"""PostgreSQL's advisory lock on the set of subscriptions, and on claims of due ones."""

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
    """One engine; each transaction has a connection of its own, so threads may share a Database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.statements: StatementLog | None = None  # where people's statements are noted too

    @property
    def is_shared(self) -> bool:
        """Whether other machines may use the database too (PostgreSQL)."""
        return self.engine.dialect.name == "postgresql"

    def place(self) -> str | None:
        """The machine and the file of a SQLite database; None for a server, and for a database in memory."""
        file = self.engine.url.database
        if self.is_shared or not file or file == ":memory:":
            return None
        return f"{machine_id()} {Path(file).resolve()}"

    def clock(self) -> datetime | None:
        """The time of the database server; None for SQLite, which is on this machine."""
        if not self.is_shared:
            return None
        with self.reading() as connection:
            return connection.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction, which blocks no writer."""
        with self._plainly(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction; SQLite has one at a time."""
        with self._plainly(), self.engine.connect() as connection, connection.execution_options(writing=True).begin():
            yield connection

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """A write transaction that may replace tables (for migrations).

        On SQLite dropping a table deletes the rows that refer to it, so foreign keys are off until it ends, and are
        checked before the commit.
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
        """Copy a SQLite database into a file (VACUUM INTO); the copy is consistent even while others write."""
        with self._plainly(), self.engine.connect() as connection:
            bare = connection.connection.driver_connection
            assert bare is not None
            create_private(Path(file))
            bare.execute("VACUUM INTO ?", (file,))

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            # IntegrityError and the like are bugs of ours and keep their traceback.
            if type(error) not in (DatabaseError, OperationalError) or _is_too_long(error):
                raise
            raise _plain(self.engine.url, str(error.orig)) from error


def _is_too_long(error: DatabaseError) -> bool:
    """Whether PostgreSQL refused a value that is too long for an index (class 54): the value is at fault."""
    return str(getattr(error.orig, "sqlstate", None) or "").startswith("54")


def connect(url: str) -> Engine:
    """The engine of a `database:` URL. Raises ConfigError where it names no supported database."""
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
        if parsed.database and parsed.database != ":memory:":
            event.listen(engine, "do_connect", partial(_keep_private, Path(parsed.database)))
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _keep_private(file: Path, *_: object) -> None:
    """Keep the database's files from other users: SQLite gives -wal and -shm the mode of the database."""
    for each in (file, *(path for ending in ("-wal", "-shm") if (path := Path(f"{file}{ending}")).exists())):
        with suppress(OSError):  # SQLite says it better: no such folder, no right to write
            create_private(each)


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself; _begin does
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    _write_ahead(connection)


def _write_ahead(connection: Any) -> None:
    """Set WAL mode; while another connection sets it, SQLite reports a lock without waiting, so try again."""
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
    # A deferred transaction that starts to write fails at once while another writes; an immediate one waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN")


def _plain(url: URL, words: str) -> DigestError:
    mend = next((mend for sign, mend in _MENDS.items() if sign in words.casefold()), None)
    return DigestError(f"{url.render_as_string(hide_password=True)}: {words.strip()}" + (f": {mend}" if mend else ""))


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of this database's dialect, which knows ON CONFLICT."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def add_row(connection: Connection, table: Table, row: dict[str, object]) -> bool:
    """Insert a row; False where it is there already. RETURNING, since PostgreSQL's driver counts no inserted rows."""
    key = next(iter(table.primary_key))
    statement = insert(connection, table).values(row).on_conflict_do_nothing().returning(key)
    return connection.execute(statement).first() is not None


def lock_writers(connection: Connection, lock: int = PAPERS) -> None:
    """Take an advisory lock until the transaction ends; writers that take the same lock run one after another.

    With PAPERS ids and serials grow in the order of the commits. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def is_any_of(connection: Connection, column: ColumnElement[Any], values: Iterable[int]) -> ColumnElement[bool]:
    """Whether a number is among many; quicker than IN, which has one parameter for each value."""
    if connection.dialect.name == "sqlite":
        listed = func.json_each(_JSON.encode(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == func.any(cast(list(values), postgresql.ARRAY(Integer)))


def batches(values: Iterable[T], size: int = 1_000) -> Iterator[list[T]]:
    """Split values into lists that are short enough for the parameters of one statement."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
