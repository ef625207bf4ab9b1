"""The `when:` key of a subscription: reads `weekdays 07:30` as a Schedule, or says what to write instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SETS = {"daily": frozenset(range(7)), "weekdays": frozenset(range(5)), "weekends": frozenset((5, 6))}
_SHORT = {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_NAMED = (
    _SETS
    | {name: frozenset({day}) for day, name in enumerate(_DAYS)}
    | {name[:3]: frozenset({day}) for day, name in enumerate(_DAYS)}
    | {name: frozenset({day}) for name, day in _SHORT.items()}
)
_FORMS = "`daily 07:30`, `weekdays 07:30`, `monday,thursday 18:00` or `at once`"
_MEANT = {"everyday": "daily", "weekly": "monday", "workdays": "weekdays"}
_SHOWN = 60  # letters of a mistake
_HOUR = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_LIKE_HOUR = re.compile(r"(\d{1,2})(?:[:.h ]?(\d{2}))?\s*([ap])?\.?(?:m\.?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The days and the hour of a subscription, in the reader's time zone; `at once` has no days."""

    days: frozenset[int] = frozenset()  # 0 is Monday
    hour: int = 0
    minute: int = 0
    at_once: bool = False

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """The schedule that a text describes. Raises ValueError with what to write instead."""
        words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split()).casefold()
        if words == "at once":
            return cls(at_once=True)
        head, _, last = words.rpartition(" ")
        names = re.split(" ?, ?", head)
        if not _HOUR.fullmatch(last) or not all(re.fullmatch(r"[^\W\d]+", name) for name in names):
            raise ValueError(_suggestion(words))
        days = frozenset[int]().union(*(_days_named(name) for name in names))
        hour, minute = _clock(last)
        return cls(days=days, hour=hour, minute=minute)

    def __str__(self) -> str:
        if self.at_once:
            return "at once"
        whole = [name for name, days in _SETS.items() if days == self.days]
        names = whole or [_DAYS[day] for day in sorted(self.days)]
        return f"{','.join(names)} {self.hour:02}:{self.minute:02}"


def _days_named(name: str) -> frozenset[int]:
    if name in _NAMED:
        return _NAMED[name]
    near = _MEANT.get(name) or next(iter(get_close_matches(name[:_SHOWN], _NAMED, n=1)), None)
    raise ValueError(f"`{name[:_SHOWN]}` is no day: write " + (f"`{near}`" if near else _FORMS))


def _clock(text: str) -> tuple[int, int]:
    hour, minute = (int(figures) for figures in text.split(":"))
    if hour > 23 or minute > 59:
        raise ValueError(f"`{text}` is no hour of a day: write one from 00:00 to 23:59")
    return hour, minute


def _suggestion(words: str) -> str:
    """The text of the error: what to write instead, as close to the typed text as possible."""
    if get_close_matches(words[:_SHOWN], ("at once", "immediately", "instantly"), n=1, cutoff=0.7):
        return f"`{words[:_SHOWN]}` is no time: write `at once`"
    typed = f"`{words[:_SHOWN]}`"
    days, clock = _guessed_days(words), _guessed_hour(words)
    if days or clock:
        lacks = "is no time" if days and clock else "lacks the hour" if days else "lacks the days"
        hour, minute = clock or (7, 30)
        return f"{typed} {lacks}: write `{Schedule(days=days or _SETS['daily'], hour=hour, minute=minute)}`"
    return f"{typed} is no time: write {_FORMS}"


def _guessed_days(words: str) -> frozenset[int]:
    """The days in a text, whatever stands between them; two with a dash are a span."""
    names = [name for name in re.findall("[a-z]+", words) if name in _NAMED]
    days = frozenset[int]().union(*(_NAMED[name] for name in names))
    if len(names) == len(days) == 2 and re.search(f"{names[0]} ?(-|–|to|till|until) ?{names[1]}", words):
        first, last = (min(_NAMED[name]) for name in names)
        return frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
    return days


def _guessed_hour(words: str) -> tuple[int, int] | None:
    found = _LIKE_HOUR.search(words)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "p" else 0)
    return (hour, minute) if hour < 24 and minute < 60 else None
