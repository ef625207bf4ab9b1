"""The values of an issue: sections, items with the hits of each paper, missing sources; and candidates before that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date as Day  # noqa: N812 (an issue has a date of its own)
from datetime import datetime
from typing import Literal

from digest.authors import AuthorVerdict
from digest.authors.summary import AuthorSummary
from digest.papers import Paper
from digest.papers.scholarly_metrics import Bibliometrics
from digest.rules import Hit, IndexedPaper
from digest.subscriptions import Schedule, Subscriber, Subscription

TRENDING = "Trending papers"
"""The title of the section that votes fill."""

IssueKind = Literal["scheduled", "alert", "manual", "test"]
"""The cause of an issue: its slot, `at once`, a command, or a test of delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A paper in an issue, with what happened to it and where it matched."""

    work: int
    event: str  # "new", "revised v2", "published" or "withdrawn"
    paper: Paper
    hits: tuple[Hit, ...] = ()
    also: tuple[str, ...] = ()  # titles of the other rules that it matched
    doubts: tuple[tuple[str, AuthorVerdict], ...] = ()  # followed people whose it may be, and what speaks for that
    changes: tuple[str, ...] = ()  # fields of the paper that changed since the reader had it last
    figures: tuple[Bibliometrics, ...] = ()  # what services say of it
    record: int = 0  # the row of the paper in the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The items of one rule."""

    title: str  # empty: papers that the reader had before
    query: str = ""  # the rule as typed; empty for a followed author
    author: str | None = None
    items: tuple[Item, ...] = ()
    more: int = 0  # matched as well, but over the limit
    portrait: AuthorSummary | None = None  # of the author


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A source, or a part of it, that was late or failed, so that an issue is without its papers."""

    kind: str  # of the source
    part: str  # a category, the name of a query or a journal; empty: all of it
    why: Literal["late", "fault"]  # it had not announced what was due; it could not be asked
    since: datetime | None = None  # when it last answered

    def concerns(self, subscription: Subscription) -> bool:
        """Whether its papers could have been in an issue of this subscription."""
        if not subscription.rules:
            return subscription.trending is not None and subscription.trending.source == self.kind
        if subscription.sources and self.kind not in subscription.sources:
            return False
        named = subscription.categories if self.kind == "arxiv" else ()
        archive = self.part.partition(".")[0]
        return not named or any(one in (self.part, archive) or one.partition(".")[0] == self.part for one in named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One number (RFC 1153's word) of a subscription, ready to be rendered."""

    subscriber: Subscriber
    subscription: str
    when: Schedule
    kind: IssueKind
    slot: str  # the scheduled local date and hour; part of the issue's key
    number: int
    date: datetime  # aware, in the reader's zone
    since: datetime  # where the window of this issue begins
    sections: tuple[Section, ...]
    rules_count: int = 0
    authors_count: int = 0
    attach: Literal["bibtex", "ris"] | None = None  # the papers as references, in a file beside the letter
    absences: tuple[Absence, ...] = ()
    services: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)  # what each calls itself
    rests: tuple[tuple[str, str], ...] = ()  # services that bring nothing today, and why: "weekend" or "holiday"
    next_on: Day | None = None  # the local day of the issue after this one

    @property
    def count(self) -> int:
        """Papers shown."""
        return sum(len(section.items) for section in self.sections)

    @property
    def more(self) -> int:
        """Papers that matched and are not shown."""
        return sum(section.more for section in self.sections)

    @property
    def items(self) -> Iterator[Item]:
        return (item for section in self.sections for item in section.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A paper that something happened to, and the rules of the subscription (by index) that it matches."""

    work: int
    event: str
    paper: Paper
    at: datetime  # when it arrived in the store
    rules: tuple[int, ...]  # empty where a paper that the reader had no longer matches (a withdrawn one)
    doubts: tuple[tuple[int, AuthorVerdict], ...] = ()  # rules that follow a person who may be another one
    changes: tuple[str, ...] = ()
    seen: IndexedPaper | None = field(default=None, repr=False, compare=False)  # for highlighting
    record: int = 0  # the row of the paper in the store
