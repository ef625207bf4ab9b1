"""What failed and was set aside so that all others went on: papers, cards, templates, issues, bounces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, select

from digest.errors import SetAside, SetAsideKind
from digest.store import tables as t
from digest.store.engine import Database, insert

_DAY = timedelta(days=1, hours=1)  # a daily job of cron is a little late sometimes


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideRow:
    """Something that was set aside: what and why, and when that happened first and last."""

    kind: SetAsideKind
    name: str
    place: str  # the source of a paper; else empty
    reason: str
    since: datetime
    last: datetime

    def __str__(self) -> str:
        return str(SetAside(self.kind, self.name, self.reason))


@dataclass(frozen=True, slots=True)
class SetAsideStore:
    """One row for each thing that was set aside, however often."""

    database: Database

    def record(self, found: Iterable[SetAside], *, place: str = "", now: datetime) -> None:
        """Record that these were set aside; `since` begins anew where that has not happened for a day."""
        rows = [
            {"kind": each.kind, "name": each.name, "place": place, "reason": each.reason, "since": now, "last": now}
            for each in found
        ]
        if not rows:
            return
        with self.database.writing() as connection:
            statement = insert(connection, t.set_aside)
            c = t.set_aside.c
            since = case((c.last < now - _DAY, statement.excluded.since), else_=c.since)
            again = {"reason": statement.excluded.reason, "since": since, "last": statement.excluded.last}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["kind", "name", "place"], set_=again), rows
            )

    def list_all(self, since: datetime) -> list[SetAsideRow]:
        """What was set aside after `since`, the newest first."""
        c = t.set_aside.c
        with self.database.reading() as connection:
            rows = connection.execute(
                select(t.set_aside).where(c.last > since).order_by(c.last.desc(), c.kind, c.name)
            ).mappings()
            return [SetAsideRow(**row) for row in rows]
