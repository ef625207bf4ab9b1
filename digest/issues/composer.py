"""Where issues are written: a shard of due readers at a time, matched at once and kept some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic

from digest.errors import DigestError
from digest.issues import Candidate, Issue, IssueKind, wanted
from digest.issues.annotate import enriched
from digest.issues.compose_window import ActiveSubscriptions, ComposeWindow
from digest.issues.draft import (
    ComposeResult,
    SourceOutlook,
    answered,
    draw_up,
    events,
    items_of,
    known_papers,
    shown,
    trend_of,
    with_absences,
)
from digest.issues.due_issue import ALERT, DueIssue, is_asleep, lifetime, silence
from digest.issues.matching import RuleSet
from digest.mail.envelope import Envelope
from digest.papers.scholarly_metrics import Bibliometrics
from digest.papers.updates import Arrival
from digest.store import DueSubscription, NewIssue, Store, TransactionHook

LEASE = timedelta(minutes=5)
"""How long nobody else writes the issues of a shard, where it cannot be seen that the process has ended."""

_BATCH = 200  # issues that are kept in one transaction


LetterMaker = Callable[[Issue], Envelope]
"""What prints an issue: from its parts to the bytes of one letter."""


@dataclass(slots=True, kw_only=True)
class Composer:
    """Where issues are written, one shard of due rows after the other."""

    store: Store
    letters: LetterMaker
    morning: ComposeWindow
    book: RuleSet
    since: datetime | None  # where the first of all readers reads on
    outlook: Callable[[], SourceOutlook]
    listed: Callable[[datetime], Sequence[Arrival]]
    now: datetime
    in_transaction: TransactionHook | None
    tell: Callable[[ComposeResult], None]
    results: list[ComposeResult] = field(default_factory=list)
    _told: dict[str, set[tuple[int, str]]] = field(default_factory=dict)

    def write(self, rows: Sequence[DueSubscription], desks: ActiveSubscriptions, owner: str) -> None:
        """The issues of these rows, all matched at once and kept some at a time."""
        store, now = self.store, self.now
        if store.merging.supersede([(row.subscriber, row.name) for row in rows if row.slot], now=now):
            rows = store.subscriptions.due(now, [row.id for row in rows])  # they read back further now
        answers = store.answers.of_readers({row.subscriber for row in rows})
        tasks = []
        for row in rows:
            reader, subscription = desks[row.subscriber, row.name]
            tasks.append(DueIssue(row, reader, answered(reader.id, subscription, answers), now))
        asleep = [task for task in tasks if is_asleep(task, now)]
        store.subscriptions.advance([silence(task, now) for task in asleep if not task.subscription.when.at_once])
        awake = [task for task in tasks if not is_asleep(task, now)]
        if not awake:
            return
        self._told = {
            reader: set(facts)
            for reader, facts in store.already_sent.of_readers({task.reader.id for task in awake}).items()
        }
        drafts, claimed = list[_UnsavedIssue](), now + LEASE
        ticks = monotonic()
        matched = self._candidates(awake)
        figures = store.bibliometrics.of_papers({candidate.paper.key for found in matched for candidate in found})
        for task, found in zip(awake, matched, strict=True):
            if draft := self._draft(task, found, figures):
                drafts.append(draft)
            if len(drafts) == _BATCH:
                self._keep(drafts)
                drafts = []
                if (passed := monotonic() - ticks) > LEASE.total_seconds() / 3:
                    claimed, ticks = claimed + timedelta(seconds=passed), monotonic()
                    store.leases.renew_due([task.row.id for task in awake], owner=owner, until=claimed)
        self._keep(drafts)

    def _candidates(self, tasks: Sequence[DueIssue]) -> list[list[Candidate]]:
        """Of every task what its rules match in its window."""
        since = min(task.since for task in tasks)
        if self.since is None or since < self.since:
            self.since = since
        reading = self.morning.reading(
            self.book, self.store, newest=max(task.row.newest for task in tasks), since=self.since, now=self.now
        )
        desks = [(task.reader.id, task.subscription) for task in tasks]
        known = known_papers([subscription for _, subscription in desks], self.store)
        return reading.candidates(desks, known, [task.since for task in tasks])

    def _draft(
        self, task: DueIssue, candidates: Iterable[Candidate], figures: Mapping[str, list[Bibliometrics]]
    ) -> _UnsavedIssue | None:
        """One issue, printed; None where an alert has no news. A letter that fails is told and stays due."""
        now, subscription = self.now, task.subscription
        told = self._told[task.reader.id]
        fresh = [candidate for candidate in candidates if wanted(candidate, told, subscription.updates)]
        known = {work for work, _ in told} | {candidate.work for candidate in fresh} if subscription.trending else ()
        trend = trend_of(subscription, known, lambda: self.listed(task.since))
        if not fresh and subscription.when.at_once:
            self.store.subscriptions.advance([silence(task, now)])
            return None
        kind: IssueKind = "alert" if subscription.when.at_once else "scheduled"
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
            issue = with_absences(issue, subscription, self.outlook(), following)
        quiet = not issue.sections and subscription.quiet == "silent"
        result = ComposeResult(
            subscriber=task.reader.id,
            subscription=subscription.name,
            slot=slot.local,
            papers=issue.count,
            more=issue.more,
            quiet=quiet,
            absences=issue.absences,
        )
        facts = tuple(dict.fromkeys((*events(fresh), *shown(trend))))
        try:
            publication = NewIssue(
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
                envelope=None if quiet else self.letters(issue),
                next_due=following.due if following else None,
                next_slot=following.local if following else None,
                fingerprint=subscription.fingerprint,
                seen=task.row.newest,
                expires=now + (lifetime(following.due - slot.due) if following else ALERT),
            )
        except DigestError as error:
            self._say(replace(result, fault=str(error)))
            return None
        told.update(facts)  # the reader's next subscription need not tell it again
        return _UnsavedIssue(publication, result)

    def _keep(self, drafts: Sequence[_UnsavedIssue]) -> None:
        """All in one transaction; where that fails, each in its own, so that a bad one stops no other."""
        if not drafts:
            return
        try:
            self.store.issues.publish_all([draft.publication for draft in drafts], self.in_transaction)
        except DigestError as error:
            if len(drafts) == 1:
                self._say(replace(drafts[0].result, fault=str(error)))
                return
            for draft in drafts:
                self._keep([draft])
            return
        for draft in drafts:
            self._say(draft.result)

    def _say(self, result: ComposeResult) -> None:
        self.tell(result)
        self.results.append(result)


@dataclass(frozen=True, slots=True)
class _UnsavedIssue:
    """An issue that is printed and not yet kept."""

    publication: NewIssue
    result: ComposeResult
