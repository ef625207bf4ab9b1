"""What each language has to say, and what it is told: the contract of the files beside this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from digest.authors import AuthorVerdict
from digest.issues import Absence, IssueKind
from digest.papers.scholarly_metrics import Researcher
from digest.subscriptions import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one section has of an issue; without a name: papers that the reader had before."""

    count: int  # shown or not
    name: str = ""
    author: bool = False  # the name is a person's
    voted: bool = False  # others brought them here, by their votes


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An issue in figures, for its subject and its first line."""

    kind: IssueKind
    shares: Sequence[Share]
    since: date  # where its window begins, and
    today: date  # where it ends, both in the reader's zone
    title: str = ""  # of its only paper
    event: str = "new"  # of its only paper

    @property
    def count(self) -> int:
        return sum(share.count for share in self.shares)

    @property
    def days(self) -> int:
        return (self.today - self.since).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a reader gets a letter, for the footer."""

    kind: IssueKind
    when: Schedule
    zone: str  # "Europe/London"
    authors: int
    rules: int


SERVICES = {
    "arxiv": "arXiv",
    "huggingface": "Hugging Face",
    "biorxiv": "bioRxiv",
    "medrxiv": "medRxiv",
    "pubmed": "PubMed",
    "crossref": "Crossref",
    "europepmc": "Europe PMC",
    "openreview": "OpenReview",
    "feeds": "",
}
"""What the services call themselves; a feed goes by its own name."""


class Words(Protocol):
    """One language; a module satisfies it. `room` is in characters and holds."""

    CODE: str  # of the HTML attribute `lang`
    DIRECTION: str  # "ltr" or "rtl"
    ABSTRACT: str
    PDF: str
    HTML: str
    REPOSITORY: str  # of code
    CHANGE: str
    PAUSE: str
    WEB: str  # to the same on the web
    ALL: str  # to all papers of the issue, on the web
    MORE_LIKE: str
    LESS_LIKE: str
    IS_IT: str  # whether a paper is a followed person's
    NOT_IT: str  # it may be somebody else's
    UNSUBSCRIBE: str
    UNTITLED: str
    CROWDED: str  # there is room for titles alone
    QUIET: str  # the body of a letter without papers
    ALSO: str  # "also matched {}", where {} stands for the titles of other rules
    LATEST: str  # heading of a followed person's latest papers
    TEST: str  # the subject of a letter that only tests
    TEST_NOTE: str
    ET_AL: str
    TRENDING: str  # heading of the papers that others vote for
    BEFORE: str  # heading of the papers that the reader had before

    def subject(self, summary: Summary, room: int) -> str: ...
    def lede(self, summary: Summary, room: int) -> str: ...
    def why(self, reason: Reason) -> str: ...
    def day(self, day: date) -> str: ...
    def short_day(self, day: date, today: date) -> str: ...
    def number(self, number: int) -> str: ...
    def reader(self, name: str) -> str: ...
    def event(self, event: str, changes: Sequence[str] = ()) -> str: ...
    def doubt(self, name: str, verdict: AuthorVerdict) -> str: ...

    def votes(self, votes: int, comments: int, authors: int = 0) -> str: ...
    def citations(self, count: int) -> str: ...

    def cross(self, categories: Sequence[str]) -> str: ...
    def numbers(self, person: Researcher, source: str, day: str) -> str: ...
    def absence(self, absences: Sequence[Absence], by: datetime, next_on: date | None) -> str: ...
    def rest(self, kind: str, why: str) -> str: ...
    def others(self, count: int) -> str: ...
    def more(self, share: Share) -> str: ...
