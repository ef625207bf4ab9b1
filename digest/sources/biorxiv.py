"""bioRxiv and medRxiv: all versions of preprints by the day of posting. https://api.biorxiv.org

A row is a version, so a preprint may occur several times in one response. Pages have no fixed length: the next page
begins after the last record of this one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict

from digest.errors import SourceError
from digest.names import NameMatch, compare_names
from digest.papers import Author, Ids, Paper
from digest.papers.ids import code_repository, doi
from digest.sources.answers import BaseUrl, json_of, listed, moment, no_answer, papers_of, text, whole
from digest.sources.authors import turned
from digest.sources.base import ContinuousSource, ResultPage, SavedPapers, ServiceResponse, Source, window
from digest.text import clean_block, clean_line, clean_name

URL = "https://api.biorxiv.org"
OVERLAP = timedelta(days=1)
_WINDOW = timedelta(days=2)  # days of one request; longer ones take the service minutes
_PATH = re.compile(r"/details/(?:bio|med)rxiv/(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)/(\d+)/json$")
_NOTHING = "no posts found"
_GLUED = re.compile(
    r"(?m)(^|[.!?] ?)(Abstract|Background|Objectives?|Aims?|Introduction|Methods?|Results|Conclusions?|Importance"
    r"|Significance|Motivation|Summary|Findings|Interpretation|Purpose|Design|Setting|Discussion)(?=[A-Z0-9])"
)

Server = Literal["biorxiv", "medrxiv"]


class BiorxivSettings(BaseModel):
    """The settings under `biorxiv:` or `medrxiv:`; `{}` asks for everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Annotated[str, BaseUrl] = URL


@dataclass(frozen=True, slots=True, kw_only=True)
class BiorxivSource(ContinuousSource):
    """The preprints of one server, day by day. Its cursor is the last day that was read completely."""

    server: Server
    url: str = URL
    every: timedelta = timedelta(hours=6)
    allow_private: bool = False

    @property
    def name(self) -> str:
        return f"{self.server} posts"

    @property
    def kind(self) -> str:
        return self.server

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        first, today = window(cursor, since, now, overlap=OVERLAP)
        return self._ask(first, today, 0)

    def _ask(self, first: date, today: date, skip: int, last: date | None = None) -> httpx.Request:
        last = last or min(first + _WINDOW, today)
        return httpx.Request("GET", f"{self.url.rstrip('/')}/details/{self.server}/{first}/{last}/{skip}/json")

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        asked = _PATH.search(httpx.URL(answer.url).path)
        if asked is None:
            raise SourceError(f"{self.name}: led to another address than it was asked at")
        try:
            found = _DetailsPage.of(json_of(answer.body), self.server)
        except ValueError as error:
            raise SourceError(f"{self.name}: no list of preprints, but {error}") from error
        first, last, skip = date.fromisoformat(asked[1]), date.fromisoformat(asked[2]), int(asked[3])
        today, behind = now.astimezone(UTC).date(), skip + found.records
        if found.records and (found.total is None or behind < found.total):
            following = self._ask(first, today, behind, last)
            return ResultPage(papers=found.papers, warnings=found.warnings, next=following)
        following_window = self._ask(last + timedelta(days=1), today, 0) if last < today else None
        return ResultPage(papers=found.papers, warnings=found.warnings, cursor=last.isoformat(), next=following_window)


@dataclass(frozen=True, slots=True)
class BiorxivKind:
    """One of the two servers, for the registry."""

    server: Server

    def sources(self, settings: BiorxivSettings) -> Sequence[Source]:
        """One source."""
        return [BiorxivSource(server=self.server, url=settings.base_url, allow_private=settings.base_url != URL)]

    def read_saved(self, body: bytes, name: str) -> SavedPapers:
        """The papers in a saved response of `/details`. Raises SourceError for another format."""
        try:
            found = _DetailsPage.of(json_of(body), self.server)
        except ValueError as error:
            raise no_answer(name, self.server, error) from error
        return SavedPapers(papers=found.papers, warnings=found.warnings, said="" if found.papers else found.said)


@dataclass(frozen=True, slots=True)
class _DetailsPage:
    papers: tuple[Paper, ...]
    warnings: tuple[str, ...]
    records: int  # with the unreadable ones
    total: int | None  # as the service says; sometimes too large
    said: str

    @classmethod
    def of(cls, value: Any, server: Server) -> _DetailsPage:
        """Parse a response. Raises ValueError for an error response or another format."""
        if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
            raise ValueError("JSON of another kind")
        message = next(iter(listed(value, "messages")), {})
        said = clean_line(text(message, "status"))[:200]
        records = value.get("collection")
        if said not in ("ok", _NOTHING) or not isinstance(records, list):
            raise ValueError(f"the words {said!r}" if said else "JSON of another kind")
        papers, warnings = papers_of(records, lambda record: _paper(record, server))
        return cls(papers, warnings, len(records), whole(message, "total"), said)


def _paper(record: Mapping[str, Any], server: Server) -> Paper:
    name, title = doi(text(record, "doi")), clean_line(text(record, "title"))
    if name is None or not title:
        raise ValueError(f"a preprint without {'a title' if name else 'a DOI'}")
    version = whole(record, "version") or 1
    posted = moment(text(record, "date"))
    article = doi(text(record, "published"))
    home = text(record, "server").casefold() or server
    page = f"https://www.{home if home in ('biorxiv', 'medrxiv') else server}.org/content/{name}v{version}"
    kind = clean_line(text(record, "category"))
    return Paper(
        key=f"doi:{name}",
        ids=Ids(doi=name),
        version=version,
        title=title,
        abstract=clean_block(_GLUED.sub(r"\1\2: ", text(record, "abstract"))) or None,
        authors=tuple(_authors(record)),
        categories=(kind.casefold(),) if kind else (),
        primary=kind.casefold() or None,
        published=posted if version == 1 else None,
        updated=posted,
        announced=posted,
        doi=article,
        url=page,
        pdf=f"{page}.full.pdf",
        code=code_repository(text(record, "abstract")),
        withdrawn=text(record, "type").strip().casefold() == "withdrawn",
        source=server,
    )


def _authors(record: Mapping[str, Any]) -> list[Author]:
    """ "Wright, K. M.; Gaudinier, A." with the corresponding author's full name from its own field."""
    names = [turned(clean_name(name)) for name in text(record, "authors").split(";") if clean_name(name)]
    full, at = (
        clean_name(text(record, "author_corresponding")),
        clean_line(text(record, "author_corresponding_institution")),
    )
    places = [place for place, name in enumerate(names) if full and compare_names(name, full) >= NameMatch.INITIAL]
    return [
        Author(name=full, affiliation=at or None) if places == [place] else Author(name=name)
        for place, name in enumerate(names)
    ]


biorxiv, medrxiv = BiorxivKind("biorxiv"), BiorxivKind("medrxiv")
