"""OpenAlex: bibliometrics of known works and of their authors. https://docs.openalex.org

Each list costs a part of the daily budget of a (free) API key; without a key OpenAlex is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.papers.ids import arxiv_id, doi
from digest.papers.scholarly_metrics import Bibliometrics, Researcher
from digest.sources.answers import ApiKey, BaseUrl, json_of, listed, moment, no_answer, papers_of, text, whole
from digest.sources.base import EnrichmentResult, SavedPapers, ServiceResponse, Source
from digest.text import clean_block, clean_html, clean_line, clean_name
from digest.text.lengths import NAME

URL = "https://api.openalex.org"
KIND = "openalex"
_WORKS = (
    "id,doi,ids,title,publication_date,publication_year,type,authorships,primary_location,locations,"
    "abstract_inverted_index,is_retracted,cited_by_count"
)
_PEOPLE = "id,orcid,display_name,works_count,cited_by_count,summary_stats,last_known_institutions"
_LONGEST = 20_000  # words of an abstract; a larger position in the index is an error


class OpenAlexSettings(BaseModel):
    """The settings under `openalex:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: ApiKey | None = None
    base_url: Annotated[str, BaseUrl] = URL


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlexEnricher:
    """Asks for works by DOI and for authors by OpenAlex id."""

    key: SecretStr
    url: str = URL
    kind: str = KIND
    every: timedelta = timedelta(hours=6)
    allow_private: bool = False
    most: int = 50  # values of one filter; more DOIs make too long a URL
    asks_about_all: bool = True

    @property
    def name(self) -> str:
        return KIND

    def ask(self, keys: Sequence[str], known: Mapping[str, Paper]) -> httpx.Request | None:
        names = [name for key in keys if (name := _doi_of(key))]
        return self._ask("works", _WORKS, f"doi:{'|'.join(names)}") if names else None

    def ask_people(self, ids: Sequence[str]) -> httpx.Request | None:
        return self._ask("authors", _PEOPLE, f"ids.openalex:{'|'.join(ids)}") if ids else None

    def _ask(self, what: str, select: str, chosen: str) -> httpx.Request:
        params = {"filter": chosen, "select": select, "per_page": "100", "api_key": self.key.get_secret_value()}
        return httpx.Request("GET", f"{self.url.rstrip('/')}/{what}", params=params)

    def read(self, answer: ServiceResponse, keys: Sequence[str], known: Mapping[str, Paper]) -> EnrichmentResult:
        works = _results(answer)
        papers, warnings = papers_of(works, _paper)
        read = {paper.ids.openalex: paper for paper in papers}
        figures = dict[str, Bibliometrics]()
        asked = {name: key for key in keys if (name := _doi_of(key))}
        for work in works:
            paper = read.get(_own(work))
            names = {*_dois_of(work), *({f"10.48550/arxiv.{paper.ids.arxiv}"} if paper and paper.ids.arxiv else ())}
            figures |= {asked[name]: _figures(work) for name in names if name in asked}
        return EnrichmentResult(papers=papers, figures=figures, warnings=warnings)

    def read_people(self, answer: ServiceResponse, ids: Sequence[str]) -> Mapping[str, Researcher]:
        found = (_researcher(each) for each in _results(answer))
        return {person.id: person for person in found if person and person.id in ids}


def sources(settings: OpenAlexSettings) -> Sequence[Source]:
    """Empty: OpenAlex only enriches papers of other services."""
    return []


def enricher(settings: OpenAlexSettings) -> OpenAlexEnricher | None:
    """The enricher; None without an API key."""
    if settings.key is None:
        return None
    return OpenAlexEnricher(key=settings.key, url=settings.base_url, allow_private=settings.base_url != URL)


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved response: a work, a list of works or authors, an author, an error. Raises SourceError."""
    try:
        value = json_of(body)
    except ValueError as error:
        raise no_answer(name, KIND, error) from error
    if isinstance(value, Mapping) and text(value, "error"):
        return SavedPapers(said=f"an error answer: {clean_line(text(value, 'message', 'error'))[:200]}")
    records = listed(value, "results") if isinstance(value, Mapping) and "results" in value else [value]
    kinds = {_kind_of(record) for record in records}
    if kinds - {"W", "A"}:
        raise no_answer(name, KIND, ValueError("JSON of another kind"))
    if kinds == {"A"}:
        return SavedPapers(said=f"{len(records)} authors" if len(records) > 1 else "an author")
    papers, warnings = papers_of(records, _paper)
    return SavedPapers(papers=papers, warnings=warnings, said="" if papers else "a list without works")


def _kind_of(record: Any) -> str:
    """The kind of a record: "W" (work), "A" (author) or ""."""
    own = text(record, "id") if isinstance(record, Mapping) else ""
    return own.rpartition("/")[2][:1] if own.startswith("https://openalex.org/") else ""


def _results(answer: ServiceResponse) -> list[Mapping[str, Any]]:
    """The results of a list response. Raises SourceError."""
    try:
        value = json_of(answer.body)
    except ValueError as error:
        raise SourceError(f"{KIND}: no list, but {error}") from error
    if not isinstance(value, Mapping) or not isinstance(value.get("results"), list):
        raise SourceError(f"{KIND}: no list, but JSON of another kind")
    return listed(value, "results")


def _doi_of(key: str) -> str | None:
    """The DOI of a paper (of a preprint: arXiv's); None without one, or if `,` or `|` in it would break the filter."""
    kind, _, name = key.partition(":")
    if kind == "arxiv":
        return f"10.48550/arxiv.{name}"
    return name if kind == "doi" and not set(name) & set(",|") else None


def _dois_of(work: Mapping[str, Any]) -> set[str]:
    return {name} if (name := doi(text(work, "doi"))) else set()


def _own(work: Mapping[str, Any]) -> str:
    """The OpenAlex id without its URL prefix."""
    return text(work, "id").rpartition("/")[2]


def _paper(work: Mapping[str, Any]) -> Paper:
    title = clean_line(clean_html(text(work, "title", "display_name")))
    own = _own(work)
    if not own or not title:
        raise ValueError(f"a work without {'a title' if own else 'an id'}")
    name, arxiv = doi(text(work, "doi")), _arxiv_of(work)
    preprint = name is not None and name.startswith("10.48550/")
    outer = work.get("ids")
    pmid = text(outer, "pmid").rstrip("/").rpartition("/")[2] if isinstance(outer, Mapping) else ""
    where = work.get("primary_location")
    venue = where.get("source") if isinstance(where, Mapping) and not preprint else None
    return Paper(
        key=f"arxiv:{arxiv}" if arxiv and (preprint or not name) else f"doi:{name}" if name else f"openalex:{own}",
        ids=Ids(
            arxiv=arxiv if preprint or not name else None,
            doi=None if preprint else name,
            pmid=pmid if pmid.isdigit() else None,
            openalex=own,
        ),
        title=title,
        abstract=_abstract(work.get("abstract_inverted_index")),
        authors=tuple(author for each in listed(work, "authorships") if (author := _author(each))),
        published=moment(text(work, "publication_date")),
        journal=clean_line(text(venue, "display_name")) or None if isinstance(venue, Mapping) else None,
        doi=None if preprint or text(work, "type") == "preprint" else name,
        url=f"https://doi.org/{name}" if name else text(work, "id"),
        withdrawn=work.get("is_retracted") is True,
        source=KIND,
    )


def _arxiv_of(work: Mapping[str, Any]) -> str | None:
    """The arXiv id, from arXiv's DOI or from one of the work's locations."""
    places = (text(each, "landing_page_url", "pdf_url") for each in listed(work, "locations"))
    found = (arxiv_id(place) for place in (text(work, "doi"), *places) if "arxiv" in place.casefold())
    return next((each[0] for each in found if each), None)


def _abstract(index: Any) -> str | None:
    """The abstract rebuilt from its inverted index."""
    if not isinstance(index, Mapping):
        return None
    places = {
        place: word[:NAME]
        for word, positions in index.items()
        if isinstance(positions, list)
        for place in positions
        if isinstance(place, int) and 0 <= place < _LONGEST
    }
    return clean_block(" ".join(places[place] for place in sorted(places))) or None


def _author(authorship: Mapping[str, Any]) -> Author | None:
    person = authorship.get("author")
    person = person if isinstance(person, Mapping) else {}
    name = clean_name(text(person, "display_name") or text(authorship, "raw_author_name"))
    places = "; ".join(
        filter(None, (clean_line(text(each, "display_name")) for each in listed(authorship, "institutions")))
    )
    orcid = text(person, "orcid").rpartition("/")[2]
    return Author(name=name, orcid=orcid or None, affiliation=places or None) if name else None


def _figures(work: Mapping[str, Any]) -> Bibliometrics:
    people = (each.get("author") for each in listed(work, "authorships"))
    return Bibliometrics(
        service=KIND,
        citations=whole(work, "cited_by_count"),
        authors=tuple(person for each in people if isinstance(each, Mapping) and (person := _researcher(each))),
    )


def _researcher(record: Mapping[str, Any]) -> Researcher | None:
    own, name = _own(record), clean_name(text(record, "display_name"))
    stats = record.get("summary_stats")
    homes = listed(record, "last_known_institutions")
    return (
        Researcher(
            service=KIND,
            id=own,
            name=name,
            papers=whole(record, "works_count"),
            citations=whole(record, "cited_by_count"),
            h_index=whole(stats, "h_index") if isinstance(stats, Mapping) else None,
            orcid=text(record, "orcid").rpartition("/")[2] or None,
            affiliation=clean_line(text(homes[0], "display_name")) or None if homes else None,
        )
        if own and name
        else None
    )
