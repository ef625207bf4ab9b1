"""Rate limits and daily quotas that all processes share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update

from digest.limits import RateLimit
from digest.store import tables as t
from digest.store.engine import Database, insert

_ASKERS = 100
"""Processes that may have reserved a turn each; what is reserved farther ahead was reserved by another clock."""


@dataclass(frozen=True, slots=True)
class RateLimitStore:
    """Rate limits and daily quotas that all processes share."""

    database: Database

    def reserve(self, name: str, limit: RateLimit, *, now: datetime, times: int = 1) -> datetime:
        """Reserve the next turn to do a thing so many times; when it begins.

        A reservation so far ahead that only another clock can have made it does not count.
        """
        c = t.pace.c
        with self.database.writing() as connection:
            first = {"name": name, "next_at": now}
            connection.execute(insert(connection, t.pace).values(first).on_conflict_do_nothing())
            free_at = connection.execute(select(c.next_at).where(c.name == name).with_for_update()).scalar_one()
            is_foreign = free_at > now + _ASKERS * times * limit.interval
            turn = limit.turn(None if is_foreign else free_at, now, times=times)
            connection.execute(update(t.pace).where(c.name == name).values(next_at=turn.free_at))
        return turn.start

    def take_quota(self, name: str, limit: RateLimit, *, day: date, wanted: int) -> int:
        """Take as many of the `wanted` as a daily limit leaves for that day; how many."""
        c = t.allowance.c
        mine = (c.name == name) & (c.day == day)
        with self.database.writing() as connection:
            first = {"name": name, "day": day, "used": 0}
            connection.execute(insert(connection, t.allowance).values(first).on_conflict_do_nothing())
            used = connection.execute(select(c.used).where(mine).with_for_update()).scalar_one()
            granted = limit.remaining(used, wanted)
            connection.execute(update(t.allowance).where(mine).values(used=used + granted))
        return granted

    def return_quota(self, name: str, *, day: date, count: int) -> None:
        """Return a part of a quota that was not used."""
        c = t.allowance.c
        with self.database.writing() as connection:
            connection.execute(
                update(t.allowance).where(c.name == name, c.day == day, c.used >= count).values(used=c.used - count)
            )
