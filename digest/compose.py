"""From the store into the outbox: what is due, what matched, one issue, one letter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache

from digest.arrival import LOOK_BACK, Arrival
from digest.delivery import Envelope
from digest.errors import DigestError
from digest.issue import Absence, Candidate, Issue, Kind, Rulebook, Section, arrange, featured, match, wanted
from digest.paper import Paper
from digest.portraits import enriched
from digest.store import Answers, Due, Plan, Publication, Store
from digest.subscription import Slot, Subscriber, Subscription, first_slot, latest_slot, next_slot

OVERLAP = timedelta(days=2)
"""How far a subscription reads back behind its cursor, which only bounds the search; the memory decides."""

_ALERT, _DAILY, _LONG = timedelta(hours=12), timedelta(hours=36), timedelta(days=5)
"""How long a letter is worth sending; then its papers are told in the next issue."""

Press = Callable[[Issue], Envelope]
"""What prints an issue: from its parts to the bytes of one letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What became of one due subscription."""

    subscriber: str
    subscription: str
    slot: str = ""
    papers: int = 0
    more: int = 0
    quiet: bool = False
    absences: tuple[Absence, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the sources could not bring: what is late or out, and which services rest today, and why."""

    absences: tuple[Absence, ...] = ()
    rests: Mapping[str, str] = field(default_factory=dict)


def compose(
    subscribers: Sequence[Subscriber],
    store: Store,
    press: Press,
    *,
    now: datetime,
    book: Rulebook | None = None,
    outlook: Callable[[], Outlook] = Outlook,
    tell: Callable[[Composed], None] = lambda _: None,
) -> list[Composed]:
    """Write one issue for every subscription that is due; a reader whose letter fails stops no other and stays due.

    `book` has the rules of these readers, ready; without it they are made ready now. `outlook` is asked where something
    is due.
    """
    subscribers = _staying(subscribers, store)
    desks = {
        (reader.id, subscription.name): (reader, subscription)
        for reader in subscribers
        for subscription in reader.subscriptions
    }
    enrol(subscribers, store, now=now)
    rows = [row for row in store.due(now) if (row.subscriber, row.name) in desks]
    if store.supersede([(row.subscriber, row.name) for row in rows if row.slot], now=now):
        rows = [row for row in store.due(now) if (row.subscriber, row.name) in desks]  # they read back further now
    answers = store.answers({row.subscriber for row in rows})
    due = []
    for row in rows:
        reader, subscription = desks[row.subscriber, row.name]
        due.append(_Task(row, reader, answered(reader.id, subscription, answers), now))
    awake = [task for task in due if not _asleep(task, store, now)]
    listed = cache(lambda since: store.dated(since, now))
    without = outlook() if awake else Outlook()
    results = []
    for task, candidates in _candidates(awake, book or Rulebook.of(subscribers), store, now):
        result = _compose_one(task, candidates, store, press, listed, without, now)
        if result:
            tell(result)
            results.append(result)
    return results


def _staying(subscribers: Sequence[Subscriber], store: Store) -> Sequence[Subscriber]:
    """The readers without what they have left; a subscription that they come back to goes on where it was."""
    left = store.departures()
    if not left:
        return subscribers
    return [
        replace(
            reader,
            subscriptions=tuple(
                each
                for each in reader.subscriptions
                if (reader.id, each.name) not in left and (reader.id, "") not in left
            ),
        )
        for reader in subscribers
    ]


def enrol(subscribers: Sequence[Subscriber], store: Store, *, now: datetime) -> None:
    """Bring the clock rows in line with the config; what is new or changed is due today, unless today had its issue."""
    zones = {reader.id: reader.timezone for reader in subscribers}
    plans = {
        (reader.id, subscription.name): subscription for reader in subscribers for subscription in reader.subscriptions
    }

    def schedule(subscriber: str, name: str, last_local: str | None) -> tuple[datetime, str] | None:
        when, zone = plans[subscriber, name].when, zones[subscriber]
        if when.at_once:
            return None
        slot = first_slot(when, zone, now)
        last_day = _day(last_local) if last_local else None
        if last_day and _day(slot.local) <= last_day:  # today has had its issue
            slot = next_slot(when, zone, now, not_on=last_day)
        return slot.due, slot.local

    store.sync(
        [
            Plan(subscriber=reader.id, name=subscription.name, timing=f"{subscription.when} {reader.timezone.key}")
            for reader in subscribers
            for subscription in reader.subscriptions
        ],
        schedule,
        now=now,
    )


def _lifetime(interval: timedelta) -> timedelta:
    """Of a letter whose next is so far away; RFC 5321 section 4.5.4.1 wants four to five days where nothing hurries."""
    return _DAILY if interval <= timedelta(days=1, hours=1) else _LONG


class _Task:
    """A due row with its reader, its subscription and the window that it reads."""

    def __init__(self, row: Due, reader: Subscriber, subscription: Subscription, now: datetime) -> None:
        self.row = row
        self.reader = reader
        self.subscription = subscription
        changed = row.fingerprint is not None and row.fingerprint != subscription.fingerprint
        look_back = now - LOOK_BACK
        self.begins = look_back if row.cursor is None else row.cursor  # where the last issue ended
        self.since = self.begins if row.cursor is None else row.cursor - OVERLAP  # where the search begins
        if changed:
            self.since = min(self.since, look_back)

    def slot(self, now: datetime) -> Slot:
        """The newest slot that has passed, so that days of silence give one issue; of an alert its newest arrival."""
        when = self.subscription.when
        if when.at_once:
            return Slot(local=f"arrival {self.row.newest}", due=now)
        return latest_slot(when, self.reader.timezone, now)

    def next(self, now: datetime, slot: Slot) -> Slot | None:
        when = self.subscription.when
        if when.at_once:
            return None
        return next_slot(when, self.reader.timezone, now, not_on=_day(slot.local))


def _day(local: str) -> date:
    """The local date of a slot."""
    return datetime.fromisoformat(local).date()


def _asleep(task: _Task, store: Store, now: datetime) -> bool:
    """A paused reader's slots pass in silence; the cursor stays, so the first issue afterwards has it all."""
    until = task.reader.pause_until
    if until is None or now.astimezone(task.reader.timezone).date() >= until:
        return False
    if not task.subscription.when.at_once:
        _pass_over(task, store, now)
    return True


def _pass_over(task: _Task, store: Store, now: datetime) -> None:
    """Let a slot go by without an issue, or an alert without news."""
    following = task.next(now, task.slot(now))
    store.advance(
        task.row.id,
        next_due=following.due if following else None,
        next_slot=following.local if following else None,
        seen=task.row.newest,
    )


def answered(reader: str, subscription: Subscription, answers: Answers) -> Subscription:
    """The subscription with what its reader has answered about the people in it."""
    rules = tuple(
        replace(rule, person=rule.person.answered(said))
        if rule.person and (said := answers.get((reader, rule.person.name)))
        else rule
        for rule in subscription.rules
    )
    return replace(subscription, rules=rules)


def _candidates(
    tasks: Sequence[_Task], book: Rulebook, store: Store, now: datetime
) -> Iterator[tuple[_Task, list[Candidate]]]:
    """Every task with what its rules match in its window."""
    if not tasks:
        return
    arrivals = store.arrivals(min(task.since for task in tasks), now)
    desks = [(task.reader.id, task.subscription) for task in tasks]
    known = known_papers([subscription for _, subscription in desks], store)
    for task, found in zip(tasks, match(book, desks, arrivals, known), strict=True):
        yield task, [candidate for candidate in found if candidate.at > task.since]


def known_papers(subscriptions: Iterable[Subscription], store: Store) -> dict[str, Paper]:
    """The papers that readers have named as someone's or as not theirs, as far as they are in the store."""
    people = {rule.person for subscription in subscriptions for rule in subscription.rules if rule.person}
    return store.called({key for person in people for key in person.named})


def _compose_one(
    task: _Task,
    candidates: Iterable[Candidate],
    store: Store,
    press: Press,
    listed: Callable[[datetime], Sequence[Arrival]],
    outlook: Outlook,
    now: datetime,
) -> Composed | None:
    told = store.told(task.reader.id)
    fresh = [candidate for candidate in candidates if wanted(candidate, told, task.subscription.updates)]
    known = {work for work, _ in told} | {candidate.work for candidate in fresh}
    trend = _trend(task.subscription, known, lambda: listed(task.since))
    if not fresh and task.subscription.when.at_once:
        _pass_over(task, store, now)
        return None
    kind: Kind = "alert" if task.subscription.when.at_once else "scheduled"
    slot = task.slot(now)
    following = task.next(now, slot)
    issue = draw_up(
        task.reader,
        task.subscription,
        fresh,
        kind=kind,
        slot=slot.local,
        number=task.row.number,
        since=task.begins,
        now=now,
        trend=trend,
    )
    issue = enriched(issue, task.subscription, store)
    if following:
        issue = _with_absences(issue, task.subscription, outlook, following)
    quiet = not issue.sections and task.subscription.quiet == "silent"
    result = Composed(
        subscriber=task.reader.id,
        subscription=task.subscription.name,
        slot=slot.local,
        papers=issue.count,
        more=issue.more,
        quiet=quiet,
        absences=issue.absences,
    )
    try:
        publication = Publication(
            due=task.row.id,
            subscriber=task.reader.id,
            subscription=task.subscription.name,
            kind=kind,
            slot=slot.local,
            number=task.row.number,
            created=now,
            since=task.since,
            until=now,
            items=items_of(issue),
            told=tuple(dict.fromkeys((*_events(fresh), *_shown(trend)))),
            envelope=None if quiet else press(issue),
            next_due=following.due if following else None,
            next_slot=following.local if following else None,
            fingerprint=task.subscription.fingerprint,
            seen=task.row.newest,
            expires=now + (_lifetime(following.due - slot.due) if following else _ALERT),
        )
        store.publish(publication)
    except DigestError as error:
        return replace(result, fault=str(error))
    return result


def _with_absences(issue: Issue, subscription: Subscription, outlook: Outlook, following: Slot) -> Issue:
    """A scheduled issue tells what it had to do without; an alert is about what came."""
    rests = [(kind, why) for kind, why in outlook.rests.items() if kind in (subscription.sources or outlook.rests)]
    return replace(
        issue,
        absences=tuple(each for each in outlook.absences if each.concerns(subscription)),
        rests=tuple(rests) if subscription.rules else (),
        next_on=_day(following.local),
    )


def _trend(
    subscription: Subscription, known: Collection[int], listed: Callable[[], Sequence[Arrival]]
) -> Section | None:
    """What is voted for among the papers that were listed, where the reader asks for that.

    The list of a day still grows when the day's letter has gone, so it is looked at again for two days.
    """
    return featured(subscription.trending, listed(), known) if subscription.trending else None


def _events(candidates: Iterable[Candidate]) -> Iterator[tuple[int, str]]:
    return ((candidate.work, candidate.event) for candidate in candidates)


def _shown(section: Section | None) -> Iterator[tuple[int, str]]:
    return ((item.work, item.event) for item in section.items) if section else iter(())


def draw_up(
    reader: Subscriber,
    subscription: Subscription,
    candidates: Collection[Candidate],
    *,
    kind: Kind,
    slot: str,
    number: int,
    since: datetime,
    now: datetime,
    trend: Section | None = None,
) -> Issue:
    """The issue of one subscription out of what is fresh for its reader, and what others vote for."""
    return Issue(
        subscriber=reader,
        subscription=subscription.name,
        when=subscription.when,
        kind=kind,
        slot=slot,
        number=number,
        date=now.astimezone(reader.timezone),
        since=since.astimezone(reader.timezone),
        sections=(*arrange(subscription, candidates), *((trend,) if trend else ())),
        attach=subscription.attach,
        rules_count=sum(rule.author is None for rule in subscription.rules),
        authors_count=sum(rule.author is not None for rule in subscription.rules),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """An issue that no clock asked for, and all that it would tell (also what is behind "+ n more")."""

    issue: Issue
    told: tuple[tuple[int, str], ...]

    def keep(self, store: Store, envelope: Envelope, *, record: bool, now: datetime) -> None:
        """Put its letter into the outbox; its papers are remembered as told only where that is asked for."""
        issue = self.issue
        store.publish(
            Publication(
                subscriber=issue.subscriber.id,
                subscription=issue.subscription,
                kind=issue.kind,
                slot=issue.slot,
                number=issue.number,
                created=now,
                since=issue.since,
                until=now,
                items=items_of(issue),
                told=self.told if record else (),
                envelope=envelope,
                expires=now + _LONG,
            )
        )


def by_hand(
    reader: Subscriber, subscription: Subscription, store: Store, *, since: datetime, until: datetime, now: datetime
) -> ByHand:
    """The issue of what is dated within the window, whatever the reader had before; nothing is written."""
    subscription = answered(reader.id, subscription, store.answers([reader.id]))
    desks, known = [(reader.id, subscription)], known_papers([subscription], store)
    [matched] = match(Rulebook(desks), desks, store.dated(since, until), known)
    found = [candidate for candidate in matched if candidate.rules]
    trend = _trend(subscription, {candidate.work for candidate in found}, lambda: store.dated(since, until))
    issue = draw_up(
        reader, subscription, found, kind="manual", slot=now.isoformat(), number=0, since=since, now=now, trend=trend
    )
    issue = enriched(issue, subscription, store)
    return ByHand(issue=issue, told=tuple(dict.fromkeys((*_events(found), *_shown(trend)))))


def items_of(issue: Issue) -> tuple[tuple[int, str, str, str], ...]:
    """What the store keeps of an issue's cards, in order: (work, paper's key, event, section's title)."""
    return tuple(
        (item.work, item.paper.key, item.event, section.title) for section in issue.sections for item in section.items
    )
