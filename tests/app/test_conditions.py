"""What needs a person, and what is none of it: one threshold after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from digest.app.conditions import ServiceState, conditions
from digest.mail.delivery_state import DeliveryState
from digest.mail.smtp_reply import LIMIT_REACHED
from digest.sources.base import BLOCKED, Source
from digest.store import CircuitBreaker, SetAsideRow, SourceState
from digest.store.attention import StuckLetters
from tests.support.dummy_source import Dummy
from tests.support.store_samples import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RELAY = CircuitBreaker(kind="relay", name="smtp://a:25", failures=1, until=None, at=NOW, words="535 no")
ROW = SetAsideRow(kind="paper", name="doi:10/x", place="acme", reason="OverflowError", since=NOW, last=NOW)


def state(**more: Any) -> ServiceState:
    calm: dict[str, Any] = {"failing_since": {}, "stuck": {}, "oldest_due": None, "unread": {}, "free": {}}
    return ServiceState(now=NOW, relays=["smtp://a:25"], **calm | more)


def kinds(**more: Any) -> list[tuple[str, str]]:
    return [(each.kind, each.name) for each in conditions(state(**more))]


def source(**more: Any) -> Sequence[tuple[Source, SourceState]]:
    return [(Dummy(url="http://localhost/"), SourceState(**more))]


def test_nothing_is_the_matter() -> None:
    assert kinds(sources=source()) == []


@pytest.mark.parametrize(
    ("said", "needs"),
    [
        ({"failures": 1, "last_ok": NOW - 3 * DAY, "last_error": "503"}, False),  # once
        ({"failures": 9, "last_ok": NOW - 11 * HOUR, "last_error": "503"}, False),  # not for long
        ({"failures": 9, "last_ok": NOW - 13 * HOUR, "last_error": "503"}, True),
        ({"failures": 1, "last_error": "404"}, False),
        ({"failures": 2, "last_error": "404"}, True),  # it never answered: mistyped, it seems
        ({"failures": 2, "last_ok": NOW - HOUR, "last_error": f"{BLOCKED}: 403"}, True),
        ({"last_ok": NOW - 25 * HOUR}, False),  # by cron, once a day
        ({"last_ok": NOW - 3 * DAY}, True),
    ],
)
def test_a_source(said: dict[str, Any], needs: bool) -> None:
    assert kinds(sources=source(**said)) == ([("source", "acme all")] if needs else [])


@pytest.mark.parametrize(
    ("breaker", "since", "needs"),
    [
        (RELAY, NOW - MINUTE, False),  # it failed once
        (RELAY, NOW - 2 * HOUR, True),
        (replace(RELAY, at=NOW - 3 * HOUR), NOW - 3 * HOUR, False),  # it failed once, and was not asked again
        (replace(RELAY, until=NOW + 15 * MINUTE), NOW, True),  # refused: that does not pass by itself
        (replace(RELAY, until=NOW + HOUR, words=f"550 quota; {LIMIT_REACHED}"), NOW, False),  # it passes by itself
        (replace(RELAY, until=NOW + HOUR, words=f"550 quota; {LIMIT_REACHED}"), NOW - 2 * DAY, True),
        (replace(RELAY, until=NOW + 8 * MINUTE), NOW - 8 * MINUTE, False),
        (replace(RELAY, name="smtp://gone:25"), NOW - DAY, False),  # no longer configured
        (replace(RELAY, kind="domain"), NOW - DAY, False),
    ],
)
def test_a_relay(breaker: CircuitBreaker, since: datetime, needs: bool) -> None:
    found = kinds(breakers=[breaker], failing_since={breaker.name: since})
    assert found == ([("relay", "smtp://a:25")] if needs else [])


def test_a_receiving_domain() -> None:
    domain = replace(RELAY, kind="domain", name="b.example", until=NOW + HOUR)
    policy, often = replace(domain, until=NOW + 4 * HOUR), replace(domain, failures=12)
    assert kinds(breakers=[domain]) == []
    assert kinds(breakers=[policy]) == kinds(breakers=[often]) == [("domain", "b.example")]
    assert kinds(breakers=[replace(policy, at=NOW - 2 * DAY, until=NOW - DAY)]) == []


@pytest.mark.parametrize(
    ("letters", "age", "needs"),
    [
        (DeliveryState.READY, HOUR, False),
        (DeliveryState.READY, 3 * HOUR, True),
        (DeliveryState.IN_DOUBT, MINUTE, False),
        (DeliveryState.IN_DOUBT, HOUR, True),
        (DeliveryState.POISON, MINUTE, True),
    ],
)
def test_letters(letters: DeliveryState, age: timedelta, needs: bool) -> None:
    found = kinds(stuck={letters: StuckLetters(count=3, since=NOW - age)})
    assert found == ([("letters", str(letters))] if needs else [])


def test_an_issue_that_is_due_for_long_is_told_with_its_reason_where_that_is_known() -> None:
    assert kinds(oldest_due=NOW - 30 * MINUTE) == []
    assert kinds(oldest_due=NOW - 2 * HOUR) == [("due", "issues")]
    issue = replace(ROW, kind="issue", name="ada, Mine", place="")
    assert kinds(oldest_due=NOW - 2 * HOUR, set_aside=[issue]) == [("issue", "ada, Mine")]


def test_disk_readers_and_what_was_set_aside() -> None:
    assert kinds(free={"/var": 10**9, "/": 10**8}) == [("disk", "/")]
    assert kinds(unread={"web-1": "no rules"}) == [("reader", "web-1")]
    [told] = conditions(state(set_aside=[ROW]))
    assert str(told) == f"paper doi:10/x since {NOW:%Y-%m-%d %H:%M} UTC: was not kept: OverflowError"


def test_the_mailbox_of_bounces() -> None:
    row = replace(ROW, kind="mailbox", name="bounces", place="")
    assert kinds(set_aside=[row]) == []
    assert kinds(set_aside=[replace(row, since=NOW - 2 * HOUR)]) == [("mailbox", "bounces")]


def test_many_of_one_kind_are_counted() -> None:
    found = conditions(state(set_aside=[replace(ROW, name=f"doi:10/{number}") for number in range(30)]))
    assert [each.name for each in found] == ["doi:10/0", "doi:10/1", "doi:10/2", "doi:10/3", "…"]
    assert found[-1].words == "26 more of this kind"


def test_without_a_login_nobody_learns_a_readers_name() -> None:
    rows = [replace(ROW, kind="issue", name="ada, Mine", place=""), ROW]
    assert [each.public for each in conditions(state(set_aside=rows, unread={"web-1": "x"}))] == [
        "reader",
        f"issue since {NOW:%Y-%m-%d %H:%M} UTC",
        f"paper doi:10/x since {NOW:%Y-%m-%d %H:%M} UTC",
    ]


class LostPace(Dummy):
    """A source whose interval cannot be told."""

    def __getattribute__(self, name: str) -> Any:
        if name == "every":
            raise ZeroDivisionError("division by zero")
        return super().__getattribute__(name)


def test_a_kind_that_fails_hides_no_other() -> None:
    broken = [(LostPace(url="http://localhost/"), SourceState(failures=3, last_ok=NOW))]
    assert kinds(sources=broken, free={"/": 0}) == [("disk", "/"), ("check", "sources")]
