"""A source as another package would bring it: one service, one file, and one row for the registry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from pydantic import BaseModel, ConfigDict

from digest.errors import SourceError
from digest.papers import Author, Paper
from digest.sources.base import ContinuousSource, ResultPage, SavedPapers, ServiceResponse, Source, SourceKind


class DummySettings(BaseModel):
    """What may stand under `acme:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dummy(ContinuousSource):
    """All that the service has, in one answer."""

    url: str
    name: str = "acme all"
    kind: str = "acme"
    every: timedelta = timedelta(hours=1)
    allow_private: bool = True

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        return httpx.Request("GET", self.url)

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        return ResultPage(papers=_papers(answer.body, self.name, now))


def _papers(body: bytes, name: str, now: datetime | None = None) -> tuple[Paper, ...]:
    try:
        titles: dict[str, str] = json.loads(body)
    except ValueError as error:
        raise SourceError(f"{name}: no JSON") from error
    return tuple(
        Paper(
            key=f"doi:{doi}",
            title=title,
            source="acme",
            authors=(Author(name="Ada"),),
            published=now,
            announced=now,
            url=f"https://acme.example/{doi}",
        )
        for doi, title in titles.items()
    )


def _sources(settings: DummySettings) -> Sequence[Source]:
    return [Dummy(url=settings.url)]


def _read_saved(body: bytes, name: str) -> SavedPapers:
    return SavedPapers(papers=_papers(body, name))


ACME = SourceKind(settings=DummySettings, sources=_sources, read_saved=_read_saved, label="Acme Preprints", trust=45)
