"""Parses an entry of an RSS or Atom feed into a paper: key, title, authors, dates, abstract."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from digest.papers import Author, Ids, Paper
from digest.papers.ids import arxiv_id, code_repository, doi, impossible_version, title_key
from digest.papers.ranges import from_unix, instant
from digest.sources.feeds.creators import split_creators
from digest.text import clean_html, clean_line, strip_controls

ParsedEntry = Mapping[str, Any]

_LONGEST_TITLE = 300  # of a title made from the text of an entry without a title
_LONGEST_KEY = 300
_TRACKING = re.compile(r"utm_\w+|af|rss|dgcid|rft_dat|track|fc|ff|wt_mc|fbclid|gclid|mc_[ce]id|feed", re.IGNORECASE)
_TAGS = 20


def read_entry(entry: ParsedEntry, home: str = "") -> Paper:
    """Parse an entry of feedparser; `home` is the feed's URL. Raises ValueError for an empty entry."""
    text = _text(entry)
    told = _told(text)
    link = entry_link(entry)
    title = _title(entry) or _first_line(told.get("abstract", "")) or (link or "")
    if not title:
        raise ValueError("an entry without title, text and link")
    marks = list(_marks(entry, told))
    arxiv = next(filter(None, map(arxiv_id, marks)), None)
    if not arxiv and (fault := next(filter(None, map(impossible_version, marks)), None)):
        raise ValueError(fault)
    digital = next((found for mark in marks if (found := doi(mark)) and not found.startswith("10.48550/arxiv.")), None)
    published, updated = _time(entry, "published"), _time(entry, "updated")
    authors = split_creators(_creators(entry) or ([told["authors"]] if "authors" in told else []))
    tags = [clean_line(str(tag.get("term") or "")) for tag in entry.get("tags", ())][:_TAGS]
    return Paper(
        key=_key(entry, home, link, title, authors, arxiv=arxiv[0] if arxiv else None, digital=digital),
        ids=Ids(arxiv=arxiv[0] if arxiv else None, doi=digital, pmid=_pmid(entry)),
        version=arxiv[1] if arxiv else None,
        title=title,
        abstract=told.get("abstract") or None,
        authors=authors,
        categories=tuple(dict.fromkeys(filter(None, tags))),
        primary=tags[0] if arxiv and tags else None,
        published=published or updated or _spoken_date(told.get("date", "")),
        updated=updated,
        journal=_journal(entry, title, told),
        doi=digital,
        url=link or (f"https://doi.org/{digital}" if digital else None),
        pdf=f"https://arxiv.org/pdf/{arxiv[0]}" if arxiv else None,
        code=code_repository(told.get("abstract", "")),
        withdrawn=title.upper().startswith(("WITHDRAWN:", "RETRACTED:")),
        source="feeds",
    )


# -- key and link -------------------------------------------------------------


def _key(
    entry: ParsedEntry,
    home: str,
    link: str | None,
    title: str,
    authors: tuple[Author, ...],
    *,
    arxiv: str | None,
    digital: str | None,
) -> str:
    """The paper's key: arXiv id, else DOI, guid, link, or a hash of title and first author."""
    if arxiv or digital:
        return f"arxiv:{arxiv}" if arxiv else f"doi:{digital}"
    guid = "".join(strip_controls(str(entry.get("id") or "")).split())
    if guid and "://" in guid:
        guid = _untracked(guid)
    elif guid and not guid.startswith(("urn:", "tag:", "pubmed:")):
        # a guid such as "17" is unique in its own feed alone
        guid = f"{urlsplit(link or home).hostname or ''}/{guid}"
    first = authors[0].name if authors else ""
    key = guid or link or sha256(f"{title_key(title)}\n{title_key(first)}".encode()).hexdigest()[:32]
    return f"feed:{key if len(key) <= _LONGEST_KEY else sha256(key.encode()).hexdigest()[:32]}"


def _marks(entry: ParsedEntry, told: Mapping[str, str]) -> Iterator[str]:
    """Texts that may contain an id, the most reliable first."""
    for name in ("prism_doi", "dc_identifier", "id", "link", "prism_url"):
        yield str(entry.get(name) or "")
    yield told.get("doi", "")


def _pmid(entry: ParsedEntry) -> str | None:
    found = re.match(
        r"(?:pubmed:|https?://pubmed\.ncbi\.nlm\.nih\.gov/)([0-9]{1,12})(?![0-9])",
        str(entry.get("id") or entry.get("link") or ""),
    )
    return found[1] if found else None


def entry_link(entry: ParsedEntry) -> str | None:
    """The HTTP(S) link of the entry, without tracking parameters."""
    for candidate in (entry.get("link"), entry.get("id")):
        address = strip_controls(str(candidate or "")).strip()
        if _scheme(address) in ("http", "https"):
            return _untracked(address)
    return None


def _scheme(address: str) -> str | None:
    """The scheme of a URL with a host; None for others."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.scheme if parts.netloc else None


def _untracked(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in asked if not _TRACKING.fullmatch(name)]
    if len(kept) == len(asked):
        return address
    if "pubmed.ncbi" in parts.netloc:
        kept = []
    return urlunsplit(parts._replace(query=urlencode(kept)))


# -- text ---------------------------------------------------------------------


def _title(entry: ParsedEntry) -> str:
    raw = str(entry.get("title") or "")
    kind = str((entry.get("title_detail") or {}).get("type") or "")
    return clean_line(clean_html(raw) if "html" in kind or "<" in raw else raw)


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1].rstrip() + "…"


def _text(entry: ParsedEntry) -> str:
    """The summary of the entry, or its full content if the summary is truncated."""
    summary = clean_html(str(entry.get("summary") or ""))
    if summary and not summary.endswith(("...", "…")):
        return summary
    full = [clean_html(str(each.get("value") or "")) for each in entry.get("content", ())]
    return max((*full, summary), key=len)


_LABEL = re.compile(
    r"(?P<label>Author\(s\)|Authors?|Publication date|Available online|DOI|Source|Abstract|Summary)\s*:\s*(?P<rest>.*)",
    re.IGNORECASE,
)
_KINDS = {
    "author(s)": "authors",
    "author": "authors",
    "publication date": "date",
    "available online": "date",
    "summary": "abstract",
}
_HEADING = re.compile(r"(?:graphical )?(?:abstract|summary)", re.IGNORECASE)
_ASIDE = re.compile(r"(?:html|xml|pdf|full text)|.{0,80}\bpublished online\b:.*|pmid:.*|\W*", re.IGNORECASE)
_ISSUE = re.compile(r"(?:volume|vol\.) \d+.*", re.IGNORECASE)
_GLUED = re.compile(r"(?P<names>(?:[\u4e00-\u9fff·]{2,6};)+)\s*")


def _told(text: str) -> dict[str, str]:
    """The parts of a description: the abstract, and labelled or leading metadata beside it."""
    lines = [line for line in text.split("\n") if not _ASIDE.fullmatch(line)]
    issue = next((line for line in lines if _ISSUE.fullmatch(line)), None)
    told = {"issue": issue.rstrip(" .")} if issue else {}
    lines = [line for line in lines if line != issue]
    heading = next((place for place, line in enumerate(lines, 1) if _HEADING.fullmatch(line)), 0)
    if not heading and any(_LABEL.fullmatch(line) for line in lines[:4]):
        return told | _labelled(lines)
    abstract = "\n".join(lines[heading:])
    if glued := _GLUED.match(abstract):  # CNKI
        return told | {"authors": glued["names"].rstrip(";"), "abstract": abstract[glued.end() :]}
    return told | {"abstract": abstract}


def _labelled(lines: list[str]) -> dict[str, str]:
    """The fields of a labelled description (ScienceDirect, Pensoft), where the abstract follows "Abstract:"."""
    told: dict[str, str] = {}
    for line in lines:
        if match := _LABEL.fullmatch(line):
            label = match["label"].casefold()
            told[_KINDS.get(label, label)] = match["rest"]
        elif "abstract" in told:
            told["abstract"] += f"\n{line}"
    return told


def _creators(entry: ParsedEntry) -> list[str]:
    names = [str(each.get("name") or "") for each in entry.get("authors", ()) if isinstance(each, Mapping)]
    names = [name for name in names if name.strip() and "@" not in name]
    return names or [name for name in [str(entry.get("author") or "")] if name and "@" not in name]


def _journal(entry: ParsedEntry, title: str, told: Mapping[str, str]) -> str | None:
    """The journal that the entry names; T&F's entries have the paper's title in that field."""
    named = (
        clean_line(str(entry.get(name) or ""))
        for name in ("prism_publicationtitle", "prism_publicationname", "dc_source")
    )
    journal = next((name for name in named if name and name != title), "") or told.get("source", "")
    return ", ".join(filter(None, (journal, told.get("issue", "")))) or None


# -- dates --------------------------------------------------------------------


def _time(entry: ParsedEntry, name: str) -> datetime | None:
    """A time in UTC as parsed by feedparser; None if it is missing or invalid."""
    # without `updated`, feedparser returns `published` and warns
    parsed = entry[f"{name}_parsed"] if f"{name}_parsed" in entry else None  # noqa: SIM401
    try:
        return from_unix(timegm(parsed)) if parsed else None
    except (ValueError, OverflowError, TypeError):
        return None


def _spoken_date(text: str) -> datetime | None:
    """Parse ``15 February 2022`` or ``February 2022`` (its first day)."""
    words = text.strip(" .").split()[-3:]
    for form in ("%d %B %Y", "%B %Y"):
        try:
            return instant(datetime.strptime(" ".join(words), form).replace(tzinfo=UTC))
        except ValueError:
            continue
    return None
