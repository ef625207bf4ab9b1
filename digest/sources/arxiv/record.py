"""Parses a record of arXiv's OAI-PMH into a paper, in all four formats: arXivRaw, arXiv, arXivOld, oai_dc."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import TypedDict

from lxml import etree

from digest.papers import Announce, Author, Ids, Paper
from digest.papers.arxiv_categories import ARCHIVES, ARXIV, GROUPS, NAMES
from digest.papers.ids import arxiv_id, code_repository, doi, impossible_version
from digest.papers.ranges import instant
from digest.sources.authors import split_authors, turned
from digest.sources.xml import child, everywhere, local, text_of, texts
from digest.text import clean_block, clean_line, clean_name

_WITHDRAWN = re.compile(r"\bwithdrawn\b", re.IGNORECASE)
_WITHDRAWN_TEXT = re.compile(r"^(?:this|the) \w+ (?:has been|have been|was|is) (?:\w+ )?withdrawn\b", re.IGNORECASE)


def paper_of(
    identifier: str,
    *,
    title: str,
    abstract: str,
    authors: Sequence[Author],
    categories: Sequence[str],
    comment: str = "",
    journal: str = "",
    given_doi: str = "",
    version: int | None = None,
    published: datetime | None = None,
    updated: datetime | None = None,
    changed: datetime | None = None,
    announced: datetime | None = None,
    announce: Announce | None = None,
    withdrawn: bool = False,
    primary: str | None = None,
) -> Paper:
    """A paper of arXiv with cleaned texts. Raises ValueError for an invalid arXiv id or an empty title."""
    found = arxiv_id(identifier)
    if found is None:
        raise ValueError(impossible_version(identifier) or f"{identifier.strip()[:60]!r} is no arXiv id")
    name, named = found
    line = clean_line(title)
    if not line:
        raise ValueError(f"{name} has no title")
    summary, note = clean_block(abstract) or None, clean_line(comment) or None
    bare = doi(given_doi) if given_doi else None
    own = bare is not None and bare.startswith("10.48550/")  # the DOI that arXiv gives each of its papers
    return Paper(
        key=f"arxiv:{name}",
        ids=Ids(arxiv=name, doi=None if own else bare),
        version=version or named,
        title=line,
        abstract=summary,
        authors=tuple(authors),
        categories=tuple(dict.fromkeys(categories)),
        primary=primary or (categories[0] if categories else None),
        published=published,
        updated=updated,
        changed=changed,
        announced=announced,
        announce=announce,
        comment=note,
        journal=clean_line(journal) or None,
        doi=None if own else clean_line(given_doi) or None,
        url=f"https://arxiv.org/abs/{name}",
        pdf=f"https://arxiv.org/pdf/{name}",
        code=code_repository(f"{comment}\n{abstract}"),
        withdrawn=withdrawn or bool((note and _WITHDRAWN.search(note)) or (summary and _WITHDRAWN_TEXT.match(summary))),
        source="arxiv",
    )


def read_record(record: etree._Element) -> Paper | None:
    """Parse one `<record>`; None for a deleted one. Raises ValueError for an invalid one."""
    header, metadata = child(record, "header"), child(record, "metadata")
    if header is not None and header.get("status") == "deleted":
        return None
    body = next(iter(metadata), None) if metadata is not None else None
    if body is None:
        raise ValueError("no metadata")
    reader = _READERS.get(local(body))
    if reader is None:
        raise ValueError(f"metadata of an unknown format, {local(body)!r}")
    return reader(body, header)


# -- the formats --------------------------------------------------------------


class _ArxivFields(TypedDict):
    """Fields that arXiv's three own formats share, and the header's datestamp."""

    identifier: str
    title: str
    abstract: str
    categories: list[str]
    comment: str
    journal: str
    given_doi: str
    changed: datetime | None


def _common(found: dict[str, list[str]], header: etree._Element | None) -> _ArxivFields:
    def first(name: str) -> str:
        return next(iter(found.get(name, ())), "")

    return _ArxivFields(
        identifier=first("id"),
        title=first("title"),
        abstract=first("abstract"),
        categories=first("categories").split(),
        comment=first("comments"),
        journal=first("journal-ref"),
        given_doi=first("doi"),
        changed=_stamp(header),
    )


def _stamp(header: etree._Element | None) -> datetime | None:
    return day(text_of(child(header, "datestamp"))) if header is not None else None


def _raw(body: etree._Element, header: etree._Element | None) -> Paper:
    """arXivRaw: all versions with times; names as TeX in one string. Source type `I` means withdrawn."""
    found = texts(body)
    common, authors = _common(found, header), split_authors("; ".join(found.get("authors", ())))
    versions = [each for each in body if local(each) == "version"]
    if not versions:
        return paper_of(**common, authors=authors)
    first, last = versions[0], versions[-1]
    submitted = moment(text_of(child(first, "date")))
    return paper_of(
        **common,
        authors=authors,
        version=_number(last),
        published=submitted if _number(first) == 1 else None,
        updated=moment(text_of(child(last, "date"))) if last is not first else submitted,
        withdrawn="I" in text_of(child(last, "source_type")),
    )


def _number(version: etree._Element) -> int:
    """Raises ValueError for a version that no paper has."""
    digits = version.get("version", "v1").strip().lstrip("v")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 4):
        raise ValueError(f"{digits[:30]!r} is no version")
    return int(digits)


def _parsed(body: etree._Element, header: etree._Element | None) -> Paper:
    """arXiv: structured names, dates without times. Since 2025 `created` is the current version's day, not v1's."""
    found = texts(body)
    common, authors = _common(found, header), _persons(body)
    created = day(found["created"][0]) if found.get("created") else None
    changed = day(found["updated"][0]) if found.get("updated") else None
    schema = " ".join(value for name, value in body.attrib.items() if str(name).endswith("schemaLocation"))
    if "oaipmh.arxiv.org" in schema:
        return paper_of(**common, authors=authors, updated=created)
    return paper_of(**common, authors=authors, published=created, updated=changed or created)


def _persons(body: etree._Element) -> list[Author]:
    authors = []
    for person in everywhere(body, "author"):
        parts = texts(person)
        name = " ".join(part for key in ("forenames", "keyname", "suffix") for part in _parts(parts, key))
        places = "; ".join(filter(None, map(clean_line, parts.get("affiliation", ()))))
        if clean_name(name):
            authors.append(Author(name=clean_name(name), affiliation=places or None))
    return authors


def _parts(parts: dict[str, list[str]], key: str) -> list[str]:
    return [part.strip(" ,\n") for part in parts.get(key, ())]


def _old(body: etree._Element, header: etree._Element | None) -> Paper:
    found = texts(body)
    return paper_of(**_common(found, header), authors=split_authors("; ".join(found.get("authors", ()))))


def _dublin(body: etree._Element, header: etree._Element | None) -> Paper:
    """oai_dc: the first date is v1's, the last one the current version's; comments follow the abstract."""
    found = texts(body)
    marks = [mark.strip() for mark in found.get("identifier", ())]
    notes = [note.strip() for note in found.get("description", ())]
    named = next((mark for mark in marks if arxiv_id(mark)), "")
    others = [mark for mark in marks if "://" not in mark]
    dates = sorted(filter(None, map(day, found.get("date", ()))))
    return paper_of(
        named or (text_of(child(header, "identifier")) if header is not None else ""),
        title=next(iter(found.get("title", ())), ""),
        abstract=next(iter(notes), ""),
        authors=[Author(name=name) for raw in found.get("creator", ()) if (name := turned(clean_name(raw)))],
        categories=_subjects(found.get("subject", ()), header),
        comment=notes[1].removeprefix("Comment: ") if len(notes) > 1 else "",
        journal=next((mark for mark in others if not mark.startswith("doi:")), ""),
        given_doi=next((mark.removeprefix("doi:") for mark in others if mark.startswith("doi:")), ""),
        published=dates[0] if dates else None,
        updated=dates[-1] if dates else None,
        changed=_stamp(header),
    )


def _subjects(names: Sequence[str], header: etree._Element | None) -> list[str]:
    """The category codes: from the header's sets if they name categories, else from subject names."""
    specs = [
        text_of(each).strip().split(":") for each in (header if header is not None else ()) if local(each) == "setSpec"
    ]
    codes = [f"{spec[1]}.{spec[2]}" if len(spec) == 3 else spec[-1] for spec in specs]
    if all(code in ARXIV or (code in ARCHIVES and code not in GROUPS) for code in codes) and codes:
        return codes
    return [NAMES[name.strip()] for name in names if name.strip() in NAMES] or codes


_READERS: dict[str, Callable[[etree._Element, etree._Element | None], Paper]] = {
    "arXivRaw": _raw,
    "arXiv": _parsed,
    "arXivOld": _old,
    "dc": _dublin,
}


# -- times --------------------------------------------------------------------


def day(text: str) -> datetime | None:
    """A date, or the date of a time, as midnight UTC; None if it is invalid or out of range."""
    try:
        return instant(datetime.combine(date.fromisoformat(text.strip()[:10]), datetime.min.time(), UTC))
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """A time of RFC 5322 or ISO 8601, in UTC; None if it is invalid or out of range."""
    try:
        return instant(
            datetime.fromisoformat(text.strip()) if text.strip()[:4].isdigit() else parsedate_to_datetime(text)
        )
    except (ValueError, TypeError, OverflowError):
        return None
