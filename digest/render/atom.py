"""Feeds in Atom (RFC 4287), from plain values to bytes; lxml does the escaping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from lxml import etree

from digest.papers import Paper
from digest.render.labels import event_label, other_authors
from digest.render.links import page_of
from digest.render.math import readable
from digest.text import one_line
from digest.text.translations import Translations

MEDIA_TYPE = "application/atom+xml; charset=utf-8"

_ATOM = "http://www.w3.org/2005/Atom"
_XML = "http://www.w3.org/XML/1998/namespace"
_IDS = UUID("6f0e4c1e-5a0b-4d0f-9b53-0d5a3c7f2d11")  # drawn once, for good: every id of every feed hangs on it
_MOST_AUTHORS = 50  # of an entry: a collaboration has thousands


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomEntry:
    """One entry; `link` is an absolute address, times are aware."""

    id: str
    title: str
    link: str
    updated: datetime
    published: datetime | None = None
    authors: Sequence[str] = ()  # without any, the feed's author is the entry's (RFC 4287 4.2.1)
    summary: str = ""  # plain text; lines are paragraphs
    categories: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomFeed:
    """A feed, its addresses absolute. `updated` is what stands there where no entry is newer."""

    id: str
    title: str
    author: str
    itself: str  # where the feed is
    page: str  # the same for people
    updated: datetime
    language: str
    entries: Sequence[AtomEntry] = ()


def lasting_id(*parts: str) -> str:
    """An id (RFC 4122's urn:uuid) that is the same for the same parts for ever, wherever the site may move.

    Begin with `store.journals.database_id()`, so that no other service has the same.
    """
    return uuid5(_IDS, "\x00".join(parts).encode("utf-8", "replace").decode()).urn


def entry_of(paper: Paper, event: str, at: datetime, *, database_id: str, site: str, t: Translations) -> AtomEntry:
    """What happened to a paper ("new", "revised v2", …; see issue.Item), with the paper's own page for its link.

    `database_id` is `store.journals.database_id()`, `site` the address of the pages. The id is the same wherever the
    entry stands.
    """
    title, label = readable(one_line(paper.title)) or t("letter.untitled"), event_label(t, event)
    names = [author.name for author in paper.authors[:_MOST_AUTHORS]]
    rest = len(paper.authors) - len(names)
    return AtomEntry(
        id=lasting_id(database_id, paper.key, event),
        title=f"{title} ({label})" if label else title,
        link=site + page_of(paper.key),
        updated=at,
        published=paper.published,
        authors=(*names, other_authors(t, rest)) if rest else tuple(names),
        summary=readable(paper.abstract or ""),
        categories=paper.categories,
    )


def updated(feed: AtomFeed) -> datetime:
    """When the feed changed last: its newest entry's time."""
    return max((entry.updated for entry in feed.entries), default=feed.updated)


def atom(feed: AtomFeed) -> bytes:
    """The feed as a document in UTF-8, without the characters that XML 1.0 forbids or nobody may see."""
    root = etree.Element(f"{{{_ATOM}}}feed", {f"{{{_XML}}}lang": feed.language}, nsmap={None: _ATOM})
    _text(root, "id", feed.id)
    _text(root, "title", one_line(feed.title))
    _text(root, "updated", _moment(updated(feed)))
    _person(root, one_line(feed.author))
    etree.SubElement(root, f"{{{_ATOM}}}link", {"rel": "self", "type": "application/atom+xml", "href": feed.itself})
    etree.SubElement(root, f"{{{_ATOM}}}link", {"rel": "alternate", "type": "text/html", "href": feed.page})
    for entry in feed.entries:
        _entry(etree.SubElement(root, f"{{{_ATOM}}}entry"), entry)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _entry(element: etree._Element, entry: AtomEntry) -> None:
    _text(element, "id", entry.id)
    _text(element, "title", one_line(entry.title))
    _text(element, "updated", _moment(entry.updated))
    if entry.published:
        _text(element, "published", _moment(entry.published))
    for name in filter(None, map(one_line, entry.authors)):
        _person(element, name)
    etree.SubElement(element, f"{{{_ATOM}}}link", {"rel": "alternate", "type": "text/html", "href": entry.link})
    for category in filter(None, map(one_line, entry.categories)):
        etree.SubElement(element, f"{{{_ATOM}}}category", {"term": category})
    if summary := "\n".join(filter(None, map(one_line, entry.summary.split("\n")))):
        _text(element, "summary", summary)


def _person(element: etree._Element, name: str) -> None:
    _text(etree.SubElement(element, f"{{{_ATOM}}}author"), "name", name)


def _text(element: etree._Element, name: str, text: str) -> None:
    etree.SubElement(element, f"{{{_ATOM}}}{name}").text = text


def _moment(at: datetime) -> str:
    """A date construct (RFC 4287 3.3)."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
