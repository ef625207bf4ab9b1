"""What may need a person, as the rows show it: failing relays, letters that wait or are stuck, notices to the owner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from digest.mail.delivery_state import DeliveryState
from digest.store import tables as t
from digest.store.engine import Database
from digest.store.readers import NOTICE

OWNER = "owner/"
"""Begins the keys of notices to the owner."""

_DELIVERY, _TRY, _SUBSCRIPTION = t.delivery.c, t.attempt.c, t.subscription.c
_OF_OWNER = _DELIVERY.notice.startswith(OWNER, autoescape=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckLetters:
    """How many letters are in a state, and since when the oldest of them."""

    count: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotice:
    """A notice to the owner in the outbox."""

    id: int
    key: str  # after `OWNER`
    created: datetime
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class AttentionStore:
    """Rows from which it follows whether a person is needed. Reads only."""

    database: Database

    def relays_failing_since(self, names: Collection[str]) -> Mapping[str, datetime]:
        """The first failed try of each of these relays since it last took a letter."""
        found = dict[str, datetime]()
        with self.database.reading() as connection:
            for name in names:
                taken = select(func.max(_TRY.at)).where(_TRY.relay == name, _TRY.state == DeliveryState.SENT)
                failed = select(func.min(_TRY.at)).where(_TRY.relay == name)
                if last := connection.scalar(taken):
                    failed = failed.where(_TRY.at > last)
                if first := connection.scalar(failed):
                    found[name] = first
        return found

    def stuck_letters(self) -> Mapping[DeliveryState, StuckLetters]:
        """The letters that are ready, or that only a person can decide on: poison, or in doubt without a next try."""
        c = _DELIVERY
        stuck = (c.state == DeliveryState.POISON) | ((c.state == DeliveryState.IN_DOUBT) & c.next_at.is_(None))
        wanted = select(c.state, func.count(), func.min(c.created)).where(
            stuck | (c.state == DeliveryState.READY), c.notice.is_(None) | ~_OF_OWNER
        )
        with self.database.reading() as connection:
            rows = connection.execute(wanted.group_by(c.state)).all()
        return {DeliveryState(state): StuckLetters(count=count, since=since) for state, count, since in rows}

    def oldest_due(self, now: datetime) -> datetime | None:
        """Since when the first due subscription has been due."""
        c = _SUBSCRIPTION
        with self.database.reading() as connection:
            return connection.scalar(select(func.min(c.next_due)).where(c.active, c.next_due <= now))

    def has_come_due(self, subscriber: str, name: str, at: datetime) -> bool:
        """Whether a subscription is due since `at` or earlier."""
        c = _SUBSCRIPTION
        due = select(c.id).where(c.subscriber == subscriber, c.name == name, c.active, c.next_due <= at)
        with self.database.reading() as connection:
            return connection.scalar(due) is not None

    def last_notice(self) -> SentNotice | None:
        """The newest notice to the owner."""
        c = _DELIVERY
        # of few rows: the index of keys has the others as nulls
        wanted = select(c.id, c.notice, c.created, c.state).where(c.notice > "", c.kind == NOTICE, _OF_OWNER)
        with self.database.reading() as connection:
            row = connection.execute(wanted.order_by(c.id.desc()).limit(1)).first()
        if row is None:
            return None
        key = str(row.notice).removeprefix(OWNER)
        return SentNotice(id=row.id, key=key, created=row.created, state=DeliveryState(row.state))
