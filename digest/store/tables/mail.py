"""Mail: issues, their letters and each try, the journals, the brakes of relays, and what came back."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from digest.store.tables.base import UTCDateTime, metadata


class IssueColumns(TypedColumns):
    """One number of a digest, also one with nothing in it."""

    id: Named[int] = Column(primary_key=True)
    subscription_id: Named[int | None] = Column(ForeignKey("subscription.id"))  # none: by hand
    subscriber: Named[str] = Column(Text)
    subscription: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    slot: Named[str] = Column(Text)
    number: Named[int]
    created: Named[datetime] = Column(UTCDateTime)
    since: Named[datetime] = Column(UTCDateTime)
    until: Named[datetime] = Column(UTCDateTime)
    page: Named[str | None] = Column(Text, index=True)  # by what name its web copy is called in its letter
    state: Named[str] = Column(Text)  # "composed", or "quiet": recorded and not sent


class ItemColumns(TypedColumns):
    """A paper as an issue showed it."""

    issue_id: Named[int] = Column(ForeignKey("issue.id"), primary_key=True)
    position: Named[int] = Column(primary_key=True, autoincrement=False)
    paper: Named[str] = Column(Text)
    event: Named[str] = Column(Text)
    section: Named[str] = Column(Text)


class DeliveryColumns(TypedColumns):
    """An envelope and how far it has come; of an issue or, where there is none, of a notice."""

    id: Named[int] = Column(primary_key=True)
    issue_id: Named[int | None] = Column(ForeignKey("issue.id"))
    notice: Named[str | None] = Column(Text)
    subscriber: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    sender: Named[str] = Column(Text)
    recipient: Named[str] = Column(Text)
    domain: Named[str] = Column(Text)  # of the recipient
    message_id: Named[str] = Column(Text)
    created: Named[datetime] = Column(UTCDateTime)
    expires: Named[datetime | None] = Column(UTCDateTime, index=True)
    state: Named[str] = Column(Text, index=True)
    attempts: Named[int]
    crashes: Named[int]  # of those who had begun to send it
    doubts: Named[int]
    next_at: Named[datetime | None] = Column(UTCDateTime, index=True)  # only of what waits to be sent
    owner: Named[str | None] = Column(Text)
    epoch: Named[int]
    until: Named[datetime | None] = Column(UTCDateTime, index=True)
    reason: Named[str | None] = Column(Text)


class LetterColumns(TypedColumns):
    """The bytes of a letter, compressed; apart from the delivery so that a change of state does not rewrite them."""

    delivery_id: Named[int] = Column(ForeignKey("delivery.id"), primary_key=True, autoincrement=False)
    message: Named[bytes] = Column(LargeBinary)


class AttemptColumns(TypedColumns):
    """What came of each try, in the server's words."""

    id: Named[int] = Column(primary_key=True)
    delivery_id: Named[int] = Column(ForeignKey("delivery.id"), index=True)
    began: Named[datetime | None] = Column(UTCDateTime)
    at: Named[datetime] = Column(UTCDateTime)
    state: Named[str] = Column(Text)
    phase: Named[str | None] = Column(Text)
    relay: Named[str | None] = Column(Text)
    queue_id: Named[str | None] = Column(Text)
    code: Named[int | None]
    enhanced: Named[str | None] = Column(Text)
    words: Named[str] = Column(Text)


class LedgerColumns(TypedColumns):
    """What this database is called, so that a journal knows to which it belongs."""

    id: Named[str] = Column(Text, primary_key=True)


class JournalColumns(TypedColumns):
    """The phase records that this database knows; one that is closed has told all it holds."""

    name: Named[str] = Column(Text, primary_key=True)
    opened: Named[datetime] = Column(UTCDateTime)
    closed: Named[datetime | None] = Column(UTCDateTime)


class PostedColumns(TypedColumns):
    """Letters that went out before the database was put back to an older state; they are not sent again."""

    message_id: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(UTCDateTime)


class BrakeColumns(TypedColumns):
    """A relay or a receiving domain that has failed, how often in a row, and until when it is left alone."""

    kind: Named[str] = Column(Text, primary_key=True)  # "relay" or "domain"
    name: Named[str] = Column(Text, primary_key=True)
    strikes: Named[int]
    until: Named[datetime | None] = Column(UTCDateTime)
    at: Named[datetime] = Column(UTCDateTime)
    words: Named[str] = Column(Text)


class PaceColumns(TypedColumns):
    """When something may be done again that all machines together may do only so often."""

    name: Named[str] = Column(Text, primary_key=True)
    next_at: Named[datetime] = Column(UTCDateTime)


class AllowanceColumns(TypedColumns):
    """How much of what may be done in a day is used."""

    name: Named[str] = Column(Text, primary_key=True)
    day: Named[date] = Column(Date, primary_key=True)
    used: Named[int]


class SuppressionColumns(TypedColumns):
    """An address that gets no letters."""

    address: Named[str] = Column(Text, primary_key=True)
    reason: Named[str] = Column(Text)
    since: Named[datetime] = Column(UTCDateTime)


class ScoreColumns(TypedColumns):
    """How much speaks against an address."""

    address: Named[str] = Column(Text, primary_key=True)
    points: Named[float] = Column(Float)
    at: Named[datetime] = Column(UTCDateTime)  # of the last bounce


class EvidenceColumns(TypedColumns):
    """What was said of an address, and what it weighs; append-only."""

    id: Named[int] = Column(primary_key=True)
    address: Named[str] = Column(Text, index=True)
    at: Named[datetime] = Column(UTCDateTime)
    kind: Named[str] = Column(Text)
    points: Named[float] = Column(Float)
    words: Named[str] = Column(Text)
    delivery: Named[int | None]


class HeardColumns(TypedColumns):
    """What came back and has been dealt with."""

    piece: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(UTCDateTime)


issue = Table(
    "issue",
    metadata,
    IssueColumns,
    UniqueConstraint("subscriber", "subscription", "kind", "slot"),
    Index(None, "subscriber", "created"),
)
item = Table("item", metadata, ItemColumns)
delivery = Table(
    "delivery",
    metadata,
    DeliveryColumns,
    UniqueConstraint("issue_id", "subscriber"),
    UniqueConstraint("message_id"),
    UniqueConstraint("notice"),
)
letter = Table("letter", metadata, LetterColumns)
attempt = Table("attempt", metadata, AttemptColumns)
ledger = Table("ledger", metadata, LedgerColumns)
journal = Table("journal", metadata, JournalColumns)
posted = Table("posted", metadata, PostedColumns)
brake = Table("brake", metadata, BrakeColumns)
pace = Table("pace", metadata, PaceColumns)
allowance = Table("allowance", metadata, AllowanceColumns)
suppression = Table("suppression", metadata, SuppressionColumns)
score = Table("score", metadata, ScoreColumns)
evidence = Table("evidence", metadata, EvidenceColumns)
heard = Table("heard", metadata, HeardColumns)
