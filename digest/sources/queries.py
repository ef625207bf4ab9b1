"""Services that are asked with queries in their own words: what stands under their key in the config."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Entry(BaseModel):
    """One query, and what it is called here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: Annotated[str, Field(min_length=1)]
    name: str = Field(default_factory=lambda data: data["query"], min_length=1)


class Queries(BaseModel):
    """At least one query."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queries: Annotated[tuple[Entry, ...], Field(min_length=1)]
