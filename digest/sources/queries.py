"""Services that are asked with queries in their own words: what stands under their key, and what their walks share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from digest.sources.base import ContinuousSource


class NamedQuery(BaseModel):
    """One query, and what it is called here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: Annotated[str, Field(min_length=1)]
    name: str = Field(default_factory=lambda data: data["query"], min_length=1)


class QuerySettings(BaseModel):
    """At least one query."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queries: Annotated[tuple[NamedQuery, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySource(ContinuousSource):
    """A walk through what a service has for one query."""

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
