"""From the store into the outbox: what is due, what matched, one issue, one letter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import repeat
from threading import Event, Lock
from time import monotonic

from digest import process
from digest.arrival import LOOK_BACK, Arrival
from digest.delivery import Envelope
from digest.errors import DigestError
from digest.figures import Figures
from digest.issue import Absence, Candidate, Issue, Kind, Section, arrange, featured, wanted
from digest.paper import Paper
from digest.portraits import enriched
from digest.rulebook import Reading, Rulebook, match
from digest.store import Along, Answers, Due, Plan, Publication, Step, Store
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


SHARD = 1_000
"""Readers whose issues one process writes at a time."""

LEASE = timedelta(minutes=5)
"""How long nobody else writes them, where it cannot be seen that the process has ended."""

_BATCH = 50  # issues that are kept in one transaction
_STILL = timedelta(minutes=1)  # that what was read of the arrivals may serve again, as long as nothing new arrives


Desks = Mapping[tuple[str, str], tuple[Subscriber, Subscription]]
"""By a reader's id and a subscription's name."""


class Morning:
    """What all shards have in common: what has arrived, and which rules it matches. Threads may share it."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self._lock = Lock()
        self._kept: tuple[Reading, int, datetime, datetime] | None = None
        self._roll: _Roll | None = None

    def desks(self, readers: Sequence[Subscriber], store: Store, *, now: datetime) -> Desks:
        """Who reads what, and stays; their clock rows are in line with that, as of a moment ago."""
        left = store.departures()
        with self._lock:
            roll = self._roll
            if roll is None or roll.readers is not readers or roll.left != left:
                roll = _Roll(readers, left, _staying(readers, left))
            if roll.at is None or not timedelta(0) <= now - roll.at < _STILL:
                enrol(roll.staying, store, now=now)
                roll.at = now
            self._roll = roll
            return roll.desks

    def reading(self, store: Store, *, newest: int, since: datetime, now: datetime) -> Reading:
        """What arrived after `since` at least; who asks soon again, while nothing has arrived, gets the same."""
        with self._lock:
            if self._kept:
                reading, serial, begin, at = self._kept
                if serial == newest and begin <= since and timedelta(0) <= now - at < _STILL:
                    return reading
            reading = Reading(self.book, store.arrivals(since, now))
            self._kept = reading, newest, since, now
            return reading


def compose(
    subscribers: Sequence[Subscriber],
    store: Store,
    press: Press,
    *,
    now: datetime,
    morning: Morning | None = None,
    outlook: Callable[[], Outlook] = Outlook,
    shards: int | None = None,
    along: Along | None = None,
    stop: Event | None = None,
    tell: Callable[[Composed], None] = lambda _: None,
) -> list[Composed]:
    """Write one issue for every subscription that is due; a reader whose letter fails stops no other and stays due.

    The work is taken shard by shard, at most so many `shards`, and each is claimed, so that processes that compose at
    the same time share it. `morning` has the rules of these readers, ready; without it they are made ready now.
    `outlook` is asked where something is due; `along` is written with the letters, in their transactions.
    """
    morning = morning or Morning(Rulebook.of(subscribers))
    desks = morning.desks(subscribers, store, now=now)
    waiting = store.to_do(now, LEASE, process.is_gone)
    if not waiting.readers:
        return []
    desk = _Desk(
        store=store,
        press=press,
        morning=morning,
        since=None if waiting.since is None else waiting.since - OVERLAP,
        outlook=cache(outlook),
        listed=cache(lambda since: store.dated(since, now)),
        now=now,
        along=along,
        tell=tell,
    )
    owner = process.me()
    try:
        for _ in repeat(None) if shards is None else range(shards):
            if stop is not None and stop.is_set():
                break
            rows = store.claim_due(now=now, owner=owner, limit=SHARD, lease=LEASE, is_gone=process.is_gone)
            if not rows:
                break
            desk.write([row for row in rows if (row.subscriber, row.name) in desks], desks, owner)
    finally:
        store.let_go(owner)  # of what was not done; the rest is free already
    return desk.results


def _staying(subscribers: Sequence[Subscriber], left: Collection[tuple[str, str]]) -> Sequence[Subscriber]:
    """The readers without what they have left; a subscription that they come back to goes on where it was."""
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


def answered(reader: str, subscription: Subscription, answers: Answers) -> Subscription:
    """The subscription with what its reader has answered about the people in it."""
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
    return store.called({key for person in people for key in person.named})


@dataclass(slots=True)
class _Roll:
    """Who was enrolled, and when."""

    readers: Sequence[Subscriber]
    left: Collection[tuple[str, str]]
    staying: Sequence[Subscriber]
    at: datetime | None = None
    desks: Desks = field(init=False)

    def __post_init__(self) -> None:
        self.desks = {
            (reader.id, each.name): (reader, each) for reader in self.staying for each in reader.subscriptions
        }


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Where issues are written, one shard of due rows after the other."""

    store: Store
    press: Press
    morning: Morning
    since: datetime | None  # where the first of all readers reads on
    outlook: Callable[[], Outlook]
    listed: Callable[[datetime], Sequence[Arrival]]
    now: datetime
    along: Along | None
    tell: Callable[[Composed], None]
    results: list[Composed] = field(default_factory=list)
    _told: dict[str, set[tuple[int, str]]] = field(default_factory=dict)

    def write(self, rows: Sequence[Due], desks: Desks, owner: str) -> None:
        """The issues of these rows, all matched at once and kept some at a time."""
        store, now = self.store, self.now
        if store.supersede([(row.subscriber, row.name) for row in rows if row.slot], now=now):
            rows = store.due(now, [row.id for row in rows])  # they read back further now
        answers = store.answers({row.subscriber for row in rows})
        tasks = []
        for row in rows:
            reader, subscription = desks[row.subscriber, row.name]
            tasks.append(_Task(row, reader, answered(reader.id, subscription, answers), now))
        asleep = [task for task in tasks if _is_asleep(task, now)]
        store.advance([_silence(task, now) for task in asleep if not task.subscription.when.at_once])
        awake = [task for task in tasks if not _is_asleep(task, now)]
        if not awake:
            return
        self._told = {reader: set(facts) for reader, facts in store.told_of({task.reader.id for task in awake}).items()}
        drafts, claimed = list[_Draft](), now + LEASE
        ticks = monotonic()
        matched = self._candidates(awake)
        figures = store.figures({candidate.paper.key for found in matched for candidate in found})
        for task, found in zip(awake, matched, strict=True):
            if draft := self._draft(task, found, figures):
                drafts.append(draft)
            if len(drafts) == _BATCH:
                self._keep(drafts)
                drafts = []
                if (passed := monotonic() - ticks) > LEASE.total_seconds() / 3:
                    claimed, ticks = claimed + timedelta(seconds=passed), monotonic()
                    store.keep_due([task.row.id for task in awake], owner=owner, until=claimed)
        self._keep(drafts)

    def _candidates(self, tasks: Sequence[_Task]) -> list[list[Candidate]]:
        """Of every task what its rules match in its window."""
        since = min(task.since for task in tasks)
        if self.since is None or since < self.since:
            self.since = since
        reading = self.morning.reading(
            self.store, newest=max(task.row.newest for task in tasks), since=self.since, now=self.now
        )
        desks = [(task.reader.id, task.subscription) for task in tasks]
        known = known_papers([subscription for _, subscription in desks], self.store)
        return reading.candidates(desks, known, [task.since for task in tasks])

    def _draft(
        self, task: _Task, candidates: Iterable[Candidate], figures: Mapping[str, list[Figures]]
    ) -> _Draft | None:
        """One issue, printed; None where an alert has no news. A letter that fails is told and stays due."""
        now, subscription = self.now, task.subscription
        told = self._told[task.reader.id]
        fresh = [candidate for candidate in candidates if wanted(candidate, told, subscription.updates)]
        known = {work for work, _ in told} | {candidate.work for candidate in fresh} if subscription.trending else ()
        trend = _trend(subscription, known, lambda: self.listed(task.since))
        if not fresh and subscription.when.at_once:
            self.store.advance([_silence(task, now)])
            return None
        kind: Kind = "alert" if subscription.when.at_once else "scheduled"
        slot = task.slot(now)
        following = task.next(now, slot)
        issue = draw_up(
            task.reader,
            subscription,
            fresh,
            kind=kind,
            slot=slot.local,
            number=task.row.number,
            since=task.begins,
            now=now,
            trend=trend,
        )
        issue = enriched(issue, subscription, self.store, None if trend else figures)
        if following:
            issue = _with_absences(issue, subscription, self.outlook(), following)
        quiet = not issue.sections and subscription.quiet == "silent"
        result = Composed(
            subscriber=task.reader.id,
            subscription=subscription.name,
            slot=slot.local,
            papers=issue.count,
            more=issue.more,
            quiet=quiet,
            absences=issue.absences,
        )
        facts = tuple(dict.fromkeys((*_events(fresh), *_shown(trend))))
        try:
            publication = Publication(
                due=task.row.id,
                subscriber=task.reader.id,
                subscription=subscription.name,
                kind=kind,
                slot=slot.local,
                number=task.row.number,
                created=now,
                since=task.since,
                until=now,
                items=items_of(issue),
                told=facts,
                envelope=None if quiet else self.press(issue),
                next_due=following.due if following else None,
                next_slot=following.local if following else None,
                fingerprint=subscription.fingerprint,
                seen=task.row.newest,
                expires=now + (_lifetime(following.due - slot.due) if following else _ALERT),
            )
        except DigestError as error:
            self._say(replace(result, fault=str(error)))
            return None
        told.update(facts)  # the reader's next subscription need not tell it again
        return _Draft(publication, result)

    def _keep(self, drafts: Sequence[_Draft]) -> None:
        """All in one transaction; where that fails, each in its own, so that a bad one stops no other."""
        if not drafts:
            return
        try:
            self.store.publish_all([draft.publication for draft in drafts], self.along)
        except DigestError as error:
            if len(drafts) == 1:
                self._say(replace(drafts[0].result, fault=str(error)))
                return
            for draft in drafts:
                self._keep([draft])
            return
        for draft in drafts:
            self._say(draft.result)

    def _say(self, result: Composed) -> None:
        self.tell(result)
        self.results.append(result)


@dataclass(frozen=True, slots=True)
class _Draft:
    """An issue that is printed and not yet kept."""

    publication: Publication
    result: Composed


def _is_asleep(task: _Task, now: datetime) -> bool:
    """A paused reader's slots pass in silence; the cursor stays, so the first issue afterwards has it all."""
    until = task.reader.pause_until
    return until is not None and now.astimezone(task.reader.timezone).date() < until


def _silence(task: _Task, now: datetime) -> Step:
    """A slot goes by without an issue, or an alert without news."""
    following = task.next(now, task.slot(now))
    return Step(
        row=task.row.id,
        next_due=following.due if following else None,
        next_slot=following.local if following else None,
        seen=task.row.newest,
    )


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
