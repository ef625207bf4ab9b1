"""Due times of a schedule in a time zone, across changes of the clocks (DST): the next slot, the latest, the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.subscriptions.when import Schedule

_ONE_DAY = timedelta(days=1)
_FAR = 16  # days: a week in which the only chosen day does not exist, and one more


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSlot:
    """One due time of a subscription; `local` is its key, since it stays the same whatever the clocks do."""

    local: str  # as scheduled: "2026-11-20T07:30"
    due: datetime  # in UTC


@lru_cache(maxsize=1 << 12)
def slot_on(when: Schedule, day: date, zone: ZoneInfo) -> ScheduleSlot | None:
    """The one slot of a local day; None where the day is not chosen or does not exist (Apia, 2011-12-30).

    An hour that the clocks skip is due at the first instant after the gap, one that comes twice at its first coming.
    """
    if day.weekday() not in when.days:
        return None
    wall = datetime.combine(day, time(when.hour, when.minute))
    due = wall.replace(tzinfo=zone).astimezone(UTC)
    if due.astimezone(zone).replace(tzinfo=None) != wall:
        due = _after_gap(wall, zone)
        if day not in (due.astimezone(zone).date(), (due - timedelta.resolution).astimezone(zone).date()):
            return None
    return ScheduleSlot(local=wall.isoformat(timespec="minutes"), due=due)


def next_slot(when: Schedule, zone: ZoneInfo, after: datetime, *, not_on: date | None = None) -> ScheduleSlot:
    """The first slot after an instant, and not on the day that had its issue.

    Nor on the day before that one, to which a reader who moves west comes back. Raises ValueError where there is none
    (at once).
    """
    had = () if not_on is None else (not_on, not_on - _ONE_DAY)
    days = _days(after.astimezone(zone).date() - _ONE_DAY, _ONE_DAY)
    return _first(slot for slot in _slots(when, zone, (day for day in days if day not in had)) if slot.due > after)


def latest_slot(when: Schedule, zone: ZoneInfo, at: datetime) -> ScheduleSlot:
    """The newest slot that has come. Raises ValueError where there is none (at once)."""
    days = _days(at.astimezone(zone).date() + _ONE_DAY, -_ONE_DAY)
    return _first(slot for slot in _slots(when, zone, days) if slot.due <= at)


def first_slot(when: Schedule, zone: ZoneInfo, now: datetime) -> ScheduleSlot:
    """The first slot of a new subscription: today's, also where its hour has passed, else the next one."""
    return slot_on(when, now.astimezone(zone).date(), zone) or next_slot(when, zone, now)


def _after_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the clocks jump over a wall time."""
    # PEP 495: in a gap the two folds are read with the offsets before and after the jump, so it lies between them.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _days(day: date, step: timedelta) -> Iterator[date]:
    return (day + number * step for number in range(_FAR + 2))


def _slots(when: Schedule, zone: ZoneInfo, days: Iterable[date]) -> Iterator[ScheduleSlot]:
    return (slot for day in days if (slot := slot_on(when, day, zone)))


def _first(slots: Iterator[ScheduleSlot]) -> ScheduleSlot:
    slot = next(slots, None)
    if slot is None:
        raise ValueError("a subscription without days has no slots")
    return slot
