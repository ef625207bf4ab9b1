"""Circuit breakers of relays and receiving domains, shared by all processes."""

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
    """Failures of a relay or a receiving domain; while it is open no letters are sent there."""

    kind: BreakerKind
    name: str
    failures: int  # in a row
    until: datetime | None  # open until then; None: closed so far
    at: datetime  # of the last failure
    words: str  # the server's


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
        """Record a failure; until when the breaker is open, as `back_off` says of the failures in a row.

        `at_least` is the pause that the server asked for.
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
        """Close the breaker; False where it had no failures."""
        c = t.brake.c
        with self.database.writing() as connection:
            return bool(connection.execute(delete(t.brake).where(c.kind == kind, c.name == name)).rowcount)

    def list_all(self) -> list[CircuitBreaker]:
        """All with a failure and no success since."""
        c = t.brake.c
        columns = (c.kind, c.name, c.strikes.label("failures"), c.until, c.at, c.words)
        with self.database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(c.kind.desc(), c.name)).mappings()
            return [CircuitBreaker(**row) for row in rows]
