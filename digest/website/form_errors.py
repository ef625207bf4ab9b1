"""What is wrong in the form of a subscription, field by field, in words that name the mend."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from digest.config.subscriber_yaml import Mistake, mistakes
from digest.store import ReaderDocument
from digest.text.translations import Translations
from digest.website.forms import Row, Typed, shown

MOST_RULES = 40
LONGEST_RULE = 500
"""Characters."""

_LONGEST = {"name": 100, "exclude": LONGEST_RULE, "categories": 1000, "zone": 64}
_LONGEST_OF_ROW = {"categories": 1000, "orcid": 100}
_MOST_LINES, _LONGEST_LINE = 50, 200
_LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that has to be mended."""

    what: str
    foreign: bool = False  # said in English, whatever the language of the page


Faults = Mapping[str, tuple[Fault, ...]]
"""By the id of the field, in the order of the form."""


def faults(
    document: ReaderDocument,
    typed: Typed,
    t: Translations,
    *,
    at: int = 0,
    sources: Collection[str] | None = None,
    before: ReaderDocument | None = None,
) -> Faults:
    """What is wrong with a reader's document whose subscription number `at` was typed; empty where nothing is.

    `before` is the subscription that the form had shown: what of it is unchanged is not found too long.
    """
    found: dict[str, list[Fault]] = {}
    for field, fault in [*_too_much(document, typed, t, before), *_judged(document, typed, t, at, sources)]:
        found.setdefault(field, []).append(fault)
    order = ["email", *(name for row in typed.rows for name in _names(row)), *_ORDER]
    return {
        field: tuple(dict.fromkeys(found[field]))
        for field in sorted(found, key=lambda field: order.index(field) if field in order else len(order))
    }


_ORDER = ("days", "hour", "zone", "name", "exclude", "categories", "updates", "quiet", "limit", "attach", "trending")


def _names(row: Row) -> list[str]:
    return [f"rule-{row.number}{part}" for part in ("", "-known", "-people", "-categories", "-orcid", "-unsure")]


def _too_much(
    document: ReaderDocument, typed: Typed, t: Translations, before: ReaderDocument | None
) -> Iterator[tuple[str, Fault]]:
    seen = shown(before or {})
    if len(str(document.get("email", ""))) > _LONGEST_ADDRESS:
        yield "email", Fault(t("form.too_long", _LONGEST_ADDRESS, count=_LONGEST_ADDRESS))
    for name, most in _LONGEST.items():
        value = getattr(typed, name)
        if len(value) > most and value != getattr(seen, name):
            yield name, Fault(t("form.too_long", most, count=most))
    if len(typed.rules) > max(MOST_RULES, len(seen.rows)):
        yield f"rule-{typed.rules[MOST_RULES].number}", Fault(t("form.too_many_rules", MOST_RULES, count=MOST_RULES))
    for row in typed.rules:
        old = seen.rows[row.was] if row.was is not None and row.was < len(seen.rows) else Row()
        place = f"rule-{row.number}"
        if len(row.text) > LONGEST_RULE and row.text != old.text:
            yield place, Fault(t("form.too_long", LONGEST_RULE, count=LONGEST_RULE))
        for name, most in _LONGEST_OF_ROW.items():
            value = getattr(row, name)
            if len(value) > most and value != getattr(old, name):
                yield f"{place}-{name}", Fault(t("form.too_long", most, count=most))
        for name in ("known", "people"):
            value = getattr(row, name)
            if value == getattr(old, name):
                continue
            if len(lines := value.split("\n")) > _MOST_LINES:
                yield f"{place}-{name}", Fault(t("form.too_many", _MOST_LINES, count=_MOST_LINES))
            elif any(len(line) > _LONGEST_LINE for line in lines):
                yield f"{place}-{name}", Fault(t("form.too_long", _LONGEST_LINE, count=_LONGEST_LINE))


def _judged(
    document: ReaderDocument, typed: Typed, t: Translations, at: int, sources: Collection[str] | None
) -> Iterator[tuple[str, Fault]]:
    own = {"email": t("form.no_address"), "timezone": t("form.no_zone")}
    for each in mistakes(document, sources):
        match each.loc:
            case ("email" | "timezone" as key, *_):
                yield {"email": "email", "timezone": "zone"}[key], Fault(own[key])
            case ("subscriptions", int(number), "when", *_) if number == at:
                yield from _of_when(typed, t)
            case ("subscriptions", int(number), *rest) if number == at:
                yield _of_subscription(each, tuple(rest), typed, t)
            case _:  # what the form does not show
                yield "name", Fault(each.what, foreign=True)


def _of_when(typed: Typed, t: Translations) -> Iterator[tuple[str, Fault]]:
    if typed.rhythm == "chosen" and not typed.days:
        yield "days", Fault(t("form.no_day"))
    if not typed.has_hour:
        yield "hour", Fault(t("form.no_hour"))


def _of_subscription(each: Mistake, rest: tuple[int | str, ...], typed: Typed, t: Translations) -> tuple[str, Fault]:
    match rest:
        case ("rules", int(number), *steps) if number < len(typed.rules):
            where = f" {t('form.column', character=each.character + 1)}" if each.character is not None else ""
            return _of_rule(typed.rules[number], steps), Fault(each.what + where, foreign=True)
        case ("limit", *_):
            return "limit", Fault(t("form.no_limit"))
        case (str(field), *_) if field in _ORDER:
            if field == "name" and not typed.rules:
                return "rule-0", Fault(t("form.no_rule"))
            where = f" {t('form.column', character=each.character + 1)}" if each.character is not None else ""
            return field, Fault(each.what + where, foreign=True)
        case _ if not typed.rules and not typed.trending:
            return f"rule-{typed.rows[0].number if typed.rows else 0}", Fault(t("form.no_rule"))
        case _:
            return "trending" if typed.trending else "name", Fault(each.what, foreign=True)


def _placed(each: Mistake, t: Translations) -> str:
    """A mistake and, in a rule, at which character it is."""
    if each.character is None:
        return each.what
    return f"{each.what} {t('form.column', character=each.character + 1)}"


def _of_rule(row: Row, steps: list[int | str]) -> str:
    """The field of a rule that a mistake is in."""
    parts = {"known": "known", "with": "people", "categories": "categories", "ids": "orcid", "when_unsure": "unsure"}
    part = parts.get(str(steps[0])) if steps else None
    return f"rule-{row.number}-{part}" if part else f"rule-{row.number}"
