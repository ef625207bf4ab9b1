"""The subscription form: converts between entries of a document and form fields, both ways and without loss.

Only a field whose text differs from what the form had shown changes the entry; keys without a field stay as they are.
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
MAX_ROWS = 200
"""Rows of a form that are read; an empty row is no rule."""

_ALL_DAYS, _WORKDAYS = frozenset(DAYS), frozenset(DAYS[:5])
_SEPARATORS = re.compile(r"[,;\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFields:
    """The fields of one rule; templates read its attributes."""

    number: int = 0  # in the names of its fields: rule-0, rule-1
    was: int | None = None  # index of the rule in the stored entry
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
        """The entry under `rules:`; `old` is the stored entry, or None."""
        seen = _rule_of_entry(old)
        if seen.kind != self.kind or seen.text != self.text:
            kept = {"syntax": old["syntax"]} if self.kind == seen.kind == "words" and _has_key(old, "syntax") else {}
            old, seen = {"query": self.text} | kept if kept else self.text, RuleFields(text=self.text)
            if self.kind == "author":
                old = {"author": self.text}
        return old if self.kind == "words" else self._person(dict(old), seen)

    def _person(self, new: ReaderDocument, seen: RuleFields) -> ReaderDocument:
        ids = dict(new.get("ids", {}))
        if self.orcid != seen.orcid:
            _set_or_remove(ids, "orcid", self.orcid)
            _set_or_remove(new, "ids", ids or None)
        if self.known != seen.known:
            _set_or_remove(new, "known", _split_papers(self.known))
        if self.people != seen.people:
            _set_or_remove(new, "with", self.people.split("\n") if self.people else [])
        if self.categories != seen.categories:
            _set_or_remove(new, "categories", _split_codes(self.categories))
        if self.unsure != seen.unsure:
            new["when_unsure"] = self.unsure
        return new


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFields:
    """The fields of a subscription; `zone` alone belongs to the reader. Templates read its attributes."""

    name: str = ""
    zone: str = "UTC"
    rhythm: Literal["daily", "weekdays", "chosen", "once"] = "weekdays"
    days: frozenset[str] = frozenset()
    hour: str = "07:30"
    rows: tuple[RuleFields, ...] = ()
    exclude: str = ""
    categories: str = ""
    updates: str = ""
    quiet: bool = False
    limit: str = str(DEFAULTS["limit"])
    attach: str = ""
    trending: bool = False

    @property
    def rules(self) -> tuple[RuleFields, ...]:
        """The rows that are not empty, in order."""
        return tuple(row for row in self.rows if row.text)

    @property
    def when(self) -> str:
        if self.rhythm == "once":
            return "at once"
        days = [day for day in DAYS if day in self.days]
        return f"{','.join(days) if self.rhythm == 'chosen' else self.rhythm} {self.hour}"

    @property
    def has_hour(self) -> bool:
        return _parse_when(f"daily {self.hour}") is not None

    @property
    def has_more(self) -> bool:
        """Whether any field under "More" differs from its default."""
        plain = SubscriptionFields(name=self.name, zone=self.zone, rhythm=self.rhythm, days=self.days, hour=self.hour)
        return replace(self, rows=()) != plain

    @property
    def blank(self) -> RuleFields:
        """An empty row, which site.js copies."""
        return RuleFields()

    def with_rows(self, more: int = 0) -> SubscriptionFields:
        """A copy with `more` empty rows at the end."""
        first = max((row.number for row in self.rows), default=-1) + 1
        return replace(self, rows=(*self.rows, *(RuleFields(number=first + index) for index in range(more))))

    def subscription(self, before: ReaderDocument | None = None) -> ReaderDocument:
        """The entry under `subscriptions:`, not validated; `before` is the stored entry that the form had shown."""
        seen, old = fields_of_entry(before or {}), before or {}
        new: ReaderDocument = dict(old)
        if before is None or self.name != seen.name:
            new["name"] = self.name or self._title()
        if before is None or _parse_when(self.when) != _parse_when(seen.when):
            new["when"] = self.when
        rules = old.get("rules") or []
        rows = [
            row.rule(rules[row.was] if row.was is not None and row.was < len(rules) else None) for row in self.rules
        ]
        if rows or "rules" in old:
            new["rules"] = rows
        _set_or_remove(new, "rules", new.get("rules", []))
        for key, value in (
            ("exclude", self.exclude),
            ("categories", _split_codes(self.categories)),
            ("updates", self.updates),
            ("quiet", "send" if self.quiet else ""),
            ("limit", int(self.limit) if re.fullmatch("[0-9]{1,6}", self.limit) else self.limit),
            ("attach", self.attach),
            ("trending", {} if self.trending else None),
        ):
            if getattr(self, key) != getattr(seen, key):
                _set_or_remove(new, key, value)
        return new

    def _title(self) -> str:
        """A name made from the first rule."""
        title = self.rules[0].text if self.rules else "Trending" if self.trending else ""
        return title if len(title) <= 60 else title[:59].rstrip() + "…"


def template_context(typed: SubscriptionFields, faults: Mapping[str, object], *, trending: bool) -> dict[str, Any]:
    """Variables of a template that includes subscription.html.j2; `trending`: whether that source is configured."""
    return {
        "typed": typed,
        "faults": faults,
        "zones": timezone_names(),
        "trending": trending,
        "tried": {},
        "script": True,
    }


@cache
def timezone_names() -> tuple[str, ...]:
    """Time zones to choose from (IANA names)."""
    return ("UTC", *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")))


def fields_of_entry(subscription: ReaderDocument, zone: str = "UTC") -> SubscriptionFields:
    """The fields that show an entry under `subscriptions:`; an empty entry gives the defaults."""
    when = _parse_when(str(subscription.get("when", "weekdays 07:30"))) or Schedule(at_once=True)
    days = frozenset(DAYS[day] for day in when.days)
    rhythm: Literal["daily", "weekdays", "chosen", "once"] = "chosen"
    if when.at_once:
        rhythm = "once"
    elif days in (_ALL_DAYS, _WORKDAYS):
        rhythm = "daily" if days == _ALL_DAYS else "weekdays"
    return SubscriptionFields(
        name=_field_value(subscription.get("name")),
        zone=zone,
        rhythm=rhythm,
        days=days if rhythm == "chosen" else frozenset(),
        hour="07:30" if when.at_once else f"{when.hour:02}:{when.minute:02}",
        rows=tuple(
            replace(_rule_of_entry(rule), number=index, was=index)
            for index, rule in enumerate(subscription.get("rules") or [])
        ),
        exclude=_field_value(subscription.get("exclude")),
        categories=", ".join(map(_field_value, subscription.get("categories", ()))),
        updates=_field_value(subscription.get("updates")),
        quiet=subscription.get("quiet") == "send",
        limit=_field_value(str(subscription.get("limit", DEFAULTS["limit"]))),
        attach=_field_value(subscription.get("attach")),
        trending=subscription.get("trending") is not None,
    )


def fields_of_form(form: Form, before: SubscriptionFields | None = None) -> SubscriptionFields:
    """The fields of a posted form; a field that was not posted keeps its value of `before`."""
    seen = before or SubscriptionFields()
    lines = ("name", "zone", "hour", "exclude", "categories", "updates", "limit", "attach")
    values: dict[str, Any] = {each: _field_value(form.value(each)) for each in lines if each in form}
    if (rhythm := form.value("rhythm")) in ("daily", "weekdays", "chosen", "once"):
        days = frozenset(form.values("day")) & _ALL_DAYS
        values |= {"rhythm": rhythm, "days": days if rhythm == "chosen" else frozenset()}
    # Browsers do not post an unticked box, so the hidden fields `boxes` name the boxes of the form.
    values |= {each: each in form for each in ("quiet", "trending") if each in form.values("boxes")}
    rows = [number for number in range(MAX_ROWS) if f"rule-{number}" in form]
    if rows:
        values["rows"] = tuple(_rule_of_form(form, number, seen) for number in rows)
    return replace(seen, **values)


def _rule_of_form(form: Form, number: int, seen: SubscriptionFields) -> RuleFields:
    prefix = f"rule-{number}"
    was = form.value(f"{prefix}-was")
    place = int(was) if re.fullmatch("[0-9]{1,3}", was) and int(was) < len(seen.rows) else None
    values: dict[str, Any] = {"number": number, "was": place, "text": _field_value(form.value(prefix))}
    if f"{prefix}-kind" in form:
        values["kind"] = "author" if form.value(f"{prefix}-kind") == "author" else "words"
    for name, read in (
        ("known", _lines),
        ("people", _lines),
        ("categories", _field_value),
        ("orcid", _field_value),
        ("unsure", _field_value),
    ):
        if f"{prefix}-{name}" in form:
            values[name] = read(form.value(f"{prefix}-{name}"))
    row = replace(seen.rows[place] if place is not None else RuleFields(), **values)
    chosen = paper_key(_field_value(form.value(f"{prefix}-choice")))
    return replace(row, known=f"{row.known}\n{chosen}".strip()) if chosen and chosen not in row.known else row


def _rule_of_entry(rule: Any) -> RuleFields:
    """The fields that show an entry under `rules:`."""
    if not isinstance(rule, dict):
        return RuleFields(text=_field_value(rule))
    if "author" not in rule:
        return RuleFields(text=_field_value(rule.get("query")))
    return RuleFields(
        kind="author",
        text=_field_value(rule["author"]),
        known="\n".join(map(_field_value, rule.get("known", ()))),
        people="\n".join(map(_field_value, rule.get("with", ()))),
        categories=", ".join(map(_field_value, rule.get("categories", ()))),
        orcid=_field_value(rule.get("ids", {}).get("orcid")),
        unsure=rule.get("when_unsure", "ask"),
    )


def _has_key(rule: Any, key: str) -> bool:
    return isinstance(rule, dict) and key in rule


def _set_or_remove(new: ReaderDocument, key: str, value: Any) -> None:
    """Sets a key, or removes it for an empty value."""
    if value is None or value == "" or value == []:
        new.pop(key, None)
    else:
        new[key] = value


def _parse_when(text: str) -> Schedule | None:
    try:
        return Schedule.parse(text)
    except ValueError:
        return None


def _field_value(value: object) -> str:
    """The value of a form field: one line, empty for None."""
    return one_line(str(value)) if value else ""


def _lines(text: str) -> str:
    return "\n".join(filter(None, map(_field_value, text.split("\n"))))


def _split_codes(text: str) -> list[str]:
    return [code.strip() for code in _SEPARATORS.split(text) if code.strip()]


def _split_papers(text: str) -> list[str]:
    """Ids of papers, separated by white space, commas or semicolons."""
    return [word for part in text.split() if (word := part.rstrip(",;"))]
