"""When arXiv announces: Sunday to Thursday evenings, Eastern time, and not on its holidays.

What is submitted until 14:00 on a weekday is announced at 20:00 of that day, Friday's on Sunday, and stands in the
feed of the day after (https://info.arxiv.org/help/availability.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.sources.base import NoBatchReason

EASTERN = ZoneInfo("America/New_York")
HOLIDAYS = frozenset(
    date.fromisoformat(f"2026-{day}")
    for day in ("01-01", "01-19", "06-19", "07-03", "09-07", "11-26", "12-25", "12-29", "12-31")
)
"""arXiv's list for this year; the config adds those of others (`holidays:`)."""

_DEADLINE = time(14)
_FILLED = time(0, 10)  # the feed of a day is made at midnight
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ArxivCalendar:
    """The days of the feeds: Monday to Friday, each with what was announced the evening before."""

    holidays: frozenset[date] = HOLIDAYS

    def due(self, now: datetime) -> date:
        """The newest day whose list should be there by now."""
        day = _filled(now)
        while self._rest(day):
            day -= _DAY
        return day

    def due_at(self, now: datetime) -> datetime:
        """When that list should have been there."""
        return datetime.combine(self.due(now), _FILLED, EASTERN)

    def rest(self, now: datetime) -> NoBatchReason:
        """Why there is no list of today; empty where one is due, or will be."""
        return self._rest(_filled(now))

    def _rest(self, day: date) -> NoBatchReason:
        """A holiday is a day without an announcement; its own feed and the next day's may be the empty one."""
        if day.weekday() >= 5:
            return "weekend"
        return "holiday" if {day, day - _DAY} & self.holidays else ""


def first_day(submitted: datetime) -> date:
    """The first day in whose feed a submission can stand: who has seen it knows that this day has come."""
    eastern = submitted.astimezone(EASTERN)
    deadline = eastern.date() + (_DAY if eastern.time() >= _DEADLINE else timedelta())
    while deadline.weekday() >= 5:
        deadline += _DAY
    return deadline + (3 * _DAY if deadline.weekday() == 4 else _DAY)


def _filled(now: datetime) -> date:
    """The Eastern day whose feed was made last."""
    eastern = now.astimezone(EASTERN)
    return eastern.date() - (_DAY if eastern.time() < _FILLED else timedelta())
