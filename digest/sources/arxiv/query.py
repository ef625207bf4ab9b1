"""arXiv's query API, used for look-ups by id alone. https://info.arxiv.org/help/api/user-manual.html"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from lxml import etree

from digest.errors import SourceError
from digest.papers import Author, Paper
from digest.sources.arxiv.record import moment, paper_of
from digest.sources.base import ResultPage, ServiceResponse, looks_like
from digest.sources.xml import XmlDocument, child, everywhere, local, parse, text_of, texts
from digest.text import clean_line, clean_name

URL = "https://export.arxiv.org/api/query"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivLookUp:
    """Looks up the current versions of papers by id, in no order."""

    url: str = URL
    name: str = "arxiv query"
    kind: str = "arxiv"
    every: timedelta = timedelta(hours=1)
    allow_private: bool = False
    most: int = 200  # longer lists are slow or fail

    def ask(self, keys: Sequence[str]) -> httpx.Request:
        ids = ",".join(key.removeprefix("arxiv:") for key in keys)
        # Without max_results the service returns ten entries.
        return httpx.Request("GET", self.url, params={"id_list": ids, "start": "0", "max_results": str(len(keys))})

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        tree = parse(answer.body)
        if tree is None or not is_query(tree.root):
            raise SourceError(f"{self.name}: no answer of the query API, but {looks_like(answer.body)}")
        fault = fault_of(tree.root)
        if fault:
            raise SourceError(f"{self.name}: {fault}")
        papers, warnings = read_entries(tree)
        return ResultPage(papers=papers, warnings=warnings, cut=tree.cut)


def is_query(root: etree._Element) -> bool:
    """Whether a document is a response of the query API: an Atom feed with an id of arXiv in it or in its entries."""
    if local(root) != "feed":
        return False
    marks = [text_of(child(root, "id")), *(text_of(child(entry, "id")) for entry in everywhere(root, "entry"))]
    return any(mark.strip().startswith(("http://arxiv.org/", "https://arxiv.org/")) for mark in marks)


def fault_of(root: etree._Element) -> str | None:
    """The text of a response whose only entry is an error, with any HTTP status; None for others."""
    entry = next(everywhere(root, "entry"), None)
    if entry is None or "/api/errors" not in text_of(child(entry, "id")):
        return None
    return clean_line(text_of(child(entry, "summary")))[:300] or "an error"


def read_entries(tree: XmlDocument) -> tuple[tuple[Paper, ...], tuple[str, ...]]:
    """(papers, warnings) of all entries."""
    papers, unread = [], []
    for entry in everywhere(tree.root, "entry"):
        try:
            papers.append(_paper(entry))
        except Exception as error:  # noqa: BLE001, whatever is odd about one entry, the others are read
            unread.append(str(error))
    warnings = [f"{len(unread)} of the entries could not be read: {unread[0]}"] if unread else []
    if tree.mended:
        warnings.append(f"{'cut off' if tree.cut else 'broken XML'}: {len(papers)} entries were whole")
    return tuple(papers), tuple(warnings)


def _paper(entry: etree._Element) -> Paper:
    found = texts(entry)

    def first(name: str) -> str:
        return next(iter(found.get(name, ())), "")

    terms = [each.get("term", "") for each in entry if local(each) == "category"]
    primary = child(entry, "primary_category")
    return paper_of(
        first("id"),
        title=first("title"),
        abstract=first("summary"),
        authors=_authors(entry),
        categories=list(filter(None, terms)),
        comment=first("comment"),
        journal=first("journal_ref"),
        given_doi=first("doi"),
        primary=primary.get("term") if primary is not None else None,
        published=moment(first("published")),
        updated=moment(first("updated")),
    )


def _authors(entry: etree._Element) -> list[Author]:
    authors = []
    for person in entry:
        if local(person) != "author":
            continue
        parts = texts(person)
        name = clean_name(" ".join(parts.get("name", ())))
        places = "; ".join(filter(None, map(clean_line, parts.get("affiliation", ()))))
        authors += [Author(name=name, affiliation=places or None)] if name else []
    return authors
