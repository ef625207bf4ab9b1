"""State that all shards of a compose run share: active subscriptions, compiled rules, matches of the arrivals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from digest.errors import SetAside
from digest.issues.due_issue import day_of
from digest.issues.matching import ArrivalMatches, RuleSet
from digest.store import Store, SubscriptionPlan
from digest.subscriptions import Subscriber, Subscription, first_slot, next_slot

_REUSED_FOR = timedelta(minutes=10)
"""How long the matches of the arrivals are reused while nothing new arrives."""

_SYNCED_FOR = timedelta(minutes=1)
"""How long the rows of due subscriptions count as synced with the config."""


ActiveSubscriptions = Mapping[tuple[str, str], tuple[Subscriber, Subscription]]
"""By a reader's id and a subscription's name."""


class ComposeWindow:
    """A cache of active subscriptions, compiled rules and matches of the arrivals. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[ArrivalMatches, int, datetime, datetime] | None = None
        self._synced: _SyncedReaders | None = None

    def active(self, readers: Sequence[Subscriber], store: Store, *, now: datetime) -> ActiveSubscriptions:
        """The subscriptions of these readers without those unsubscribed; syncs their schedules once a minute."""
        with self._lock:
            known = self._synced
        if known is None or known.readers is not readers:
            store.subscriptions.rename_readers(
                {reader.id: (reader.email, [each.name for each in reader.subscriptions]) for reader in readers}
            )
        left = store.unsubscribes.list_all()
        with self._lock:
            synced = self._synced
            if synced is None or synced.readers is not readers or synced.left != left:
                rule_set = synced.rule_set if synced and _same_rules(synced.readers, readers) else RuleSet.of(readers)
                synced = _SyncedReaders(readers, left, _without_unsubscribed(readers, left), rule_set)
            if synced.at is None or not timedelta(0) <= now - synced.at < _SYNCED_FOR:
                synced.unscheduled = sync_schedules(synced.active_readers, store, now=now)
                synced.at = now
            self._synced = synced
            return synced.active

    def forget_schedules(self) -> None:
        """Sync the schedules at the next call, however lately that was done."""
        with self._lock:
            if self._synced:
                self._synced.at = None

    def unscheduled(self) -> Sequence[SetAside]:
        """The subscriptions whose schedule could not be computed at the last sync."""
        return self._synced.unscheduled if self._synced else ()

    def rule_set(self, readers: Sequence[Subscriber]) -> RuleSet:
        """The compiled rules of these readers; compiled once."""
        with self._lock:
            if self._synced and self._synced.readers is readers:
                return self._synced.rule_set
        return RuleSet.of(readers)

    def matches(
        self, rule_set: RuleSet, store: Store, *, newest: int, since: datetime, now: datetime
    ) -> ArrivalMatches:
        """The matches of what arrived after `since` or earlier; reused for ten minutes while nothing new arrives."""
        with self._lock:
            if self._kept:
                matches, serial, begin, at = self._kept
                if (
                    matches.rule_set is rule_set
                    and serial == newest
                    and begin <= since
                    and timedelta(0) <= now - at < _REUSED_FOR
                ):
                    return matches
            matches = ArrivalMatches(rule_set, store.papers.arrivals(since, now))
            self._kept = matches, newest, since, now
            return matches

    def release(self, now: datetime | None = None) -> None:
        """Drop the matches of the arrivals, which are large; with `now` only if they are too old to be reused."""
        with self._lock:
            if self._kept and (now is None or not timedelta(0) <= now - self._kept[3] < _REUSED_FOR):
                self._kept = None


@dataclass(slots=True)
class _SyncedReaders:
    """The readers whose schedules were synced, and when."""

    readers: Sequence[Subscriber]
    left: Collection[tuple[str, str]]
    active_readers: Sequence[Subscriber]
    rule_set: RuleSet
    at: datetime | None = None
    unscheduled: Sequence[SetAside] = ()
    active: ActiveSubscriptions = field(init=False)

    def __post_init__(self) -> None:
        self.active = {
            (reader.id, each.name): (reader, each) for reader in self.active_readers for each in reader.subscriptions
        }


def _same_rules(some: Sequence[Subscriber], others: Sequence[Subscriber]) -> bool:
    """Whether the subscriptions are equal, whatever else changed (a pause, an address): compiling rules takes long."""
    return len(some) == len(others) and all(
        one.id == other.id and one.subscriptions == other.subscriptions for one, other in zip(some, others, strict=True)
    )


def _without_unsubscribed(subscribers: Sequence[Subscriber], left: Collection[tuple[str, str]]) -> Sequence[Subscriber]:
    """The readers without their unsubscribed subscriptions; one that is resumed goes on where it was."""
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


def sync_schedules(subscribers: Sequence[Subscriber], store: Store, *, now: datetime) -> Sequence[SetAside]:
    """Sync the schedules in the store with the config; a new or changed one is due today unless today had its issue.

    Returns those that could not be computed, which stay as they were.
    """
    zones = {reader.id: reader.timezone for reader in subscribers}
    plans = {
        (reader.id, subscription.name): subscription for reader in subscribers for subscription in reader.subscriptions
    }

    def schedule(subscriber: str, name: str, last_local: str | None) -> tuple[datetime, str] | None:
        when, zone = plans[subscriber, name].when, zones[subscriber]
        if when.at_once:
            return None
        slot = first_slot(when, zone, now)
        last_day = day_of(last_local) if last_local else None
        if last_day and day_of(slot.local) <= last_day:  # today has had its issue
            slot = next_slot(when, zone, now, not_on=last_day)
        return slot.due, slot.local

    return store.subscriptions.sync(
        [
            SubscriptionPlan(
                subscriber=reader.id, name=subscription.name, timing=f"{subscription.when} {reader.timezone.key}"
            )
            for reader in subscribers
            for subscription in reader.subscriptions
        ],
        schedule,
        now=now,
    )
