"""DBLP: author ids of known papers, in JSON and XML. https://dblp.org/faq

DBLP has neither abstracts nor dates, so it brings no papers; its curated author ids tell namesakes apart.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
from lxml import etree
from pydantic import BaseModel, ConfigDict

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.papers.ids import arxiv_id, doi, title_key
from digest.papers.scholarly_metrics import Bibliometrics, Researcher
from digest.sources.answers import BaseUrl, json_of, listed, no_answer, papers_of, text
from digest.sources.base import EnrichmentResult, SavedPapers, ServiceResponse, Source
from digest.sources.xml import child, everywhere, local, parse, text_of
from digest.text import clean_line, clean_name

URL = "https://dblp.org"
KIND = "dblp"
_RECORDS = ("article", "inproceedings", "incollection", "book", "proceedings", "phdthesis", "mastersthesis", "data")
_HOMONYM = re.compile(r"\s+\d{4}$")


class DblpSettings(BaseModel):
    """The settings under `dblp:`; `{}` suffices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Annotated[str, BaseUrl] = URL


@dataclass(frozen=True, slots=True, kw_only=True)
class DblpEnricher:
    """Searches DBLP for a paper by its title; only for papers known to be by a followed author."""

    url: str = URL
    kind: str = KIND
    every: timedelta = timedelta(hours=6)
    allow_private: bool = False
    most: int = 1
    asks_about_all: bool = False

    @property
    def name(self) -> str:
        return KIND

    def ask(self, keys: Sequence[str], known: Mapping[str, Paper]) -> httpx.Request | None:
        [key] = keys
        if key not in known:
            return None
        words = " ".join(re.findall(r"\w+", known[key].title))
        params = {"q": words, "format": "json", "h": "20", "f": "0", "c": "0"}
        return httpx.Request("GET", f"{self.url.rstrip('/')}/search/publ/api", params=params)

    def read(self, answer: ServiceResponse, keys: Sequence[str], known: Mapping[str, Paper]) -> EnrichmentResult:
        """The hit that is this paper; other hits are dropped."""
        try:
            hits = _hits(json_of(answer.body))
        except ValueError as error:
            raise SourceError(f"{KIND}: no search, but {error}") from error
        [key] = keys
        wanted = title_key(known[key].title)
        for hit in hits:
            [found] = papers_of([hit], _paper)[0] or [None]
            if found and (found.key == key or title_key(found.title) == wanted):
                return EnrichmentResult(figures={key: Bibliometrics(service=KIND, authors=tuple(_researchers(hit)))})
        return EnrichmentResult()

    def ask_people(self, ids: Sequence[str]) -> httpx.Request | None:
        return None  # DBLP has no bibliometrics

    def read_people(self, answer: ServiceResponse, ids: Sequence[str]) -> Mapping[str, Researcher]:
        return {}


def sources(settings: DblpSettings) -> Sequence[Source]:
    """Empty: DBLP only enriches papers of other services."""
    return []


def enricher(settings: DblpSettings) -> DblpEnricher:
    return DblpEnricher(url=settings.base_url, allow_private=settings.base_url != URL)


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved search, record or person page, in JSON or XML. Raises SourceError for another format."""
    if body.lstrip()[:1] == b"<":
        return _read_xml(body, name)
    try:
        value = json_of(body)
        papers, warnings = papers_of(_hits(value), _paper)
    except ValueError as error:
        raise no_answer(name, KIND, error) from error
    return SavedPapers(papers=papers, warnings=warnings, said="" if papers else "a search without publications")


def _hits(value: Any) -> list[Mapping[str, Any]]:
    """The `info` of each hit; a single hit is an object and no list. Raises ValueError for another format."""
    result = value.get("result") if isinstance(value, Mapping) else None
    hits = result.get("hits") if isinstance(result, Mapping) else None
    if not isinstance(hits, Mapping):
        raise ValueError("JSON of another kind")
    infos = (hit.get("info") for hit in listed(hits, "hit"))
    found = [info for info in infos if isinstance(info, Mapping)]
    if found and all("author" in info and "title" not in info for info in found):
        raise ValueError(f"a list of {len(found)} authors")
    return found


def _paper(info: Mapping[str, Any]) -> Paper:
    links = info.get("ee")
    return _made(
        key=text(info, "key"),
        title=html.unescape(text(info, "title")),
        given=text(info, "doi"),
        links=[each for each in links if isinstance(each, str)] if isinstance(links, list) else [text(info, "ee")],
        venue=text(info, "venue") or next(iter(_texts(info.get("venue"))), ""),
        year=text(info, "year"),
        authors=[Author(name=person.name) for person in _researchers(info)],
    )


def _researchers(info: Mapping[str, Any]) -> Iterator[Researcher]:
    people = info.get("authors")
    for person in listed(people, "author") if isinstance(people, Mapping) else []:
        if name := _name(html.unescape(text(person, "text"))):
            yield Researcher(service=KIND, id=text(person, "@pid"), name=name)


def _read_xml(body: bytes, name: str) -> SavedPapers:
    tree = parse(body)
    kinds = {"dblp", "dblpperson", "result"}
    if tree is None or local(tree.root) not in kinds:
        raise no_answer(name, KIND, ValueError("XML of another kind" if tree is not None else "broken XML"))
    papers, unread = list[Paper](), list[str]()
    for element in tree.root.iter():
        if local(element) not in (*_RECORDS, "info"):
            continue
        try:
            papers.append(_from_xml(element))
        except ValueError as error:
            unread.append(str(error))
    warnings = (f"{len(unread)} record{'s' * (len(unread) > 1)} could not be read: {unread[0]}",) if unread else ()
    return SavedPapers(papers=tuple(papers), warnings=warnings, said="" if papers else "no publications")


def _from_xml(record: etree._Element) -> Paper:
    def first(name: str) -> str:
        return text_of(child(record, name))

    return _made(
        key=record.get("key") or first("key"),
        title=first("title"),
        given=first("doi"),
        links=[text_of(each) for each in everywhere(record, "ee")],
        venue=first("journal") or first("booktitle") or first("venue"),
        year=first("year"),
        authors=[
            Author(name=name, orcid=each.get("orcid") or None)
            for each in everywhere(record, "author")
            if (name := _name(text_of(each)))
        ],
    )


def _made(
    *, key: str, title: str, given: str, links: Sequence[str], venue: str, year: str, authors: Sequence[Author]
) -> Paper:
    """A paper from a record of either format. Raises ValueError without a key or a title."""
    line = clean_line(title).removesuffix(".")
    if not key or not line:
        raise ValueError(f"a record without {'a title' if key else 'a key'}")
    names = [given, *links]
    arxiv = next((found[0] for each in (key.rpartition("/")[2], *names) if each and (found := arxiv_id(each))), None)
    name = next((named for each in names if each and (named := doi(each))), None)
    own = name if name and not name.startswith("10.48550/") else None
    return Paper(
        key=f"arxiv:{arxiv}" if arxiv else f"doi:{own}" if own else f"dblp:{key}",
        ids=Ids(arxiv=arxiv, doi=own),
        title=line,
        authors=tuple(authors),
        published=datetime(int(year), 1, 1, tzinfo=UTC) if re.fullmatch(r"[12]\d{3}", year, re.ASCII) else None,
        journal=clean_line(venue) or None if not arxiv else None,
        doi=own,
        url=f"{URL}/rec/{key}",
        source=KIND,
    )


def _name(printed: str) -> str:
    """A name without the number by which DBLP tells namesakes apart."""
    return _HOMONYM.sub("", clean_name(printed))


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
