"""T2 to T4: clocks that change, odd years and readers who move; each day has one letter, and it arrives once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from digest.issues.compose import compose
from digest.limits import BackOff
from digest.store import SourceProgress
from digest.subscriptions import Schedule
from tests.support.delivery_scenario import DeliveryScenario, key_of
from tests.support.graph_reader import FACTORY, reader
from tests.support.servers import MailServer

pytestmark = pytest.mark.faults

HALF = timedelta(minutes=30)


def live(
    scenario: DeliveryScenario,
    server: MailServer,
    zone: str,
    when: str,
    start: datetime,
    end: datetime,
    step: timedelta = HALF,
) -> Counter[date]:
    """At each step what the daemon does; the local days of the issues that arrived."""
    scenario.homes["ada"] = "ada@example.org"
    scenario.now = start
    while scenario.now <= end:
        compose([reader(zone, when)], scenario.store, FACTORY, now=scenario.now)
        scenario.round(server)
        scenario.now += step
    keys = Counter(key_of(taken.message) for taken in server.taken)
    assert set(keys.values()) == {1}
    rows = scenario.rows("SELECT i.slot, d.message_id, d.state FROM issue i JOIN delivery d ON d.issue_id = i.id")
    assert {row["state"] for row in rows} == {"sent"}
    assert {row["message_id"] for row in rows} == set(keys)
    scenario.no_secret_is_told()
    return Counter(datetime.fromisoformat(str(row["slot"])).date() for row in rows)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"], ids=["gap", "fold"])
def test_t2_half_past_two_is_not_or_is_twice(scenario: DeliveryScenario, day: str) -> None:
    middle = datetime.fromisoformat(day).replace(tzinfo=UTC)
    with MailServer() as server:
        found = live(
            scenario, server, "Europe/Berlin", "daily 02:30", middle - timedelta(days=1), middle + timedelta(days=2)
        )
    assert found[date.fromisoformat(day)] == 1
    assert set(found.values()) == {1}
    assert len(found) >= 3


@pytest.mark.parametrize(
    ("zone", "when", "start", "days", "wanted"),
    [
        ("UTC", "daily 07:30", "2028-02-28", 3, ["2028-02-28", "2028-02-29", "2028-03-01"]),
        ("UTC", "thu 07:30", "2026-12-24", 14, ["2026-12-24", "2026-12-31", "2027-01-07"]),  # ISO week 53
        ("Pacific/Apia", "daily 07:30", "2011-12-28", 4, ["2011-12-29", "2011-12-31"]),  # the zone gave up the 30th
    ],
    ids=["leap day", "week 53", "a day that is not"],
)
def test_t3_odd_days(
    scenario: DeliveryScenario, zone: str, when: str, start: str, days: int, wanted: list[str]
) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    with MailServer() as server:
        found = live(scenario, server, zone, when, begin, begin + timedelta(days=days, hours=12), 5 * HALF)
    assert set(found.values()) == {1}
    assert set(map(date.fromisoformat, wanted)) <= set(found)
    assert date(2011, 12, 30) not in found


@pytest.mark.parametrize(
    ("zone", "when"),
    [("Asia/Tokyo", "daily 07:30"), ("America/New_York", "daily 07:30"), ("UTC", "fri 07:30"), ("UTC", "daily 23:00")],
)
def test_t4_the_reader_moves_between_composing_and_delivery(scenario: DeliveryScenario, zone: str, when: str) -> None:
    """The letter that lies in the outbox is that day's; no day has two, and none is skipped."""
    scenario.homes["ada"] = "ada@example.org"
    before = reader("UTC", "daily 07:30")
    after = replace(reader(zone, when), subscriptions=(replace(before.subscriptions[0], when=Schedule.parse(when)),))
    with MailServer() as server:
        compose([before], scenario.store, FACTORY, now=scenario.now)
        for hour in range(24 * 9):
            scenario.now += timedelta(hours=1) if hour else timedelta()
            compose([after], scenario.store, FACTORY, now=scenario.now)
            scenario.round(server)
        slots = [str(row["slot"])[:10] for row in scenario.rows("SELECT slot FROM issue ORDER BY id")]
        assert len(slots) == len(set(slots))
        assert slots[0] == "2026-11-20"
        every = 7 if when.startswith("fri") else 1
        gaps = [date.fromisoformat(b) - date.fromisoformat(a) for a, b in pairwise(slots)]
        assert set(gaps) == {timedelta(days=every)}
        assert set(Counter(key_of(taken.message) for taken in server.taken).values()) == {1}
        assert len(server.taken) == len(slots)


@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(days=3), timedelta(days=10), timedelta(days=4_000)])
def test_t5_one_run_under_a_clock_that_is_ahead_costs_a_slot_at_most(
    scenario: DeliveryScenario, ahead: timedelta
) -> None:
    """And it is told; a source is asked again at once."""
    scenario.homes["ada"] = "ada@example.org"
    start, store = scenario.now, scenario.store
    with MailServer() as server:

        def step() -> None:
            progress = SourceProgress("feed", cursor=scenario.now.date().isoformat(), done=True)
            store.papers.add([], now=scenario.now, since=start, first=False, progress=progress)
            compose([reader("UTC", "daily 07:30")], store, FACTORY, now=scenario.now)
            scenario.round(server)

        step()
        scenario.now += timedelta(hours=1) + ahead
        step()
        store.breakers.record_failure(
            "relay", "r", now=scenario.now, words="-", back_off=BackOff((timedelta(hours=1),))
        )
        scenario.now -= ahead
        assert [each.kind for each in store.future_instants.set_back(scenario.now)] == ["clock"]
        state = store.sources.get("feed")
        assert state.last_ok is not None
        assert state.last_ok <= scenario.now - timedelta(hours=6)
        assert state.cursor is None or state.cursor <= scenario.now.date().isoformat()
        assert all(each.until is None or each.until <= scenario.now for each in store.breakers.list_all())
        assert store.future_instants.set_back(scenario.now) == []
        before = len(server.taken)
        for _ in range(8 * 24):
            scenario.now += timedelta(hours=1)
            step()
    assert len(server.taken) - before >= 7
    told = store.set_aside.list_all(start)
    assert [each.kind for each in told] == ["clock"]
    assert "feed" not in str(told[0])
