"""The Composer: writes the issues of a shard of due subscriptions, matched together, saved in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic

from digest.errors import DigestError, SetAside
from digest.issues import Candidate, Issue, IssueKind, Section
from digest.issues.annotate import with_service_data
from digest.issues.compose_window import ActiveSubscriptions, ComposeWindow
from digest.issues.draft import (
    ComposeResult,
    SourceOutlook,
    draft_issue,
    events_told,
    issue_contents,
    known_papers,
    paper_marks,
    trending_section,
    with_absences,
    with_answers,
)
from digest.issues.due_issue import ALERT, DueIssue, is_paused, lifetime, skipped_slot
from digest.issues.matching import ArrivalMatches, RuleSet
from digest.issues.news import is_news
from digest.issues.sent_history import SentHistory
from digest.mail.envelope import Envelope
from digest.papers.scholarly_metrics import Bibliometrics
from digest.papers.updates import Arrival
from digest.rules import parse
from digest.store import DueSubscription, NewIssue, ScheduleUpdate, Store, TransactionHook
from digest.subscriptions import Rule, Subscription

LEASE = timedelta(minutes=5)
"""How long a shard stays claimed by a process of which nobody can see whether it has ended."""

_BATCH = 200  # issues that are saved in one transaction


LetterMaker = Callable[[Issue], Envelope]
"""Renders an issue: its letter in an envelope."""


@dataclass(slots=True, kw_only=True)
class Composer:
    """Writes the issues of due subscriptions, one shard of rows after the other."""

    store: Store
    letters: LetterMaker
    window: ComposeWindow
    rule_set: RuleSet
    since: datetime | None  # the earliest start of a window among all due readers
    outlook: Callable[[], SourceOutlook]
    listed: Callable[[datetime], Sequence[Arrival]]
    now: datetime
    in_transaction: TransactionHook | None
    tell: Callable[[ComposeResult], None]
    results: list[ComposeResult] = field(default_factory=list)

    def write(self, rows: Sequence[DueSubscription], active: ActiveSubscriptions, owner: str) -> None:
        """The issues of these rows, matched together and saved in batches."""
        store, now = self.store, self.now
        if store.merging.supersede([(row.subscriber, row.name) for row in rows if row.slot], now=now):
            rows = store.subscriptions.due(now, [row.id for row in rows])  # they read back further now
        answers = store.answers.of_readers({row.subscriber for row in rows})
        awake, skipped = list[DueIssue](), list[ScheduleUpdate]()
        for row in rows:
            try:
                reader, subscription = active[row.subscriber, row.name]
                due = DueIssue(row, reader, with_answers(reader.id, subscription, answers), now)
                if not is_paused(due, now):
                    awake.append(due)
                elif not due.subscription.when.at_once:
                    skipped.append(skipped_slot(due, now))
            except Exception as error:  # noqa: BLE001, whatever is odd about one reader, the others have their issues
                self._set_aside(row, error)
        store.subscriptions.advance(skipped)
        if not awake:
            return
        drafts, claimed = list[_UnsavedIssue](), now + LEASE
        ticks = monotonic()
        history = SentHistory(store, awake, now)
        matched = self._with_returned(self._matched(awake), history)
        figures = self._figures({candidate.paper.key for _, found in matched for candidate in found})
        for due, found in matched:
            try:
                draft = self._draft(due, found, history, figures)
            except Exception as error:  # noqa: BLE001, whatever is odd about one issue, the others are written
                self._set_aside(due.row, error)
                continue
            if draft:
                drafts.append(draft)
            if len(drafts) == _BATCH:
                self._save(drafts)
                drafts = []
                if (passed := monotonic() - ticks) > LEASE.total_seconds() / 3:
                    claimed, ticks = claimed + timedelta(seconds=passed), monotonic()
                    store.leases.renew_due([due.row.id for due in awake], owner=owner, until=claimed)
        self._save(drafts)

    def _figures(self, keys: set[str]) -> Mapping[str, list[Bibliometrics]] | None:
        """What services say of these papers; None where that cannot be read: each issue then asks for itself."""
        try:
            return self.store.bibliometrics.of_papers(keys)
        except DigestError:
            raise
        except Exception:  # noqa: BLE001, the issue that holds the bad row is told with its reason
            return None

    def _matched(self, due_issues: Sequence[DueIssue]) -> list[tuple[DueIssue, list[Candidate]]]:
        """Each due issue with its candidates; where matching all at once fails, without the papers and the readers
        that make it fail: these are told, and stay due."""
        try:
            return list(zip(due_issues, self._candidates(due_issues), strict=True))
        except DigestError:
            raise
        except Exception:  # noqa: BLE001, what fails is found and told below
            return [*self._matched_apart(due_issues, self._sound_arrivals(due_issues))]

    def _sound_arrivals(self, due_issues: Sequence[DueIssue]) -> list[Arrival]:
        """What arrived, without the papers that cannot be indexed; these are told."""
        probe = Subscription(name="", when=due_issues[0].subscription.when, rules=(_PROBE,))
        sound, rule_set = list[Arrival](), RuleSet([("", probe)])
        arrivals, unreadable = self.store.papers.readable_arrivals(min(due.since for due in due_issues), self.now)
        if unreadable:
            self._report(ComposeResult(subscriber="", subscription="", set_aside=tuple(unreadable)))
        parts = [arrivals]
        while parts:
            part = parts.pop()
            try:
                ArrivalMatches(rule_set, part)
            except Exception as error:  # noqa: BLE001, one paper is set aside, all others are matched
                if len(part) == 1:
                    aside = SetAside.of("match", part[0].paper.key, error)
                    self._report(ComposeResult(subscriber="", subscription="", set_aside=(aside,)))
                else:
                    parts += [part[len(part) // 2 :], part[: len(part) // 2]]
            else:
                sound += part
        return sound

    def _matched_apart(
        self, due_issues: Sequence[DueIssue], arrivals: Sequence[Arrival]
    ) -> Iterator[tuple[DueIssue, list[Candidate]]]:
        """The same by ever fewer readers at once, whose rules are made ready apart from those of the others."""
        active = [(due.reader.id, due.subscription) for due in due_issues]
        try:
            known = known_papers([subscription for _, subscription in active], self.store)
            matches = ArrivalMatches(RuleSet(active), arrivals)
            found = matches.candidates(active, known, [due.since for due in due_issues])
        except DigestError:
            raise
        except Exception as error:  # noqa: BLE001, one reader's rules are set aside, those of all others are matched
            if len(due_issues) == 1:
                self._set_aside(due_issues[0].row, error)
                return
            half = len(due_issues) // 2
            for part in (due_issues[:half], due_issues[half:]):
                yield from self._matched_apart(part, arrivals)
            return
        yield from zip(due_issues, found, strict=True)

    def _with_returned(
        self, matched: Sequence[tuple[DueIssue, list[Candidate]]], history: SentHistory
    ) -> list[tuple[DueIssue, list[Candidate]]]:
        """The same with the candidates of letters that did not go out; where these fail, that is told."""
        due_issues = [due for due, _ in matched]
        try:
            returned = history.returned(due_issues)
        except DigestError:
            raise
        except Exception as error:  # noqa: BLE001, whatever is odd about an old paper, the new ones are written of
            aside = SetAside.of("match", "papers of letters that did not go out", error)
            self._report(ComposeResult(subscriber="", subscription="", set_aside=(aside,)))
            returned = [[] for _ in due_issues]
        whole = [(due, back + found) for (due, found), back in zip(matched, returned, strict=True)]
        history.take_up_posted(whole)
        history.look_up_candidates(whole)
        return whole

    def _candidates(self, due_issues: Sequence[DueIssue]) -> list[list[Candidate]]:
        """For each due issue the candidates of its window."""
        since = min(due.since for due in due_issues)
        if self.since is None or since < self.since:
            self.since = since
        matches = self.window.matches(
            self.rule_set, self.store, newest=max(due.row.newest for due in due_issues), since=self.since, now=self.now
        )
        active = [(due.reader.id, due.subscription) for due in due_issues]
        known = known_papers([subscription for _, subscription in active], self.store)
        return matches.candidates(active, known, [due.since for due in due_issues])

    def _draft(
        self,
        due: DueIssue,
        candidates: Iterable[Candidate],
        history: SentHistory,
        figures: Mapping[str, list[Bibliometrics]] | None,
    ) -> _UnsavedIssue | None:
        """One issue, printed; None where an alert has no news. Raises whatever makes it fail; it then stays due."""
        now, subscription, reader = self.now, due.subscription, due.reader.id
        sent, had = history.sent(reader), history.had(reader)
        fresh = [candidate for candidate in candidates if is_news(candidate, sent, had, subscription.updates)]
        trend = self._trend(due, fresh, history)
        if not fresh and subscription.when.at_once:
            self.store.subscriptions.advance([skipped_slot(due, now)])
            return None
        kind: IssueKind = "alert" if subscription.when.at_once else "scheduled"
        slot = due.slot(now)
        following = due.next(now, slot)
        issue = draft_issue(
            due.reader,
            subscription,
            fresh,
            kind=kind,
            slot=slot.local,
            number=due.row.number,
            since=due.begins,
            now=now,
            trend=trend,
            had=had,
        )
        issue = with_service_data(issue, subscription, self.store, None if trend else figures)
        if following:
            issue = with_absences(issue, subscription, self.outlook(), following)
        quiet = not issue.sections and subscription.quiet == "silent"
        result = ComposeResult(
            subscriber=due.reader.id,
            subscription=subscription.name,
            slot=slot.local,
            papers=issue.count,
            more=issue.more,
            quiet=quiet,
            absences=issue.absences,
        )
        facts = set(events_told(fresh, trend))
        envelope = None if quiet else self.letters(issue)
        publication = NewIssue(
            due=due.row.id,
            subscriber=due.reader.id,
            subscription=subscription.name,
            kind=kind,
            slot=slot.local,
            number=due.row.number,
            created=now,
            since=due.since,
            until=now,
            contents=issue_contents(issue, fresh),
            marks=paper_marks(reader, fresh, trend),
            given_back=history.given_back(reader, facts),
            envelope=envelope,
            next_due=following.due if following else None,
            next_slot=following.local if following else None,
            fingerprint=subscription.fingerprint,
            seen=due.row.newest,
            expires=now + (lifetime(following.due - slot.due) if following else ALERT),
        )
        result = replace(result, set_aside=envelope.set_aside if envelope else ())
        history.tell(reader, facts)
        return _UnsavedIssue(publication, result)

    def _trend(self, due: DueIssue, fresh: Sequence[Candidate], history: SentHistory) -> Section | None:
        """The trending section, without papers that the reader had; only those that would stand in it are looked up."""
        reader = due.reader.id
        if due.subscription.trending is None:
            return None
        while True:
            known = {*history.had(reader), *(candidate.work for candidate in fresh)}
            trend = trending_section(due.subscription, known, lambda: self.listed(due.since))
            works = [item.work for item in trend.items] if trend else []
            history.look_up({work: [reader] for work in works})
            history.take_up_posted([(due, trend.items if trend else ())])
            if history.had(reader).isdisjoint(works):
                return trend

    def _save(self, drafts: Sequence[_UnsavedIssue]) -> None:
        """All in one transaction; where that fails, each in its own, so that a bad one stops no other."""
        if not drafts:
            return
        try:
            self.store.issues.publish_all([draft.publication for draft in drafts], self.in_transaction)
        except Exception as error:  # noqa: BLE001, whatever is odd about one issue, the others are kept
            if len(drafts) == 1:
                self._set_aside(drafts[0].result, error)
                return
            for draft in drafts:
                self._save([draft])
            return
        for draft in drafts:
            self._report(draft.result)

    def _set_aside(self, issue: DueSubscription | ComposeResult, error: Exception) -> None:
        """Tell of an issue that could not be written; it stays due."""
        name = issue.name if isinstance(issue, DueSubscription) else issue.subscription
        aside = SetAside.of("issue", f"{issue.subscriber}, {name}", error)
        self.store.set_aside.record([aside], now=self.now)
        self._report(
            ComposeResult(subscriber=issue.subscriber, subscription=name, slot=issue.slot or "", fault=aside.reason)
        )

    def _report(self, result: ComposeResult) -> None:
        self.store.set_aside.record(result.set_aside, now=self.now)
        self.tell(result)
        self.results.append(result)


_PROBE = Rule(title="", query=parse("all:xyzzyx OR au:xyzzyx OR cat:cs.CL OR {Xyzzyx}"))
"""A rule that reads all that rules can read of a paper."""


@dataclass(frozen=True, slots=True)
class _UnsavedIssue:
    """An issue that is rendered and not yet saved."""

    publication: NewIssue
    result: ComposeResult
