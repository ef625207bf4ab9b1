"""RSS and Atom feeds of any journal or blog, tolerant of what publishers really write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Annotated, Any

import feedparser  # type: ignore[import-untyped]
import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, model_validator

from digest.errors import SourceError
from digest.papers import Paper
from digest.papers.ids import issn
from digest.sources.base import (
    BLOCKED,
    LARGEST,
    ContinuousSource,
    ResultPage,
    SavedPapers,
    ServiceResponse,
    Source,
    looks_like,
    not_later,
    web_address,
)
from digest.sources.feeds.bounds import bounded, decoded
from digest.sources.feeds.entry import entry_link, read_entry
from digest.text import clean_line

_ENDED = re.compile(rb"</(?:\w+:)?(?:rss|feed|RDF)\s*>", re.IGNORECASE)


def _name(text: str) -> str:
    name = clean_line(text)
    if not name:
        raise ValueError("a name of one letter at least")
    return name


class ConfiguredFeed(BaseModel):
    """One feed in the config."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(web_address)]
    name: Annotated[str, AfterValidator(_name)] = Field(default_factory=lambda data: httpx.URL(data["url"]).host)
    allow_private: bool = False


class FeedsSettings(RootModel[tuple[ConfiguredFeed, ...]]):
    """The settings under `feeds:`, a list."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _told_apart(self) -> FeedsSettings:
        names = [entry.name for entry in self.root]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two feeds are called {twice!r}: give each a name of its own")
        return self


_ISSN = re.compile(r"(?<![0-9A-Za-z])[0-9]{4}-?[0-9]{3}[0-9Xx](?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSource(ContinuousSource):
    """One feed. It has no cursor: a feed contains only its current entries."""

    title: str
    url: str
    allow_private: bool = False
    kind: str = "feeds"
    every: timedelta = timedelta(hours=1)

    @property
    def name(self) -> str:
        return f"feeds {self.title}"

    @property
    def part(self) -> str:
        return self.title

    def refused(self, status: int) -> str:
        """Advice for the statuses by which publishers refuse machines; we do not disguise the User-Agent."""
        if status not in (401, 403, 451):
            return ""
        found = next((named for each in _ISSN.finditer(self.url) if (named := issn(each[0]))), None)
        return (
            f"{BLOCKED} (answered {status}): take it out of `feeds:` and ask Crossref, "
            f"`crossref: {{journals: [{{name: {self.title}, issn: {found or '…'}}}]}}`"
        )

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        return httpx.Request("GET", self.url)

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        try:
            parsed = _parsed(answer.body, answer.content_type)
        except ValueError as error:
            raise SourceError(f"{self.name}: no feed, but {error}") from error
        papers, warnings = _papers(parsed)
        cut = bool(parsed.bozo) and not _ENDED.search(answer.body[-2000:])
        return ResultPage(papers=tuple(not_later(paper, now) for paper in papers), warnings=warnings, cut=cut)


def sources(settings: FeedsSettings) -> Sequence[Source]:
    """One source for each feed."""
    return [FeedSource(title=each.name, url=each.url, allow_private=each.allow_private) for each in settings.root]


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved feed. Raises SourceError for another format."""
    try:
        parsed = _parsed(body, "")
    except ValueError as error:
        raise SourceError(f"{name} is no answer of feeds: it looks like {error}") from error
    papers, warnings = _papers(parsed)
    return SavedPapers(papers=papers, warnings=warnings, said="" if papers else "a feed without entries")


_REFERENCE = re.compile(r"&#(?:[xX]0*+([0-9a-fA-F]*+)|0*+([0-9]*+));")


def _real(reference: re.Match[str]) -> str:
    """A character reference, or nothing if it is no character: feedparser fails at surrogates."""
    digits, base = (reference[1], 16) if reference[2] is None else (reference[2], 10)
    number = int(digits, base) if 0 < len(digits) <= 7 else 0
    return reference[0] if 0 < number < 0xD800 or 0xE000 <= number <= 0x10FFFF else ""


def _parsed(body: bytes, content_type: str) -> Any:
    """Parse a feed with feedparser. Raises ValueError, which describes the response, if it is no feed."""
    if len(body) > LARGEST or not body.strip():
        raise ValueError("nothing" if not body.strip() else f"more than {LARGEST // 2**20} MB")
    document, only = bounded(decoded(body, content_type))
    try:
        # A file object, since feedparser would take bytes for a URL or a file name.
        parsed = feedparser.parse(
            BytesIO(_REFERENCE.sub(_real, document).encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:
        raise ValueError(f"{looks_like(body)}, which cannot be read ({type(error).__name__})") from error
    parsed.only = only
    if parsed.entries:
        return parsed
    if not parsed.get("version"):
        raise ValueError(looks_like(body))
    if parsed.bozo and not isinstance(parsed.bozo_exception, feedparser.CharacterEncodingOverride):
        raise ValueError(f"a broken feed without one whole entry: {clean_line(str(parsed.bozo_exception))[:120]}")
    return parsed


def _told_apart_by_guid(entries: Sequence[Any]) -> Iterator[Any]:
    """The entries, without a guid that stands for several links of this document ("N/A"): it names none of them."""
    links: dict[str, set[str]] = {}
    for entry in entries:
        links.setdefault(str(entry.get("id") or ""), set()).add(entry_link(entry) or "")
    for entry in entries:
        if len(links[str(entry.get("id") or "")]) > 1:
            yield feedparser.FeedParserDict({key: value for key, value in entry.items() if key != "id"})
        else:
            yield entry


def _papers(parsed: Any) -> tuple[tuple[Paper, ...], tuple[str, ...]]:
    """(papers, warnings) of a feed; an unreadable entry stops no other."""
    home = str(parsed.feed.get("link") or "")
    papers, unread = [], []
    for entry in _told_apart_by_guid(parsed.entries):
        try:
            papers.append(read_entry(entry, home))
        except Exception as error:  # noqa: BLE001, whatever is odd about one entry, the others are read
            unread.append(clean_line(str(error))[:200] or type(error).__name__)
    warnings = [f"{len(unread)} of {len(parsed.entries)} entries could not be read: {unread[0]}"] if unread else []
    if parsed.only is not None:
        warnings.append(f"too large: only its first {parsed.only:,} entries are read")
    if parsed.bozo:
        warnings.append(f"not well formed: {clean_line(str(parsed.get('bozo_exception')))[:120]}")
    return tuple(papers), tuple(warnings)
