"""One rule of a form tried out on the papers of the last days: what it would have brought, and who bears a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.authors import Group
from digest.config.reader import reader_of
from digest.papers import Paper
from digest.render.links import page_of
from digest.render.math import readable
from digest.render.words.pages.forms import Forms
from digest.render.words.pages.trials import Trials
from digest.store import Document, Store
from digest.subscriptions import Subscription
from digest.subscriptions.backtest import Backtest, Ground
from digest.text import strip_controls
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


def tried(typed: Typed, row: Row, ground: Ground, store: Store, words: Forms, say: Trials) -> Trial:
    """The rule of this row, in the bounds of its subscription as far as these can be meant."""
    wanted = _alone(typed, row, words)
    if not isinstance(wanted, Subscription):
        return Trial(row=row.number, faults=wanted)
    rule = wanted.rules[0]
    within = wanted.within(rule.query)
    if not len(ground):
        return Trial(row=row.number, read=say.read.format(rule.query.spoken), would=say.no_papers)
    known = store.papers.get_many(set(rule.person.named)) if rule.person else {}
    found = ground.backtest(rule, within=within, known=known, wider=False)
    people = ground.groups(rule.person)[:_MOST_PEOPLE] if rule.person and rule.person.is_bare else ()
    synonyms = [] if rule.person else ground.synonyms(rule.query)
    advice = [Fault(text[:_LONGEST_ADVICE], foreign=True) for text in found.advice]
    advice += [
        Fault(say.synonym.format(term, " / ".join(others), f"({_quoted(term)} OR {_quoted(others[0])})"))
        for term, others in synonyms
    ]
    return Trial(
        row=row.number,
        read="" if rule.person else say.read.format(rule.query.spoken),
        would=_would(found, ground, say),
        samples_head=say.samples,
        samples=[_sample(paper) for paper in found.samples[:_SAMPLES]],
        advice=[*(Fault(hint.what, foreign=True) for hint in rule.query.hints), *advice][:_MOST_ADVICE],
        people=say.people.format(row.text, len(people)) if len(people) > 1 else "",
        anyone=say.anyone,
        choices=[_choice(group, say) for group in people] if len(people) > 1 else (),
    )


def _alone(typed: Typed, row: Row, words: Forms) -> Subscription | tuple[Fault, ...]:
    """A subscription of this rule alone; or what is wrong with the rule."""
    row = replace(row, was=None)  # here it is the only one
    bounded = replace(typed, rows=(row,), trending=False)
    found: tuple[Fault, ...] = ()
    for each in (bounded, Typed(rows=(row,))):
        document = _document(each)
        wrong = faults(document, each, words)
        if not wrong:
            return reader_of("tried", document, "en").subscriptions[0]
        found = tuple(fault for field, some in wrong.items() if field.startswith("rule-") for fault in some)
    return found


def _document(typed: Typed) -> Document:
    entry = Typed(rows=typed.rows, exclude=typed.exclude, categories=typed.categories, name="tried")
    return {"email": "somebody@example.org", "subscriptions": [entry.subscription()]}


def _would(found: Backtest, ground: Ground, say: Trials) -> str:
    days = (ground.last - ground.first).days + 1
    if not found.matches:
        return say.never.format(days)
    if found.matches == 1:
        return say.once.format(days)
    if found.per_day < 1:
        return say.seldom.format(found.matches, days)
    if found.per_day < 1.5:
        return say.one_a_day.format(days, f"{found.matches:,}")
    return say.a_day.format(f"{found.per_day:.0f}", days, f"{found.matches:,}")


def _sample(paper: Paper) -> Sample:
    return Sample(title=readable(strip_controls(paper.title)), path=page_of(paper.key))


def _choice(group: Group, say: Trials) -> Choice:
    fields = ", ".join(group.categories[:4]) or say.no_field
    with_ = say.with_.format(", ".join(map(strip_controls, group.coauthors[:3]))) if group.coauthors else ""
    count = len(group.papers)
    return Choice(
        key=group.papers[0].key,
        who=(say.one_of if count > 1 else say.one_paper).format(count, fields, with_),
        paper=say.latest.format(strip_controls(group.papers[0].title)),
    )


def _quoted(term: str) -> str:
    return f'"{term}"' if " " in term else term
