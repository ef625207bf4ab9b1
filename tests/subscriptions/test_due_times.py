"""Due times of a schedule: every existing chosen day once, whatever the clocks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.subscriptions import Schedule, first_slot, latest_slot, next_slot, slot_on

BERLIN = ZoneInfo("Europe/Berlin")
APIA = ZoneInfo("Pacific/Apia")
ZONES = [
    "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Havana", "Africa/Cairo", "Africa/Casablanca",
    "Asia/Kathmandu", "Asia/Gaza", "Asia/Tehran", "Asia/Shanghai", "Australia/Lord_Howe", "America/Nuuk",
    "America/Sao_Paulo", "America/Asuncion", "Antarctica/Troll", "Antarctica/Casey", "Pacific/Apia", "Pacific/Chatham",
    "Pacific/Kiritimati", "Pacific/Kwajalein", "Pacific/Enderbury", "America/Caracas", "Asia/Pyongyang",
]  # fmt: skip
ZONE = st.sampled_from(ZONES).map(ZoneInfo)
DAY = st.dates(date(1980, 1, 10), date(2036, 12, 20))
DAILY = st.builds(lambda hour, minute: daily(hour, minute), st.integers(0, 23), st.integers(0, 59))
SOME_DAYS = st.builds(lambda days, when: replace(when, days=days), st.frozensets(st.integers(0, 6), min_size=1), DAILY)


def daily(hour: int, minute: int = 0) -> Schedule:
    return Schedule(days=frozenset(range(7)), hour=hour, minute=minute)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(when: Schedule, day: str, zone: str) -> datetime | None:
    slot = slot_on(when, date.fromisoformat(day), ZoneInfo(zone))
    return slot.due if slot else None


def test_an_ordinary_day() -> None:
    slot = slot_on(daily(7, 30), date(2026, 11, 20), BERLIN)
    assert slot is not None
    assert (slot.local, slot.due) == ("2026-11-20T07:30", utc("2026-11-20T06:30"))


def test_a_day_that_is_not_chosen_has_none() -> None:
    assert due(Schedule.parse("monday 07:30"), "2026-11-20", "UTC") is None


@pytest.mark.parametrize(
    ("clock", "day", "zone", "expected"),
    [
        ((2, 30), "2026-03-29", "Europe/Berlin", "2026-03-29T01:00"),  # 02:00 -> 03:00
        ((2, 0), "2026-03-29", "Europe/Berlin", "2026-03-29T01:00"),
        ((3, 0), "2026-03-29", "Europe/Berlin", "2026-03-29T01:00"),
        ((2, 30), "2026-10-25", "Europe/Berlin", "2026-10-25T00:30"),  # twice: the first
        ((0, 0), "2026-03-08", "America/Havana", "2026-03-08T05:00"),  # 00:00 -> 01:00
        ((0, 0), "2026-11-01", "America/Havana", "2026-11-01T04:00"),
        ((0, 0), "2026-04-24", "Africa/Cairo", "2026-04-23T22:00"),  # 00:00 -> 01:00
        ((23, 30), "2026-10-29", "Africa/Cairo", "2026-10-29T20:30"),  # 24:00 -> 23:00
        ((23, 30), "2026-03-28", "America/Nuuk", "2026-03-29T01:00"),  # 23:00 -> 24:00: on the day that it ends
        ((2, 10), "2026-10-04", "Australia/Lord_Howe", "2026-10-03T15:30"),  # 02:00 -> 02:30
        ((7, 0), "2011-12-29", "Pacific/Apia", "2011-12-29T17:00"),
        ((7, 0), "2011-12-31", "Pacific/Apia", "2011-12-30T17:00"),
        ((0, 0), "2011-12-31", "Pacific/Apia", "2011-12-30T10:00"),
    ],
)
def test_when_the_clocks_change(clock: tuple[int, int], day: str, zone: str, expected: str) -> None:
    assert due(daily(*clock), day, zone) == utc(expected)


@pytest.mark.parametrize("hour", range(24))
def test_a_day_that_does_not_exist_has_none(hour: int) -> None:
    assert due(daily(hour), "2011-12-30", "Pacific/Apia") is None
    assert next_slot(daily(hour), APIA, utc("2011-12-30T09:30")).local.startswith("2011-12-31")


def test_a_week_whose_only_day_does_not_exist_is_passed_over() -> None:
    friday = Schedule.parse("friday 07:30")
    assert next_slot(friday, APIA, utc("2011-12-25T00:00")).local == "2012-01-06T07:30"
    assert latest_slot(friday, APIA, utc("2012-01-05T00:00")).local == "2011-12-23T07:30"


def walls(zone: ZoneInfo, day: date) -> list[tuple[datetime, datetime]]:
    """Every minute from noon of the day before to noon of the day after, and what the clocks on the wall show."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=36)
    minutes = [start + timedelta(minutes=minute) for minute in range(96 * 60)]
    return [(minute, minute.astimezone(zone).replace(tzinfo=None)) for minute in minutes]


@given(ZONE, DAY, DAILY)
@example(ZoneInfo("Pacific/Apia"), date(2011, 12, 30), daily(7))
@example(ZoneInfo("Pacific/Kwajalein"), date(1993, 8, 21), daily(12))
@example(ZoneInfo("America/Nuuk"), date(2026, 3, 28), daily(23, 30))
@example(ZoneInfo("Africa/Cairo"), date(2026, 4, 24), daily(0))
def test_a_slot_is_what_the_clocks_on_the_wall_say(zone: ZoneInfo, day: date, when: Schedule) -> None:
    seen = walls(zone, day)
    wanted = datetime.combine(day, time(when.hour, when.minute))
    exists = any(wall.date() == day for _, wall in seen)
    shown = [minute for minute, wall in seen if wall == wanted]
    jumped = [minute for (_, before), (minute, wall) in pairwise(seen) if before < wanted < wall]
    slot = slot_on(when, day, zone)
    assert (slot.due if slot else None) == (min(shown or jumped) if exists else None)


@given(ZONE, DAY, SOME_DAYS)
@example(ZoneInfo("Pacific/Apia"), date(2011, 12, 20), daily(7))
@example(ZoneInfo("America/Havana"), date(2026, 3, 1), daily(0))
@example(ZoneInfo("America/Nuuk"), date(2026, 3, 20), daily(23, 30))
def test_the_clock_visits_every_day_that_exists_once_and_in_order(zone: ZoneInfo, start: date, when: Schedule) -> None:
    days = [start + timedelta(days=number) for number in range(30)]
    expected = [slot for day in days if (slot := slot_on(when, day, zone))]
    slot, visited = expected[0], [expected[0]]
    while slot != expected[-1]:
        slot = next_slot(when, zone, slot.due)
        visited.append(slot)
    assert visited == expected
    assert [slot.due for slot in visited] == sorted({slot.due for slot in visited})
    assert len({slot.local for slot in visited}) == len(visited)


@given(ZONE, DAY, SOME_DAYS, st.integers(0, 24 * 60 - 1))
def test_next_and_latest_meet_at_every_instant(zone: ZoneInfo, day: date, when: Schedule, minute: int) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
    latest, author_query = latest_slot(when, zone, at), next_slot(when, zone, at)
    assert latest.due <= at < author_query.due
    assert next_slot(when, zone, latest.due) == author_query
    assert latest_slot(when, zone, author_query.due) == author_query
    assert latest_slot(when, zone, author_query.due - timedelta(seconds=1)) == latest


def test_three_days_down_are_one_slot() -> None:
    assert latest_slot(daily(7, 30), BERLIN, utc("2026-11-20T12:00")).local == "2026-11-20T07:30"


def test_the_day_that_had_its_issue_gets_no_second_one() -> None:
    evening, now, today = daily(18), utc("2026-11-20T07:00"), date(2026, 11, 20)
    assert next_slot(evening, BERLIN, now).local == "2026-11-20T18:00"
    assert next_slot(evening, BERLIN, now, not_on=today).local == "2026-11-21T18:00"
    assert next_slot(evening, BERLIN, now, not_on=today - timedelta(days=1)).local == "2026-11-20T18:00"


def test_who_moves_west_gets_no_day_again() -> None:
    auckland = slot_on(daily(7), date(2026, 11, 20), ZoneInfo("Pacific/Auckland"))
    assert auckland is not None
    moved = next_slot(daily(7), ZoneInfo("America/Los_Angeles"), auckland.due, not_on=date(2026, 11, 20))
    assert moved.local == "2026-11-21T07:00"


def test_a_clock_that_was_ahead_stops_nobody() -> None:
    assert next_slot(daily(7), BERLIN, utc("2026-11-20T00:00"), not_on=date(2036, 1, 1)).local == "2026-11-20T07:00"


def test_a_new_subscription_is_due_today_also_later_in_the_day() -> None:
    now = utc("2026-11-20T12:00")  # a Friday
    assert first_slot(daily(7, 30), BERLIN, now).local == "2026-11-20T07:30"
    assert first_slot(daily(18), BERLIN, now).local == "2026-11-20T18:00"
    assert first_slot(Schedule.parse("monday 18:00"), BERLIN, now).local == "2026-11-23T18:00"


def test_at_once_has_no_slots() -> None:
    at_once, now = Schedule(at_once=True), utc("2026-11-20T12:00")
    assert slot_on(at_once, now.date(), BERLIN) is None
    for reckon in (next_slot, latest_slot, first_slot):
        with pytest.raises(ValueError, match="no slots"):
            reckon(at_once, BERLIN, now)
