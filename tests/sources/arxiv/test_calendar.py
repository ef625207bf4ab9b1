"""arXiv's calendar: which list is due when, across weekends, holidays and changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.arxiv.calendar import EASTERN, ArxivCalendar, first_day


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


@pytest.mark.parametrize(
    ("now", "due", "rest"),
    [
        ("2026-11-19T23:00", "2026-11-19", ""),  # announced, but the feed is made at midnight
        ("2026-11-20T00:05", "2026-11-19", ""),
        ("2026-11-20T00:15", "2026-11-20", ""),
        ("2026-11-21T12:00", "2026-11-20", "weekend"),
        ("2026-11-22T23:00", "2026-11-20", "weekend"),
        ("2026-11-23T00:15", "2026-11-23", ""),
        ("2026-11-26T12:00", "2026-11-25", "holiday"),
        ("2026-11-27T12:00", "2026-11-25", "holiday"),  # nothing was announced on the evening of the holiday
        ("2026-11-30T06:00", "2026-11-30", ""),
        ("2027-01-01T06:00", "2026-12-28", "holiday"),  # the day after a holiday
        ("2026-11-01T00:15", "2026-10-30", "weekend"),  # the clocks go back today
    ],
)
def test_what_is_due(now: str, due: str, rest: str) -> None:
    calendar = ArxivCalendar()
    assert calendar.due(eastern(now)) == date.fromisoformat(due)
    assert calendar.rest(eastern(now)) == rest
    assert calendar.due_at(eastern(now)).astimezone(EASTERN).isoformat()[:16] == f"{due}T00:10"


def test_holidays_can_be_added() -> None:
    calendar = ArxivCalendar(frozenset({date(2027, 3, 1)}))
    assert calendar.rest(eastern("2027-03-01T12:00")) == "holiday"
    assert calendar.rest(eastern("2026-11-26T12:00")) == ""


@pytest.mark.parametrize(
    ("submitted", "day"),
    [
        ("2026-11-16T13:59", "2026-11-17"),  # Monday before the deadline: Monday evening, Tuesday's feed
        ("2026-11-16T14:00", "2026-11-18"),
        ("2026-11-19T13:00", "2026-11-20"),
        ("2026-11-19T15:00", "2026-11-23"),  # Thursday afternoon: Sunday evening
        ("2026-11-20T15:00", "2026-11-24"),
        ("2026-11-21T09:00", "2026-11-24"),
    ],
)
def test_where_a_submission_can_stand_first(submitted: str, day: str) -> None:
    assert first_day(eastern(submitted)) == date.fromisoformat(day)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001
def test_what_is_due_never_lies_ahead_and_never_goes_back(naive: datetime) -> None:
    now, calendar = naive.replace(tzinfo=UTC), ArxivCalendar()
    due = calendar.due(now)
    assert due <= now.astimezone(EASTERN).date()
    assert calendar.due_at(now) <= now
    assert calendar.due(now + timedelta(hours=1)) >= due
    assert due.weekday() < 5
    assert first_day(now) > now.astimezone(EASTERN).date()
