"""An issue that no clock asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.issues import Issue
from digest.issues.annotate import enriched
from digest.issues.draft import answered, draw_up, events, items_of, known_papers, shown, trend_of
from digest.issues.due_issue import LONG
from digest.issues.matching import RuleSet, match
from digest.mail.envelope import Envelope
from digest.store import NewIssue, Store
from digest.subscriptions import Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualIssue:
    """An issue that no clock asked for, and all that it would tell (also what is behind "+ n more")."""

    issue: Issue
    told: tuple[tuple[int, str], ...]

    def keep(self, store: Store, envelope: Envelope, *, record: bool, now: datetime) -> None:
        """Put its letter into the outbox; its papers are remembered as told only where that is asked for."""
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
                items=items_of(issue),
                told=self.told if record else (),
                envelope=envelope,
                expires=now + LONG,
            )
        )


def by_hand(
    reader: Subscriber, subscription: Subscription, store: Store, *, since: datetime, until: datetime, now: datetime
) -> ManualIssue:
    """The issue of what is dated within the window, whatever the reader had before; nothing is written."""
    subscription = answered(reader.id, subscription, store.answers.of_readers([reader.id]))
    desks, known = [(reader.id, subscription)], known_papers([subscription], store)
    [matched] = match(RuleSet(desks), desks, store.papers.dated(since, until), known)
    found = [candidate for candidate in matched if candidate.rules]
    trend = trend_of(subscription, {candidate.work for candidate in found}, lambda: store.papers.dated(since, until))
    issue = draw_up(
        reader, subscription, found, kind="manual", slot=now.isoformat(), number=0, since=since, now=now, trend=trend
    )
    issue = enriched(issue, subscription, store)
    return ManualIssue(issue=issue, told=tuple(dict.fromkeys((*events(found), *shown(trend)))))
