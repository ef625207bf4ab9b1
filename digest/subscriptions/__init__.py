"""Who reads what and when: readers, their subscriptions, and the instants at which these are due."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from digest.rules import Query, restricted

if TYPE_CHECKING:
    from digest.authors import FollowedAuthor

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
_ONE_DAY = timedelta(days=1)
_FAR = 16  # days: a week in which the only chosen day does not exist, and one more


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The rhythm of a subscription, in the reader's own time; `at once` has no days."""

    days: frozenset[int] = frozenset()  # 0 is Monday
    hour: int = 0
    minute: int = 0
    at_once: bool = False

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """What stands behind `when:`. Raises ValueError with the mend."""
        words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split()).casefold()
        if words == "at once":
            return cls(at_once=True)
        head, _, last = words.rpartition(" ")
        names = re.split(" ?, ?", head)
        if not _HOUR.fullmatch(last) or not all(re.fullmatch(r"[^\W\d]+", name) for name in names):
            raise ValueError(_mend(words))
        days = frozenset[int]().union(*(_named(name) for name in names))
        hour, minute = _clock(last)
        return cls(days=days, hour=hour, minute=minute)

    def __str__(self) -> str:
        if self.at_once:
            return "at once"
        whole = [name for name, days in _SETS.items() if days == self.days]
        names = whole or [_DAYS[day] for day in sorted(self.days)]
        return f"{','.join(names)} {self.hour:02}:{self.minute:02}"


def _named(name: str) -> frozenset[int]:
    if name in _NAMED:
        return _NAMED[name]
    near = _MEANT.get(name) or next(iter(get_close_matches(name[:_SHOWN], _NAMED, n=1)), None)
    raise ValueError(f"`{name[:_SHOWN]}` is no day: write " + (f"`{near}`" if near else _FORMS))


def _clock(text: str) -> tuple[int, int]:
    hour, minute = (int(figures) for figures in text.split(":"))
    if hour > 23 or minute > 59:
        raise ValueError(f"`{text}` is no hour of a day: write one from 00:00 to 23:59")
    return hour, minute


def _mend(words: str) -> str:
    """What to write instead, as near to what was typed as can be."""
    if get_close_matches(words[:_SHOWN], ("at once", "immediately", "instantly"), n=1, cutoff=0.7):
        return f"`{words[:_SHOWN]}` is no time: write `at once`"
    typed = f"`{words[:_SHOWN]}`"
    days, clock = _gleaned_days(words), _gleaned_hour(words)
    if days or clock:
        lacks = "is no time" if days and clock else "lacks the hour" if days else "lacks the days"
        hour, minute = clock or (7, 30)
        return f"{typed} {lacks}: write `{Schedule(days=days or _SETS['daily'], hour=hour, minute=minute)}`"
    return f"{typed} is no time: write {_FORMS}"


def _gleaned_days(words: str) -> frozenset[int]:
    """The days in a text, whatever stands between them; two with a dash are a span."""
    names = [name for name in re.findall("[a-z]+", words) if name in _NAMED]
    days = frozenset[int]().union(*(_NAMED[name] for name in names))
    if len(names) == len(days) == 2 and re.search(f"{names[0]} ?(-|–|to|till|until) ?{names[1]}", words):
        first, last = (min(_NAMED[name]) for name in names)
        return frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
    return days


def _gleaned_hour(words: str) -> tuple[int, int] | None:
    found = _LIKE_HOUR.search(words)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "p" else 0)
    return (hour, minute) if hour < 24 and minute < 60 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry under `rules:`."""

    title: str
    query: Query
    person: FollowedAuthor | None = None  # where the rule follows one

    @property
    def author(self) -> str | None:
        """The name of whom it follows."""
        return self.person.name if self.person else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendingSection:
    """A section of what others vote for."""

    source: str = "huggingface"
    top: int = 10  # papers in one letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a reader wants to hear of, and when."""

    name: str
    when: Schedule
    rules: tuple[Rule, ...]
    exclude: Query | None = None
    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    trending: TrendingSection | None = None
    limit: int = 30  # papers in one letter
    quiet: Literal["silent", "send"] = "silent"
    attach: Literal["bibtex", "ris"] | None = None
    updates: Literal["none", "published", "all"] | None = None  # None: withdrawals of papers that the reader had

    def within(self, query: Query) -> Query:
        """A rule in the bounds of this subscription: nothing excluded, in its categories, from its sources."""
        return restricted(query, exclude=self.exclude, categories=self.categories, sources=self.sources)

    @property
    def fingerprint(self) -> str:
        """Another one as soon as other papers may match: of rules and narrowing, whatever their order and titles."""
        people = sorted(repr(rule.person) for rule in self.rules if rule.person and not rule.person.is_bare)
        what = (
            sorted((rule.query.text, rule.query.spoken) for rule in self.rules),  # the reading tells of syntax
            *((people,) if people else ()),
            self.exclude.spoken if self.exclude else "",
            sorted(self.categories),
            sorted(self.sources),
        )
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A reader."""

    id: str
    email: str
    timezone: ZoneInfo
    name: str | None = None
    language: str = "en"
    format: Literal["html", "text"] = "html"
    pause_until: date | None = None  # the first day with letters again
    links: int = 0  # raised to make older links to this reader's pages useless
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSlot:
    """One due time of a subscription; `local` is its key, since it stays the same whatever the clocks do."""

    local: str  # as scheduled: "2026-11-20T07:30"
    due: datetime  # in UTC


@lru_cache(maxsize=1 << 12)
def slot_on(when: Schedule, day: date, zone: ZoneInfo) -> ScheduleSlot | None:
    """The one slot of a local day; None where the day is not chosen or does not exist (Apia, 2011-12-30).

    An hour that the clocks skip is due at the first instant after the gap, one that comes twice at its first coming.
    """
    if day.weekday() not in when.days:
        return None
    wall = datetime.combine(day, time(when.hour, when.minute))
    due = wall.replace(tzinfo=zone).astimezone(UTC)
    if due.astimezone(zone).replace(tzinfo=None) != wall:
        due = _after_gap(wall, zone)
        if day not in (due.astimezone(zone).date(), (due - timedelta.resolution).astimezone(zone).date()):
            return None
    return ScheduleSlot(local=wall.isoformat(timespec="minutes"), due=due)


def next_slot(when: Schedule, zone: ZoneInfo, after: datetime, *, not_on: date | None = None) -> ScheduleSlot:
    """The first slot after an instant, and not on the day that had its issue.

    Nor on the day before that one, to which a reader who moves west comes back. Raises ValueError where there is none
    (at once).
    """
    had = () if not_on is None else (not_on, not_on - _ONE_DAY)
    days = _days(after.astimezone(zone).date() - _ONE_DAY, _ONE_DAY)
    return _first(slot for slot in _slots(when, zone, (day for day in days if day not in had)) if slot.due > after)


def latest_slot(when: Schedule, zone: ZoneInfo, at: datetime) -> ScheduleSlot:
    """The newest slot that has come. Raises ValueError where there is none (at once)."""
    days = _days(at.astimezone(zone).date() + _ONE_DAY, -_ONE_DAY)
    return _first(slot for slot in _slots(when, zone, days) if slot.due <= at)


def first_slot(when: Schedule, zone: ZoneInfo, now: datetime) -> ScheduleSlot:
    """The first slot of a new subscription: today's, also where its hour has passed, else the next one."""
    return slot_on(when, now.astimezone(zone).date(), zone) or next_slot(when, zone, now)


def _after_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the clocks jump over a wall time."""
    # PEP 495: in a gap the two folds are read with the offsets before and after the jump, so it lies between them.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _days(day: date, step: timedelta) -> Iterator[date]:
    return (day + number * step for number in range(_FAR + 2))


def _slots(when: Schedule, zone: ZoneInfo, days: Iterable[date]) -> Iterator[ScheduleSlot]:
    return (slot for day in days if (slot := slot_on(when, day, zone)))


def _first(slots: Iterator[ScheduleSlot]) -> ScheduleSlot:
    slot = next(slots, None)
    if slot is None:
        raise ValueError("a subscription without days has no slots")
    return slot
