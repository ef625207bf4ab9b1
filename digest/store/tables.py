"""The tables: what has been seen, what is due, what was told, and how far each letter has come."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Named,
    Table,
    Text,
    TypedColumns,
    TypeDecorator,
    UniqueConstraint,
)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware on the way in (a naive one is refused), in UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.utcoffset() is None:
            raise ValueError(f"a time without a zone: {value}")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class PaperColumns(TypedColumns):
    """One record; its columns are the fields of Paper. A work is named by the id of its oldest record."""

    id: Named[int] = Column(primary_key=True, autoincrement=False)
    work: Named[int] = Column(ForeignKey("paper.id"), index=True)
    key: Named[str] = Column(Text, unique=True)
    title: Named[str] = Column(Text)
    source: Named[str] = Column(Text)
    ids: Named[dict[str, str]] = Column(JSON, nullable=False)
    version: Named[int | None]
    abstract: Named[str | None] = Column(Text)
    authors: Named[list[list[str | None]]] = Column(JSON, nullable=False)
    categories: Named[list[str]] = Column(JSON, nullable=False)
    primary: Named[str | None] = Column(Text)
    published: Named[datetime | None] = Column(UTCDateTime)
    updated: Named[datetime | None] = Column(UTCDateTime)
    announced: Named[datetime | None] = Column(UTCDateTime)
    comment: Named[str | None] = Column(Text)
    journal: Named[str | None] = Column(Text)
    doi: Named[str | None] = Column(Text)
    url: Named[str | None] = Column(Text)
    pdf: Named[str | None] = Column(Text)
    code: Named[str | None] = Column(Text)
    votes: Named[int | None]
    comments_count: Named[int | None]
    withdrawn: Named[bool]
    announce: Named[str | None] = Column(Text)
    changed: Named[datetime | None] = Column(UTCDateTime)
    # By which records without a common id find each other (likeness.marks); those of arXiv's are negative.
    title_mark: Named[int | None] = Column(BigInteger, index=True)
    people_mark: Named[int | None] = Column(BigInteger, index=True)


class BondColumns(TypedColumns):
    """Why two records are one work, or that somebody has said that they are two."""

    paper_id: Named[int] = Column(ForeignKey("paper.id"), primary_key=True, autoincrement=False)  # the older record
    other_id: Named[int] = Column(ForeignKey("paper.id"), primary_key=True, autoincrement=False, index=True)
    together: Named[bool]
    why: Named[str] = Column(Text)
    at: Named[datetime] = Column(UTCDateTime)


class NameColumns(TypedColumns):
    """What a record is called, and (not `own`) which other record it names: the key by which sightings meet."""

    name: Named[str] = Column(Text, primary_key=True)  # "arxiv:2507.05197", "doi:10.1101/…", "pmid:…"
    paper_id: Named[int] = Column(ForeignKey("paper.id"), primary_key=True)
    own: Named[bool]


class VersionColumns(TypedColumns):
    """Every version that was heard of, with its date where a service gave one."""

    paper_id: Named[int] = Column(ForeignKey("paper.id"), primary_key=True)
    version: Named[int] = Column(primary_key=True, autoincrement=False)
    date: Named[datetime | None] = Column(UTCDateTime)


class EventColumns(TypedColumns):
    """What happened to a work, once each, in the order in which we heard of it."""

    serial: Named[int] = Column(primary_key=True)
    work: Named[int] = Column(ForeignKey("paper.id"))
    event: Named[str] = Column(Text)
    paper_id: Named[int] = Column(ForeignKey("paper.id"))
    at: Named[datetime] = Column(UTCDateTime, index=True)
    changes: Named[str | None] = Column(Text)  # fields that are others now, with commas between


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


class FigureColumns(TypedColumns):
    """What a service said of a paper (by its key) or a person ("semanticscholar:2262347"); null: it knows nothing."""

    kind: Named[str] = Column(Text, primary_key=True)
    key: Named[str] = Column(Text, primary_key=True, index=True)
    at: Named[datetime] = Column(UTCDateTime)
    value: Named[str | None] = Column(Text)


class SourceColumns(TypedColumns):
    """How asking a source has gone, and where it goes on."""

    name: Named[str] = Column(Text, primary_key=True)
    cursor: Named[str | None] = Column(Text)
    last_try: Named[datetime | None] = Column(UTCDateTime)
    last_ok: Named[datetime | None] = Column(UTCDateTime)
    failures: Named[int]
    last_error: Named[str | None] = Column(Text)
    next_try: Named[datetime | None] = Column(UTCDateTime)
    asked_to_wait: Named[bool]
    batch: Named[str | None] = Column(Text)  # the day of the newest batch that was there


class ValidatorColumns(TypedColumns):
    """ETag and Last-Modified of an address, as received."""

    source: Named[str] = Column(Text, ForeignKey("source.name"), primary_key=True)
    url: Named[str] = Column(Text, primary_key=True)
    etag: Named[str | None] = Column(Text)
    last_modified: Named[str | None] = Column(Text)


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


class DepartureColumns(TypedColumns):
    """Who wants a subscription no more (or, under an empty name, none at all); it outranks the files."""

    subscriber: Named[str] = Column(Text, primary_key=True)
    subscription: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(UTCDateTime)
    why: Named[str] = Column(Text)


paper = Table("paper", metadata, PaperColumns)
bond = Table("bond", metadata, BondColumns)
name = Table("name", metadata, NameColumns)
version = Table("version", metadata, VersionColumns)
# Serials are never used twice, not even those of events that went when two works became one.
event = Table("event", metadata, EventColumns, UniqueConstraint("work", "event"), sqlite_autoincrement=True)
memory = Table("memory", metadata, MemoryColumns)
answer = Table("answer", metadata, AnswerColumns)
figure = Table("figure", metadata, FigureColumns)
source = Table("source", metadata, SourceColumns)
validator = Table("validator", metadata, ValidatorColumns)
subscription = Table(
    "subscription",
    metadata,
    SubscriptionColumns,
    UniqueConstraint("subscriber", "name"),
    Index(None, "active", "next_due"),
)
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
departure = Table("departure", metadata, DepartureColumns)
