"""Bounce scores: a day counts once, a week without a bounce resets, five points or a bad first week suppress."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.mail.bounce_score import (
    AddressScore,
    add_bounce,
    on_probation,
    reset_evidence,
    suppresses,
    suppresses_on_probation,
)

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("points", "worst_today", "total"),
    [(1.0, 0.0, 4.0), (1.0, 1.0, 3.0), (1.0, 0.5, 3.5), (0.5, 1.0, 3.0)],
)
def test_a_day_counts_once_with_its_worst_bounce(points: float, worst_today: float, total: float) -> None:
    score = AddressScore(3.0, NOW - DAY)
    assert add_bounce(score, points, worst_today=worst_today, reset=False) == total


def test_a_reset_score_starts_from_zero() -> None:
    assert add_bounce(AddressScore(4.0, NOW - 9 * DAY), 1.0, worst_today=0.0, reset=True) == 1.0
    assert add_bounce(None, 1.0, worst_today=0.0, reset=False) == 1.0


def test_a_week_without_a_bounce_asks_for_a_letter_that_was_delivered_in_it() -> None:
    assert reset_evidence(None, NOW) is None
    assert reset_evidence(AddressScore(4.0, NOW - 6 * DAY), NOW) is None
    assert reset_evidence(AddressScore(4.0, NOW - 7 * DAY), NOW) == (NOW - 7 * DAY, NOW - DAY)


def test_five_points_suppress() -> None:
    assert suppresses(5.0)
    assert not suppresses(4.5)


def test_in_the_first_week_one_hard_bounce_suppresses() -> None:
    assert on_probation(NOW - 6 * DAY, NOW)
    assert not on_probation(NOW - 7 * DAY, NOW)
    assert not on_probation(None, NOW)
    assert suppresses_on_probation(1.0)
    assert not suppresses_on_probation(0.5)
