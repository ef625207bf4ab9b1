"""When a host may be asked again."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import httpx
import pytest

from digest.app.wiring import DatabaseRateLimit
from digest.http import HttpClient
from digest.http.throttle import ARXIV, GENTLE, HostBackoff, retry_after
from digest.store import Store
from tests.support.servers import Reply, WebServer

NOON = "Fri, 20 Nov 2026 12:00:00 GMT"
NOON_UNIX = 1795176000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("9" * 400, 86_400),
        ("31536000", 86_400),
        ("Fri, 20 Nov 2099 12:00:00 GMT", 86_400),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 20 Nov 2026 13:01:30 +0100", 90),
        ("Fri, 20 Nov 2026 12:01:30", 90),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, date=NOON, wall=0) == seconds


def test_without_a_date_header_the_wall_clock_counts() -> None:
    assert retry_after("Fri, 20 Nov 2026 12:00:10 GMT", date=None, wall=NOON_UNIX) == 10


def failed(host: HostBackoff, *, throttled: bool = False, asked: float | None = None, now: float = 0) -> float:
    host.record_failure(now, "why", ARXIV, 0, throttled=throttled, asked=asked)
    return host.seconds_left(now)


def test_waits_grow_and_the_fifth_failure_opens_the_breaker() -> None:
    host = HostBackoff()
    assert [failed(host, throttled=True) for _ in range(8)] == [30, 60, 120, 240, 900, 1800, 3600, 7200]
    assert [failed(host) for _ in range(3)] == [14_400, 14_400, 14_400]


def test_an_answer_closes_the_breaker() -> None:
    host = HostBackoff()
    for _ in range(6):
        failed(host)
    host.record_success()
    assert failed(host) == ARXIV.faltering.pause(1).total_seconds()


def test_what_the_host_asks_for_is_neither_shortened_nor_stretched() -> None:
    assert failed(HostBackoff(), throttled=True, asked=1) == 1
    assert failed(HostBackoff(), throttled=True, asked=100_000) == 100_000


def test_jitter_makes_waits_longer_only() -> None:
    host = HostBackoff()
    host.record_failure(0, "why", GENTLE, 0.999, throttled=True, asked=None)
    shortest = GENTLE.throttled.pause(1).total_seconds()
    assert shortest < host.seconds_left(0) < shortest * 1.25


def test_machines_that_share_turns_keep_one_pace_and_one_connection(postgres_url: str) -> None:
    """Two machines, each with a client of its own, ask one service by turns; the database says whose turn it is."""
    spans = list[tuple[float, float]]()

    def ask(_: int) -> None:
        with Store.open(postgres_url) as store:
            turns = DatabaseRateLimit(store)
            for _ in range(3):
                while wait := turns.take("slow.example.org"):
                    time.sleep(min(wait, 0.02))
                begin = time.monotonic()
                time.sleep(0.02)
                spans.append((begin, time.monotonic()))
                turns.done("slow.example.org", 0.1)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, range(2)))
    spans.sort()
    assert len(spans) == 6
    assert all(begin - end >= 0.09 for (_, end), (begin, _) in pairwise(spans))


class Busy:
    """Turns that another machine takes first."""

    def __init__(self, waits: Iterable[float]) -> None:
        self.waits, self.done_with = list(waits), list[tuple[str, float]]()

    def take(self, service: str) -> float:
        return self.waits.pop(0) if self.waits else 0.0

    def done(self, service: str, every: float) -> None:
        self.done_with.append((service, every))


def test_a_client_waits_for_its_turn_and_gives_it_back() -> None:
    turns, slept = Busy([0.3, 7.0]), list[float]()
    with (
        WebServer({"/": Reply(200, b"ok")}) as server,
        HttpClient(contact="a@example.org", turns=turns, sleep=slept.append, proxies={}) as client,
    ):
        client.get(httpx.Request("GET", server.url + "/"), allow_private=True)
    assert slept == [0.3, 1.0]  # a long wait is looked at again: its machine may have died
    assert turns.done_with == [(f"127.0.0.1:{server.port}", 1)]
