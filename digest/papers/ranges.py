"""Plausible ranges of dates, versions and counts from outside: what lies beyond them is unknown, or is cut.

Publishers' software writes year 1 or 9999 where it knows no date; arithmetic with such an instant (another time zone,
a day more) overflows, and so does a database's column with a number of twenty digits. `Paper` applies these ranges to
its own values, whoever makes it: a source, the store, or a file of papers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

EARLIEST: Final = datetime(1650, 1, 1, tzinfo=UTC)
"""The first journal began in 1665; 1601-01-01 is zero of one system's clock."""

LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Nothing is dated so far ahead but by a placeholder: 2999-12-31, 9999-12-31."""

LARGEST_COUNT: Final = 1_000_000_000
"""A larger count is cut to it; it fits into a column of 32 bits."""

LARGEST_VERSION: Final = 999
"""arXiv's longest history has some hundred versions."""


def instant(value: datetime | None) -> datetime | None:
    """The instant in UTC (without a zone it is taken as UTC); None where no paper can be of that time."""
    if value is None:
        return None
    try:
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if EARLIEST <= moment < LATEST else None


def parse_instant(text: str) -> datetime | None:
    """A date, or a date with time, of ISO 8601; None where it is none, or out of range."""
    try:
        return instant(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def from_unix(seconds: float) -> datetime | None:
    """The instant of Unix time; None where it is out of range."""
    try:
        return instant(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def midnight(year: object, month: object, day: object) -> datetime | None:
    """Midnight, UTC, of a day given in three numbers or texts of digits; None where there is no such day."""
    numbers = [_number(part) for part in (year, month, day)]
    try:
        return instant(datetime(numbers[0] or 0, numbers[1] or 0, numbers[2] or 0, tzinfo=UTC))
    except ValueError:
        return None


def count(value: object) -> int | None:
    """A count that is not negative, cut to what is sane; None for anything else (NaN, a text, true)."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    return min(value, LARGEST_COUNT)


def is_version(value: object) -> bool:
    """Whether this can be the number of a version."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_VERSION


def _number(value: object) -> int | None:
    """A small number; a text of more digits than a year has is none."""
    if isinstance(value, str) and (text := value.strip()).isascii() and text.isdigit() and len(text) <= 4:
        return int(text)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9999 else None
