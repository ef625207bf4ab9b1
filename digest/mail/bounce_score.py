"""Bounce scores: when an address gets no more letters (5 points, or one hard bounce in its reader's first week).

Mailman's rules. A day counts once, with its worst bounce. A week without a bounce resets the score, provided that a
letter was delivered in it: a week without letters shows nothing, else a weekly reader's address would never be
suppressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

THRESHOLD = 5.0
"""Points at which an address is suppressed (Mailman's figure)."""

HARD = 1.0
"""Points of a hard bounce; one suffices while the reader is on probation."""

LITTLE = 0.25
"""Points of a final soft bounce of a full or disabled mailbox."""

DAY = timedelta(days=1)
"""The time whose worst bounce alone counts."""

RESET_AFTER = timedelta(days=7)
"""The time without a bounce after which the score may start again from zero."""

PROBATION = timedelta(days=7)
"""The time from a reader's first issue in which one hard bounce shows that the address was wrong from the start."""

_LATEST_BOUNCE = timedelta(days=1)  # a letter whose bounce may still come shows nothing


@dataclass(frozen=True, slots=True)
class AddressScore:
    """The points of an address, and the time of the bounce that last changed them."""

    points: float
    at: datetime


def reset_evidence(score: AddressScore | None, now: datetime) -> tuple[datetime, datetime] | None:
    """(since, until): a letter delivered in this period resets the score; None: nothing can reset it now."""
    if score is None or now - score.at < RESET_AFTER:
        return None
    return score.at, now - _LATEST_BOUNCE


def add_bounce(score: AddressScore | None, points: float, *, worst_today: float, reset: bool) -> float:
    """The points of an address after a bounce; `worst_today` are the most points of its other bounces in a day."""
    before = score.points if score and not reset else 0.0
    return before + max(0.0, points - worst_today)


def on_probation(first_issue: datetime | None, now: datetime) -> bool:
    """Whether a reader's first issue was written less than a week ago; None: there is no issue, so no probation."""
    return first_issue is not None and now - first_issue < PROBATION


def suppresses(total: float) -> bool:
    """Whether an address with this score gets no more letters."""
    return total >= THRESHOLD


def suppresses_on_probation(points: float) -> bool:
    """Whether one bounce of so many points suppresses the address of a reader who is on probation."""
    return points >= HARD
