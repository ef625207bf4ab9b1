"""What a letter says in German."""

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

CODE = "de"
DIRECTION = "ltr"
ABSTRACT = "Zusammenfassung"
PDF = "PDF"
HTML = "HTML"
REPOSITORY = "Code"
CHANGE = "Regeln ändern"
PAUSE = "Pausieren"
WEB = "Im Netz"
ALL = "alle im Netz ansehen"
MORE_LIKE = "Mehr davon"
LESS_LIKE = "Weniger davon"
IS_IT = "Ist es diese Person?"
NOT_IT = "Jemand anderes?"
UNSUBSCRIBE = "Abbestellen"
UNTITLED = "(ohne Titel)"
CROWDED = "So viele Arbeiten, dass in einem Brief nur für ihre Titel Platz ist."
QUIET = "Ein ruhiger Tag. Was als Nächstes passt, steht im nächsten Brief."
ALSO = "passt auch zu {}"
LATEST = "Zuletzt auch"
TEST = "Ein Probebrief"
TEST_NOTE = "Sehen Sie in seine Kopfzeilen: SPF, DKIM und DMARC sollten dort je „pass“ sagen."
ET_AL = "u. a."
BEFORE = "Arbeiten, die Sie schon hatten"
TRENDING = "Viel beachtet"

_SPELLED = ("keine", "eine", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf")
_REPLY = re.compile(r"\s*(re|fwd?|aw|wg)\s*:", re.I)
_EVENTS = {"revised": "Überarbeitet", "published": "Erschienen", "withdrawn": "Zurückgezogen"}
_CHANGES = {
    "title": "neuer Titel",
    "authors": "andere Namen",
    "abstract": "neue Zusammenfassung",
    "comment": "neuer Kommentar",
    "journal": "Zeitschrift",
    "doi": "DOI",
}
_EVIDENCE = 160
_NAME = 48
_SAID = (  # the evidence of a verdict, from digest/person/judge.py
    (r"name in full", "der volle Name"),
    (r"name with the surname first", "der Name mit dem Familiennamen vorn"),
    (r"one half of a double surname", "die Hälfte eines Doppelnamens"),
    (r"name by initials", "der Name mit Initialen"),
    (r"surname alone", "der Familienname allein"),
    (r"by name only", "nur der Name passt"),
    (r"same affiliation: (.*)", r"dieselbe Einrichtung: \1"),
    (r"another affiliation", "eine andere Einrichtung"),
    (r"same journal: (.*)", r"dieselbe Zeitschrift: \1"),
    (r"(\d+) years apart", r"\1 Jahre auseinander"),
    (r"(\d+) shared co-authors: (.*)", r"\1 gemeinsame Mitautoren: \2"),
    (r"a shared co-author: (.*)", r"gemeinsame Mitautorin oder Mitautor: \1"),
    (r"a co-author of papers that are not theirs: (.*)", r"gemeinsam mit jemandem aus fremden Arbeiten: \1"),
    (r"no shared co-author", "niemand gemeinsam"),
    (r"same field: (.*)", r"dasselbe Fach: \1"),
    (r"a field nearby: (.*)", r"ein nahes Fach: \1"),
    (r"another field: (.*)", r"ein anderes Fach: \1"),
    (r"near text", "naher Text"),
    (r"far text", "ferner Text"),
    (r"no ORCID", "keine ORCID"),
)


def subject(summary: Summary, room: int) -> str:
    """Was darin steht, in einer Zeile."""
    if summary.kind == "test":
        return TEST
    if not summary.count:
        return f"Nichts Neues {_span(summary)}"
    if summary.title:
        return _titled(summary, room)
    head = f"{_figure(summary.count)} neue Arbeiten" if summary.kind == "alert" else _papers(summary.count, _figure)
    if len(summary.shares) == 1:
        return shorten(f"{head} {_about(summary.shares[0])}", room)
    return f"{head}: {_listed(summary.shares, room - len(head) - 2, _figure)}"


def lede(summary: Summary, room: int) -> str:
    """Die erste Zeile des Briefs."""
    if summary.kind == "test":
        return "Ein Probebrief: Wenn Sie das lesen, kommen Briefe an."
    if not summary.count:
        return f"Nichts Neues für Sie {_span(summary)}."
    head = _papers(summary.count, _spelled)
    if len(summary.shares) == 1:
        head = f"{head} {_about(summary.shares[0])}"
    if summary.kind == "alert":
        head = f"eben eingetroffen: {head}"
    elif summary.title and summary.event == "withdrawn":
        head = f"{head} wurde zurückgezogen"
    else:
        head = f"{head} {_span(summary)}"
    head = head[0].upper() + head[1:]
    if len(summary.shares) == 1:
        return f"{head}."
    return f"{head}: {_listed(summary.shares, room - len(head) - 3, _spelled)}."


def why(reason: Reason) -> str:
    """Der Satz am Fuß."""
    if reason.kind == "test":
        return "Sie bekommen ihn, weil jemand einen Probebrief an diese Adresse wollte."
    people = f"{_figure(reason.authors)} {'Person' if reason.authors == 1 else 'Personen'}" if reason.authors else ""
    rules = f"{_figure(reason.rules)} {'Regel' if reason.rules == 1 else 'Regeln'}" if reason.rules else ""
    follows = " und ".join(filter(None, (people, rules)))
    because = f", weil Sie {follows} folgen" if follows else ""
    if reason.kind == "manual":
        return f"Dieser Brief wurde von Hand verschickt. Sonst bekommen Sie einen {_schedule(reason)}{because}."
    return f"Sie bekommen ihn {_schedule(reason)}{because}."


@lru_cache(maxsize=1024)
def day(day: date) -> str:
    """Freitag, 20. November 2026."""
    return format_date(day, "EEEE, d. MMMM y", locale="de")


@lru_cache(maxsize=1024)
def short_day(day: date, today: date) -> str:
    return format_date(day, "d. MMM" if day.year == today.year else "d. MMM y", locale="de")


def number(number: int) -> str:
    return f"Nr. {number}" if number else ""


def reader(name: str) -> str:
    return f"für {name}"


def event(event: str, changes: Sequence[str] = ()) -> str:
    what, _, version = event.partition(" ")
    known = {"new": "", "published": "jetzt erschienen", "withdrawn": "zurückgezogen", "revised": "überarbeitet"}
    said = f"{known.get(what, what)}: {version}" if version else known.get(what, what)
    news = [_CHANGES[name] for name in changes if name in _CHANGES] if said else []
    return ", ".join(filter(None, (said, *news)))


def doubt(name: str, verdict: AuthorVerdict) -> str:
    if verdict.outcome == "name only":
        return f"{name}: nur der Name passt"
    return f"vielleicht von {name}: {shorten('; '.join(map(_said, verdict.evidence)), _EVIDENCE)}"


def _said(evidence: str) -> str:
    for pattern, words in _SAID:
        if found := re.fullmatch(pattern, evidence):
            return found.expand(words)
    return evidence


def citations(count: int) -> str:
    return _counted(count, "Zitat", "Zitate")


def votes(votes: int, comments: int, authors: int = 0) -> str:
    counted = (
        (votes, "Stimme", "Stimmen"),
        (comments, "Kommentar", "Kommentare"),
        (authors, "Autor", "Autoren"),
    )
    return ", ".join(filter(None, (_counted(*each) for each in counted)))


def cross(categories: Sequence[str]) -> str:
    return f"auch unter {', '.join(categories)}"


def numbers(person: Researcher, source: str, day: str) -> str:
    """57 Arbeiten, 13.621 Zitate, h-Index 22 (Semantic Scholar, 20. Nov.)."""
    parts = (_counted(person.papers or 0, "Arbeit", "Arbeiten"), citations(person.citations or 0))
    counted = ", ".join(filter(None, (*parts, f"h-Index {person.h_index}")))
    return f"{counted} ({', '.join(filter(None, (source, day)))})"


def absence(absences: Sequence[Absence], by: datetime, next_on: date | None) -> str:
    kinds = {each.kind for each in absences}
    names = _joined([_service(kind, [each.part for each in absences if each.kind == kind]) for kind in sorted(kinds)])
    one = len(absences) == 1
    its = "dessen Arbeiten" if one else "deren Arbeiten"
    if absences[0].why == "late":
        had = "hatte" if one else "hatten"
        return f"{names} {had} bis {by:%H:%M} Uhr nichts angekündigt; {its} stehen {_next(by, next_on)}."
    times = [each.since for each in absences if each.since]
    last = max(times).astimezone(by.tzinfo) if len(times) == len(absences) else None
    since = f" seit {format_date(last, 'd. MMMM', locale='de')}, {last:%H:%M} Uhr," if last else ""
    was = "war" if one else "waren"
    return f"{names} {was}{since} nicht zu erreichen; {its} stehen im ersten Brief danach."


def rest(kind: str, why: str) -> str:
    return f"{SERVICES[kind]} kündigt {'am Wochenende' if why == 'weekend' else 'an seinen Feiertagen'} nichts an."


def others(count: int) -> str:
    return f"+ {_figure(count)} weitere"


def more(share: Share) -> str:
    return f"+ {_figure(share.count)} weitere {_about(share)}, für die in diesem Brief kein Platz war"


def _service(kind: str, parts: Sequence[str]) -> str:
    named = [shorten(part, _NAME) for part in parts if part]
    return f"{SERVICES.get(kind, kind)} {_joined(named)}".strip()


def _joined(names: Sequence[str]) -> str:
    most = names if len(names) < 6 else [*names[:4], f"{len(names) - 4} weitere"]
    return " und ".join(filter(None, (", ".join(most[:-1]), most[-1]))) if most else ""


def _next(by: datetime, next_on: date | None) -> str:
    return "im Brief von morgen" if next_on == by.date() + timedelta(days=1) else "im nächsten Brief"


def _titled(summary: Summary, room: int) -> str:
    share = summary.shares[0]
    what = _EVENTS.get(summary.event.split()[0], "")
    if summary.kind == "alert" and share.name:
        what = f"{what or 'Neu'} {_about(share)}"
    title = f"„{summary.title}“" if not what and _REPLY.match(summary.title) else summary.title
    return shorten(f"{what}: {title}" if what else title, room)


def _listed(shares: Sequence[Share], room: int, spell: Callable[[int], str]) -> str:
    """So viele Teile, wie Platz haben; die übrigen werden gezählt."""
    for kept in range(len(shares), 0, -1):
        rest_ = sum(share.count for share in shares[kept:])
        parts = [f"{spell(share.count)} {_about(share)}" for share in shares[:kept]]
        text = ", ".join([*parts, f"{spell(rest_)} weitere"] if rest_ else parts)
        if len(text) <= room:
            return text
    return shorten(text, room)


def _about(share: Share) -> str:
    if share.voted:
        return "viel beachtet"
    if not share.name:
        return "aus früheren Briefen"
    name = shorten(share.name, _NAME)
    return f"von {name}" if share.author else f"zu {name}"


def _span(summary: Summary) -> str:
    if summary.days <= 1:
        return "heute"
    if summary.days < 7:
        return f"seit {get_day_names(locale='de')[summary.since.weekday()]}"
    if summary.days == 7:
        return "in der letzten Woche"
    return f"seit dem {format_date(summary.since, 'd. MMMM', locale='de')}"


def _schedule(reason: Reason) -> str:
    when = reason.when
    if when.at_once:
        return "sobald etwas eintrifft"
    return f"{_days(when)} um {when.hour:02}:{when.minute:02} Uhr ({reason.zone.replace('_', ' ')})"


def _days(when: Schedule) -> str:
    if len(when.days) == 7:
        return "jeden Tag"
    if when.days == frozenset(range(5)):
        return "an jedem Werktag"
    names = [get_day_names(locale="de")[day] for day in sorted(when.days)]
    return f"jeden {_joined(names)}"


def _papers(count: int, spell: Callable[[int], str]) -> str:
    return f"{spell(count)} {'Arbeit' if count == 1 else 'Arbeiten'}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{_figure(count)} {one if count == 1 else many}" if count else ""


def _spelled(count: int) -> str:
    return _SPELLED[count] if count < len(_SPELLED) else _figure(count)


@lru_cache(maxsize=1024)
def _figure(count: int) -> str:
    return format_decimal(count, locale="de")
