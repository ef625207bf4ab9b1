"""What services count and say about papers and the people behind them; never needed, always with its source and day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

SERVICES: Final = {"semanticscholar": "Semantic Scholar", "openalex": "OpenAlex", "dblp": "DBLP"}
"""Who counts, the one that knows new papers sooner first; the last one counts nothing, and tells people apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Researcher:
    """One person as one service knows them; the service may know one person under several ids."""

    service: str  # a key of SERVICES
    id: str  # the service's own: "2262347", "A5023888391"
    name: str
    papers: int | None = None
    citations: int | None = None
    h_index: int | None = None
    orcid: str | None = None
    affiliation: str | None = None
    at: datetime | None = None  # when the service said so

    @property
    def key(self) -> str:
        return f"{self.service}:{self.id}"

    @property
    def can_be_true(self) -> bool:
        """Whether the numbers agree: an h-index of h takes h papers and h² citations."""
        if self.papers is None or self.citations is None or self.h_index is None:
            return False
        return self.h_index <= self.papers and self.h_index**2 <= self.citations


@dataclass(frozen=True, slots=True, kw_only=True)
class Bibliometrics:
    """What one service says of one paper."""

    service: str
    citations: int | None = None
    summary: str | None = None  # in one sentence, written by a machine
    authors: tuple[Researcher, ...] = ()  # in the order of the paper


def to_json(value: Bibliometrics | Researcher) -> str:
    """One line for the store; the day stands beside it there."""
    plain = asdict(replace(value, at=None)) if isinstance(value, Researcher) else asdict(value)
    for author in plain.get("authors", ()):
        author.pop("at")
    plain.pop("at", None)
    return json.dumps(plain, ensure_ascii=False)


def bibliometrics_from_json(line: str, at: datetime) -> Bibliometrics:
    """Raises ValueError, KeyError or TypeError where it is none."""
    values: dict[str, Any] = json.loads(line)
    authors = tuple(_researcher(author, at) for author in values.pop("authors"))
    return Bibliometrics(**values, authors=authors)


def researcher_from_json(line: str, at: datetime) -> Researcher:
    """Raises ValueError, KeyError or TypeError where it is none."""
    return _researcher(json.loads(line), at)


def _researcher(values: Mapping[str, Any], at: datetime) -> Researcher:
    return Researcher(**values, at=at)
