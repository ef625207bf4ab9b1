"""Drafts the issue of a subscription from its candidates, with its missing sources and the trending section."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest.errors import SetAside
from digest.issues import Absence, Candidate, Issue, IssueKind, Item, Section
from digest.issues.card_order import arrange_cards, featured_section
from digest.issues.due_issue import day_of
from digest.mail.journal_entry import paper_mark
from digest.papers import Paper
from digest.papers.updates import Arrival
from digest.store import Answers, IssueEntry, Store
from digest.subscriptions import ScheduleSlot, Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeResult:
    """The result of one due subscription: an issue, a quiet slot, or a fault."""

    subscriber: str
    subscription: str
    slot: str = ""
    papers: int = 0
    more: int = 0
    quiet: bool = False
    absences: tuple[Absence, ...] = ()
    set_aside: tuple[SetAside, ...] = ()  # papers that could not be matched or shown, a template
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class SourceOutlook:
    """The sources that are late or failed, and the services that bring nothing today, and why."""

    absences: tuple[Absence, ...] = ()
    rests: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)  # what each service calls itself, by its kind


def with_answers(reader: str, subscription: Subscription, answers: Answers) -> Subscription:
    """The subscription with the reader's answers about its followed authors."""
    rules = tuple(
        replace(rule, person=rule.person.answered(said))
        if rule.person and (said := answers.get((reader, rule.person.name)))
        else rule
        for rule in subscription.rules
    )
    return replace(subscription, rules=rules)


def known_papers(subscriptions: Iterable[Subscription], store: Store) -> dict[str, Paper]:
    """The papers that readers have named as someone's or as not theirs, as far as they are in the store."""
    people = {rule.person for subscription in subscriptions for rule in subscription.rules if rule.person}
    return store.papers.get_many({key for person in people for key in person.named})


def with_absences(issue: Issue, subscription: Subscription, outlook: SourceOutlook, following: ScheduleSlot) -> Issue:
    """The issue with its missing sources and the day of the next one; only for scheduled issues."""
    rests = [(kind, why) for kind, why in outlook.rests.items() if kind in (subscription.sources or outlook.rests)]
    return replace(
        issue,
        absences=tuple(each for each in outlook.absences if each.concerns(subscription)),
        services=outlook.services,
        rests=tuple(rests) if subscription.rules else (),
        next_on=day_of(following.local),
    )


def trending_section(
    subscription: Subscription, known: Collection[int], listed: Callable[[], Sequence[Arrival]]
) -> Section | None:
    """The trending section, where the subscription has one.

    The list of a day still grows when the day's letter has gone, so it is looked at again for two days.
    """
    return featured_section(subscription.trending, listed(), known) if subscription.trending else None


def events_told(candidates: Iterable[Candidate], trend: Section | None) -> Iterator[tuple[int, str]]:
    """What an issue of these candidates tells, as (work, event), also behind "+ n more"."""
    yield from ((candidate.work, candidate.event) for candidate in candidates)
    yield from ((item.work, item.event) for item in (trend.items if trend else ()))


def paper_marks(reader: str, candidates: Iterable[Candidate], trend: Section | None) -> list[str]:
    """The marks of what an issue tells its reader, by which a journal remembers it."""
    told: tuple[Candidate | Item, ...] = (*candidates, *(trend.items if trend else ()))
    return list({paper_mark(reader, each.paper.key, each.event): None for each in told})


def draft_issue(
    reader: Subscriber,
    subscription: Subscription,
    candidates: Collection[Candidate],
    *,
    kind: IssueKind,
    slot: str,
    number: int,
    since: datetime,
    now: datetime,
    trend: Section | None = None,
    had: Container[int] = (),
) -> Issue:
    """The issue of one subscription out of what is fresh for its reader, and what others vote for.

    `had`: the works of which the reader was sent something.
    """
    return Issue(
        subscriber=reader,
        subscription=subscription.name,
        when=subscription.when,
        kind=kind,
        slot=slot,
        number=number,
        date=now.astimezone(reader.timezone),
        since=since.astimezone(reader.timezone),
        sections=(*arrange_cards(subscription, candidates, had), *((trend,) if trend else ())),
        attach=subscription.attach,
        rules_count=sum(rule.author is None for rule in subscription.rules),
        authors_count=sum(rule.author is not None for rule in subscription.rules),
    )


def issue_contents(issue: Issue, candidates: Iterable[Candidate]) -> tuple[IssueEntry, ...]:
    """What the store keeps of an issue: its cards in order, then what is behind "+ n more", the latest arrival first.

    Of a work with two events one is listed, and both count as sent.
    """
    cards = [
        (IssueEntry(record=item.record, event=item.event, section=section.title), item.work)
        for section in issue.sections
        for item in section.items
    ]
    told = {(work, entry.event) for entry, work in cards}
    listed = {work for _, work in cards}
    behind = []
    for each in reversed(list(candidates)):
        if (each.work, each.event) not in told:
            told.add((each.work, each.event))
            behind.append(IssueEntry(record=each.record, event=each.event, listed=each.work not in listed))
            listed.add(each.work)
    return (*(entry for entry, _ in cards), *behind)
