"""Validation of the subscription form: errors by field, each with its remedy."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from digest.config.subscriber_yaml import Mistake, mistakes
from digest.store import ReaderDocument
from digest.text.translations import Translations
from digest.website.forms import RuleFields, SubscriptionFields, fields_of_entry

MAX_RULES = 40
MAX_RULE_LENGTH = 500
"""Characters."""

_MAX_LENGTHS = {"name": 100, "exclude": MAX_RULE_LENGTH, "categories": 1000, "zone": 64}
_MAX_RULE_LENGTHS = {"categories": 1000, "orcid": 100}
_MAX_LINES, _MAX_LINE_LENGTH = 50, 200
_MAX_ADDRESS_LENGTH = 254


@dataclass(frozen=True, slots=True)
class FormError:
    """One error of one field."""

    what: str
    foreign: bool = False  # in English whatever the language of the page, from the config's own checks


FormErrors = Mapping[str, tuple[FormError, ...]]
"""Errors by the id of the field, in the order of the form."""


def form_errors(
    document: ReaderDocument,
    typed: SubscriptionFields,
    t: Translations,
    *,
    at: int = 0,
    sources: Collection[str] | None = None,
    before: ReaderDocument | None = None,
) -> FormErrors:
    """Validates a reader's document whose subscription number `at` came from the form; empty if valid.

    `before` is the subscription that the form had shown: limits on length do not apply to unchanged values.
    """
    found: dict[str, list[FormError]] = {}
    for field, fault in [*_limit_errors(document, typed, t, before), *_config_errors(document, typed, t, at, sources)]:
        found.setdefault(field, []).append(fault)
    order = ["email", *(name for row in typed.rows for name in _rule_field_ids(row)), *_FIELD_ORDER]
    return {
        field: tuple(dict.fromkeys(found[field]))
        for field in sorted(found, key=lambda field: order.index(field) if field in order else len(order))
    }


_FIELD_ORDER = (
    "days",
    "hour",
    "zone",
    "name",
    "exclude",
    "categories",
    "updates",
    "quiet",
    "limit",
    "attach",
    "trending",
)


def _rule_field_ids(row: RuleFields) -> list[str]:
    return [f"rule-{row.number}{part}" for part in ("", "-known", "-people", "-categories", "-orcid", "-unsure")]


def _limit_errors(
    document: ReaderDocument, typed: SubscriptionFields, t: Translations, before: ReaderDocument | None
) -> Iterator[tuple[str, FormError]]:
    seen = fields_of_entry(before or {})
    if len(str(document.get("email", ""))) > _MAX_ADDRESS_LENGTH:
        yield "email", FormError(t("form.too_long", _MAX_ADDRESS_LENGTH, count=_MAX_ADDRESS_LENGTH))
    for name, most in _MAX_LENGTHS.items():
        value = getattr(typed, name)
        if len(value) > most and value != getattr(seen, name):
            yield name, FormError(t("form.too_long", most, count=most))
    if len(typed.rules) > max(MAX_RULES, len(seen.rows)):
        yield f"rule-{typed.rules[MAX_RULES].number}", FormError(t("form.too_many_rules", MAX_RULES, count=MAX_RULES))
    for row in typed.rules:
        old = seen.rows[row.was] if row.was is not None and row.was < len(seen.rows) else RuleFields()
        place = f"rule-{row.number}"
        if len(row.text) > MAX_RULE_LENGTH and row.text != old.text:
            yield place, FormError(t("form.too_long", MAX_RULE_LENGTH, count=MAX_RULE_LENGTH))
        for name, most in _MAX_RULE_LENGTHS.items():
            value = getattr(row, name)
            if len(value) > most and value != getattr(old, name):
                yield f"{place}-{name}", FormError(t("form.too_long", most, count=most))
        for name in ("known", "people"):
            value = getattr(row, name)
            if value == getattr(old, name):
                continue
            if len(lines := value.split("\n")) > _MAX_LINES:
                yield f"{place}-{name}", FormError(t("form.too_many", _MAX_LINES, count=_MAX_LINES))
            elif any(len(line) > _MAX_LINE_LENGTH for line in lines):
                yield f"{place}-{name}", FormError(t("form.too_long", _MAX_LINE_LENGTH, count=_MAX_LINE_LENGTH))


def _config_errors(
    document: ReaderDocument, typed: SubscriptionFields, t: Translations, at: int, sources: Collection[str] | None
) -> Iterator[tuple[str, FormError]]:
    own = {"email": t("form.no_address"), "timezone": t("form.no_zone")}
    for each in mistakes(document, sources):
        match each.loc:
            case ("email" | "timezone" as key, *_):
                yield {"email": "email", "timezone": "zone"}[key], FormError(own[key])
            case ("subscriptions", int(number), "when", *_) if number == at:
                yield from _schedule_errors(typed, t)
            case ("subscriptions", int(number), *rest) if number == at:
                yield _subscription_error(each, tuple(rest), typed, t)
            case _:  # a key without a field in the form
                yield "name", FormError(each.what, foreign=True)


def _schedule_errors(typed: SubscriptionFields, t: Translations) -> Iterator[tuple[str, FormError]]:
    if typed.rhythm == "chosen" and not typed.days:
        yield "days", FormError(t("form.no_day"))
    if not typed.has_hour:
        yield "hour", FormError(t("form.no_hour"))


def _subscription_error(
    each: Mistake, rest: tuple[int | str, ...], typed: SubscriptionFields, t: Translations
) -> tuple[str, FormError]:
    match rest:
        case ("rules", int(number), *steps) if number < len(typed.rules):
            where = f" {t('form.column', character=each.character + 1)}" if each.character is not None else ""
            return _rule_field(typed.rules[number], steps), FormError(each.what + where, foreign=True)
        case ("limit", *_):
            return "limit", FormError(t("form.no_limit"))
        case (str(field), *_) if field in _FIELD_ORDER:
            if field == "name" and not typed.rules:
                return "rule-0", FormError(t("form.no_rule"))
            where = f" {t('form.column', character=each.character + 1)}" if each.character is not None else ""
            return field, FormError(each.what + where, foreign=True)
        case _ if not typed.rules and not typed.trending:
            return f"rule-{typed.rows[0].number if typed.rows else 0}", FormError(t("form.no_rule"))
        case _:
            return "trending" if typed.trending else "name", FormError(each.what, foreign=True)


def _placed(each: Mistake, t: Translations) -> str:
    """The text of a mistake, with the character of the rule where it is known."""
    if each.character is None:
        return each.what
    return f"{each.what} {t('form.column', character=each.character + 1)}"


def _rule_field(row: RuleFields, steps: list[int | str]) -> str:
    """The id of the field of a rule that a mistake is in."""
    parts = {"known": "known", "with": "people", "categories": "categories", "ids": "orcid", "when_unsure": "unsure"}
    part = parts.get(str(steps[0])) if steps else None
    return f"rule-{row.number}-{part}" if part else f"rule-{row.number}"
