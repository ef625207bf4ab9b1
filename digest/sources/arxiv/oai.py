"""arXiv by OAI-PMH: harvests the records of a category that changed since a day, with all versions of each.

https://info.arxiv.org/help/oa/index.html, https://www.openarchives.org/OAI/openarchivesprotocol.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import httpx
from lxml import etree

from digest.errors import SourceError
from digest.papers import Paper
from digest.papers.arxiv_categories import GROUPS
from digest.sources.arxiv.calendar import ArxivCalendar, first_day
from digest.sources.arxiv.record import read_record
from digest.sources.base import ResultPage, ServiceResponse, cursor_day, looks_like, window
from digest.sources.xml import XmlDocument, child, everywhere, local, parse, text_of
from digest.text import clean_line

URL = "https://oaipmh.arxiv.org/oai"
EARLIEST = date(2005, 9, 16)  # the server refuses earlier days
OVERLAP = timedelta(days=1)  # a harvest may miss a record that changes meanwhile; the next one finds it


def oai_set(category: str) -> str:
    """The OAI set of a category or archive: ``cs.LG`` -> ``cs:cs:LG``, ``hep-th`` -> ``physics:hep-th``."""
    archive, _, subject = category.partition(".")
    return ":".join(filter(None, (GROUPS[archive], archive, subject)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivHarvest:
    """The harvest of one set. Its cursor is the day up to which all records have been read."""

    category: str
    url: str = URL
    timetable: ArxivCalendar = field(default_factory=ArxivCalendar)
    kind: str = "arxiv"
    every: timedelta = timedelta(hours=1)
    allow_private: bool = False

    @property
    def name(self) -> str:
        return f"arxiv oai {self.category}"

    @property
    def part(self) -> str:
        return self.category

    def refused(self, status: int) -> str:
        return ""

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        start, _ = window(cursor, since, now, overlap=OVERLAP)
        start = max(EARLIEST, start)
        return self._ask(metadataPrefix="arXivRaw", **{"from": start.isoformat()}, set=oai_set(self.category))

    def _ask(self, **arguments: str) -> httpx.Request:
        return httpx.Request("GET", self.url, params={"verb": "ListRecords"} | arguments)

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        tree = parse(answer.body)
        if tree is None or local(tree.root) != "OAI-PMH":
            raise SourceError(f"{self.name}: no answer of OAI-PMH, but {looks_like(answer.body)}")
        fault = fault_of(tree.root)
        if fault is not None:
            return self._told(*fault, asked=_answered(tree.root, now))
        papers, warnings = read_records(tree)
        token = text_of(next(everywhere(tree.root, "resumptionToken"), None)).strip()
        done = not token and not tree.cut
        newest = max((paper.published for paper in papers if paper.published), default=None)
        reached = _answered(tree.root, now) if done else _reached(tree.root)
        return ResultPage(
            papers=papers,
            next=self._ask(resumptionToken=token) if token else None,
            cursor=reached.isoformat() if reached else None,
            warnings=warnings,
            cut=tree.cut,
            batch=first_day(newest) if newest and newest <= now else None,
        )

    def _told(self, code: str, reason: str, *, asked: date) -> ResultPage:
        if code == "noRecordsMatch":
            return ResultPage(cursor=asked.isoformat())
        if code == "badResumptionToken":
            return ResultPage(restart=True)
        raise SourceError(f"{self.name}: {code}: {reason}" if reason else f"{self.name}: {code}")


def fault_of(root: etree._Element) -> tuple[str, str] | None:
    """Code and text of an OAI-PMH error; None if there is no error."""
    error = child(root, "error")
    if error is None:
        return None
    return clean_line(error.get("code", "")) or "error", clean_line(text_of(error))[:300]


def read_records(tree: XmlDocument) -> tuple[tuple[Paper, ...], tuple[str, ...]]:
    """(papers, warnings) of all records; an unreadable record stops no other."""
    papers, unread = [], []
    for record in everywhere(tree.root, "record"):
        try:
            paper = read_record(record)
        except Exception as error:  # noqa: BLE001, whatever is odd about one record, the others are read
            unread.append(f"{_identifier(record)}: {error}")
        else:
            papers += [paper] if paper else []
    warnings = [f"{len(unread)} record{'s' * (len(unread) > 1)} could not be read: {unread[0]}"] if unread else []
    if tree.mended:
        warnings.append(f"{'cut off' if tree.cut else 'broken XML'}: {len(papers)} records were whole")
    return tuple(papers), tuple(warnings)


def _identifier(record: etree._Element) -> str:
    return clean_line(text_of(next(everywhere(record, "identifier"), None)))[:80] or "a record without a name"


def _answered(root: etree._Element, now: datetime) -> date:
    """The responseDate by the server's clock: records that change later have this day or a later one."""
    today = now.astimezone(UTC).date()
    return min(_date(text_of(child(root, "responseDate"))) or today, today)


def _reached(root: etree._Element) -> date | None:
    """The day that an incomplete list, which is sorted by day, has reached; never before the start of the harvest."""
    stamps = [_date(text_of(stamp)) for stamp in everywhere(root, "datestamp")]
    request = child(root, "request")
    start = _date(request.get("from", "")) if request is not None else None
    reached = [stamps[-1] if stamps else None, start + OVERLAP if start else None]
    return max(filter(None, reached), default=None)


def _date(text: str) -> date | None:
    return cursor_day(text.strip()[:10])
