"""Service statistics for metrics, doctor and the admin's pages; counted when asked, and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from digest.store import tables as t
from digest.store.engine import Database

_DELIVERY = t.delivery.c


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStats:
    """Letters by state, what is late, tries and bounces of the last day."""

    letters: Mapping[str, int]  # by state, without those that were pruned
    oldest_waiting: datetime | None  # since when the first ready letter has been ready
    oldest_due: datetime | None  # since when the first due subscription has been due
    tries: Mapping[str, int]  # of the last day, by result
    evidence: Mapping[str, int]  # of the last day, by kind
    suppressed: int
    papers: int


@dataclass(frozen=True, slots=True)
class StatsStore:
    """Counts for the admin and for metrics."""

    database: Database

    def collect(self, *, now: datetime) -> ServiceStats:
        """The statistics at this moment."""
        day = now - timedelta(days=1)
        clock, tries, said = t.subscription.c, t.attempt.c, t.evidence.c
        with self.database.reading() as connection:
            return ServiceStats(
                letters=_counted(connection, select(_DELIVERY.state, func.count()).group_by(_DELIVERY.state)),
                oldest_waiting=connection.scalar(select(func.min(_DELIVERY.next_at)).where(_DELIVERY.next_at <= now)),
                oldest_due=connection.scalar(
                    select(func.min(clock.next_due)).where(clock.active, clock.next_due <= now)
                ),
                tries=_counted(
                    connection, select(tries.state, func.count()).where(tries.at > day).group_by(tries.state)
                ),
                evidence=_counted(connection, select(said.kind, func.count()).where(said.at > day).group_by(said.kind)),
                suppressed=connection.scalar(select(func.count()).select_from(t.suppression)) or 0,
                papers=connection.scalar(select(func.count()).select_from(t.paper)) or 0,
            )


def _counted(connection: Connection, statement: object) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(statement)}  # type: ignore[call-overload]
