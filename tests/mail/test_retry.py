"""When a deferred letter is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.mail.retry import retry_at

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


def test_back_off() -> None:
    pauses = [(retry_at(attempts, NOW, None, 0.5) - NOW) // timedelta(minutes=1) for attempts in range(8)]
    assert pauses == [5, 15, 30, 60, 120, 240, 240, 240]


@given(st.integers(0, 1000), st.floats(0, 1), st.none() | st.timedeltas(timedelta(0), timedelta(days=2)))
def test_back_off_keeps_its_bounds(attempts: int, jitter: float, asked: timedelta | None) -> None:
    pause = retry_at(attempts, NOW, asked, jitter) - NOW
    usual = retry_at(attempts, NOW, None, 0.5) - NOW
    assert pause >= 0.8 * usual
    assert pause >= (asked or timedelta(0))
    assert pause <= max(1.2 * usual, (asked or timedelta(0)) + timedelta(seconds=10))
