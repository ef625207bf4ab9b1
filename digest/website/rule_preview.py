"""Preview of one rule in a form: how many recent papers match, samples, advice, and authors who share a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.authors import AuthorCluster
from digest.config.subscriber_yaml import subscriber_from
from digest.papers import Paper
from digest.render.labels import joined
from digest.render.links import page_of
from digest.render.math import readable
from digest.store import ReaderDocument, Store
from digest.subscriptions import Subscription
from digest.subscriptions.backtest import Backtest, BacktestCorpus
from digest.text import strip_controls
from digest.text.translations import Translations
from digest.website.form_errors import FormError, form_errors
from digest.website.forms import RuleFields, SubscriptionFields

_MAX_SAMPLES = 3
_MAX_AUTHOR_CHOICES = 6
_MAX_ADVICE = 4
_MAX_ADVICE_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePaper:
    """A matching paper."""

    title: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorChoice:
    """One of several authors of the same name, known by one of their papers."""

    key: str
    who: str
    paper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePreview:
    """The texts below the row of a rule; the template tried.html.j2 reads the attributes."""

    row: int
    faults: Sequence[FormError] = ()
    read: str = ""
    would: str = ""
    samples_head: str = ""
    samples: Sequence[SamplePaper] = ()
    advice: Sequence[FormError] = ()
    people: str = ""
    anyone: str = ""
    choices: Sequence[AuthorChoice] = ()


def preview_rule(
    typed: SubscriptionFields, row: RuleFields, ground: BacktestCorpus, store: Store, t: Translations
) -> RulePreview:
    """Back-tests the rule of a row, within `exclude` and `categories` of its subscription if these are valid."""
    wanted = _single_rule(typed, row, t)
    if not isinstance(wanted, Subscription):
        return RulePreview(row=row.number, faults=wanted)
    rule = wanted.rules[0]
    within = wanted.within(rule.query)
    if not len(ground):
        return RulePreview(
            row=row.number, read=t("trial.read", rule=rule.query.canonical_text), would=t("trial.no_papers")
        )
    known = store.papers.get_many(set(rule.person.named)) if rule.person else {}
    found = ground.backtest(rule, within=within, known=known, wider=False)
    people = ground.groups(rule.person)[:_MAX_AUTHOR_CHOICES] if rule.person and rule.person.is_bare else ()
    synonyms = [] if rule.person else ground.synonyms(rule.query)
    advice = [FormError(text[:_MAX_ADVICE_LENGTH], foreign=True) for text in found.advice]
    advice += [
        FormError(t("trial.synonym", term=term, others=" / ".join(others), rule=_either(term, others[0])))
        for term, others in synonyms
    ]
    return RulePreview(
        row=row.number,
        read="" if rule.person else t("trial.read", rule=rule.query.canonical_text),
        would=_frequency_text(found, ground, t),
        samples_head=t("trial.samples"),
        samples=[_sample(paper) for paper in found.samples[:_MAX_SAMPLES]],
        advice=[*(FormError(hint.what, foreign=True) for hint in rule.query.hints), *advice][:_MAX_ADVICE],
        people=t("trial.people", len(people), name=row.text, count=len(people)) if len(people) > 1 else "",
        anyone=t("trial.anyone"),
        choices=[_choice(group, t) for group in people] if len(people) > 1 else (),
    )


def _single_rule(typed: SubscriptionFields, row: RuleFields, t: Translations) -> Subscription | tuple[FormError, ...]:
    """A subscription of this rule alone, or the errors of the rule."""
    row = replace(row, was=None)  # the only rule of its subscription
    bounded = replace(typed, rows=(row,), trending=False)
    found: tuple[FormError, ...] = ()
    for each in (bounded, SubscriptionFields(rows=(row,))):
        document = _document(each)
        wrong = form_errors(document, each, t)
        if not wrong:
            return subscriber_from("tried", document, "en").subscriptions[0]
        found = tuple(fault for field, some in wrong.items() if field.startswith("rule-") for fault in some)
    return found


def _document(typed: SubscriptionFields) -> ReaderDocument:
    entry = SubscriptionFields(rows=typed.rows, exclude=typed.exclude, categories=typed.categories, name="tried")
    return {"email": "somebody@example.org", "subscriptions": [entry.subscription()]}


def _frequency_text(found: Backtest, ground: BacktestCorpus, t: Translations) -> str:
    days = (ground.last - ground.first).days + 1
    if not found.matches:
        return t("trial.never", days=days)
    if found.matches == 1:
        return t("trial.once", days=days)
    if found.per_day < 1:
        return t("trial.seldom", count=found.matches, days=days)
    if found.per_day < 1.5:
        return t("trial.one_a_day", days=days, all=f"{found.matches:,}")
    return t("trial.a_day", count=f"{found.per_day:.0f}", days=days, all=f"{found.matches:,}")


def _sample(paper: Paper) -> SamplePaper:
    return SamplePaper(title=readable(strip_controls(paper.title)), path=page_of(paper.key))


def _choice(group: AuthorCluster, t: Translations) -> AuthorChoice:
    fields, count = joined(t, group.categories[:4]) or t("trial.no_field"), len(group.papers)
    people = joined(t, map(strip_controls, group.coauthors[:3]))
    if people:
        who = t("trial.papers_with", count, count=count, fields=fields, people=people)
    else:
        who = t("trial.papers_in", count, count=count, fields=fields)
    return AuthorChoice(
        key=group.papers[0].key,
        who=who,
        paper=t("trial.latest", title=strip_controls(group.papers[0].title)),
    )


def _either(term: str, other: str) -> str:
    return f"({_quoted(term)} OR {_quoted(other)})"


def _quoted(term: str) -> str:
    return f'"{term}"' if " " in term else term
