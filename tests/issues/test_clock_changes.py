"""Exactly one issue per existing local day, however the clocks change: through the real store, tick by tick."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.issues.compose import compose
from digest.store import Store
from tests.support.graph_reader import FACTORY, reader


def days_of_issues(store: Store) -> Counter[date]:
    return Counter(datetime.fromisoformat(row.slot).date() for row in store.issues.latest(limit=1000))


def existing_days(zone: str, start: datetime, end: datetime) -> set[date]:
    """The local days of which some minute lies in [start, end]."""
    minutes = int((end - start).total_seconds()) // 60
    return {(start + timedelta(minutes=m)).astimezone(ZoneInfo(zone)).date() for m in range(0, minutes + 1, 10)}


@pytest.mark.parametrize("step", [timedelta(minutes=30), timedelta(minutes=47)], ids=["half-hours", "odd"])
@pytest.mark.parametrize(
    ("zone", "hour", "change"),
    [
        ("Europe/Berlin", "02:30", "2026-03-29"),  # spring: 02:30 is not
        ("Europe/Berlin", "02:30", "2026-10-25"),  # autumn: 02:30 is twice
        ("America/Havana", "00:00", "2026-03-08"),  # the day begins at 01:00
        ("Africa/Cairo", "00:00", "2026-04-24"),
        ("Pacific/Apia", "07:30", "2011-12-30"),  # that day is not
    ],
)
def test_one_issue_for_every_day_that_exists(store: Store, zone: str, hour: str, change: str, step: timedelta) -> None:
    middle = datetime.fromisoformat(change).replace(tzinfo=UTC)
    start, end = middle - timedelta(days=3), middle + timedelta(days=4)
    ada = reader(zone, f"daily {hour}")
    now = start
    while now <= end:
        compose([ada], store, FACTORY, now=now)
        now += step
    found = days_of_issues(store)
    assert set(found.values()) == {1}
    # the first and last day may lie partly outside of the week that was simulated
    inner = existing_days(zone, start + timedelta(days=1), end - timedelta(days=1))
    assert inner <= set(found) <= existing_days(zone, start, end)
    assert date.fromisoformat("2011-12-30") not in found


def test_another_zone_or_hour_gives_no_second_issue_of_a_day(store: Store) -> None:
    day = datetime(2026, 11, 18, 8, tzinfo=UTC)
    changes = [("Europe/Berlin", "07:30"), ("America/New_York", "07:30"), ("Asia/Tokyo", "06:00"), ("UTC", "12:00")]
    for hours in range(5 * 24):
        zone, hour = changes[hours // 30]
        compose([reader(zone, f"daily {hour}")], store, FACTORY, now=day + timedelta(hours=hours))
    found = days_of_issues(store)
    assert set(found.values()) == {1}
    assert len(found) >= 4


def test_three_days_down_are_one_issue(store: Store) -> None:
    ada = reader("Europe/London", "daily 07:30")
    compose([ada], store, FACTORY, now=datetime(2026, 11, 16, 8, tzinfo=UTC))
    compose([ada], store, FACTORY, now=datetime(2026, 11, 19, 18, tzinfo=UTC))
    compose([ada], store, FACTORY, now=datetime(2026, 11, 19, 19, tzinfo=UTC))
    assert sorted(days_of_issues(store)) == [date(2026, 11, 16), date(2026, 11, 19)]
