"""Europe PMC: articles and preprints that were newly indexed for a query. https://europepmc.org/RestfulWebService"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.papers.ids import doi
from digest.sources.answers import BaseUrl, json_of, listed, moment, no_answer, papers_of, text
from digest.sources.base import ResultPage, SavedPapers, ServiceResponse, Source, not_later, window
from digest.sources.queries import QuerySettings, QuerySource
from digest.text import clean_html, clean_line, clean_name

URL = "https://www.ebi.ac.uk/europepmc/webservices/rest"
OVERLAP = timedelta(days=2)
_ROWS = 100


class EuropePmcSettings(QuerySettings):
    """The settings under `europepmc:`."""

    base_url: Annotated[str, BaseUrl] = URL


@dataclass(frozen=True, slots=True, kw_only=True)
class EuropePmcSource(QuerySource):
    """Newly indexed records of one query. Its cursor is the last day that was read completely."""

    url: str = URL
    kind: str = "europepmc"

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        first, today = window(cursor, since, now, overlap=OVERLAP)
        return self._ask(f"({self.query}) AND FIRST_IDATE:[{first} TO {today}]", "*")

    def _ask(self, query: str, mark: str) -> httpx.Request:
        params = {"query": query, "resultType": "core", "format": "json", "pageSize": str(_ROWS), "cursorMark": mark}
        return httpx.Request("GET", f"{self.url.rstrip('/')}/search", params=params)

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        try:
            found = _results(json_of(answer.body))
            papers, warnings = papers_of(found.records, _paper)
        except ValueError as error:
            raise SourceError(f"{self.name}: no list of articles, but {error}") from error
        papers = tuple(not_later(paper, now) for paper in papers)
        asked = httpx.URL(answer.url).params
        if found.records and found.mark and found.mark != asked.get("cursorMark"):
            return ResultPage(papers=papers, warnings=warnings, next=self._ask(asked.get("query", ""), found.mark))
        return ResultPage(papers=papers, warnings=warnings, cursor=now.astimezone(UTC).date().isoformat())


def sources(settings: EuropePmcSettings) -> Sequence[Source]:
    """One source for each query."""
    own = settings.base_url != URL
    return [
        EuropePmcSource(query=each.query, title=each.name, url=settings.base_url, allow_private=own)
        for each in settings.queries
    ]


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved search. Raises SourceError for another format."""
    try:
        papers, warnings = papers_of(_results(json_of(body)).records, _paper)
    except ValueError as error:
        raise no_answer(name, "europepmc", error) from error
    return SavedPapers(papers=papers, warnings=warnings, said="" if papers else "a search without results")


@dataclass(frozen=True, slots=True)
class _SearchResults:
    records: Sequence[Any]
    mark: str  # cursorMark of the next page; unchanged on the last page


def _results(value: Any) -> _SearchResults:
    """Parse a search response. Raises ValueError for an error response or another format."""
    if isinstance(value, dict) and text(value, "errMsg"):
        raise ValueError(f"the words {clean_line(text(value, 'errMsg'))[:200]!r}")
    results = value.get("resultList") if isinstance(value, dict) and "hitCount" in value else None
    records = results.get("result") if isinstance(results, Mapping) else None
    if not isinstance(records, list):
        raise ValueError("JSON of another kind")
    return _SearchResults(records, text(value, "nextCursorMark"))


def _paper(record: Mapping[str, Any]) -> Paper:
    name, pmid = doi(text(record, "doi")), text(record, "pmid").strip()
    title = clean_line(clean_html(text(record, "title"))).removesuffix(".").strip("[]")
    served = f"{text(record, 'source')}/{text(record, 'id')}"
    if not title or not (name or pmid or served != "/"):
        raise ValueError(f"a record without {'an id' if title else 'a title'}")
    journal = record.get("journalInfo")
    kinds = record.get("pubTypeList")
    types = kinds.get("pubType") if isinstance(kinds, Mapping) else None
    is_preprint = text(record, "source") == "PPR"
    return Paper(
        key=f"doi:{name}" if name else f"pmid:{pmid}" if pmid else f"europepmc:{served}",
        ids=Ids(doi=name, pmid=pmid or None),
        title=title,
        abstract=clean_html(text(record, "abstractText")) or None,
        authors=tuple(author for each in _authors_of(record) if (author := _author(each))),
        published=moment(text(record, "firstPublicationDate", "electronicPublicationDate")),
        announced=moment(text(record, "firstIndexDate", "dateOfCreation")),
        journal=_journal(journal) or None,
        doi=None if is_preprint else name,
        url=f"https://doi.org/{name}" if name else f"https://europepmc.org/article/{served}",
        withdrawn=isinstance(types, list) and any(str(each).casefold() == "retracted publication" for each in types),
        source="europepmc",
    )


def _authors_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = record.get("authorList")
    return listed(found, "author") if isinstance(found, Mapping) else []


def _author(given: Mapping[str, Any]) -> Author | None:
    """An author: a person, with forenames if known, or a group."""
    full = f"{text(given, 'firstName', 'initials')} {text(given, 'lastName')}"
    name = clean_name(text(given, "collectiveName") or (full if text(given, "lastName") else text(given, "fullName")))
    known = given.get("authorId")
    orcid = text(known, "value") if isinstance(known, Mapping) and text(known, "type") == "ORCID" else ""
    places = given.get("authorAffiliationDetailsList")
    at = listed(places, "authorAffiliation") if isinstance(places, Mapping) else []
    affiliation = next((clean_line(text(each, "affiliation")) for each in at), "") or clean_line(
        text(given, "affiliation")
    )
    return Author(name=name, orcid=orcid or None, affiliation=affiliation or None) if name else None


def _journal(info: object) -> str:
    journal = info.get("journal") if isinstance(info, Mapping) else None
    return clean_line(text(journal, "title")) if isinstance(journal, Mapping) else ""
