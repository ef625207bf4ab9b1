"""Sentences of a letter in the reader's language: its subject, its first line, why it comes, what it had to do without.

Each is one message of the catalogue, chosen by what the issue holds; nothing is put together from parts of sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from digest.issues import Absence, IssueKind
from digest.render.labels import SERVICES, figure, formatted, joined, joined_and, some_of, weekday
from digest.render.shorten import shorten
from digest.subscriptions import Schedule
from digest.text.translations import Translations

_LONGEST_NAME = 48  # characters of a section's name in a sentence

SectionKind = Literal["author", "topic", "trending", "before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionCount:
    """How many papers one section has; a section without a name is that of papers sent before."""

    count: int  # shown or not
    name: str = ""
    author: bool = False  # the name is a person's
    voted: bool = False  # papers with the most votes

    @property
    def kind(self) -> SectionKind:
        if self.voted:
            return "trending"
        if not self.name:
            return "before"
        return "author" if self.author else "topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSummary:
    """An issue in figures, for its subject and its first line."""

    kind: IssueKind
    sections: Sequence[SectionCount]
    since: date  # the first day of its window
    today: date  # the last one; both in the reader's time zone
    title: str = ""  # of its only paper
    event: str = "new"  # of its only paper

    @property
    def count(self) -> int:
        return sum(section.count for section in self.sections)

    @property
    def days(self) -> int:
        return (self.today - self.since).days


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSummary:
    """Why a reader gets a letter, for the footer."""

    kind: IssueKind
    when: Schedule
    zone: str  # "Europe/London"
    authors: int
    rules: int


def subject(t: Translations, summary: IssueSummary, room: int) -> str:
    """The subject, in at most `room` characters."""
    if summary.kind == "test":
        return t("letter.test.subject")
    if not summary.count:
        span, places = _span(t, summary)
        return t(f"letter.subject.nothing.{span}", **places)
    if summary.title:
        return shorten(_titled(t, summary), room)
    family = "letter.subject.new_papers" if summary.kind == "alert" else "letter.subject.papers"
    return _counted(t, family, summary, room, figure)


def lede(t: Translations, summary: IssueSummary, room: int) -> str:
    """The first line of the letter, in about `room` characters; a list in it is cut to fit."""
    if summary.kind == "test":
        return t("letter.test.lede")
    span, places = _span(t, summary)
    if not summary.count:
        return t(f"letter.lede.nothing.{span}", **places)
    if summary.kind == "alert":
        line = _counted(t, "letter.lede.alert", summary, room, _spelled)
    elif summary.title and summary.event == "withdrawn":
        section = summary.sections[0]
        line = t(f"letter.lede.withdrawn.{section.kind}", count=_spelled(t, section.count), **_names(section))
    else:
        line = _counted(t, f"letter.lede.{span}", summary, room, _spelled, **places)
    return line[0].upper() + line[1:]


def more(t: Translations, section: SectionCount) -> str:
    """+ 3 more on sparse models, for which this letter had no room."""
    count = figure(t, section.count)
    return t(f"letter.more.{section.kind}", section.count, count=count, **_names(section))


def why(t: Translations, reason: SubscriptionSummary) -> str:
    """The sentence of the footer."""
    if reason.kind == "test":
        return t("letter.why.test")
    counts = (("letter.why.authors", reason.authors), ("letter.why.rules", reason.rules))
    follows = [t(key, count, count=figure(t, count)) for key, count in counts if count]
    when, zone = reason.when, reason.zone.replace("_", " ")
    places = {"time": f"{when.hour:02}:{when.minute:02}", "zone": zone}
    if when.at_once:
        schedule = "at_once"
    elif len(when.days) == 7:
        schedule = "daily"
    elif when.days == frozenset(range(5)):
        schedule = "weekdays"
    else:
        schedule = "days"
        places["days"] = joined_and(t, [weekday(t, day) for day in sorted(when.days)])
    key = f"letter.why.by_hand.{schedule}" if reason.kind == "manual" else f"letter.why.{schedule}"
    if follows:
        return t(f"{key}.following", follows=joined_and(t, follows), **places)
    return t(key, **places)


def absence(
    t: Translations,
    absences: Sequence[Absence],
    by: datetime,
    next_on: date | None,
    names: Mapping[str, str] = SERVICES,
) -> str:
    """What was missing: "arXiv cs.CL had not announced by 07:30; its papers will be in tomorrow's issue." """
    kinds = sorted({each.kind for each in absences})
    named = [
        _service(t, names.get(kind, kind), [each.part for each in absences if each.kind == kind]) for kind in kinds
    ]
    services, count = some_of(t, list(filter(None, named))), len(absences)
    if absences[0].why == "late":
        is_tomorrow = next_on == by.date() + timedelta(days=1)
        key = "letter.absence.late.tomorrow" if is_tomorrow else "letter.absence.late.next"
        return t(key, count, services=services, time=f"{by:%H:%M}")
    times = [each.since for each in absences if each.since]
    if len(times) < len(absences):
        return t("letter.absence.fault", count, services=services)
    last = max(times).astimezone(by.tzinfo)
    day = formatted(t, last, t("date.day"))
    return t("letter.absence.fault_since", count, services=services, day=day, time=f"{last:%H:%M}")


def rest(t: Translations, kind: str, why: str, names: Mapping[str, str] = SERVICES) -> str:
    """Why nothing came: "arXiv announces nothing on weekends." """
    return t("letter.rest.weekend" if why == "weekend" else "letter.rest.holiday", service=names.get(kind, kind))


def _service(t: Translations, name: str, parts: Sequence[str]) -> str:
    named = [shorten(part, _LONGEST_NAME) for part in parts if part]
    return f"{name} {some_of(t, named)}".strip()


def _titled(t: Translations, summary: IssueSummary) -> str:
    """The subject of a letter of one paper."""
    section, title = summary.sections[0], summary.title
    event = summary.event.split()[0]
    known = event in ("revised", "published", "withdrawn")
    if summary.kind == "alert" and section.name:
        key = f"letter.subject.alert.{event if known else 'new'}.{section.kind}"
        return t(key, title=title, **_names(section))
    if known:
        return t(f"letter.subject.one.{event}", title=title)
    return t("letter.subject.reply", title=title) if _replies(t).match(title) else title


@lru_cache
def _replies(t: Translations) -> re.Pattern[str]:
    """Matches a title that looks like the subject of a reply, which would make the letter one."""
    prefixes = "|".join(map(re.escape, t("letter.reply_prefixes").split(", ")))
    return re.compile(rf"\s*({prefixes})\s*:", re.I)


def _counted(
    t: Translations,
    family: str,
    summary: IssueSummary,
    room: int,
    number: Callable[[Translations, int], str],
    **places: str,
) -> str:
    """The sentence of a family for papers of one section, or of several with the list of them."""
    count = summary.count
    if len(summary.sections) == 1:
        [section] = summary.sections
        return t(f"{family}.{section.kind}", count, count=number(t, count), **_names(section), **places)
    frame = t(f"{family}.several", count, count=number(t, count), list="", **places)
    listed = _listed(t, summary.sections, room - len(frame), number)
    return t(f"{family}.several", count, count=number(t, count), list=listed, **places)


def _listed(
    t: Translations, sections: Sequence[SectionCount], room: int, number: Callable[[Translations, int], str]
) -> str:
    """As many sections as there is room for; the papers of the others are counted together."""
    text = ""
    for shown in range(len(sections), 0, -1):
        others = sum(section.count for section in sections[shown:])
        parts = [
            t(f"letter.share.{section.kind}", count=number(t, section.count), **_names(section))
            for section in sections[:shown]
        ]
        text = joined(t, [*parts, t("letter.share.rest", count=number(t, others))] if others else parts)
        if len(text) <= room:
            return text
    return shorten(text, room)


def _names(section: SectionCount) -> dict[str, str]:
    """The places of a section's name in a sentence."""
    if section.kind in ("trending", "before"):
        return {}
    name = shorten(section.name, _LONGEST_NAME)
    return {"name": name, "topic": _uncapitalised(name)}


def _uncapitalised(name: str) -> str:
    """A name typed like a sentence without its capital; Markov, MoE and "Bayesian …" keep theirs."""
    first, _, rest = name.partition(" ")
    sentence_case = first.istitle() and first.isalpha() and len(first) > 1 and rest == rest.lower() and rest != ""
    return name[0].lower() + name[1:] if sentence_case and not first.endswith(("ian", "ean")) else name


def _span(t: Translations, summary: IssueSummary) -> tuple[Literal["today", "weekday", "week", "date"], dict[str, str]]:
    """Since when the papers came, and what stands for it in a sentence."""
    if summary.days <= 1:
        return "today", {}
    if summary.days < 7:
        return "weekday", {"weekday": weekday(t, summary.since.weekday())}
    if summary.days == 7:
        return "week", {}
    return "date", {"day": formatted(t, summary.since, t("date.day"))}


def _spelled(t: Translations, count: int) -> str:
    """A small number as a word: seven."""
    numerals = t("letter.numerals").split(", ")
    return numerals[count] if count < len(numerals) else figure(t, count)
