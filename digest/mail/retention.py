"""Retention: how long `digest prune` keeps letters (180 days, at least 35), and which letters it may delete."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.mail.delivery_state import DeliveryState

KEEP_DAYS = 180
"""How long letters, issues and evidence are kept where nothing else is asked for."""

LEAST_KEEP_DAYS = 35
"""The shortest that can be asked for: the bounces of a letter are read for thirty days."""

DELETABLE = frozenset(
    {DeliveryState.SENT, DeliveryState.CANCELLED, DeliveryState.MERGED, DeliveryState.FAILED, DeliveryState.SUPPRESSED}
)
"""The states of letters that may be deleted. A letter that waits, or that a person has to decide on, stays."""


def delete_before(now: datetime, keep_days: int) -> datetime:
    """The time before which a letter, an issue or evidence is old enough to be deleted."""
    return now - timedelta(days=keep_days)
