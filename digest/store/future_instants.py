"""Instants of the future that a clock set ahead has left in the database: none is believed, each is set back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, case, or_, select, update

from digest.errors import SetAside
from digest.mail.delivery_state import DeliveryState
from digest.store import tables as t
from digest.store.engine import SCHEDULES, Database, lock_writers
from digest.store.set_aside import SetAsideStore

SKEW = timedelta(minutes=10)
"""By how much the clocks of two machines on one database may differ."""

_DAY = timedelta(days=1)
_LONGEST_WAIT = _DAY  # of a service's Retry-After, of a relay's rest and of a letter's next try
_LONGEST_SLOT = timedelta(days=9)  # a week, and a day for the zones
_LONGEST_LEASE = timedelta(hours=1)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

_SOURCE, _SUBSCRIPTION, _DELIVERY, _BRAKE = t.source.c, t.subscription.c, t.delivery.c, t.brake.c
_PAST: tuple[tuple[Table, Column[datetime] | Column[datetime | None]], ...] = (
    (t.event, t.event.c.at),
    (t.issue, t.issue.c.created),
    (t.issue, t.issue.c.since),
    (t.issue, t.issue.c.until),
    (t.delivery, _DELIVERY.created),
    (t.score, t.score.c.at),
    (t.evidence, t.evidence.c.at),
    (t.suppression, t.suppression.c.since),
    (t.figure, t.figure.c.at),
    (t.set_aside, t.set_aside.c.last),
)
"""What has happened, and so cannot lie in the future: it counts as of now."""


@dataclass(frozen=True, slots=True)
class FutureInstants:
    """Sets back what lies farther ahead than it can."""

    database: Database

    def set_back(self, now: datetime) -> list[SetAside]:
        """Set back all instants that lie in the future or too far in it; what was, in words. Mostly nothing is.

        Sources are asked again, subscriptions are scheduled anew (`sync` does that), letters and relays are tried, and
        the papers that came in the future have come now.
        """
        with self.database.reading() as connection:
            if not any(connection.scalar(select(column).where(which).limit(1)) for column, which in _signs(now)):
                return []
        with self.database.writing() as connection:
            lock_writers(connection, SCHEDULES)
            counts = {what: step(connection, now) for what, step in _STEPS.items()}
        words = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
        found = [SetAside("clock", "the clock", f"once it was ahead of {now:%Y-%m-%d %H:%M} UTC; set back: {words}")]
        SetAsideStore(self.database).record(found, now=now)
        return found


def _signs(now: datetime) -> list[tuple[Column[Any], ColumnElement[bool]]]:
    """The columns by which a clock that was ahead is recognised, each with its condition; all are read quickly."""
    late = now + SKEW
    return [
        (_SOURCE.name, _of_source(now)),
        (_SUBSCRIPTION.id, _of_subscription(now)),
        (t.event.c.serial, t.event.c.at > late),
        (_DELIVERY.id, _DELIVERY.next_at > late + _LONGEST_WAIT),
        (_DELIVERY.id, (_DELIVERY.until > late + _LONGEST_LEASE) & (_DELIVERY.state == DeliveryState.LEASED)),
        (_BRAKE.name, or_(_BRAKE.at > late, _BRAKE.until > late + _LONGEST_WAIT)),
    ]


def _of_source(now: datetime) -> ColumnElement[bool]:
    late = now + SKEW
    return or_(_SOURCE.last_try > late, _SOURCE.last_ok > late, _SOURCE.next_try > late + _LONGEST_WAIT)


def _of_subscription(now: datetime) -> ColumnElement[bool]:
    return or_(_SUBSCRIPTION.cursor > now + SKEW, _SUBSCRIPTION.next_due > now + _LONGEST_SLOT)


def _sources(connection: Connection, now: datetime) -> int:
    """Asked again as soon as may be, from where they were a day ago; that they have answered once stays known."""
    columns = (_SOURCE.name, _SOURCE.cursor, _SOURCE.batch, _SOURCE.last_ok)
    ahead = connection.execute(select(*columns).where(_of_source(now))).all()
    for row in ahead:
        values: dict[str, Any] = {"last_try": now, "next_try": None, "asked_to_wait": False}
        if row.last_ok and row.last_ok > now + SKEW:
            values["last_ok"] = now - _DAY
        if _is_ahead(row.cursor, now.date()):
            values["cursor"] = None
        if _is_ahead(row.batch, now.date() + 2 * _DAY):  # a list may be called by the day on which it is read
            values["batch"] = None
        connection.execute(update(t.source).where(_SOURCE.name == row.name).values(values))
    return len(ahead)


def _is_ahead(text: str | None, day: date) -> bool:
    found = _DATE.match(text or "")
    return found is not None and found[0] > day.isoformat()


def _subscriptions(connection: Connection, now: datetime) -> int:
    """Read on from now, and scheduled anew: their timing counts as changed."""
    later = or_(_SUBSCRIPTION.next_due > now + _DAY, _of_subscription(now))
    again = case((_SUBSCRIPTION.next_due > now + _DAY, now + _DAY), else_=_SUBSCRIPTION.next_due)  # until `sync`
    read_on = case((_SUBSCRIPTION.cursor > now + SKEW, now), else_=_SUBSCRIPTION.cursor)
    values: dict[str, Any] = {"timing": "", "next_due": again, "cursor": read_on, "held": None, "held_by": None}
    return connection.execute(update(t.subscription).where(later).values(values)).rowcount


def _letters(connection: Connection, now: datetime) -> int:
    waits = update(t.delivery).where(_DELIVERY.next_at > now + SKEW + _LONGEST_WAIT)
    leased = (_DELIVERY.until > now + SKEW + _LONGEST_LEASE) & (_DELIVERY.state == DeliveryState.LEASED)
    return (
        connection.execute(waits.values(next_at=now)).rowcount
        + connection.execute(update(t.delivery).where(leased).values(until=now)).rowcount
    )


def _relays(connection: Connection, now: datetime) -> int:
    which = or_(_BRAKE.at > now + SKEW, _BRAKE.until > now + SKEW + _LONGEST_WAIT)
    return connection.execute(update(t.brake).where(which).values(at=now, until=None)).rowcount


def _records(connection: Connection, now: datetime) -> int:
    return sum(
        connection.execute(update(table).where(column > now + SKEW).values({column.name: now})).rowcount
        for table, column in _PAST
    )


_STEPS: dict[str, Callable[[Connection, datetime], int]] = {
    "sources": _sources,
    "subscriptions": _subscriptions,
    "letters that wait": _letters,
    "relays or domains that rest": _relays,
    "records of papers, issues and bounces": _records,
}
