"""Semantic Scholar: bibliometrics of known papers and of their authors.

https://api.semanticscholar.org/api-docs/graph. Requests without an API key share one rate limit worldwide, so without
a key Semantic Scholar is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from digest.text import clean_block, clean_line, clean_name

URL = "https://api.semanticscholar.org/graph/v1"
KIND = "semanticscholar"
_PEOPLE = "name,hIndex,paperCount,citationCount,affiliations,externalIds"
_FIELDS = "externalIds,title,abstract,venue,year,publicationDate,citationCount,tldr,authors," + ",".join(
    f"authors.{name}" for name in _PEOPLE.split(",")
)
_PREFIXES = {"arxiv": "ARXIV", "doi": "DOI", "pmid": "PMID"}


class SemanticScholarSettings(BaseModel):
    """The settings under `semanticscholar:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: ApiKey | None = None
    base_url: Annotated[str, BaseUrl] = URL


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticScholarEnricher:
    """Batches of papers by their ids, and of authors by Semantic Scholar's ids."""

    key: SecretStr
    url: str = URL
    kind: str = KIND
    every: timedelta = timedelta(hours=1)
    allow_private: bool = False
    most: int = 500  # limit of a batch of papers; that of authors is 1,000
    asks_about_all: bool = True

    @property
    def name(self) -> str:
        return KIND

    def ask(self, keys: Sequence[str], known: Mapping[str, Paper]) -> httpx.Request | None:
        ids = [name for key in keys if (name := _id_of(key))]
        return self._ask("paper", _FIELDS, ids) if ids else None

    def ask_people(self, ids: Sequence[str]) -> httpx.Request | None:
        return self._ask("author", _PEOPLE, ids) if ids else None

    def _ask(self, what: str, fields: str, ids: Sequence[str]) -> httpx.Request:
        return httpx.Request(
            "POST",
            f"{self.url.rstrip('/')}/{what}/batch",
            params={"fields": fields},
            headers={"x-api-key": self.key.get_secret_value()},
            json={"ids": list(ids)},
        )

    def read(self, answer: ServiceResponse, keys: Sequence[str], known: Mapping[str, Paper]) -> EnrichmentResult:
        asked = [key for key in keys if _id_of(key)]
        found = _batch(answer, len(asked))
        papers, warnings = papers_of((each for each in found if each is not None), _paper)
        return EnrichmentResult(
            papers=papers,
            figures={key: _figures(each) for key, each in zip(asked, found, strict=True) if each is not None},
            warnings=warnings,
        )

    def read_people(self, answer: ServiceResponse, ids: Sequence[str]) -> Mapping[str, Researcher]:
        found = _batch(answer, len(ids))
        return {id_: person for id_, each in zip(ids, found, strict=True) if each and (person := _researcher(each))}


def sources(settings: SemanticScholarSettings) -> Sequence[Source]:
    """Empty: Semantic Scholar only enriches papers of other services."""
    return []


def enricher(settings: SemanticScholarSettings) -> SemanticScholarEnricher | None:
    """The enricher; None without an API key."""
    if settings.key is None:
        return None
    return SemanticScholarEnricher(key=settings.key, url=settings.base_url, allow_private=settings.base_url != URL)


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved response, if it has ids and titles, else a description. Raises SourceError."""
    try:
        value = json_of(body)
    except ValueError as error:
        raise no_answer(name, KIND, error) from error
    if isinstance(value, Mapping) and (fault := text(value, "error", "message")) and "paperId" not in value:
        return SavedPapers(said=f"an error answer: {clean_line(fault)[:200]}")
    records, said = _records(value)
    if records is None:
        raise no_answer(name, KIND, ValueError("JSON of another kind"))
    papers, warnings = papers_of((record for record in records if text(record, "title")), _paper)
    bare = sum("paperId" in record or "corpusId" in record for record in records) - len(papers)
    if bare > 0 and not warnings:
        said = f"{bare} papers without titles" if not papers else f"{bare} more papers without titles"
    return SavedPapers(papers=papers, warnings=warnings, said=said if not papers or bare else "")


def _records(value: Any) -> tuple[list[Mapping[str, Any]] | None, str]:
    """The papers in a response of any kind, and a description of a response without papers."""
    if isinstance(value, Mapping):
        if "authorId" in value:
            return listed(value, "papers") if value.get("papers") else [], "an author"
        if "paperId" in value:
            return [value], ""
        if "data" in value or "recommendedPapers" in value or "total" in value:
            value = value.get("data", value.get("recommendedPapers", []))
    if not isinstance(value, list):
        return None, ""
    records = [_inner(each) for each in value if isinstance(each, Mapping)]
    if any("authorId" in record for record in records):
        return [], f"a list of {sum('authorId' in record for record in records)} authors"
    if any(not {"paperId", "corpusId", "title"} & set(record) for record in records):
        return None, ""
    return records, "an empty list" if not records else ""


def _inner(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The paper in an entry of a list of citations, references or snippets."""
    inner = next((record[name] for name in ("citedPaper", "citingPaper", "paper") if name in record), None)
    return inner if isinstance(inner, Mapping) else record


def _batch(answer: ServiceResponse, asked: int) -> list[Mapping[str, Any] | None]:
    """One result for each id, in their order; None for an unknown id. Raises SourceError."""
    try:
        value = json_of(answer.body)
    except ValueError as error:
        raise SourceError(f"{KIND}: no batch, but {error}") from error
    if not isinstance(value, list) or len(value) != asked:
        raise SourceError(f"{KIND}: no batch of {asked}, but JSON of another kind")
    return [each if isinstance(each, Mapping) else None for each in value]


def _id_of(key: str) -> str | None:
    kind, _, name = key.partition(":")
    return f"{_PREFIXES[kind]}:{name}" if kind in _PREFIXES else None


def _paper(record: Mapping[str, Any]) -> Paper:
    outer = record.get("externalIds")
    ids = outer if isinstance(outer, Mapping) else {}
    arxiv, name = arxiv_id(text(ids, "ArXiv")), doi(text(ids, "DOI"))
    own = f"s2:{text(record, 'paperId')}" if text(record, "paperId") else f"s2:{text(record, 'corpusId')}"
    title = clean_line(text(record, "title"))
    if not title or own == "s2:":
        raise ValueError(f"a paper without {'an id' if title else 'a title'}")
    preprint = name is not None and name.startswith("10.48550/")
    return Paper(
        key=f"arxiv:{arxiv[0]}" if arxiv else f"doi:{name}" if name else own,
        ids=Ids(
            arxiv=arxiv[0] if arxiv else None,
            doi=None if preprint else name,
            pmid=text(ids, "PubMed") or None,
            s2=text(record, "paperId") or None,
        ),
        title=title,
        abstract=clean_block(text(record, "abstract")) or None,
        authors=tuple(
            Author(name=person.name, affiliation=person.affiliation)
            for each in listed(record, "authors")
            if (person := _researcher(each))
        ),
        published=moment(text(record, "publicationDate")),
        journal=None if arxiv else clean_line(text(record, "venue")) or None,
        doi=None if preprint or not arxiv else name,
        url=f"https://www.semanticscholar.org/paper/{text(record, 'paperId')}" if text(record, "paperId") else None,
        source=KIND,
    )


def _figures(record: Mapping[str, Any]) -> Bibliometrics:
    told = record.get("tldr")
    return Bibliometrics(
        service=KIND,
        citations=whole(record, "citationCount"),
        summary=clean_line(text(told, "text")) or None if isinstance(told, Mapping) else None,
        authors=tuple(person for each in listed(record, "authors") if (person := _researcher(each))),
    )


def _researcher(record: Mapping[str, Any]) -> Researcher | None:
    name = clean_name(text(record, "name"))
    outer = record.get("externalIds")
    orcid = text(outer, "ORCID") if isinstance(outer, Mapping) else ""
    return (
        Researcher(
            service=KIND,
            id=text(record, "authorId"),
            name=name,
            papers=whole(record, "paperCount"),
            citations=whole(record, "citationCount"),
            h_index=whole(record, "hIndex"),
            orcid=orcid or None,
            affiliation="; ".join(_texts(record.get("affiliations"))) or None,
        )
        if name
        else None
    )


def _texts(value: Any) -> Iterable[str]:
    return (clean_line(each) for each in value if isinstance(each, str)) if isinstance(value, list) else ()
