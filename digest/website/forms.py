"""The form of a subscription: a document as fields, and fields as a document; what no field shows is kept.

A field that still says what it said of the document before leaves the document's own value alone, so a form that comes
back untouched changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal
from zoneinfo import available_timezones

from digest.papers.ids import paper_key
from digest.store import ReaderDocument
from digest.subscriptions import DEFAULTS, Schedule
from digest.text import one_line
from digest.website.view import Form

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_ROWS = 200
"""Rows of a form that are looked at; empty ones are no rules."""

_ALL, _WORKDAYS = frozenset(DAYS), frozenset(DAYS[:5])
_LISTED = re.compile(r"[,;\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A rule as its fields show it."""

    number: int = 0  # of its fields
    was: int | None = None  # its place in the document before
    kind: Literal["words", "author"] = "words"
    text: str = ""
    known: str = ""  # papers, one a line
    people: str = ""  # co-authors, one a line
    categories: str = ""
    orcid: str = ""
    unsure: str = "ask"

    @property
    def has_details(self) -> bool:
        """Whether more is said of a person than the name."""
        return bool(self.known or self.people or self.categories or self.orcid or self.unsure != "ask")

    def rule(self, old: Any) -> Any:
        """The entry under `rules:`; `old` is the one that it was, or None."""
        seen = _row(old)
        if seen.kind != self.kind or seen.text != self.text:
            kept = {"syntax": old["syntax"]} if self.kind == seen.kind == "words" and _has(old, "syntax") else {}
            old, seen = {"query": self.text} | kept if kept else self.text, Row(text=self.text)
            if self.kind == "author":
                old = {"author": self.text}
        return old if self.kind == "words" else self._person(dict(old), seen)

    def _person(self, new: ReaderDocument, seen: Row) -> ReaderDocument:
        ids = dict(new.get("ids", {}))
        if self.orcid != seen.orcid:
            _put(ids, "orcid", self.orcid)
            _put(new, "ids", ids or None)
        if self.known != seen.known:
            _put(new, "known", _papers(self.known))
        if self.people != seen.people:
            _put(new, "with", self.people.split("\n") if self.people else [])
        if self.categories != seen.categories:
            _put(new, "categories", _codes(self.categories))
        if self.unsure != seen.unsure:
            new["when_unsure"] = self.unsure
        return new


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the fields say; `zone` is the reader's, all else the subscription's."""

    name: str = ""
    zone: str = "UTC"
    rhythm: Literal["daily", "weekdays", "chosen", "once"] = "weekdays"
    days: frozenset[str] = frozenset()
    hour: str = "07:30"
    rows: tuple[Row, ...] = ()
    exclude: str = ""
    categories: str = ""
    updates: str = ""
    quiet: bool = False
    limit: str = str(DEFAULTS["limit"])
    attach: str = ""
    trending: bool = False

    @property
    def rules(self) -> tuple[Row, ...]:
        """The rows that say something, in order."""
        return tuple(row for row in self.rows if row.text)

    @property
    def when(self) -> str:
        if self.rhythm == "once":
            return "at once"
        days = [day for day in DAYS if day in self.days]
        return f"{','.join(days) if self.rhythm == 'chosen' else self.rhythm} {self.hour}"

    @property
    def has_hour(self) -> bool:
        return _when(f"daily {self.hour}") is not None

    @property
    def has_more(self) -> bool:
        """Whether anything under "More" is other than by default."""
        plain = Typed(name=self.name, zone=self.zone, rhythm=self.rhythm, days=self.days, hour=self.hour)
        return replace(self, rows=()) != plain

    @property
    def blank(self) -> Row:
        """An empty row, for the script to make more of."""
        return Row()

    def with_rows(self, more: int = 0) -> Typed:
        """The same with so many empty rows at the end."""
        first = max((row.number for row in self.rows), default=-1) + 1
        return replace(self, rows=(*self.rows, *(Row(number=first + index) for index in range(more))))

    def subscription(self, before: ReaderDocument | None = None) -> ReaderDocument:
        """The entry under `subscriptions:`, judged by nobody yet; `before` is the one that was shown in the form."""
        seen, old = shown(before or {}), before or {}
        new: ReaderDocument = dict(old)
        if before is None or self.name != seen.name:
            new["name"] = self.name or self._title()
        if before is None or _when(self.when) != _when(seen.when):
            new["when"] = self.when
        rules = old.get("rules") or []
        rows = [
            row.rule(rules[row.was] if row.was is not None and row.was < len(rules) else None) for row in self.rules
        ]
        if rows or "rules" in old:
            new["rules"] = rows
        _put(new, "rules", new.get("rules", []))
        for key, value in (
            ("exclude", self.exclude),
            ("categories", _codes(self.categories)),
            ("updates", self.updates),
            ("quiet", "send" if self.quiet else ""),
            ("limit", int(self.limit) if re.fullmatch("[0-9]{1,6}", self.limit) else self.limit),
            ("attach", self.attach),
            ("trending", {} if self.trending else None),
        ):
            if getattr(self, key) != getattr(seen, key):
                _put(new, key, value)
        return new

    def _title(self) -> str:
        """A name made from the first rule."""
        title = self.rules[0].text if self.rules else "Trending" if self.trending else ""
        return title if len(title) <= 60 else title[:59].rstrip() + "…"


def given(typed: Typed, faults: Mapping[str, object], *, trending: bool) -> dict[str, Any]:
    """What a page with these fields gives to its template; `trending`: whether the house has that source."""
    return {
        "typed": typed,
        "faults": faults,
        "zones": zones(),
        "trending": trending,
        "tried": {},
        "script": True,
    }


@cache
def zones() -> tuple[str, ...]:
    """Names of time zones to choose from."""
    return ("UTC", *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")))


def shown(subscription: ReaderDocument, zone: str = "UTC") -> Typed:
    """What the fields show of an entry under `subscriptions:`; of an empty one the defaults."""
    when = _when(str(subscription.get("when", "weekdays 07:30"))) or Schedule(at_once=True)
    days = frozenset(DAYS[day] for day in when.days)
    rhythm: Literal["daily", "weekdays", "chosen", "once"] = "chosen"
    if when.at_once:
        rhythm = "once"
    elif days in (_ALL, _WORKDAYS):
        rhythm = "daily" if days == _ALL else "weekdays"
    return Typed(
        name=_field_value(subscription.get("name")),
        zone=zone,
        rhythm=rhythm,
        days=days if rhythm == "chosen" else frozenset(),
        hour="07:30" if when.at_once else f"{when.hour:02}:{when.minute:02}",
        rows=tuple(
            replace(_row(rule), number=index, was=index) for index, rule in enumerate(subscription.get("rules") or [])
        ),
        exclude=_field_value(subscription.get("exclude")),
        categories=", ".join(map(_field_value, subscription.get("categories", ()))),
        updates=_field_value(subscription.get("updates")),
        quiet=subscription.get("quiet") == "send",
        limit=_field_value(str(subscription.get("limit", DEFAULTS["limit"]))),
        attach=_field_value(subscription.get("attach")),
        trending=subscription.get("trending") is not None,
    )


def typed(form: Form, before: Typed | None = None) -> Typed:
    """What was typed; a field that the form does not have says what it said `before`."""
    seen = before or Typed()
    lines = ("name", "zone", "hour", "exclude", "categories", "updates", "limit", "attach")
    given: dict[str, Any] = {each: _field_value(form.text(each)) for each in lines if each in form}
    if (rhythm := form.text("rhythm")) in ("daily", "weekdays", "chosen", "once"):
        days = frozenset(form.texts("day")) & _ALL
        given |= {"rhythm": rhythm, "days": days if rhythm == "chosen" else frozenset()}
    # A box that is not ticked is not posted; the form says in `boxes` which it has.
    given |= {each: each in form for each in ("quiet", "trending") if each in form.texts("boxes")}
    rows = [number for number in range(MOST_ROWS) if f"rule-{number}" in form]
    if rows:
        given["rows"] = tuple(_typed_row(form, number, seen) for number in rows)
    return replace(seen, **given)


def _typed_row(form: Form, number: int, seen: Typed) -> Row:
    prefix = f"rule-{number}"
    was = form.text(f"{prefix}-was")
    place = int(was) if re.fullmatch("[0-9]{1,3}", was) and int(was) < len(seen.rows) else None
    given: dict[str, Any] = {"number": number, "was": place, "text": _field_value(form.text(prefix))}
    if f"{prefix}-kind" in form:
        given["kind"] = "author" if form.text(f"{prefix}-kind") == "author" else "words"
    for name, read in (
        ("known", _lines),
        ("people", _lines),
        ("categories", _field_value),
        ("orcid", _field_value),
        ("unsure", _field_value),
    ):
        if f"{prefix}-{name}" in form:
            given[name] = read(form.text(f"{prefix}-{name}"))
    row = replace(seen.rows[place] if place is not None else Row(), **given)
    chosen = paper_key(_field_value(form.text(f"{prefix}-choice")))
    return replace(row, known=f"{row.known}\n{chosen}".strip()) if chosen and chosen not in row.known else row


def _row(rule: Any) -> Row:
    """A rule of a document as its fields show it."""
    if not isinstance(rule, dict):
        return Row(text=_field_value(rule))
    if "author" not in rule:
        return Row(text=_field_value(rule.get("query")))
    return Row(
        kind="author",
        text=_field_value(rule["author"]),
        known="\n".join(map(_field_value, rule.get("known", ()))),
        people="\n".join(map(_field_value, rule.get("with", ()))),
        categories=", ".join(map(_field_value, rule.get("categories", ()))),
        orcid=_field_value(rule.get("ids", {}).get("orcid")),
        unsure=rule.get("when_unsure", "ask"),
    )


def _has(rule: Any, key: str) -> bool:
    return isinstance(rule, dict) and key in rule


def _put(new: ReaderDocument, key: str, value: Any) -> None:
    """What says nothing is left out."""
    if value is None or value == "" or value == []:
        new.pop(key, None)
    else:
        new[key] = value


def _when(text: str) -> Schedule | None:
    try:
        return Schedule.parse(text)
    except ValueError:
        return None


def _field_value(value: object) -> str:
    """The value of a form field: one line, empty for None."""
    return one_line(str(value)) if value else ""


def _lines(text: str) -> str:
    return "\n".join(filter(None, map(_field_value, text.split("\n"))))


def _codes(text: str) -> list[str]:
    return [code.strip() for code in _LISTED.split(text) if code.strip()]


def _papers(text: str) -> list[str]:
    """Papers by their ids, whatever stands between them: none has a space in it."""
    return [word for part in text.split() if (word := part.rstrip(",;"))]
