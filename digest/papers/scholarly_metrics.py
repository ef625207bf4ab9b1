"""Bibliometrics: citations, h-index and summaries of papers and researchers, each with service and date; optional."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from digest.papers import ranges

SERVICES: Final = {"semanticscholar": "Semantic Scholar", "openalex": "OpenAlex", "dblp": "DBLP"}
"""The services, by preference: the first lists new papers soonest; DBLP has no counts, only persistent author ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Researcher:
    """One author record of one service; a service may have several for one person."""

    service: str  # a key of SERVICES
    id: str  # of the service: "2262347", "A5023888391"
    name: str
    papers: int | None = None
    citations: int | None = None
    h_index: int | None = None
    orcid: str | None = None
    affiliation: str | None = None
    at: datetime | None = None  # when it was fetched

    def __post_init__(self) -> None:
        for name in ("papers", "citations", "h_index"):
            object.__setattr__(self, name, ranges.count(getattr(self, name)))

    @property
    def key(self) -> str:
        return f"{self.service}:{self.id}"

    @property
    def can_be_true(self) -> bool:
        """Whether the numbers are plausible: an h-index of h needs h papers and h² citations."""
        if self.papers is None or self.citations is None or self.h_index is None:
            return False
        return self.h_index <= self.papers and self.h_index**2 <= self.citations


@dataclass(frozen=True, slots=True, kw_only=True)
class Bibliometrics:
    """The data of one service on one paper."""

    service: str
    citations: int | None = None
    summary: str | None = None  # one generated sentence
    authors: tuple[Researcher, ...] = ()  # in the order of the paper

    def __post_init__(self) -> None:
        object.__setattr__(self, "citations", ranges.count(self.citations))


def to_json(value: Bibliometrics | Researcher) -> str:
    """One line of JSON for the store, without `at`, which has its own column."""
    plain = asdict(replace(value, at=None)) if isinstance(value, Researcher) else asdict(value)
    for author in plain.get("authors", ()):
        author.pop("at")
    plain.pop("at", None)
    return json.dumps(plain, ensure_ascii=False)


def bibliometrics_from_json(line: str, at: datetime) -> Bibliometrics:
    """Raises ValueError, KeyError or TypeError for an invalid line."""
    values: dict[str, Any] = json.loads(line)
    authors = tuple(_researcher(author, at) for author in values.pop("authors"))
    return Bibliometrics(**values, authors=authors)


def researcher_from_json(line: str, at: datetime) -> Researcher:
    """Raises ValueError, KeyError or TypeError for an invalid line."""
    return _researcher(json.loads(line), at)


def _researcher(values: Mapping[str, Any], at: datetime) -> Researcher:
    return Researcher(**values, at=at)
