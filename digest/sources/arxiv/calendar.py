"""arXiv's announcement schedule: Sunday to Thursday evenings, Eastern time, except on holidays.

A submission until 14:00 on a weekday is announced at 20:00 of that day (on Friday: on Sunday) and is in the feed of the
following day (https://info.arxiv.org/help/availability.html).
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
"""arXiv's holidays of this year; the config adds those of other years (`holidays:`)."""

_DEADLINE = time(14)
_FILLED = time(0, 10)  # the feed of a day is generated at midnight
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ArxivCalendar:
    """The timetable of the feeds: Monday to Friday, each with the announcement of the evening before."""

    holidays: frozenset[date] = HOLIDAYS

    def due(self, now: datetime) -> date:
        """The newest day whose feed should be filled by now."""
        day = _filled(now)
        while self._rest(day):
            day -= _DAY
        return day

    def due_at(self, now: datetime) -> datetime:
        """The time at which that feed should have been filled."""
        return datetime.combine(self.due(now), _FILLED, EASTERN)

    def rest(self, now: datetime) -> NoBatchReason:
        """The reason why today's feed is empty; "" if it is not."""
        return self._rest(_filled(now))

    def _rest(self, day: date) -> NoBatchReason:
        """A holiday is a day without an announcement; the feed of that day or of the next one is empty."""
        if day.weekday() >= 5:
            return "weekend"
        return "holiday" if {day, day - _DAY} & self.holidays else ""


def first_day(submitted: datetime) -> date:
    """The day of the first feed that can contain a submission of this time."""
    eastern = submitted.astimezone(EASTERN)
    deadline = eastern.date() + (_DAY if eastern.time() >= _DEADLINE else timedelta())
    while deadline.weekday() >= 5:
        deadline += _DAY
    return deadline + (3 * _DAY if deadline.weekday() == 4 else _DAY)


def _filled(now: datetime) -> date:
    """The Eastern day of the latest feed."""
    eastern = now.astimezone(EASTERN)
    return eastern.date() - (_DAY if eastern.time() < _FILLED else timedelta())
