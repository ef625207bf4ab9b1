"""Labels of letters and pages in the reader's language: dates, numbers, lists of names, events, counted facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

from babel.dates import format_date, get_day_names
from babel.numbers import format_decimal

from digest.authors import AuthorVerdict
from digest.papers.scholarly_metrics import Researcher
from digest.render.shorten import shorten
from digest.sources import SOURCES
from digest.text.translations import Translations

SERVICES = {key: kind.label for key, kind in SOURCES.items()}
"""What the built-in services call themselves; a feed goes by its own name."""

_LONGEST_EVIDENCE = 160  # characters
_MOST_NAMES = 5  # a longer list shows
_FIRST_NAMES = 4  # so many and counts the others
_CHANGES = {
    "title": "letter.change.title",
    "authors": "letter.change.authors",
    "abstract": "letter.change.abstract",
    "comment": "letter.change.comment",
    "journal": "letter.change.journal",
    "doi": "letter.change.doi",
}
_EVIDENCE = (  # of a verdict, as digest/authors/classifier.py writes it
    (r"name in full", "letter.evidence.full_name"),
    (r"name with the surname first", "letter.evidence.surname_first"),
    (r"one half of a double surname", "letter.evidence.half_surname"),
    (r"name by initials", "letter.evidence.initials"),
    (r"surname alone", "letter.evidence.surname"),
    (r"by name only", "letter.evidence.name_only"),
    (r"same affiliation: (?P<what>.*)", "letter.evidence.affiliation"),
    (r"another affiliation", "letter.evidence.other_affiliation"),
    (r"same journal: (?P<what>.*)", "letter.evidence.journal"),
    (r"(?P<count>\d+) years apart", "letter.evidence.years"),
    (r"(?P<count>\d+) shared co-authors: (?P<what>.*)", "letter.evidence.coauthors"),
    (r"a shared co-author: (?P<what>.*)", "letter.evidence.coauthor"),
    (r"a co-author of papers that are not theirs: (?P<what>.*)", "letter.evidence.foreign_coauthor"),
    (r"no shared co-author", "letter.evidence.no_coauthor"),
    (r"same field: (?P<what>.*)", "letter.evidence.field"),
    (r"a field nearby: (?P<what>.*)", "letter.evidence.near_field"),
    (r"another field: (?P<what>.*)", "letter.evidence.other_field"),
    (r"near text", "letter.evidence.near_text"),
    (r"far text", "letter.evidence.far_text"),
    (r"no ORCID", "letter.evidence.no_orcid"),
)


@lru_cache(maxsize=1024)
def figure(t: Translations, number: int) -> str:
    """A number in figures: 13,621."""
    return format_decimal(number, locale=t.locale)


def formatted(t: Translations, day: date, pattern: str) -> str:
    """A day by a CLDR date pattern."""
    return format_date(day, pattern, locale=t.locale)


@lru_cache(maxsize=1024)
def full_day(t: Translations, day: date) -> str:
    """Friday, 20 November 2026."""
    return formatted(t, day, t("date.full"))


@lru_cache(maxsize=1024)
def short_day(t: Translations, day: date, today: date) -> str:
    """16 Jun, with the year where that is not today's."""
    return formatted(t, day, t("date.short") if day.year == today.year else t("date.short_year"))


def weekday(t: Translations, number: int) -> str:
    """The name of a day of the week, from 0 for Monday."""
    name: str = get_day_names(locale=t.locale)[number]
    return name


def joined(t: Translations, parts: Iterable[str]) -> str:
    """A list with commas alone; empty parts are left out."""
    return _folded(t, "list.comma", filter(None, parts))


def joined_and(t: Translations, names: Sequence[str]) -> str:
    """A list that ends with "and"."""
    *most, last = names
    return t("list.and", most=joined(t, most), last=last) if most else last


def some_of(t: Translations, names: Sequence[str]) -> str:
    """A list that ends with "and"; of a long one, the first names and how many others there are."""
    if len(names) <= _MOST_NAMES:
        return joined_and(t, names) if names else ""
    others = len(names) - _FIRST_NAMES
    return joined_and(t, [*names[:_FIRST_NAMES], t("list.others", count=others)])


def _folded(t: Translations, pattern: str, parts: Iterable[str]) -> str:
    made = ""
    for part in parts:
        made = t(pattern, first=made, next=part) if made else part
    return made


def event_label(t: Translations, event: str, changes: Sequence[str] = ()) -> str:
    """What happened to a paper that is not new, and what has changed in it: "revised: v2, new title"."""
    what, _, version = event.partition(" ")
    match what:
        case "new":
            return ""
        case "revised":
            label = t("letter.event.revised_to", version=version) if version else t("letter.event.revised")
        case "published":
            label = t("letter.event.published")
        case "withdrawn":
            label = t("letter.event.withdrawn")
        case _:
            label = event
    return joined(t, [label, *(t(_CHANGES[name]) for name in changes if name in _CHANGES)])


def doubt(t: Translations, name: str, verdict: AuthorVerdict) -> str:
    """Whose a paper may be, and why: "possibly by Yunhua Zhou: same field: cs.LG; no shared co-author"."""
    if verdict.outcome == "name only":
        return t("letter.doubt.name_only", name=name)
    evidence = _folded(t, "list.semicolon", (_evidence(t, each) for each in verdict.evidence))
    return t("letter.doubt.possibly", name=name, evidence=shorten(evidence, _LONGEST_EVIDENCE))


def _evidence(t: Translations, evidence: str) -> str:
    for pattern, key in _EVIDENCE:
        if found := re.fullmatch(pattern, evidence):
            count = found.groupdict().get("count")
            return t(key, int(count) if count else None, **found.groupdict())
    return evidence


def citations(t: Translations, count: int) -> str:
    """13,621 citations; empty for none."""
    return t("letter.citations", count, count=figure(t, count)) if count else ""


def votes(t: Translations, votes: int, comments: int, authors: int = 0) -> str:
    """41 votes, 3 comments, 12 authors; a count of 0 is left out."""
    counted = (("letter.votes", votes), ("letter.comments", comments), ("letter.authors", authors))
    return joined(t, (t(key, count, count=figure(t, count)) for key, count in counted if count))


def researcher(t: Translations, person: Researcher, source: str, day: str) -> str:
    """57 papers, 13,621 citations, h-index 22 (Semantic Scholar, 20 Nov); `day` may be empty."""
    papers = t("letter.papers", person.papers, count=figure(t, person.papers)) if person.papers else ""
    facts = joined(t, (papers, citations(t, person.citations or 0), t("letter.h_index", number=person.h_index)))
    if day:
        return t("letter.researcher_on", facts=facts, source=source, day=day)
    return t("letter.researcher", facts=facts, source=source)


def cross_listed(t: Translations, categories: Sequence[str]) -> str:
    """Cross-listed in cs.CL, cs.LG."""
    return t("letter.cross_listed", categories=joined(t, categories))


def other_authors(t: Translations, count: int) -> str:
    """+ 9 more."""
    return t("letter.other_authors", count, count=figure(t, count))
