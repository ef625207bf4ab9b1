"""Settings and base class of sources that are defined by a query in the service's own syntax (PubMed, Europe PMC)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from digest.sources.base import ContinuousSource


class NamedQuery(BaseModel):
    """One query in the config, and its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: Annotated[str, Field(min_length=1)]
    name: str = Field(default_factory=lambda data: data["query"], min_length=1)


class QuerySettings(BaseModel):
    """Settings with at least one query."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queries: Annotated[tuple[NamedQuery, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySource(ContinuousSource):
    """Base class of a source with one query."""

    query: str
    title: str
    url: str
    kind: str
    every: timedelta = timedelta(hours=6)
    allow_private: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind} {self.title}"

    @property
    def part(self) -> str:
        return self.title
