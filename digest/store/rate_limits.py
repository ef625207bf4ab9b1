"""Rate limits and daily quotas that all processes share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update

from digest.store import tables as t
from digest.store.engine import Database, insert

_ASKERS = 100
"""Those who may have booked ahead of one, each once; what is booked beyond that was booked by another clock."""


@dataclass(frozen=True, slots=True)
class RateLimitStore:
    """Rate limits and daily quotas that all processes share."""

    database: Database

    def reserve(self, name: str, *, every: timedelta, now: datetime, count: int = 1) -> datetime:
        """When one may begin to do a thing `count` times, which all together may do once in `every`; it is booked.

        What lies so far ahead that only another clock can have booked it is not kept.
        """
        c = t.pace.c
        with self.database.writing() as connection:
            first = {"name": name, "next_at": now}
            connection.execute(insert(connection, t.pace).values(first).on_conflict_do_nothing())
            free = connection.execute(select(c.next_at).where(c.name == name).with_for_update()).scalar_one()
            begin = now if free > now + _ASKERS * count * every else max(now, free)
            connection.execute(update(t.pace).where(c.name == name).values(next_at=begin + every * count))
        return begin

    def take_quota(self, name: str, *, day: date, wanted: int, most: int) -> int:
        """How many of the `wanted` may be done that day, of which `most` are allowed; they are booked."""
        c = t.allowance.c
        mine = (c.name == name) & (c.day == day)
        with self.database.writing() as connection:
            first = {"name": name, "day": day, "used": 0}
            connection.execute(insert(connection, t.allowance).values(first).on_conflict_do_nothing())
            used = connection.execute(select(c.used).where(mine).with_for_update()).scalar_one()
            granted = max(0, min(wanted, most - used))
            connection.execute(update(t.allowance).where(mine).values(used=used + granted))
        return granted

    def return_quota(self, name: str, *, day: date, count: int) -> None:
        """So many of what was allowed were not done after all."""
        c = t.allowance.c
        with self.database.writing() as connection:
            connection.execute(
                update(t.allowance).where(c.name == name, c.day == day, c.used >= count).values(used=c.used - count)
            )
