"""Tables of mail: issues, deliveries, tries, journals, circuit breakers, rate limits, bounces and suppressions."""

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
    """An issue of a subscription, also a quiet one without papers."""

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
    contents: Named[bytes | None] = Column(LargeBinary)  # what it tells of, packed (store.issue_contents)
    lowest: Named[int | None]  # of the records that it tells of
    highest: Named[int | None]
    recorded: Named[bool]  # False: sent by hand, without --record; what it tells of may come again
    # Whether its papers count as sent ("told", "untold"), as somebody decided or as it was when its deliveries were
    # pruned; none: its deliveries say so.
    outcome: Named[str | None] = Column(Text)


class DeliveryColumns(TypedColumns):
    """The envelope and the state of a letter; it belongs to an issue, or is a notice."""

    id: Named[int] = Column(primary_key=True)
    issue_id: Named[int | None] = Column(ForeignKey("issue.id"))
    way: Named[str] = Column(Text)  # how it goes out: "mail"
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
    at_dot: Named[int | None]  # the epoch under which it was last handed over; only where machines share the database
    reason: Named[str | None] = Column(Text)


class LetterColumns(TypedColumns):
    """The bytes of a letter, compressed; apart from the delivery so that a change of state does not rewrite them."""

    delivery_id: Named[int] = Column(ForeignKey("delivery.id"), primary_key=True, autoincrement=False)
    message: Named[bytes] = Column(LargeBinary)
    papers: Named[str | None] = Column(Text)  # marks of what it tells, for the journal


class AttemptColumns(TypedColumns):
    """The result of each try, with the server's words."""

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
    """The id of this database, by which its journals are recognised."""

    id: Named[str] = Column(Text, primary_key=True)
    place: Named[str | None] = Column(Text)  # the machine and the file as which it was used last


class StatementLogColumns(TypedColumns):
    """Up to which byte each log of what people told us is applied."""

    id: Named[str] = Column(Text, primary_key=True)
    applied: Named[int]


class JournalColumns(TypedColumns):
    """The send journals that this database knows; of a closed one all entries are in the database."""

    name: Named[str] = Column(Text, primary_key=True)
    opened: Named[datetime] = Column(UTCDateTime)
    closed: Named[datetime | None] = Column(UTCDateTime)


class PostedPaperColumns(TypedColumns):
    """What readers were told before a restore of the database, as marks (mail.journal_entry.paper_mark)."""

    mark: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(UTCDateTime)


class PostedColumns(TypedColumns):
    """Letters that were sent before a restore of the database; they are not sent again."""

    message_id: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(UTCDateTime)


class BrakeColumns(TypedColumns):
    """The circuit breaker of a relay or a receiving domain: failures in a row, and until when it is open."""

    kind: Named[str] = Column(Text, primary_key=True)  # "relay" or "domain"
    name: Named[str] = Column(Text, primary_key=True)
    strikes: Named[int]
    until: Named[datetime | None] = Column(UTCDateTime)
    at: Named[datetime] = Column(UTCDateTime)
    words: Named[str] = Column(Text)


class PaceColumns(TypedColumns):
    """Rate limits and leases on periodic work of all processes: when each is free again."""

    name: Named[str] = Column(Text, primary_key=True)
    next_at: Named[datetime] = Column(UTCDateTime)


class AllowanceColumns(TypedColumns):
    """The used part of a daily quota."""

    name: Named[str] = Column(Text, primary_key=True)
    day: Named[date] = Column(Date, primary_key=True)
    used: Named[int]


class SuppressionColumns(TypedColumns):
    """A suppressed address: it gets no letters."""

    address: Named[str] = Column(Text, primary_key=True)
    reason: Named[str] = Column(Text)
    since: Named[datetime] = Column(UTCDateTime)


class ScoreColumns(TypedColumns):
    """The bounce score of an address."""

    address: Named[str] = Column(Text, primary_key=True)
    points: Named[float] = Column(Float)
    at: Named[datetime] = Column(UTCDateTime)  # of the last bounce


class EvidenceColumns(TypedColumns):
    """Bounces, complaints and auto-replies of an address, with their points; append-only."""

    id: Named[int] = Column(primary_key=True)
    address: Named[str] = Column(Text, index=True)
    at: Named[datetime] = Column(UTCDateTime)
    kind: Named[str] = Column(Text)
    points: Named[float] = Column(Float)
    words: Named[str] = Column(Text)
    delivery: Named[int | None]


class HeardColumns(TypedColumns):
    """Messages of the bounce mailbox that were read."""

    piece: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(UTCDateTime)


class SetAsideColumns(TypedColumns):
    """What failed and was set aside so that all others went on."""

    kind: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text, primary_key=True)
    place: Named[str] = Column(Text, primary_key=True)  # the source of a paper; else empty
    reason: Named[str] = Column(Text)
    since: Named[datetime] = Column(UTCDateTime)
    last: Named[datetime] = Column(UTCDateTime)


issue = Table(
    "issue",
    metadata,
    IssueColumns,
    UniqueConstraint("subscriber", "subscription", "kind", "slot"),
    Index(None, "subscriber", "created"),
    Index(None, "subscriber", "highest", "lowest"),  # who had a paper is found without reading all issues
)
delivery = Table(
    "delivery",
    metadata,
    DeliveryColumns,
    UniqueConstraint("issue_id", "subscriber", "way"),
    UniqueConstraint("message_id"),
    UniqueConstraint("notice"),
)
letter = Table("letter", metadata, LetterColumns)
attempt = Table("attempt", metadata, AttemptColumns)
ledger = Table("ledger", metadata, LedgerColumns)
journal = Table("journal", metadata, JournalColumns)
statement_log = Table("statement_log", metadata, StatementLogColumns)
posted = Table("posted", metadata, PostedColumns)
posted_paper = Table("posted_paper", metadata, PostedPaperColumns)
brake = Table("brake", metadata, BrakeColumns)
pace = Table("pace", metadata, PaceColumns)
allowance = Table("allowance", metadata, AllowanceColumns)
suppression = Table("suppression", metadata, SuppressionColumns)
score = Table("score", metadata, ScoreColumns)
evidence = Table("evidence", metadata, EvidenceColumns)
heard = Table("heard", metadata, HeardColumns)
set_aside = Table("set_aside", metadata, SetAsideColumns)
