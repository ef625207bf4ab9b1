"""What a letter says in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date, get_day_names
from babel.numbers import format_decimal

from digest.authors import AuthorVerdict
from digest.issues import Absence
from digest.papers.scholarly_metrics import Researcher
from digest.render.shorten import shorten
from digest.render.words.base import SERVICES, Reason, Share, Summary
from digest.subscriptions import Schedule

CODE = "en"
DIRECTION = "ltr"
ABSTRACT = "Abstract"
PDF = "PDF"
HTML = "HTML"
REPOSITORY = "Code"
CHANGE = "Change rules"
PAUSE = "Pause"
WEB = "On the web"
ALL = "see all on the web"
MORE_LIKE = "More like this"
LESS_LIKE = "Less like this"
IS_IT = "Is this them?"
NOT_IT = "Wrong person?"
UNSUBSCRIBE = "Unsubscribe"
UNTITLED = "(untitled)"
CROWDED = "So many papers that one letter has room for their titles alone."
QUIET = "A quiet day. The next papers that match will be in the next letter."
ALSO = "also matched {}"
BEFORE = "Papers you had before"
LATEST = "Lately also"
TEST = "A test letter"
TEST_NOTE = "Look at its headers where it arrived: SPF, DKIM and DMARC should each say pass."
ET_AL = "et al."
TRENDING = "Trending papers"

_SPELLED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_REPLY = re.compile(r"\s*(re|fwd?)\s*:", re.I)  # a title that looks like a reply must not make the letter one
_EVENTS = {"revised": "Revised", "published": "Published", "withdrawn": "Withdrawn"}
_CHANGES = {
    "title": "new title",
    "authors": "other authors",
    "abstract": "new abstract",
    "comment": "new comment",
    "journal": "journal reference",
    "doi": "DOI",
}
_EVIDENCE = 160
_NAME = 48  # characters of a section's name in a sentence


def subject(summary: Summary, room: int) -> str:
    """What is inside, in one line."""
    if summary.kind == "test":
        return TEST
    if not summary.count:
        return f"No new papers {_span(summary)}"
    if summary.title:
        return _titled(summary, room)
    head = f"{_figure(summary.count)} new papers" if summary.kind == "alert" else _papers(summary.count, _figure)
    if len(summary.shares) == 1:
        return f"{head} {_about(summary.shares[0])}"
    return f"{head}: {_listed(summary.shares, room - len(head) - 2, _figure)}"


def lede(summary: Summary, room: int) -> str:
    """The first line of the letter."""
    if summary.kind == "test":
        return "A test letter: if you read this, letters arrive."
    if not summary.count:
        return f"Nothing new for you {_span(summary)}."
    head = _papers(summary.count, _spelled)
    if len(summary.shares) == 1:
        head = f"{head} {_about(summary.shares[0])}"
    if summary.kind == "alert":
        head = f"just in: {head}"
    elif summary.title and summary.event == "withdrawn":
        head = f"{head} was withdrawn"
    else:
        head = f"{head} {_span(summary)}"
    head = head[0].upper() + head[1:]
    if len(summary.shares) == 1:
        return f"{head}."
    return f"{head}: {_listed(summary.shares, room - len(head) - 3, _spelled)}."


def why(reason: Reason) -> str:
    """The sentence of the footer."""
    if reason.kind == "test":
        return "You get this because somebody asked for a test letter to this address."
    follows = " and ".join(
        part for part in (_counted(reason.authors, "author"), _counted(reason.rules, "rule")) if part
    )
    because = f" because you follow {follows}" if follows else ""
    if reason.kind == "manual":
        return f"This letter was sent by hand. Otherwise you get one {_schedule(reason)}{because}."
    return f"You get this {_schedule(reason)}{because}."


@lru_cache(maxsize=1024)
def day(day: date) -> str:
    """Friday, 20 November 2026."""
    return format_date(day, "EEEE, d MMMM y", locale="en")


@lru_cache(maxsize=1024)
def short_day(day: date, today: date) -> str:
    """16 Jun, and the year where it is another one."""
    return format_date(day, "d MMM" if day.year == today.year else "d MMM y", locale="en")


def number(number: int) -> str:
    return f"No. {number}" if number else ""


def reader(name: str) -> str:
    return f"for {name}"


def event(event: str, changes: Sequence[str] = ()) -> str:
    """The label of what is no new paper, and what has changed: "revised: v2, new title, new comment"."""
    what, _, version = event.partition(" ")
    said = {"new": "", "published": "now published"}.get(what, f"{what}: {version}" if version else what)
    news = [_CHANGES[name] for name in changes if name in _CHANGES] if said else []
    return ", ".join(filter(None, (said, *news)))


def doubt(name: str, verdict: AuthorVerdict) -> str:
    """Whose it may be, and why: "possibly by Yunhua Zhou: same field: cs.LG; no shared co-author"."""
    if verdict.outcome == "name only":
        return f"{name}: by name only"
    return f"possibly by {name}: {shorten('; '.join(verdict.evidence), _EVIDENCE)}"


def citations(count: int) -> str:
    return _counted(count, "citation")


def votes(votes: int, comments: int, authors: int = 0) -> str:
    """41 votes, 3 comments, 12 authors; what there is none of is not said."""
    counted = ((votes, "vote"), (comments, "comment"), (authors, "author"))
    return ", ".join(f"{_figure(count)} {word}{'' if count == 1 else 's'}" for count, word in counted if count)


def cross(categories: Sequence[str]) -> str:
    return f"cross-listed in {', '.join(categories)}"


def numbers(person: Researcher, source: str, day: str) -> str:
    """57 papers, 13,621 citations, h-index 22 (Semantic Scholar, 20 Nov)."""
    counted = ", ".join(
        _counted(count, noun) for count, noun in ((person.papers, "paper"), (person.citations, "citation")) if count
    )
    return f"{counted}, h-index {person.h_index} ({', '.join(filter(None, (source, day)))})"


def absence(absences: Sequence[Absence], by: datetime, next_on: date | None) -> str:
    """What was missing: "arXiv cs.CL had not announced by 07:30; its papers will be in tomorrow's issue." """
    kinds = {each.kind for each in absences}
    names = _joined([_service(kind, [each.part for each in absences if each.kind == kind]) for kind in sorted(kinds)])
    its = "its" if len(absences) == 1 else "their"
    if absences[0].why == "late":
        return f"{names} had not announced by {by:%H:%M}; {its} papers will be in {_next(by, next_on)}."
    times = [each.since for each in absences if each.since]
    last = max(times).astimezone(by.tzinfo) if len(times) == len(absences) else None
    since = f" since {format_date(last, 'd MMMM', locale='en')}, {last:%H:%M}" if last else ""
    who = "it answers" if len(absences) == 1 else "they answer"
    return f"{names} could not be reached{since}; {its} papers will be in the first issue after {who}."


def rest(kind: str, why: str) -> str:
    """Why nothing came: "arXiv announces nothing on weekends." """
    return f"{SERVICES[kind]} announces nothing on {'weekends' if why == 'weekend' else 'its holidays'}."


def others(count: int) -> str:
    return f"+ {_figure(count)} more"


def more(share: Share) -> str:
    """+ 3 more on sparse models, for which this letter had no room."""
    return f"+ {_figure(share.count)} more {_about(share)}, for which this letter had no room"


def _service(kind: str, parts: Sequence[str]) -> str:
    named = [shorten(part, _NAME) for part in parts if part]
    return f"{SERVICES.get(kind, kind)} {_joined(named)}".strip()


def _joined(names: Sequence[str]) -> str:
    most = names if len(names) < 6 else [*names[:4], f"{len(names) - 4} more"]
    return " and ".join(filter(None, (", ".join(most[:-1]), most[-1]))) if most else ""


def _next(by: datetime, next_on: date | None) -> str:
    tomorrow = by.date() + timedelta(days=1)
    return "tomorrow's issue" if next_on == tomorrow else "the next issue"


def _titled(summary: Summary, room: int) -> str:
    share = summary.shares[0]
    what = _EVENTS.get(summary.event.split()[0], "")
    if summary.kind == "alert" and share.name:
        what = f"{what or 'New'} {_about(share)}"
    title = f"“{summary.title}”" if not what and _REPLY.match(summary.title) else summary.title
    return shorten(f"{what}: {title}" if what else title, room)


def _listed(shares: Sequence[Share], room: int, spell: Callable[[int], str]) -> str:
    """As many shares as there is room for; the others are counted together."""
    for kept in range(len(shares), 0, -1):
        rest = sum(share.count for share in shares[kept:])
        parts = [f"{spell(share.count)} {_about(share)}" for share in shares[:kept]]
        text = ", ".join([*parts, f"{spell(rest)} more"] if rest else parts)
        if len(text) <= room:
            return text
    return shorten(text, room)


def _about(share: Share) -> str:
    if share.voted:
        return "trending"
    if not share.name:
        return "that you had before"
    name = shorten(share.name, _NAME)
    return f"by {name}" if share.author else f"on {_topic(name)}"


def _topic(name: str) -> str:
    """A name typed like a sentence loses its capital inside one; Markov, MoE and "Bayesian …" keep theirs."""
    first, _, rest = name.partition(" ")
    sentence_case = first.istitle() and first.isalpha() and len(first) > 1 and rest == rest.lower() and rest != ""
    return name[0].lower() + name[1:] if sentence_case and not first.endswith(("ian", "ean")) else name


def _span(summary: Summary) -> str:
    if summary.days <= 1:
        return "today"
    if summary.days < 7:
        return f"since {get_day_names(locale='en')[summary.since.weekday()]}"
    if summary.days == 7:
        return "in the past week"
    return f"since {format_date(summary.since, 'd MMMM', locale='en')}"


def _schedule(reason: Reason) -> str:
    when = reason.when
    if when.at_once:
        return "as soon as papers arrive"
    return f"{_days(when)} at {when.hour:02}:{when.minute:02} ({reason.zone.replace('_', ' ')})"


def _days(when: Schedule) -> str:
    if len(when.days) == 7:
        return "every day"
    if when.days == frozenset(range(5)):
        return "every weekday"
    names = [get_day_names(locale="en")[day] for day in sorted(when.days)]
    return "every " + " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _papers(count: int, spell: Callable[[int], str]) -> str:
    return f"{spell(count)} {'paper' if count == 1 else 'papers'}"


def _counted(count: int, noun: str) -> str:
    return f"{_figure(count)} {noun}{'' if count == 1 else 's'}" if count else ""


def _spelled(count: int) -> str:
    return _SPELLED[count] if count < len(_SPELLED) else _figure(count)


@lru_cache(maxsize=1024)
def _figure(count: int) -> str:
    return format_decimal(count, locale="en")
