"""Who is left alone for a while, who may go when, and what is left of a day's allowance: for all machines together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select, update

from digest.store import tables as t
from digest.store.engine import Database, insert

Kind = Literal["relay", "domain"]

_ASKERS = 100
"""Those who may have booked ahead of one, each once; what is booked beyond that was booked by another clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """A relay or a receiving domain that has failed."""

    kind: Kind
    name: str
    strikes: int  # failures in a row
    until: datetime | None  # left alone until then; None: not yet
    at: datetime  # of the last failure
    words: str  # the other side's


def strike(
    self: Database,
    kind: Kind,
    name: str,
    *,
    now: datetime,
    words: str,
    rest: Callable[[int], timedelta | None],
) -> datetime | None:
    """One failure more; until when to leave it alone, as `rest` of the failures in a row says."""
    c = t.brake.c
    with self.writing() as connection:
        first = {"kind": kind, "name": name, "strikes": 0, "until": None, "at": now, "words": words}
        connection.execute(insert(connection, t.brake).values(first).on_conflict_do_nothing())
        mine = (c.kind == kind) & (c.name == name)
        strikes = connection.scalar(update(t.brake).where(mine).values(strikes=c.strikes + 1).returning(c.strikes)) or 1
        pause = rest(strikes)
        until = now + pause if pause else None
        connection.execute(update(t.brake).where(mine).values(until=until, at=now, words=words))
    return until


def relieve(self: Database, kind: Kind, name: str) -> bool:
    """It works again; False where nothing was held against it."""
    c = t.brake.c
    with self.writing() as connection:
        return bool(connection.execute(delete(t.brake).where(c.kind == kind, c.name == name)).rowcount)


def brakes(self: Database) -> list[Brake]:
    """All that have failed and not worked since."""
    c = t.brake.c
    columns = (c.kind, c.name, c.strikes, c.until, c.at, c.words)
    with self.reading() as connection:
        rows = connection.execute(select(*columns).order_by(c.kind.desc(), c.name)).mappings()
        return [Brake(**row) for row in rows]


def turn(self: Database, name: str, *, every: timedelta, now: datetime, count: int = 1) -> datetime:
    """When one may begin to do a thing `count` times, which all together may do once in `every`; it is booked.

    What lies so far ahead that only another clock can have booked it is not kept.
    """
    c = t.pace.c
    with self.writing() as connection:
        first = {"name": name, "next_at": now}
        connection.execute(insert(connection, t.pace).values(first).on_conflict_do_nothing())
        free = connection.execute(select(c.next_at).where(c.name == name).with_for_update()).scalar_one()
        begin = now if free > now + _ASKERS * count * every else max(now, free)
        connection.execute(update(t.pace).where(c.name == name).values(next_at=begin + every * count))
    return begin


def allow(self: Database, name: str, *, day: date, wanted: int, most: int) -> int:
    """How many of the `wanted` may be done that day, of which `most` are allowed; they are booked."""
    c = t.allowance.c
    mine = (c.name == name) & (c.day == day)
    with self.writing() as connection:
        first = {"name": name, "day": day, "used": 0}
        connection.execute(insert(connection, t.allowance).values(first).on_conflict_do_nothing())
        used = connection.execute(select(c.used).where(mine).with_for_update()).scalar_one()
        granted = max(0, min(wanted, most - used))
        connection.execute(update(t.allowance).where(mine).values(used=used + granted))
    return granted


def unused(self: Database, name: str, *, day: date, count: int) -> None:
    """So many of what was allowed were not done after all."""
    c = t.allowance.c
    with self.writing() as connection:
        connection.execute(
            update(t.allowance).where(c.name == name, c.day == day, c.used >= count).values(used=c.used - count)
        )
