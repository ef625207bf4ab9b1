"""Tables of papers: records, names, versions, links between records, events, bibliometrics, sources."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Named, Table, Text, TypedColumns, UniqueConstraint

from digest.store.tables.base import UTCDateTime, metadata


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
    """Why two records are one work, or that they were split by hand."""

    paper_id: Named[int] = Column(ForeignKey("paper.id"), primary_key=True, autoincrement=False)  # the older record
    other_id: Named[int] = Column(ForeignKey("paper.id"), primary_key=True, autoincrement=False, index=True)
    together: Named[bool]
    why: Named[str] = Column(Text)
    at: Named[datetime] = Column(UTCDateTime)


class NameColumns(TypedColumns):
    """The names of a record, and (not `own`) of other records that it names; records of one work share a name."""

    name: Named[str] = Column(Text, primary_key=True)  # "arxiv:2507.05197", "doi:10.1101/…", "pmid:…"
    paper_id: Named[int] = Column(ForeignKey("paper.id"), primary_key=True)
    own: Named[bool]


class VersionColumns(TypedColumns):
    """The known versions of a record, each with its date where a service gave one."""

    paper_id: Named[int] = Column(ForeignKey("paper.id"), primary_key=True)
    version: Named[int] = Column(primary_key=True, autoincrement=False)
    date: Named[datetime | None] = Column(UTCDateTime)


class EventColumns(TypedColumns):
    """The events of a work, each once, in the order of arrival."""

    serial: Named[int] = Column(primary_key=True)
    work: Named[int] = Column(ForeignKey("paper.id"))
    event: Named[str] = Column(Text)
    paper_id: Named[int] = Column(ForeignKey("paper.id"))
    at: Named[datetime] = Column(UTCDateTime, index=True)
    changes: Named[str | None] = Column(Text)  # fields that are others now, with commas between


class FigureColumns(TypedColumns):
    """Bibliometrics of a paper (by key) or a person ("semanticscholar:2262347") by service; null: it knows nothing."""

    kind: Named[str] = Column(Text, primary_key=True)
    key: Named[str] = Column(Text, primary_key=True, index=True)
    at: Named[datetime] = Column(UTCDateTime)
    value: Named[str | None] = Column(Text)


class SourceColumns(TypedColumns):
    """The state of a source: cursor, failures, next try."""

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
    """ETag and Last-Modified of a URL, as received."""

    source: Named[str] = Column(Text, ForeignKey("source.name"), primary_key=True)
    url: Named[str] = Column(Text, primary_key=True)
    etag: Named[str | None] = Column(Text)
    last_modified: Named[str | None] = Column(Text)


paper = Table("paper", metadata, PaperColumns)
_voted = paper.c.votes.is_not(None)  # few papers are voted for, and anybody may ask the site for them
Index("ix_paper_voted", paper.c.announced, sqlite_where=_voted, postgresql_where=_voted)
bond = Table("bond", metadata, BondColumns)
name = Table("name", metadata, NameColumns)
version = Table("version", metadata, VersionColumns)
# Serials are never used twice, not even those of events that went when two works became one.
event = Table("event", metadata, EventColumns, UniqueConstraint("work", "event"), sqlite_autoincrement=True)
figure = Table("figure", metadata, FigureColumns)
source = Table("source", metadata, SourceColumns)
validator = Table("validator", metadata, ValidatorColumns)
