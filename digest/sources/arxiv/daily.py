"""arXiv's daily feeds of announcements, in RSS and Atom. https://info.arxiv.org/help/rss.html"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast, get_args

import httpx
from lxml import etree

from digest.errors import SourceError
from digest.papers import Announce, Paper
from digest.sources.arxiv.calendar import EASTERN, ArxivCalendar
from digest.sources.arxiv.record import moment, paper_of
from digest.sources.authors import split_authors
from digest.sources.base import ResultPage, ServiceResponse, looks_like
from digest.sources.xml import XmlDocument, child, everywhere, local, parse, text_of, texts
from digest.text import clean_line

URL = "https://rss.arxiv.org/rss"
CAP = 2000  # items; the feed omits further ones
_HEAD = re.compile(r"^\s*arXiv:\S+\s+Announce Type:\s*\S+\s*(?:Abstract:\s*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivDailyFeed:
    """The daily feed of one category or archive."""

    category: str
    url: str = URL
    timetable: ArxivCalendar = field(default_factory=ArxivCalendar)
    kind: str = "arxiv"
    every: timedelta = timedelta(hours=1)
    allow_private: bool = False

    @property
    def name(self) -> str:
        return f"arxiv feed {self.category}"

    @property
    def part(self) -> str:
        return self.category

    def refused(self, status: int) -> str:
        return ""

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        return httpx.Request("GET", f"{self.url.rstrip('/')}/{self.category}")

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        tree = parse(answer.body)
        if tree is None or not is_daily(tree.root):
            raise SourceError(f"{self.name}: no daily feed of arXiv, but {looks_like(answer.body)}")
        fault = fault_of(tree.root)
        if fault:
            raise SourceError(f"{self.name}: {fault}")
        papers, warnings = read_items(tree)
        batch = _announced(papers)
        stale = not self.timetable.rest(now) and (batch is None or batch < self.timetable.due(now))
        if stale:
            old = f"an old list, announced {batch:%Y-%m-%d}" if batch else "a list without announcements"
            warnings = (*warnings, f"{old}; today's is not there yet")
        return ResultPage(papers=papers, warnings=warnings, stale=stale, cut=tree.cut, batch=batch)


def is_daily(root: etree._Element) -> bool:
    """Whether a document is a daily feed of arXiv, and not a response of its query API or another feed."""
    channel = child(root, "channel") if local(root) == "rss" else root if local(root) == "feed" else None
    if channel is None:
        return False
    marks = [text_of(child(channel, "link")), text_of(child(channel, "id"))]
    named = (text_of(child(item, name)) for item in _items(root) for name in ("guid", "id"))
    return any("rss.arxiv.org" in mark for mark in marks) or next(named, "").startswith("oai:arXiv.org:")


def fault_of(root: etree._Element) -> str | None:
    """The error text of a feed of an unknown category (HTTP 400); None if there is no error."""
    channel = child(root, "channel") if local(root) == "rss" else root
    if channel is None or not text_of(child(channel, "title")).startswith("Feed error"):
        return None
    told = child(channel, "description") if local(root) == "rss" else child(channel, "subtitle")
    return clean_line(text_of(told))[:300] or "the feed says that there was an error"


def read_items(tree: XmlDocument) -> tuple[tuple[Paper, ...], tuple[str, ...]]:
    """(papers, warnings) of all items; an unreadable item stops no other."""
    papers, unread, items = [], [], _items(tree.root)
    for item in items:
        try:
            papers.append(_paper(item))
        except Exception as error:  # noqa: BLE001, whatever is odd about one item, the others are read
            unread.append(str(error))
    warnings = [f"{len(unread)} item{'s' * (len(unread) > 1)} could not be read: {unread[0]}"] if unread else []
    if tree.mended:
        warnings.append(f"{'cut off' if tree.cut else 'broken XML'}: {len(papers)} items were whole")
    if len(items) >= CAP:
        warnings.append(f"the feed ends at its cap of {CAP} items; ask for categories, not for a whole archive")
    return tuple(papers), tuple(warnings)


def _items(root: etree._Element) -> list[etree._Element]:
    return list(everywhere(root, "item" if local(root) == "rss" else "entry"))


def _paper(item: etree._Element) -> Paper:
    found = texts(item)

    def first(*names: str) -> str:
        return next((text for name in names for text in found.get(name, ())), "")

    terms = [each.get("term") or text_of(each).strip() for each in item if local(each) == "category"]
    said = first("announce_type").strip()
    return paper_of(
        first("guid", "id"),
        title=first("title"),
        abstract=_HEAD.sub("", first("description", "summary")),
        authors=split_authors("; ".join(found.get("creator", ()))),
        categories=terms,
        journal=first("journal_reference"),
        given_doi=first("DOI"),
        announce=cast(Announce, said) if said in get_args(Announce) else None,
        announced=moment(first("pubDate", "published")),
    )


def _announced(papers: tuple[Paper, ...]) -> date | None:
    """The Eastern day of the newest announcement; None for an empty feed."""
    times = [paper.announced for paper in papers if paper.announced]
    return max(times).astimezone(EASTERN).date() if times else None
