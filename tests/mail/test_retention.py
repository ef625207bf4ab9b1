"""Retention: old enough, and finished."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.mail.delivery_state import DeliveryState
from digest.mail.retention import DELETABLE, KEEP_DAYS, LEAST_KEEP_DAYS, delete_before


def test_letters_are_kept_for_days() -> None:
    now = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
    assert delete_before(now, KEEP_DAYS) == datetime(2026, 5, 24, 7, 30, tzinfo=UTC)
    assert LEAST_KEEP_DAYS > 30  # bounces of a letter are read for thirty days


def test_what_waits_or_needs_a_decision_stays() -> None:
    assert set(DeliveryState) - DELETABLE == {
        DeliveryState.READY,
        DeliveryState.LEASED,
        DeliveryState.DEFERRED,
        DeliveryState.IN_DOUBT,
        DeliveryState.POISON,
    }
