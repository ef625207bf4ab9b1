"""Crossref: the works that a publisher registered for an ISSN. https://api.crossref.org/swagger-ui/index.html

A replacement for journal feeds that refuse machines. Works are selected by their creation date, as publishers date
articles ahead and back; the contact in the User-Agent puts requests into Crossref's polite pool.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.papers.ids import doi, issn
from digest.papers.ranges import midnight
from digest.sources.answers import BaseUrl, json_of, listed, moment, no_answer, papers_of, text
from digest.sources.base import ContinuousSource, ResultPage, SavedPapers, ServiceResponse, Source, not_later, window
from digest.sources.unixref import papers_in
from digest.text import clean_html, clean_line, clean_name

URL = "https://api.crossref.org"
OVERLAP = timedelta(days=2)
_ROWS = 200
_SELECT = (
    "DOI,title,author,abstract,container-title,created,published,published-online,issued,type,relation,updated-by,URL"
)
_ISSN = re.compile(r"\d{4}-?\d{3}[\dX]", re.ASCII | re.IGNORECASE)
_HEADING = re.compile(r"^abstract[.:]?\s+", re.IGNORECASE)
_GONE = frozenset({"retraction", "withdrawal", "removal", "partial_retraction"})


def _issn(given: str) -> str:
    if _ISSN.fullmatch(given.strip()) is None:
        raise ValueError("no ISSN: write one such as 1476-4687")
    if (found := issn(given)) is None:
        raise ValueError("no ISSN: its last digit does not fit the others, so one of them is wrong")
    return found


class CrossrefJournal(BaseModel):
    """One journal in the config."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issn: Annotated[str, AfterValidator(_issn)]
    name: str = Field(default_factory=lambda data: data["issn"], min_length=1)


class CrossrefSettings(BaseModel):
    """The settings under `crossref:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    journals: Annotated[tuple[CrossrefJournal, ...], Field(min_length=1)]
    base_url: Annotated[str, BaseUrl] = URL


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossrefSource(ContinuousSource):
    """The new works of one journal. Its cursor is the last day that was read completely."""

    issn: str
    title: str
    url: str = URL
    kind: str = "crossref"
    every: timedelta = timedelta(hours=6)
    allow_private: bool = False

    @property
    def name(self) -> str:
        return f"crossref {self.title}"

    @property
    def part(self) -> str:
        return self.title

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        first, _ = window(cursor, since, now, overlap=OVERLAP)
        return self._ask(f"issn:{self.issn},from-created-date:{first},type:journal-article", "*")

    def _ask(self, chosen: str, cursor: str) -> httpx.Request:
        params = {"filter": chosen, "rows": str(_ROWS), "cursor": cursor, "select": _SELECT}
        return httpx.Request("GET", f"{self.url.rstrip('/')}/works", params=params)

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        try:
            message = _message(json_of(answer.body), "work-list")
            papers, warnings = papers_of(_items(message), _paper)
        except ValueError as error:
            raise SourceError(f"{self.name}: no list of articles, but {error}") from error
        papers = tuple(not_later(paper, now) for paper in papers)
        following, asked = text(message, "next-cursor"), httpx.URL(answer.url).params
        if len(_items(message)) >= _ROWS and following:
            return ResultPage(papers=papers, warnings=warnings, next=self._ask(asked.get("filter", ""), following))
        return ResultPage(papers=papers, warnings=warnings, cursor=now.astimezone(UTC).date().isoformat())


def sources(settings: CrossrefSettings) -> Sequence[Source]:
    """One source for each journal."""
    own = settings.base_url != URL
    return [
        CrossrefSource(issn=each.issn, title=each.name, url=settings.base_url, allow_private=own)
        for each in settings.journals
    ]


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved response: a list of works, or one. Raises SourceError for another format."""
    if body.strip() == b"Resource not found.":
        return SavedPapers(said="an error answer: Resource not found.")
    if body.lstrip()[:1] == b"<" and (read := papers_in(body)) is not None:
        return SavedPapers(papers=read[0], warnings=read[1], said="" if read[0] else "a document without works")
    try:
        value = json_of(body)
        if isinstance(value, dict) and isinstance(value.get("title"), str) and "DOI" in value:
            value = {"message-type": "work", "message": _from_citeproc(value)}
        if fault := _fault_of(value):
            return SavedPapers(said=f"an error answer: {fault}")
        kind = value.get("message-type") if isinstance(value, dict) else None
        if kind not in ("work", "work-list"):
            if isinstance(kind, str) and "message" in value:
                return SavedPapers(said=f"no works, but {clean_line(kind)[:40]!r}")
            raise ValueError("JSON of another kind")
        message = _message(value, kind)
        papers, warnings = papers_of([message] if kind == "work" else _items(message), _paper)
    except ValueError as error:
        raise no_answer(name, "crossref", error) from error
    return SavedPapers(papers=papers, warnings=warnings, said="" if papers else "a list without works")


def _from_citeproc(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A CSL JSON work in the form of Crossref's API, which has lists where CSL has strings."""
    return {**value, **{name: [text(value, name)] for name in ("title", "container-title")}}


def _fault_of(value: Any) -> str:
    """The text of an error response (`validation-failure` and others); empty for others."""
    if not isinstance(value, dict) or value.get("status") != "failed":
        return ""
    told = next(iter(listed(value, "message")), {})
    return clean_line(f"{text(told, 'type')}: {text(told, 'message')}")[:300]


def _message(value: Any, kind: str) -> Mapping[str, Any]:
    """The `message` of a response. Raises ValueError for another kind of response."""
    if fault := _fault_of(value):
        raise ValueError(f"the words {fault!r}")
    message = value.get("message") if isinstance(value, dict) and value.get("message-type") == kind else None
    if not isinstance(message, Mapping):
        raise ValueError("JSON of another kind")
    return message


def _items(message: Mapping[str, Any]) -> Sequence[Any]:
    found = message.get("items")
    if not isinstance(found, list):
        raise ValueError("a list without items")
    return found


def _paper(work: Mapping[str, Any]) -> Paper:
    name, title = doi(text(work, "DOI")), clean_line(clean_html(_first(work, "title")))
    if name is None or not title:
        raise ValueError(f"a work without {'a title' if name else 'a DOI'}")
    created = _created(work)
    article = next((doi(text(each, "id")) for each in _related(work, "is-preprint-of")), None)
    return Paper(
        key=f"doi:{name}",
        ids=Ids(doi=name),
        title=title,
        abstract=_abstract(text(work, "abstract")),
        authors=tuple(author for each in listed(work, "author") if (author := _author(each))),
        published=_day_of(work, "published-online", "published", "issued") or created,
        updated=None,
        announced=created,
        journal=clean_line(clean_html(_first(work, "container-title"))) or None,
        doi=article or (None if text(work, "type") == "posted-content" else name),
        url=f"https://doi.org/{name}",
        withdrawn=any(text(each, "type") in _GONE for each in listed(work, "updated-by"))
        or title.startswith("WITHDRAWN:"),
        source="crossref",
    )


def _first(work: Mapping[str, Any], name: str) -> str:
    found = work.get(name)
    return next((each for each in found if isinstance(each, str)), "") if isinstance(found, list) else ""


def _related(work: Mapping[str, Any], relation: str) -> list[Mapping[str, Any]]:
    relations = work.get("relation")
    return listed(relations, relation) if isinstance(relations, Mapping) else []


def _author(given: Mapping[str, Any]) -> Author | None:
    """An author: a person, or a group with a name alone."""
    full = f"{text(given, 'given')} {text(given, 'family')} {text(given, 'suffix')}"
    name = clean_name(full) or clean_name(text(given, "name"))
    places = (clean_line(text(place, "name")) for place in listed(given, "affiliation"))
    orcid = text(given, "ORCID").rpartition("/")[2]
    return Author(name=name, orcid=orcid or None, affiliation=next(filter(None, places), None)) if name else None


def _abstract(jats: str) -> str | None:
    """JATS as plain text, without the heading "Abstract"."""
    return _HEADING.sub("", clean_html(jats)) or None


def _created(work: Mapping[str, Any]) -> datetime | None:
    created = work.get("created")
    return moment(text(created, "date-time")) if isinstance(created, Mapping) else None


def _day_of(work: Mapping[str, Any], *names: str) -> datetime | None:
    """The first date with a day; many dates are years alone."""
    for name in names:
        dated = work.get(name)
        parts = dated.get("date-parts") if isinstance(dated, Mapping) else None
        first = parts[0] if isinstance(parts, list) and parts else None
        if isinstance(first, list) and len(first) == 3 and (day := midnight(*first)):
            return day
    return None
