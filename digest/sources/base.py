"""What a source is: it says what to ask and reads the answer, and never fetches; web and clock are others' work."""

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
"""Why a service brings nothing today; empty where it does."""

BLOCKED: Final = "blocked by the publisher"
"""What is said of a feed that people may read and machines may not."""

LARGEST = 32 * 1024 * 1024
"""Bytes; a longer answer is not read. The longest real ones (2,500 records of OAI-PMH) have about 8 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResponse:
    """One answer of a service, as it came over the wire."""

    url: str
    asked: str = ""  # as it was asked for; what stands behind its # is never sent, and a walk may remember by it
    status: int = 200
    body: bytes = field(repr=False)
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPage:
    """What one answer holds, and what to ask next."""

    papers: tuple[Paper, ...] = ()
    next: httpx.Request | None = None
    cursor: str | None = None  # to be kept together with the papers; None: it stays as it was
    warnings: tuple[str, ...] = ()
    restart: bool = False  # ask `first` again, with the cursor that was kept last
    stale: bool = False  # an announcement was expected, and this is an old one or none
    cut: bool = False  # the answer broke off; its end is still to be had
    batch: date | None = None  # of a service with a timetable: the day whose list is known to be there


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPapers:
    """What a saved answer holds: papers, or what it is instead."""

    papers: tuple[Paper, ...] = ()
    said: str = ""  # "an error answer: badArgument …", "a list of 300 identifiers"; empty where there is nothing to say
    warnings: tuple[str, ...] = ()


class Timetable(Protocol):
    """When a service brings what is new: one batch on each of its days."""

    def due(self, now: datetime) -> date:
        """The newest day whose batch should be there by now."""

    def due_at(self, now: datetime) -> datetime:
        """When that batch should have been there."""

    def rest(self, now: datetime) -> NoBatchReason:
        """Why there is none today."""


class ContinuousSource:
    """A source without parts that brings papers at any time."""

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
    """Whoever asks a service: how it is known, how often it may, and where to."""

    @property
    def name(self) -> str:
        """Unique, and what people call it: "arxiv oai cs.CL", "feeds Nature"."""

    @property
    def kind(self) -> str:
        """The key under `sources:` in the config."""

    @property
    def every(self) -> timedelta:
        """The clock asks no oftener."""

    @property
    def allow_private(self) -> bool:
        """Whether it may lead to an address inside one's own net."""


@runtime_checkable
class Source(PolledService, Protocol):
    """One walk through one service; its state (cursor, validators) is kept by others."""

    @property
    def part(self) -> str:
        """What of its service it asks for: a category, the name of a query or a journal; empty for all."""

    @property
    def timetable(self) -> Timetable | None:
        """When its service brings what is new, where that is known."""

    def refused(self, status: int) -> str:
        """What to do where the service refuses machines with such an answer of HTTP; empty where that is no refusal."""

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        """What to ask first: from the cursor on, or from `since` where there is none yet."""

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        """The papers of an answer. Raises SourceError when it is no answer of this service, or says that it failed."""


class PaperLookUp(PolledService, Protocol):
    """Asks a service for papers by id, where its announcements said too little."""

    @property
    def most(self) -> int:
        """So many ids at once."""

    def ask(self, keys: Sequence[str]) -> httpx.Request:
        """What to ask for these papers; the keys are of `Paper.key`."""

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        """The papers that were found; unknown ids are left out. Raises SourceError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichmentResult:
    """What a service says of papers that it was asked about."""

    papers: tuple[Paper, ...] = ()  # with the ids that it knows
    figures: Mapping[str, Bibliometrics] = field(
        default_factory=dict
    )  # by the key that was asked for; unknown ones lack
    warnings: tuple[str, ...] = ()


class Enricher(PolledService, Protocol):
    """Asks a service about papers and people that are known already."""

    @property
    def most(self) -> int:
        """So many ids at once."""

    @property
    def asks_about_all(self) -> bool:
        """Whether it is asked about all new papers, or about the known ones of followed people alone."""

    def ask(self, keys: Sequence[str], known: Mapping[str, Paper]) -> httpx.Request | None:
        """What to ask about these papers, `known` where they are stored; None where the service can know none."""

    def read(self, answer: ServiceResponse, keys: Sequence[str], known: Mapping[str, Paper]) -> EnrichmentResult:
        """What it says of them. Raises SourceError."""

    def ask_people(self, ids: Sequence[str]) -> httpx.Request | None:
        """What to ask about people, by the service's own ids."""

    def read_people(self, answer: ServiceResponse, ids: Sequence[str]) -> Mapping[str, Researcher]:
        """What it says of them, by id. Raises SourceError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One service, as the registry has it. Its key there is that under `sources:`, and the `kind` of its sources."""

    settings: type[BaseModel]
    """What may stand under its key in the config."""

    sources: Callable[[Any], Sequence[Source]]
    """The walks that its settings ask for; none of a service that only enriches."""

    read_saved: Callable[[bytes, str], SavedPapers]
    """What a saved answer of that file name holds. Raises SourceError when it is no answer of the service."""

    label: str
    """What the service calls itself in letters: "arXiv"; empty where each source goes by its own name."""

    trust: int = 0
    """Of two services that tell of one paper, the values of the one with the higher trust win."""

    look_up: Callable[[Any], PaperLookUp] | None = None
    """How papers are asked for by id, where announcements say too little."""

    enricher: Callable[[Any], Enricher | None] | None = None
    """What asks the service about papers and people that are known; None where its settings leave that out."""


def window(cursor: str | None, since: datetime, now: datetime, *, overlap: timedelta) -> tuple[date, date]:
    """The first and the last day to ask for, in UTC, by a cursor that is a day: what came late on the last is found."""
    today = now.astimezone(UTC).date()
    reached = cursor_day(cursor)
    start = reached - overlap if reached else since.astimezone(UTC).date()
    return min(start, today), today


def cursor_day(cursor: str | None) -> date | None:
    """The day that a cursor names; None where it is empty or names none that can be true."""
    found = parse_instant(cursor) if cursor else None
    return found.date() if found else None


def not_later(paper: Paper, now: datetime) -> Paper:
    """The paper with no date after now; publishers date issues ahead."""
    return replace(
        paper,
        published=min(paper.published, now) if paper.published else None,
        updated=min(paper.updated, now) if paper.updated else None,
    )


def looks_like(body: bytes) -> str:
    """What an answer that nobody expected seems to be, in a few clean words."""
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
    """The address as written, when it is one that can be asked. Raises ValueError."""
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL as error:
        raise ValueError(f"no web address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("no web address: write it whole, with https:// (or http://)")
    return text.strip()
