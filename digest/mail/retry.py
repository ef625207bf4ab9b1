"""When a deferred letter is tried again: the back-off after a 4xx reply, and what a greylisting server asked for."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from digest.limits import BackOff

# ASCII alone: without regard to case "ſ" is an s as well, and no unit.
_WAIT = re.compile(r"(?<!\d)(\d{1,6})\s*(s|sec|second|m|min|minute|h|hour)s?\b", re.I | re.A)


_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}


_LONGEST_WAIT = timedelta(days=1)


def requested_wait(text: str) -> timedelta | None:
    """ "Greylisted, try again in 300 seconds"; hours beyond a day are taken for a mistake."""
    found = _WAIT.search(text)
    if not found:
        return None
    return min(int(found[1]) * _UNITS[found[2][0].lower()], _LONGEST_WAIT)


_BACK_OFF = BackOff(tuple(timedelta(minutes=each) for each in (5, 15, 30, 60, 120, 240)), spread=(0.8, 1.2))


_GRACE = timedelta(seconds=10)  # beyond what was asked for: clocks differ


def retry_at(attempts: int, now: datetime, retry_after: timedelta | None, jitter: float) -> datetime:
    """When to try again after `attempts` earlier tries: 5 m, 15 m, 30 m, 1 h, 2 h, then every 4 h.

    `jitter`, from 0 to 1, moves that by up to a fifth either way; what the server asked for is never shortened.
    """
    pause = _BACK_OFF.pause(attempts + 1, jitter)
    return now + max(pause, retry_after + _GRACE if retry_after else pause)
