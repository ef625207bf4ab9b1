"""Protocols of sources, look-ups and enrichers, which build requests and parse responses, and fetch nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal, Protocol, runtime_checkable

import httpx
from pydantic import BaseModel

from digest.papers import Paper
from digest.papers.ranges import parse_instant
from digest.papers.scholarly_metrics import Bibliometrics, Researcher
from digest.text import strip_controls

NoBatchReason = Literal["", "weekend", "holiday"]
"""Reason why a service has no batch today; "" if it has one."""

BLOCKED: Final = "blocked by the publisher"
"""State of a feed whose publisher refuses machines."""

LARGEST = 32 * 1024 * 1024
"""Maximum size of a response in bytes. The largest real ones (2,500 records of OAI-PMH) have about 8 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResponse:
    """A response of a service."""

    url: str
    asked: str = ""  # URL of the request; its fragment is not sent, so a source may keep state there
    status: int = 200
    body: bytes = field(repr=False)
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPage:
    """The papers of one response, and the next request."""

    papers: tuple[Paper, ...] = ()
    next: httpx.Request | None = None
    cursor: str | None = None  # stored in the papers' transaction; None: unchanged
    warnings: tuple[str, ...] = ()
    restart: bool = False  # begin again with `first` and the stored cursor
    stale: bool = False  # the batch due is not in this response
    cut: bool = False  # the response is truncated; the rest must be fetched again
    batch: date | None = None  # day of the newest batch, of a service with a timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPapers:
    """Content of a saved response: papers, or a description of a response without papers."""

    papers: tuple[Paper, ...] = ()
    said: str = ""  # "an error answer: badArgument …", "a list of 300 identifiers"; empty for papers
    warnings: tuple[str, ...] = ()


class Timetable(Protocol):
    """Schedule of a service that publishes one batch on each of its days."""

    def due(self, now: datetime) -> date:
        """The newest day whose batch should be available by now."""

    def due_at(self, now: datetime) -> datetime:
        """The time at which that batch should have been available."""

    def rest(self, now: datetime) -> NoBatchReason:
        """The reason why there is no batch today; "" if there is one."""


class ContinuousSource:
    """Base class of sources without parts and without a timetable."""

    __slots__ = ()

    @property
    def part(self) -> str:
        return ""

    @property
    def timetable(self) -> Timetable | None:
        return None

    def refused(self, status: int) -> str:
        return ""


class PolledService(Protocol):
    """Common properties of everything that sends requests to a service."""

    @property
    def name(self) -> str:
        """Unique name, shown to people: "arxiv oai cs.CL", "feeds Nature"."""

    @property
    def kind(self) -> str:
        """The key under `sources:` in the config."""

    @property
    def every(self) -> timedelta:
        """The interval between two scheduled requests."""

    @property
    def allow_private(self) -> bool:
        """Whether its URL may have a private address."""


@runtime_checkable
class Source(PolledService, Protocol):
    """One sequence of result pages of a service. Stateless: the caller stores cursor and validators."""

    @property
    def part(self) -> str:
        """The part of its service that it covers: a category, a query's or journal's name; empty for all."""

    @property
    def timetable(self) -> Timetable | None:
        """The schedule of its service, if that is known."""

    def refused(self, status: int) -> str:
        """Advice for an HTTP status by which the service refuses machines; empty for other statuses."""

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        """The first request: from the cursor on, or from `since` without a cursor."""

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        """Parse a response. Raises SourceError if it is an error or of another format."""


class PaperLookUp(PolledService, Protocol):
    """Looks up papers by id, to complete announcements with too little data."""

    @property
    def most(self) -> int:
        """So many ids at once."""

    def ask(self, keys: Sequence[str]) -> httpx.Request:
        """The request for these papers, by `Paper.key`."""

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        """The papers found; unknown ids are left out. Raises SourceError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichmentResult:
    """Papers and bibliometrics of an enrichment response."""

    papers: tuple[Paper, ...] = ()  # with the ids that the service knows
    figures: Mapping[str, Bibliometrics] = field(
        default_factory=dict
    )  # by the key that was asked for; unknown ones lack
    warnings: tuple[str, ...] = ()


class Enricher(PolledService, Protocol):
    """Asks a service about papers and people that the store knows already."""

    @property
    def most(self) -> int:
        """So many ids at once."""

    @property
    def asks_about_all(self) -> bool:
        """Whether it is asked about all new papers, or about the known papers of followed authors alone."""

    def ask(self, keys: Sequence[str], known: Mapping[str, Paper]) -> httpx.Request | None:
        """The request about these papers (`known`: as stored); None if the service can know none of them."""

    def read(self, answer: ServiceResponse, keys: Sequence[str], known: Mapping[str, Paper]) -> EnrichmentResult:
        """Parse the response about these papers. Raises SourceError."""

    def ask_people(self, ids: Sequence[str]) -> httpx.Request | None:
        """The request about people, by the service's own ids; None: the service has none."""

    def read_people(self, answer: ServiceResponse, ids: Sequence[str]) -> Mapping[str, Researcher]:
        """Parse the response about people, by id. Raises SourceError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """The registry entry of a service. Its key is that under `sources:`, and the `kind` of its sources."""

    settings: type[BaseModel]
    """The model of its settings in the config."""

    sources: Callable[[Any], Sequence[Source]]
    """The sources of given settings; empty for a service that only enriches."""

    read_saved: Callable[[bytes, str], SavedPapers]
    """(bytes, file name) → papers of a saved response. Raises SourceError for another format."""

    label: str
    """The service's name in letters: "arXiv"; empty if each source has its own name there."""

    trust: int = 0
    """If two services have the same paper, the values of the one with the higher trust win."""

    look_up: Callable[[Any], PaperLookUp] | None = None
    """The look-up of papers by id, for services whose announcements have too little data."""

    enricher: Callable[[Any], Enricher | None] | None = None
    """The enricher of given settings; it may return None, if the settings disable it."""


def window(cursor: str | None, since: datetime, now: datetime, *, overlap: timedelta) -> tuple[date, date]:
    """The first and the last day (UTC) to ask for; `overlap` before the cursor's day finds late records."""
    today = now.astimezone(UTC).date()
    reached = cursor_day(cursor)
    start = reached - overlap if reached else since.astimezone(UTC).date()
    return min(start, today), today


def cursor_day(cursor: str | None) -> date | None:
    """The day that a cursor names; None where it is empty or names none that can be true."""
    found = parse_instant(cursor) if cursor else None
    return found.date() if found else None


def not_later(paper: Paper, now: datetime) -> Paper:
    """The paper with dates clamped to now; publishers date issues ahead."""
    return replace(
        paper,
        published=min(paper.published, now) if paper.published else None,
        updated=min(paper.updated, now) if paper.updated else None,
    )


def looks_like(body: bytes) -> str:
    """A short description of an unexpected response, without control characters."""
    head = strip_controls(body[:2000].decode("utf-8", "replace")).strip()
    low = head.casefold()
    if not head:
        return "nothing"
    if low.startswith("<!doctype html") or "<html" in low:
        return "an HTML page"
    if head[0] in "{[":
        return "JSON"
    words = " ".join(head.split())
    short = words if len(words) <= 60 else words[:59] + "…"
    return f"XML of another kind ({short})" if head[0] == "<" else f"plain text: {short!r}"


def web_address(text: str) -> str:
    """Validate an HTTP(S) URL and return it unchanged. Raises ValueError."""
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL as error:
        raise ValueError(f"no web address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("no web address: write it whole, with https:// (or http://)")
    return text.strip()
