"""Issues composed by a command (`digest send`, `digest preview`) instead of a schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.issues import Issue
from digest.issues.annotate import with_service_data
from digest.issues.draft import (
    draft_issue,
    issue_contents,
    known_papers,
    trending_section,
    with_answers,
)
from digest.issues.due_issue import LONG
from digest.issues.matching import RuleSet, match_arrivals
from digest.mail.envelope import Envelope
from digest.store import IssueEntry, NewIssue, Store
from digest.subscriptions import Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualIssue:
    """An issue composed by a command, and all that it tells, also behind "+ n more"."""

    issue: Issue
    contents: tuple[IssueEntry, ...]

    def save(self, store: Store, envelope: Envelope, *, record: bool, now: datetime) -> None:
        """Put its letter into the outbox; with `record` its papers count as already sent."""
        issue = self.issue
        store.issues.publish(
            NewIssue(
                subscriber=issue.subscriber.id,
                subscription=issue.subscription,
                kind=issue.kind,
                slot=issue.slot,
                number=issue.number,
                created=now,
                since=issue.since,
                until=now,
                contents=self.contents,
                recorded=record,
                envelope=envelope,
                expires=now + LONG,
            )
        )


def compose_manual(
    reader: Subscriber, subscription: Subscription, store: Store, *, since: datetime, until: datetime, now: datetime
) -> ManualIssue:
    """The issue of what is dated within the window, whatever the reader had before; nothing is written."""
    subscription = with_answers(reader.id, subscription, store.answers.of_readers([reader.id]))
    refs, known = [(reader.id, subscription)], known_papers([subscription], store)
    [matched] = match_arrivals(RuleSet(refs), refs, store.papers.dated(since, until), known)
    found = [candidate for candidate in matched if candidate.rules]
    trend = trending_section(
        subscription, {candidate.work for candidate in found}, lambda: store.papers.dated(since, until)
    )
    issue = draft_issue(
        reader, subscription, found, kind="manual", slot=now.isoformat(), number=0, since=since, now=now, trend=trend
    )
    issue = with_service_data(issue, subscription, store)
    return ManualIssue(issue=issue, contents=issue_contents(issue, found))
