"""Readers: those who signed up, the clocks of all subscriptions, what each was told, and what each answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, Named, Table, Text, TypedColumns, UniqueConstraint

from digest.store.tables.base import UTCDateTime, metadata


class RollColumns(TypedColumns):
    """One row: a number that grows with every change of who reads what, so that it is seen at a glance."""

    id: Named[int] = Column(primary_key=True, autoincrement=False)
    serial: Named[int]


class ReaderColumns(TypedColumns):
    """One who signed up, in the words of a reader's file."""

    id: Named[str] = Column(Text, primary_key=True)
    address: Named[str] = Column(Text, unique=True)  # as delivery.address_key gives it
    document: Named[dict[str, Any]] = Column(JSON, nullable=False)
    created: Named[datetime] = Column(UTCDateTime)
    serial: Named[int] = Column(index=True)  # of the roll when it was last changed


class PendingColumns(TypedColumns):
    """What a stranger asked for, and nobody has confirmed; who asks often is not heard again for a while."""

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
    """Until when a reader wants no letters, whatever their file says; none: they want them."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    until: Named[date | None] = Column(Date)
    at: Named[datetime] = Column(UTCDateTime)


class LinksColumns(TypedColumns):
    """How often a reader has made older links to their pages useless."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    version: Named[int]


class MuteColumns(TypedColumns):
    """A term that a reader wants to read nothing of."""

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
    """The clock of one subscription; one that is not `active` has left the config and keeps its place."""

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


class MemoryColumns(TypedColumns):
    """What a reader was told, for good."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    work: Named[int] = Column(ForeignKey("paper.id"), primary_key=True, autoincrement=False, index=True)
    event: Named[str] = Column(Text, primary_key=True)
    issue: Named[int | None]  # that told it: if its letter comes too late, it was not told


class AnswerColumns(TypedColumns):
    """What a reader said of a paper under a name that they follow."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text, primary_key=True)
    paper: Named[str] = Column(Text, primary_key=True)
    theirs: Named[bool]
    at: Named[datetime] = Column(UTCDateTime)


class DepartureColumns(TypedColumns):
    """Who wants a subscription no more (or, under an empty name, none at all); it outranks the files."""

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
memory = Table("memory", metadata, MemoryColumns)
answer = Table("answer", metadata, AnswerColumns)
departure = Table("departure", metadata, DepartureColumns)
