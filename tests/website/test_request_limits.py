"""How much one network may ask: buckets that fill again, and a memory that is bounded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.website.request_limits import FORM_POSTS, RULE_PREVIEWS, SIGNUP_LETTERS, RequestLimits, client_network
from tests.support.site_visit import ManualClock


def test_a_bucket_is_emptied_and_fills_again() -> None:
    clock = ManualClock()
    limits = RequestLimits(clock)
    assert [limits.take(SIGNUP_LETTERS, "a") for _ in range(6)] == [True] * 5 + [False]
    assert limits.take(SIGNUP_LETTERS, "b")
    assert limits.take(RULE_PREVIEWS, "a")
    clock.now += timedelta(minutes=6)
    assert [limits.take(SIGNUP_LETTERS, "a") for _ in range(2)] == [True, False]
    clock.now += timedelta(days=9)
    assert [limits.take(SIGNUP_LETTERS, "a") for _ in range(6)] == [True] * 5 + [False]
    clock.now -= timedelta(days=1)  # clocks are put back, too
    assert not limits.take(SIGNUP_LETTERS, "a")


def test_who_goes_on_asking_while_refused_is_not_kept_out_for_ever() -> None:
    clock = ManualClock()
    limits = RequestLimits(clock)
    allowed = 0
    for _ in range(3600):
        clock.now += timedelta(seconds=1)
        allowed += limits.take(SIGNUP_LETTERS, "a")
    assert 14 <= allowed <= 15


def test_so_many_clients_are_remembered_and_the_busy_one_is_not_forgotten() -> None:
    limits = RequestLimits(ManualClock(), max_clients=10)
    for number in range(100):
        limits.take(SIGNUP_LETTERS, f"{number}")
        limits.take(SIGNUP_LETTERS, "busy")
    assert not limits.take(SIGNUP_LETTERS, "busy")
    assert sum(not limits.take(FORM_POSTS, f"{number}") for number in range(100)) == 0


@pytest.mark.parametrize(
    ("host", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("x" * 9999, "x" * 64),
    ],
)
def test_whom_an_address_counts_as(host: str, counts_as: str) -> None:
    assert client_network(host) == counts_as
