"""One rule of a form tried out on the papers of the last days: what it would have brought, and who bears a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.authors import AuthorCluster
from digest.config.subscriber_yaml import reader_of
from digest.papers import Paper
from digest.render.labels import joined
from digest.render.links import page_of
from digest.render.math import readable
from digest.store import ReaderDocument, Store
from digest.subscriptions import Subscription
from digest.subscriptions.backtest import Backtest, BacktestCorpus
from digest.text import strip_controls
from digest.text.translations import Translations
from digest.website.form_errors import Fault, faults
from digest.website.forms import Row, Typed

_SAMPLES = 3
_MOST_PEOPLE = 6
_MOST_ADVICE = 4
_LONGEST_ADVICE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A paper that it would have brought."""

    title: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the people who bear a name, by one of their papers."""

    key: str
    who: str
    paper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is said of a rule below its row."""

    row: int
    faults: Sequence[Fault] = ()
    read: str = ""
    would: str = ""
    samples_head: str = ""
    samples: Sequence[Sample] = ()
    advice: Sequence[Fault] = ()
    people: str = ""
    anyone: str = ""
    choices: Sequence[Choice] = ()


def tried(typed: Typed, row: Row, ground: BacktestCorpus, store: Store, t: Translations) -> Trial:
    """The rule of this row, in the bounds of its subscription as far as these can be meant."""
    wanted = _alone(typed, row, t)
    if not isinstance(wanted, Subscription):
        return Trial(row=row.number, faults=wanted)
    rule = wanted.rules[0]
    within = wanted.within(rule.query)
    if not len(ground):
        return Trial(row=row.number, read=t("trial.read", rule=rule.query.canonical_text), would=t("trial.no_papers"))
    known = store.papers.get_many(set(rule.person.named)) if rule.person else {}
    found = ground.backtest(rule, within=within, known=known, wider=False)
    people = ground.groups(rule.person)[:_MOST_PEOPLE] if rule.person and rule.person.is_bare else ()
    synonyms = [] if rule.person else ground.synonyms(rule.query)
    advice = [Fault(text[:_LONGEST_ADVICE], foreign=True) for text in found.advice]
    advice += [
        Fault(t("trial.synonym", term=term, others=" / ".join(others), rule=_either(term, others[0])))
        for term, others in synonyms
    ]
    return Trial(
        row=row.number,
        read="" if rule.person else t("trial.read", rule=rule.query.canonical_text),
        would=_would(found, ground, t),
        samples_head=t("trial.samples"),
        samples=[_sample(paper) for paper in found.samples[:_SAMPLES]],
        advice=[*(Fault(hint.what, foreign=True) for hint in rule.query.hints), *advice][:_MOST_ADVICE],
        people=t("trial.people", len(people), name=row.text, count=len(people)) if len(people) > 1 else "",
        anyone=t("trial.anyone"),
        choices=[_choice(group, t) for group in people] if len(people) > 1 else (),
    )


def _alone(typed: Typed, row: Row, t: Translations) -> Subscription | tuple[Fault, ...]:
    """A subscription of this rule alone; or what is wrong with the rule."""
    row = replace(row, was=None)  # here it is the only one
    bounded = replace(typed, rows=(row,), trending=False)
    found: tuple[Fault, ...] = ()
    for each in (bounded, Typed(rows=(row,))):
        document = _document(each)
        wrong = faults(document, each, t)
        if not wrong:
            return reader_of("tried", document, "en").subscriptions[0]
        found = tuple(fault for field, some in wrong.items() if field.startswith("rule-") for fault in some)
    return found


def _document(typed: Typed) -> ReaderDocument:
    entry = Typed(rows=typed.rows, exclude=typed.exclude, categories=typed.categories, name="tried")
    return {"email": "somebody@example.org", "subscriptions": [entry.subscription()]}


def _would(found: Backtest, ground: BacktestCorpus, t: Translations) -> str:
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


def _sample(paper: Paper) -> Sample:
    return Sample(title=readable(strip_controls(paper.title)), path=page_of(paper.key))


def _choice(group: AuthorCluster, t: Translations) -> Choice:
    fields, count = joined(t, group.categories[:4]) or t("trial.no_field"), len(group.papers)
    people = joined(t, map(strip_controls, group.coauthors[:3]))
    if people:
        who = t("trial.papers_with", count, count=count, fields=fields, people=people)
    else:
        who = t("trial.papers_in", count, count=count, fields=fields)
    return Choice(
        key=group.papers[0].key,
        who=who,
        paper=t("trial.latest", title=strip_controls(group.papers[0].title)),
    )


def _either(term: str, other: str) -> str:
    return f"({_quoted(term)} OR {_quoted(other)})"


def _quoted(term: str) -> str:
    return f'"{term}"' if " " in term else term
