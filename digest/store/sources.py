"""State of each source: cursor, validators (ETag, Last-Modified), failures, and when to ask again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, case, select, update

from digest.store import tables as t
from digest.store.engine import Database, insert
from digest.text import strip_controls


@dataclass(frozen=True, slots=True)
class SourceProgress:
    """The progress that a page brings; kept in the transaction of its papers."""

    name: str
    cursor: str | None = None  # None: unchanged
    url: str | None = None
    validators: tuple[str | None, str | None] | None = None  # ETag and Last-Modified of `url`
    done: bool = False  # the walk is complete
    next_try: datetime | None = None
    batch: date | None = None  # the day of its batch


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """The state of a source; of one that was never asked, the defaults."""

    cursor: str | None = None
    validators: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    last_try: datetime | None = None
    last_ok: datetime | None = None
    failures: int = 0  # in a row
    last_error: str | None = None
    next_try: datetime | None = None
    asked_to_wait: bool = False  # next_try is the service's own Retry-After
    batch: date | None = None  # the day of the newest batch


@dataclass(frozen=True, slots=True)
class SourceStore:
    """Cursor, validators and failures of each source."""

    database: Database

    def get(self, name: str) -> SourceState:
        with self.database.reading() as connection:
            row = connection.execute(select(t.source).where(t.source.c.name == name)).mappings().first()
            kept = select(t.validator.c.url, t.validator.c.etag, t.validator.c.last_modified)
            seals = connection.execute(kept.where(t.validator.c.source == name)).all()
        if row is None:
            return SourceState()
        values = {key: value for key, value in row.items() if key not in ("name", "batch")}
        return SourceState(
            **values,
            validators={url: (etag, modified) for url, etag, modified in seals},
            batch=date.fromisoformat(row["batch"]) if row["batch"] else None,
        )

    def record_failure(
        self, name: str, *, what: str, now: datetime, next_try: datetime | None, asked: bool = False
    ) -> None:
        """Record that a source failed; `asked`: `next_try` is the service's own Retry-After."""
        failures = t.source.c.failures + 1
        values = {"last_try": now, "last_error": strip_controls(what), "next_try": next_try, "asked_to_wait": asked}
        with self.database.writing() as connection:
            _put(connection, name, values | {"failures": 1}, values | {"failures": failures})

    def lift_wait(self, name: str) -> None:
        """Let a source be asked at the next round, whatever wait it has."""
        with self.database.writing() as connection:
            source = t.source.c
            connection.execute(update(t.source).where(source.name == name).values(next_try=None, asked_to_wait=False))


def record_progress(connection: Connection, progress: SourceProgress, now: datetime) -> None:
    """Keep the progress of a page, in the caller's transaction."""
    values: dict[str, Any] = {"last_try": now}
    if progress.cursor is not None:
        values["cursor"] = progress.cursor
    if progress.done:
        values |= {
            "last_ok": now,
            "failures": 0,
            "last_error": None,
            "next_try": progress.next_try,
            "asked_to_wait": False,
        }
    batch = progress.batch.isoformat() if progress.batch else None
    newest = {"batch": case((t.source.c.batch > batch, t.source.c.batch), else_=batch)} if batch else {}
    _put(connection, progress.name, values | {"batch": batch}, values | newest)
    if progress.url and progress.validators:
        etag, modified = progress.validators
        statement = insert(connection, t.validator).values(
            source=progress.name, url=progress.url, etag=etag, last_modified=modified
        )
        seals = {"etag": etag, "last_modified": modified}
        connection.execute(statement.on_conflict_do_update(index_elements=["source", "url"], set_=seals))


def _put(connection: Connection, name: str, fresh: dict[str, Any], again: dict[str, Any]) -> None:
    row = {"name": name, "failures": 0, "asked_to_wait": False} | fresh
    connection.execute(
        insert(connection, t.source).values(row).on_conflict_do_update(index_elements=["name"], set_=again)
    )
