"""Migrates a database of any older version to the current schema, in one transaction, when it is opened (Alembic).

To change the form: change tables.py, write the next file under versions/ after the last one, and name it in HEAD; the
tests compare what the migrations make with what tables.py says.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Text, column, inspect, select, table

from digest.errors import DigestError
from digest.store.engine import Database, lock_writers

HEAD = "0013"
"""The current revision; a database that has it is opened without loading Alembic."""

_HERE = Path(__file__).parent


def migrate(database: Database, *, head: str = HEAD, versions: Path = _HERE / "versions") -> None:
    """Migrate a database to `head`. Raises DigestError where that fails; the database is unchanged then."""
    with database.reading() as connection:
        current = _revision(connection)
    if current == head:
        return
    if current is not None:
        _back_up(database, current)
    with database.rebuilding() as connection:
        lock_writers(connection)
        if _revision(connection) != head:  # or another process was quicker
            _upgrade(connection, head, versions)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(select(column("version_num", Text)).select_from(table("alembic_version")))


def _upgrade(connection: Connection, head: str, versions: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, head)
    except CommandError as error:
        raise DigestError("the database was made by a newer version of Morning Papers: install that one") from error


def _back_up(database: Database, current: str) -> None:
    """Back up a SQLite file before it is migrated; the backups of a server are its administrator's."""
    file = database.engine.url.database
    if database.engine.dialect.name != "sqlite" or not file:
        return
    backup = Path(f"{file}.{current}")
    backup.unlink(missing_ok=True)
    database.copy_to(str(backup))
