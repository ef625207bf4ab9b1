"""Late letters: what is merged, what stays in doubt, and how far a subscription reads back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.mail.delivery_state import DeliveryState
from digest.mail.late_letters import ReadPosition, read_back, when_expired, when_superseded, when_withdrawn

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("state", list(DeliveryState))
def test_a_letter_that_may_have_arrived_is_never_merged(state: DeliveryState) -> None:
    assert when_superseded(state, 1, "scheduled") is None
    assert when_expired(state, 1) != DeliveryState.MERGED
    assert when_withdrawn(1) == DeliveryState.IN_DOUBT


@pytest.mark.parametrize("state", list(DeliveryState))
def test_only_waiting_letters_are_merged(state: DeliveryState) -> None:
    merged = DeliveryState.MERGED if state in (DeliveryState.READY, DeliveryState.DEFERRED) else None
    assert when_superseded(state, 0, "scheduled") == merged
    assert when_expired(state, 0) == merged


def test_the_next_issue_supersedes_scheduled_issues_alone() -> None:
    assert when_superseded(DeliveryState.READY, 0, "alert") is None
    assert when_superseded(DeliveryState.READY, 0, "manual") is None


def test_what_may_have_arrived_is_left_to_a_person_where_its_time_is_over() -> None:
    assert when_expired(DeliveryState.DEFERRED, 1) == DeliveryState.IN_DOUBT
    assert when_expired(DeliveryState.READY, 1) is None
    assert when_withdrawn(0) == DeliveryState.MERGED


def test_a_subscription_reads_back_to_where_the_issue_began() -> None:
    since = NOW - DAY
    assert read_back(ReadPosition(NOW, 9), since, first_serial=None) == ReadPosition(since, 9)
    assert read_back(ReadPosition(NOW - 2 * DAY, 9), since, first_serial=None) == ReadPosition(NOW - 2 * DAY, 9)
    assert read_back(ReadPosition(None, 9), since, first_serial=None) == ReadPosition(None, 9)


def test_an_alert_is_woken_again_by_the_first_arrival_of_its_window() -> None:
    assert read_back(ReadPosition(NOW, 9), NOW, first_serial=7) == ReadPosition(NOW, 6)
    assert read_back(ReadPosition(NOW, 9), NOW, first_serial=10) == ReadPosition(NOW, 9)
