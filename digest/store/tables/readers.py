"""Tables of readers: sign-ups, preferences, schedules of subscriptions, what was already sent, answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Date, Index, Named, Table, Text, TypedColumns, UniqueConstraint

from digest.store.tables.base import UTCDateTime, metadata


class RollColumns(TypedColumns):
    """One row: a serial that grows with every change of who reads what."""

    id: Named[int] = Column(primary_key=True, autoincrement=False)
    serial: Named[int]


class ReaderColumns(TypedColumns):
    """A reader who signed up; the document has the keys of a reader's file."""

    id: Named[str] = Column(Text, primary_key=True)
    address: Named[str] = Column(Text, unique=True)  # as delivery.address_key gives it
    document: Named[dict[str, Any]] = Column(JSON, nullable=False)
    created: Named[datetime] = Column(UTCDateTime)
    serial: Named[int] = Column(index=True)  # of the roll when it was last changed


class PendingColumns(TypedColumns):
    """Requests that wait to be confirmed; they are limited by address."""

    id: Named[str] = Column(Text, primary_key=True)
    kind: Named[str] = Column(Text)  # "sign-up", "address" or "link"
    address: Named[str] = Column(Text, index=True)  # as delivery.address_key gives it
    subscriber: Named[str | None] = Column(Text)
    document: Named[dict[str, Any]] = Column(JSON, nullable=False)
    said: Named[str] = Column(Text)  # by which addresses it is confirmed: "", "old", "new"
    at: Named[datetime] = Column(UTCDateTime)
    expires: Named[datetime] = Column(UTCDateTime, index=True)
    done: Named[datetime | None] = Column(UTCDateTime)


class PauseColumns(TypedColumns):
    """Until when a reader is paused, whatever their file says; null: not paused."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    until: Named[date | None] = Column(Date)
    at: Named[datetime] = Column(UTCDateTime)


class LinksColumns(TypedColumns):
    """The version of a reader's links that is valid."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    version: Named[int]


class MuteColumns(TypedColumns):
    """A term that a reader has muted."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    term: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(UTCDateTime)


class OpinionColumns(TypedColumns):
    """Whether a reader wants more papers like this one, or fewer."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    paper: Named[str] = Column(Text, primary_key=True)
    more: Named[bool]
    at: Named[datetime] = Column(UTCDateTime)


class SubscriptionColumns(TypedColumns):
    """The schedule of a subscription; one that is not `active` has left the config and keeps its row."""

    id: Named[int] = Column(primary_key=True)
    subscriber: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    timing: Named[str] = Column(Text)
    active: Named[bool]
    next_due: Named[datetime | None] = Column(UTCDateTime)  # none: at once
    next_slot: Named[str | None] = Column(Text)
    last_slot: Named[str | None] = Column(Text)  # of the last scheduled issue
    cursor: Named[datetime | None] = Column(UTCDateTime)
    seen: Named[int]  # the newest event that an alert has looked at
    fingerprint: Named[str | None] = Column(Text)
    number: Named[int]  # of the last issue that became a letter
    held_by: Named[str | None] = Column(Text)  # who is writing its issue
    held: Named[datetime | None] = Column(UTCDateTime)  # until then


class AnswerColumns(TypedColumns):
    """A reader's answer whether a paper is by an author whom they follow."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text, primary_key=True)
    paper: Named[str] = Column(Text, primary_key=True)
    theirs: Named[bool]
    at: Named[datetime] = Column(UTCDateTime)


class DepartureColumns(TypedColumns):
    """Unsubscribes from a subscription, or (empty name) from all; they override the files."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    subscription: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(UTCDateTime)
    why: Named[str] = Column(Text)


roll = Table("roll", metadata, RollColumns)
reader = Table("reader", metadata, ReaderColumns)
pending = Table("pending", metadata, PendingColumns)
pause = Table("pause", metadata, PauseColumns)
links = Table("links", metadata, LinksColumns)
mute = Table("mute", metadata, MuteColumns)
opinion = Table("opinion", metadata, OpinionColumns)
subscription = Table(
    "subscription",
    metadata,
    SubscriptionColumns,
    UniqueConstraint("subscriber", "name"),
    Index(None, "active", "next_due"),
)
answer = Table("answer", metadata, AnswerColumns)
departure = Table("departure", metadata, DepartureColumns)
