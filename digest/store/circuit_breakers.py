"""Who is left alone for a while, who may go when, and what is left of a day's allowance: for all machines together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select, update

from digest.limits import BackOff
from digest.store import tables as t
from digest.store.engine import Database, insert

BreakerKind = Literal["relay", "domain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """A relay or a receiving domain that has failed."""

    kind: BreakerKind
    name: str
    strikes: int  # failures in a row
    until: datetime | None  # left alone until then; None: not yet
    at: datetime  # of the last failure
    words: str  # the other side's


@dataclass(frozen=True, slots=True)
class BreakerStore:
    """Circuit breakers of relays and receiving domains."""

    database: Database

    def record_failure(
        self,
        kind: BreakerKind,
        name: str,
        *,
        now: datetime,
        words: str,
        back_off: BackOff,
        at_least: timedelta = timedelta(),
    ) -> datetime | None:
        """One failure more; until when to leave it alone, as `back_off` says of the failures in a row.

        `at_least` is what the other side asked for.
        """
        c = t.brake.c
        with self.database.writing() as connection:
            first = {"kind": kind, "name": name, "strikes": 0, "until": None, "at": now, "words": words}
            connection.execute(insert(connection, t.brake).values(first).on_conflict_do_nothing())
            mine = (c.kind == kind) & (c.name == name)
            strikes = (
                connection.scalar(update(t.brake).where(mine).values(strikes=c.strikes + 1).returning(c.strikes)) or 1
            )
            pause = max(back_off.pause(strikes), at_least)
            until = now + pause if pause else None
            connection.execute(update(t.brake).where(mine).values(until=until, at=now, words=words))
        return until

    def record_success(self, kind: BreakerKind, name: str) -> bool:
        """It works again; False where nothing was held against it."""
        c = t.brake.c
        with self.database.writing() as connection:
            return bool(connection.execute(delete(t.brake).where(c.kind == kind, c.name == name)).rowcount)

    def list_all(self) -> list[CircuitBreaker]:
        """All that have failed and not worked since."""
        c = t.brake.c
        columns = (c.kind, c.name, c.strikes, c.until, c.at, c.words)
        with self.database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(c.kind.desc(), c.name)).mappings()
            return [CircuitBreaker(**row) for row in rows]
