"""Date ranges of `date:` and `updated:`: a bound covers its whole unit, as 20260131 covers that day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_BOUND = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2}))?Z?)?)?)?")
_RANGE = re.compile(r"([\[{])\s*(\S+)\s+TO\s+(\S+)\s*([\]}])")


def period(text: str) -> tuple[datetime | None, datetime | None]:
    """[start, end) of a range or of one unit; None is open. Raises ValueError with a correction."""
    found = _RANGE.fullmatch(text)
    if not found:
        if text.startswith(("[", "{")):
            raise ValueError("this is no range: write [20260101 TO 20260131], with TO in capitals")
        return _unit(text)
    opened, low_text, high_text, closed = found.groups()
    low, high = _unit(low_text), _unit(high_text)
    begin = low[0] if opened == "[" else low[1]
    end = high[1] if closed == "]" else high[0]
    if begin is not None and end is not None and begin >= end:
        raise ValueError("the range ends before it begins: turn the two dates round")
    return begin, end


def _unit(text: str) -> tuple[datetime | None, datetime | None]:
    if text == "*":
        return None, None
    found = _BOUND.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no date: write 2026, 202601, 20260131 or 202601312359")
    numbers = [int(group) for group in found.groups() if group is not None]
    try:
        start = datetime(*(numbers + [1, 1][max(0, len(numbers) - 1) :]), tzinfo=UTC)  # type: ignore[arg-type,misc]
        return start, _after(start, len(numbers))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no date: there is no such day or hour") from None


def _after(start: datetime, units: int) -> datetime:
    if units == 1:
        return start.replace(year=start.year + 1)
    if units == 2:
        return (start + timedelta(days=32)).replace(day=1)
    return start + (timedelta(days=1), timedelta(0), timedelta(minutes=1), timedelta(seconds=1))[units - 3]
