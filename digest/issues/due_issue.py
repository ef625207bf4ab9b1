"""A due subscription with the window that its issue covers, its slots, its pause, and the lifetime of its letter."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from digest.papers.updates import LOOK_BACK
from digest.store import DueSubscription, ScheduleUpdate
from digest.subscriptions import ScheduleSlot, Subscriber, Subscription, latest_slot, next_slot

OVERLAP = timedelta(days=2)
"""How far before its cursor a subscription searches; this only bounds the search, papers already sent are skipped."""


ALERT, _DAILY, LONG = timedelta(hours=12), timedelta(hours=36), timedelta(days=5)
"""Lifetime of a letter; after it, its papers go into the next issue."""


def lifetime(interval: timedelta) -> timedelta:
    """Lifetime of a letter, by the interval to the next; five days at most, as RFC 5321 section 4.5.4.1 wants."""
    return _DAILY if interval <= timedelta(days=1, hours=1) else LONG


class DueIssue:
    """A due row with its reader, its subscription and the window that it reads."""

    def __init__(self, row: DueSubscription, reader: Subscriber, subscription: Subscription, now: datetime) -> None:
        self.row = row
        self.reader = reader
        self.subscription = subscription
        changed = row.fingerprint is not None and row.fingerprint != subscription.fingerprint
        look_back = now - LOOK_BACK
        self.begins = look_back if row.cursor is None else row.cursor  # where the last issue ended
        self.since = self.begins if row.cursor is None else row.cursor - OVERLAP  # where the search begins
        if changed:
            self.since = min(self.since, look_back)

    def slot(self, now: datetime) -> ScheduleSlot:
        """The newest slot that has passed, so that days of silence give one issue; of an alert its newest arrival."""
        when = self.subscription.when
        if when.at_once:
            return ScheduleSlot(local=f"arrival {self.row.newest}", due=now)
        return latest_slot(when, self.reader.timezone, now)

    def next(self, now: datetime, slot: ScheduleSlot) -> ScheduleSlot | None:
        when = self.subscription.when
        if when.at_once:
            return None
        return next_slot(when, self.reader.timezone, now, not_on=day_of(slot.local))


def day_of(local: str) -> date:
    """The local date of a slot."""
    return datetime.fromisoformat(local).date()


def is_paused(due: DueIssue, now: datetime) -> bool:
    """A paused reader's slots pass in silence; the cursor stays, so the first issue afterwards has it all."""
    until = due.reader.pause_until
    return until is not None and now.astimezone(due.reader.timezone).date() < until


def skipped_slot(due: DueIssue, now: datetime) -> ScheduleUpdate:
    """A slot goes by without an issue, or an alert without news."""
    following = due.next(now, due.slot(now))
    return ScheduleUpdate(
        row=due.row.id,
        next_due=following.due if following else None,
        next_slot=following.local if following else None,
        seen=due.row.newest,
    )
