"""The data model of a paper: Paper, Author and Ids, plain values for all packages, with their JSON form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from digest.papers import ranges
from digest.text import lengths

Announce = Literal["new", "cross", "replace", "replace-cross"]
"""How a service announced a paper; the words are arXiv's (``arxiv:announce_type``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """One name on a paper, as printed; a collaboration is an author too."""

    name: str
    orcid: str | None = None
    affiliation: str | None = None

    def __post_init__(self) -> None:
        if len(self.name) > lengths.NAME:
            object.__setattr__(self, "name", self.name[: lengths.NAME])
        if self.affiliation and len(self.affiliation) > lengths.TITLE:
            object.__setattr__(self, "affiliation", self.affiliation[: lengths.TITLE])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """Identifiers of a paper, each in its normal form (see digest.papers.ids, also to add one)."""

    arxiv: str | None = None  # without version
    doi: str | None = None  # lower case, bare
    pmid: str | None = None
    s2: str | None = None
    openalex: str | None = None
    hf: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One record of a service, cleaned: titles and names in Unicode, math as the author wrote it, times in UTC.

    Whatever a service, a row or a file says: dates that cannot be true become None, counts are cut (papers.ranges), and
    so are texts and lists longer than any paper's (text.lengths).
    Raises ValueError for a version that cannot be one, since then the whole record is not to be believed.
    """

    key: str  # "arxiv:2507.05197", "doi:10.1101/…", or "feed:…" where a feed gives neither
    title: str
    source: str  # the key under `sources:` in the config
    ids: Ids = field(default_factory=Ids)
    version: int | None = None
    abstract: str | None = None  # paragraphs are separated by one newline
    authors: tuple[Author, ...] = ()
    categories: tuple[str, ...] = ()
    primary: str | None = None
    published: datetime | None = None  # of the first version
    updated: datetime | None = None  # of this version
    announced: datetime | None = None  # when the service announced it to its readers
    comment: str | None = None
    journal: str | None = None
    doi: str | None = None  # of the published article, as given; never arXiv's own 10.48550
    url: str | None = None
    pdf: str | None = None
    code: str | None = None
    votes: int | None = None
    comments_count: int | None = None
    withdrawn: bool = False
    # About this sighting of the paper, for digest.papers.updates; not part of the JSON.
    announce: Announce | None = None
    changed: datetime | None = None  # the record's own datestamp (OAI-PMH)

    def __post_init__(self) -> None:
        for name in _DATES:
            value = getattr(self, name)
            if value is not None and not (value.tzinfo is UTC and ranges.EARLIEST <= value < ranges.LATEST):
                object.__setattr__(self, name, ranges.instant(value))
        for name in _COUNTS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, ranges.count(value))
        for name, most in _LENGTHS:
            value = getattr(self, name)
            if value and len(value) > most:
                object.__setattr__(self, name, value[:most])
        if self.abstract and len(self.abstract) > lengths.TITLE:
            object.__setattr__(self, "abstract", lengths.limit_marks(self.abstract))
        if any(len(code) > lengths.NAME for code in self.categories):
            object.__setattr__(self, "categories", tuple(code[: lengths.NAME] for code in self.categories))
        if self.version is not None and not ranges.is_version(self.version):
            raise ValueError(f"{self.key}: no paper has such a version: {str(self.version)[:30]}")

    @property
    def html(self) -> str | None:
        """The URL of the HTML version, if the service has one."""
        return f"https://arxiv.org/html/{self.ids.arxiv}" if self.ids.arxiv else None

    @property
    def dated(self) -> datetime | None:
        """The date that decides whether a paper of a first pull is new: announced, else first published."""
        return self.announced or self.published or self.updated

    def to_json(self) -> str:
        """One line of JSON by the contract of `digest read`; missing is null, times are ISO 8601 in UTC."""
        values = {
            name: (_utc(value) if isinstance(value, datetime) else value)
            for name, value in asdict(self).items()
            if name not in ("announce", "changed")
        }
        order = ("key", "ids", "version", "title")
        line = json.dumps({name: values.pop(name) for name in order} | values, ensure_ascii=False)
        # str.splitlines() and other line readers split at these too; JSON may escape them
        for separator in ("\x85", "\u2028", "\u2029"):
            line = line.replace(separator, f"\\u{ord(separator):04x}")
        return line

    @classmethod
    def from_json(cls, line: str | Mapping[str, Any]) -> Paper:
        """The paper of one line; unknown keys are ignored. Raises ValueError or KeyError for an invalid one."""
        values = dict(json.loads(line)) if isinstance(line, str) else dict(line)
        ids = {name: value for name, value in (values.get("ids") or {}).items() if name in Ids.__slots__}
        known = {name: values[name] for name in cls.__slots__ if values.get(name) is not None}
        known["ids"] = Ids(**ids)
        known["authors"] = tuple(_author(author) for author in values.get("authors") or ())
        known["categories"] = tuple(values.get("categories") or ())
        for name in _DATES:
            if name in known:
                known[name] = datetime.fromisoformat(known[name])
        known.setdefault("source", "")
        return cls(**{"title": "", **known})


_DATES = ("published", "updated", "announced", "changed")
_COUNTS = ("votes", "comments_count")
_LENGTHS = (
    ("title", lengths.TITLE),
    ("abstract", lengths.ABSTRACT),
    ("comment", lengths.TITLE),
    ("journal", lengths.TITLE),
    ("authors", lengths.AUTHORS),
    ("categories", lengths.CATEGORIES),
)


def _author(value: Mapping[str, Any] | str) -> Author:
    if isinstance(value, str):
        return Author(name=value)
    return Author(name=value["name"], orcid=value.get("orcid"), affiliation=value.get("affiliation"))


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
