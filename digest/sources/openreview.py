"""OpenReview: submissions to conferences, by version 2 of its API. https://docs.openreview.net

Values are under `content.X.value` (in version 1 under `content.X`), times are Unix time in milliseconds, and
double-blind submissions have no authors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.papers.ids import code_repository
from digest.papers.ranges import from_unix
from digest.sources.answers import BaseUrl, json_of, no_answer, papers_of, text
from digest.sources.base import ContinuousSource, ResultPage, SavedPapers, ServiceResponse, Source, window
from digest.text import clean_block, clean_line, clean_name

URL = "https://api2.openreview.net"
PAGES = "https://openreview.net"
OVERLAP = timedelta(days=2)
_ROWS = 1_000
_GONE = ("withdrawn", "desk rejected", "rejected_submission/withdrawn")


def _venue(given: str) -> str:
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)+", given, re.ASCII) is None:
        raise ValueError("no venue of OpenReview: write its id, such as ICLR.cc/2026/Conference")
    return given


class ConfiguredVenue(BaseModel):
    """One venue in the config."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, AfterValidator(_venue)]
    name: str = Field(default_factory=lambda data: data["id"], min_length=1)


class OpenReviewSettings(BaseModel):
    """The settings under `openreview:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venues: Annotated[tuple[ConfiguredVenue, ...], Field(min_length=1)]
    base_url: Annotated[str, BaseUrl] = URL


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReviewSource(ContinuousSource):
    """The submissions of one venue. Its cursor is the last day that was read completely."""

    id: str
    title: str
    url: str = URL
    kind: str = "openreview"
    every: timedelta = timedelta(hours=6)
    allow_private: bool = False

    @property
    def name(self) -> str:
        return f"openreview {self.title}"

    @property
    def part(self) -> str:
        return self.title

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        day, _ = window(cursor, since, now, overlap=OVERLAP)
        return self._ask(_milliseconds(day), 0)

    def _ask(self, since: str, offset: int) -> httpx.Request:
        params = {
            "invitation": f"{self.id}/-/Submission",
            "mintcdate": since,
            "sort": "tcdate:asc",
            "limit": str(_ROWS),
            "offset": str(offset),
        }
        return httpx.Request("GET", f"{self.url.rstrip('/')}/notes", params=params)

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        try:
            notes = _notes(json_of(answer.body))
            papers, warnings = papers_of(notes, _paper)
        except ValueError as error:
            raise SourceError(f"{self.name}: no list of notes, but {error}") from error
        asked = httpx.URL(answer.url).params
        if len(notes) >= _ROWS:
            offset = int(asked.get("offset") or 0) + len(notes)
            return ResultPage(papers=papers, warnings=warnings, next=self._ask(asked.get("mintcdate", "0"), offset))
        return ResultPage(papers=papers, warnings=warnings, cursor=now.astimezone(UTC).date().isoformat())


def sources(settings: OpenReviewSettings) -> Sequence[Source]:
    """One source for each venue."""
    own = settings.base_url != URL
    return [
        OpenReviewSource(id=each.id, title=each.name, url=settings.base_url, allow_private=own)
        for each in settings.venues
    ]


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved list, search or note. Raises SourceError for another format."""
    try:
        value = json_of(body)
        if isinstance(value, Mapping) and text(value, "message") and "notes" not in value:
            return SavedPapers(said=f"an error answer: {clean_line(text(value, 'message'))[:200]}")
        papers, warnings = papers_of(_notes(value), _paper)
    except ValueError as error:
        raise no_answer(name, "openreview", error) from error
    return SavedPapers(papers=papers, warnings=warnings, said="" if papers else "a list without notes")


def _milliseconds(day: date) -> str:
    return str(int(datetime.combine(day, time(), UTC).timestamp() * 1000))


def _notes(value: Any) -> list[Any]:
    """The notes of a response. Raises ValueError for an error response or another format."""
    if isinstance(value, Mapping) and isinstance(value.get("notes"), list):
        return list(value["notes"])
    if isinstance(value, Mapping) and isinstance(value.get("content"), Mapping) and text(value, "id"):
        return [value]
    if isinstance(value, Mapping) and text(value, "message"):
        raise ValueError(f"the words {clean_line(text(value, 'message'))[:200]!r}")
    raise ValueError("JSON of another kind")


def _paper(note: Mapping[str, Any]) -> Paper:
    content = note.get("content")
    held = {name: _bare(value) for name, value in content.items()} if isinstance(content, Mapping) else {}
    own = text(note, "forum", "id")
    title = clean_line(text(held, "title"))
    if not own or not title:
        raise ValueError(f"a note without {'a title' if own else 'an id'}")
    venue, where = clean_line(text(held, "venue")), text(held, "venueid").casefold()
    decided = bool(venue) and not venue.casefold().startswith(("submitted to", *_GONE))
    abstract = clean_block(text(held, "abstract"))
    return Paper(
        key=f"openreview:{own}",
        ids=Ids(),
        title=title,
        abstract=abstract or None,
        authors=tuple(Author(name=name) for each in _listed(held.get("authors")) if (name := clean_name(each))),
        published=_moment(note, "cdate", "tcdate"),
        updated=_moment(note, "mdate", "tmdate"),
        announced=_moment(note, "tcdate", "cdate"),
        comment=venue or None if not decided else None,
        journal=venue if decided else None,
        url=f"{PAGES}/forum?id={own}",
        pdf=f"{PAGES}/pdf?id={own}" if text(held, "pdf") else None,
        code=code_repository(f"{text(held, 'code')}\n{abstract}"),
        withdrawn=any(sign in venue.casefold() or sign.replace(" ", "_") in where for sign in _GONE),
        source="openreview",
    )


def _bare(value: Any) -> Any:
    return value.get("value") if isinstance(value, Mapping) else value


def _listed(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _moment(note: Mapping[str, Any], *names: str) -> datetime | None:
    """The first of these fields (Unix time in milliseconds) that is in range."""
    for name in names:
        found = note.get(name)
        if isinstance(found, int) and found > 0 and (moment := from_unix(found / 1000)):
            return moment
    return None
