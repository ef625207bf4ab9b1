"""Retry schedule of deferred letters: back-off after a 4xx reply, and the wait that a greylisting server asks for."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from digest.limits import BackOff

# re.A: with re.I alone "ſ" would match s, and it is no unit.
_WAIT = re.compile(r"(?<!\d)(\d{1,6})\s*(s|sec|second|m|min|minute|h|hour)s?\b", re.I | re.A)
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_LONGEST_WAIT = timedelta(days=1)  # a server that asks for more has made a mistake


def requested_wait(text: str) -> timedelta | None:
    """The wait that a reply names ("Greylisted, try again in 300 seconds"), at most a day; None where it names none."""
    found = _WAIT.search(text)
    if not found:
        return None
    return min(int(found[1]) * _UNITS[found[2][0].lower()], _LONGEST_WAIT)


_BACK_OFF = BackOff(tuple(timedelta(minutes=each) for each in (5, 15, 30, 60, 120, 240)), spread=(0.8, 1.2))
_GRACE = timedelta(seconds=10)  # added to the wait that the server asked for: clocks differ


def retry_at(attempts: int, now: datetime, retry_after: timedelta | None, jitter: float) -> datetime:
    """The time of the next try after `attempts` counted tries: in 5 m, 15 m, 30 m, 1 h, 2 h, then every 4 h.

    `jitter`, from 0 to 1, moves the pause by up to a fifth either way; `retry_after`, the server's own wait, is never
    shortened.
    """
    pause = _BACK_OFF.pause(attempts + 1, jitter)
    return now + max(pause, retry_after + _GRACE if retry_after else pause)
