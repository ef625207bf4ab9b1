"""PubMed by its E-utilities: new records of a query. https://www.ncbi.nlm.nih.gov/books/NBK25499/

Two steps: esearch stores the result on the server and returns its length; efetch reads a hundred records at a time.
Records are selected by entry date (`edat`), since the publication date may lie months ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import httpx
from lxml import etree

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.papers.ids import doi
from digest.papers.ranges import midnight
from digest.sources.answers import BaseUrl
from digest.sources.base import ResultPage, SavedPapers, ServiceResponse, Source, looks_like, not_later, window
from digest.sources.queries import QuerySettings, QuerySource
from digest.sources.xml import XmlDocument, child, everywhere, local, parse, text_of
from digest.text import clean_block, clean_line, clean_name

URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
OVERLAP = timedelta(days=2)
MOST = 9_999  # limit of esearch
_ROWS = 100
_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_SECTION = re.compile(r"[A-Z][A-Z /&,-]*")


class PubMedSettings(QuerySettings):
    """The settings under `pubmed:`."""

    base_url: Annotated[str, BaseUrl] = URL


@dataclass(frozen=True, slots=True, kw_only=True)
class PubMedSource(QuerySource):
    """New records of one query. Its cursor is the last day that was read completely."""

    url: str = URL
    kind: str = "pubmed"

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        first, today = window(cursor, since, now, overlap=OVERLAP)
        dated = {"datetype": "edat", "mindate": f"{first:%Y/%m/%d}", "maxdate": f"{today:%Y/%m/%d}"}
        return self._ask("esearch", term=self.query, retmax="0", usehistory="y", **dated)

    def _ask(self, verb: str, **params: str) -> httpx.Request:
        address = f"{self.url.rstrip('/')}/{verb}.fcgi"
        return httpx.Request(
            "GET", address, params={"db": "pubmed", "retmode": "xml", "tool": "morning-papers"} | params
        )

    def _fetch(self, history: tuple[str, str], start: int, count: int) -> httpx.Request:
        """The request for the next hundred records; the total is in the URL's fragment, which is not sent."""
        key, environment = history
        place = {"query_key": key, "WebEnv": environment, "retstart": str(start), "retmax": str(_ROWS)}
        request = self._ask("efetch", **place)
        return httpx.Request("GET", request.url.copy_with(fragment=str(count)))

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        tree = parse(answer.body)
        if tree is None:
            raise SourceError(f"{self.name}: no answer of PubMed, but {looks_like(answer.body)}")
        today = now.astimezone(UTC).date().isoformat()
        if local(tree.root) == "eSearchResult":
            return self._found(tree, today)
        if local(tree.root) != "PubmedArticleSet":
            raise SourceError(f"{self.name}: no answer of PubMed, but {looks_like(answer.body)}")
        papers, warnings = read_articles(tree)
        papers = tuple(not_later(paper, now) for paper in papers)
        asked = httpx.URL(answer.asked or answer.url)
        start, count = int(asked.params.get("retstart", "0")) + _ROWS, int(asked.fragment or "0")
        if tree.cut or start >= count:
            return ResultPage(papers=papers, warnings=warnings, cursor=None if tree.cut else today, cut=tree.cut)
        history = asked.params.get("query_key", ""), asked.params.get("WebEnv", "")
        return ResultPage(papers=papers, warnings=warnings, next=self._fetch(history, start, count))

    def _found(self, tree: XmlDocument, today: str) -> ResultPage:
        fault = fault_of(tree.root)
        count = text_of(child(tree.root, "Count")).strip()
        if fault or not re.fullmatch(r"\d{1,12}", count, re.ASCII):
            raise SourceError(f"{self.name}: {fault or 'a search without a count'}")
        history = text_of(child(tree.root, "QueryKey")).strip(), text_of(child(tree.root, "WebEnv")).strip()
        if not int(count):
            return ResultPage(cursor=today)
        if not all(history):
            raise SourceError(f"{self.name}: a search that was not kept")
        most = min(int(count), MOST)
        warnings = (f"{count} records, of which {MOST} can be had: narrow the query",) if most < int(count) else ()
        return ResultPage(warnings=warnings, next=self._fetch(history, 0, most))


def sources(settings: PubMedSettings) -> Sequence[Source]:
    """One source for each query."""
    own = settings.base_url != URL
    return [
        PubMedSource(query=each.query, title=each.name, url=settings.base_url, allow_private=own)
        for each in settings.queries
    ]


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved response of efetch or esearch. Raises SourceError for another format."""
    tree = parse(body)
    kind = "" if tree is None else local(tree.root)
    if tree is None or kind not in ("PubmedArticleSet", "PubmedArticle", "eSearchResult"):
        raise SourceError(f"{name} is no answer of pubmed: it looks like {looks_like(body)}")
    if kind == "eSearchResult":
        fault, count = fault_of(tree.root), sum(1 for _ in everywhere(tree.root, "Id"))
        return SavedPapers(said=f"an error answer: {fault}" if fault else f"a list of {count} identifiers")
    papers, warnings = read_articles(tree)
    return SavedPapers(papers=papers, warnings=warnings, said="" if papers else "an empty set")


def fault_of(root: etree._Element) -> str:
    """The error text of an esearch response, which may have status 200; empty if there is no error."""
    told = child(root, "ERROR")
    return clean_line(text_of(told))[:300] if told is not None else ""


def read_articles(tree: XmlDocument) -> tuple[tuple[Paper, ...], tuple[str, ...]]:
    """(papers, warnings) of all articles and book chapters; an unreadable one stops no other."""
    papers, unread = list[Paper](), list[str]()
    root = tree.root
    for record in [root] if local(root) == "PubmedArticle" else root:
        try:
            papers.append(_article(record) if local(record) == "PubmedArticle" else _chapter(record))
        except Exception as error:  # noqa: BLE001, whatever is odd about one record, the others are read
            unread.append(clean_line(str(error))[:120])
    warnings = [f"{len(unread)} record{'s' * (len(unread) > 1)} could not be read: {unread[0]}"] if unread else []
    if tree.mended:
        warnings.append(f"{'cut off' if tree.cut else 'broken XML'}: {len(papers)} records were whole")
    return tuple(papers), tuple(warnings)


def _article(record: etree._Element) -> Paper:
    citation, data = _inner(record, "MedlineCitation"), child(record, "PubmedData")
    article = _inner(citation, "Article")
    ids = dict(_ids(data))
    pmid = text_of(child(citation, "PMID")).strip()
    name = doi(ids.get("doi", "")) or _doi_of(article)
    journal = child(article, "Journal")
    history = (
        {each.get("PubStatus", ""): _date(each) for each in everywhere(data, "PubMedPubDate")}
        if data is not None
        else {}
    )
    entered = history.get("entrez") or history.get("pubmed")
    printed = _date(next(everywhere(journal, "PubDate"), None)) if journal is not None else None
    online = _date(child(article, "ArticleDate"))
    kinds = {text_of(kind).strip().casefold() for kind in everywhere(article, "PublicationType")}
    return _paper(
        pmid,
        title=text_of(child(article, "ArticleTitle")) or text_of(child(article, "VernacularTitle")),
        abstract=_abstract(child(article, "Abstract")),
        authors=tuple(_authors(child(article, "AuthorList"))),
        published=online or printed or entered,
        announced=entered,
        journal=text_of(child(journal, "Title")) if journal is not None else "",
        name=name,
        preprint="preprint" in kinds,
        withdrawn="retracted publication" in kinds,
    )


def _chapter(record: etree._Element) -> Paper:
    """A book or a book chapter (`PubmedBookArticle`)."""
    document = _inner(record, "BookDocument")
    book = child(document, "Book")
    ids = dict(_ids(document))
    title = text_of(child(document, "ArticleTitle")) or (text_of(child(book, "BookTitle")) if book is not None else "")
    return _paper(
        text_of(child(document, "PMID")).strip(),
        title=title,
        abstract=_abstract(child(document, "Abstract")),
        authors=tuple(_authors(next(everywhere(document, "AuthorList"), None))),
        published=_date(next(everywhere(document, "PubDate"), None)),
        announced=None,
        journal=text_of(child(book, "BookTitle")) if book is not None else "",
        name=doi(ids.get("doi", "")),
        preprint=False,
        withdrawn=False,
    )


def _paper(
    pmid: str,
    *,
    title: str,
    abstract: str,
    authors: tuple[Author, ...],
    published: datetime | None,
    announced: datetime | None,
    journal: str,
    name: str | None,
    preprint: bool,
    withdrawn: bool,
) -> Paper:
    line = clean_line(title).removesuffix(".").strip()
    if line.startswith("[") and line.endswith("]"):  # a translated title: [Of mice].
        line = line[1:-1].removesuffix(".")
    if not line or not pmid.isdigit():
        raise ValueError(f"a record without {'an id' if line else 'a title'}")
    return Paper(
        key=f"doi:{name}" if name else f"pmid:{pmid}",
        ids=Ids(doi=name, pmid=pmid),
        title=line,
        abstract=clean_block(abstract) or None,
        authors=authors,
        published=published,
        announced=announced,
        journal=clean_line(journal) or None,
        doi=None if preprint else name,
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        withdrawn=withdrawn,
        source="pubmed",
    )


def _inner(element: etree._Element, name: str) -> etree._Element:
    found = child(element, name)
    if found is None:
        raise ValueError(f"a record without {name}")
    return found


def _ids(data: etree._Element | None) -> Iterator[tuple[str, str]]:
    """The record's own ids, without those of its references."""
    own = child(data, "ArticleIdList") if data is not None else None
    for each in own if own is not None else ():
        yield each.get("IdType", ""), text_of(each).strip()


def _doi_of(article: etree._Element) -> str | None:
    places = (each for each in article if local(each) == "ELocationID" and each.get("ValidYN", "Y") == "Y")
    return next((found for each in places if each.get("EIdType") == "doi" and (found := doi(text_of(each)))), None)


def _abstract(abstract: etree._Element | None) -> str:
    """The paragraphs of the abstract, each after its label: "Methods: …"."""
    lines = []
    for part in abstract if abstract is not None else ():
        label = part.get("Label", "").strip()
        said = " ".join(text_of(part).split())
        if local(part) == "AbstractText" and said:
            lines.append(f"{label.capitalize()}: {said}" if label and _SECTION.fullmatch(label) else said)
    return "\n\n".join(lines)


def _authors(people: etree._Element | None) -> Iterator[Author]:
    for each in people if people is not None else ():
        given, family = (
            text_of(child(each, "ForeName")) or text_of(child(each, "Initials")),
            text_of(child(each, "LastName")),
        )
        suffix, group = text_of(child(each, "Suffix")), text_of(child(each, "CollectiveName"))
        name = clean_name(group or f"{given} {family} {suffix}")
        places = (clean_line(text_of(place)) for place in everywhere(each, "Affiliation"))
        orcids = (text_of(id_) for id_ in everywhere(each, "Identifier") if id_.get("Source") == "ORCID")
        orcid = next((found[-19:] for text in orcids if len(found := text.strip()) >= 19), None)
        if name and each.get("ValidYN", "Y") == "Y":
            yield Author(name=name, orcid=orcid, affiliation=next(filter(None, places), None))


def _date(element: etree._Element | None) -> datetime | None:
    """A date with a day; None without one ("2020 Nov-Dec"), so that a more precise field is used."""
    if element is None:
        return None
    year, month, day = (text_of(child(element, name)).strip() for name in ("Year", "Month", "Day"))
    return midnight(year, _MONTHS.get(month[:3].casefold()) or month, day)
