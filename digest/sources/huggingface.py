"""Hugging Face Daily Papers: papers submitted day by day, with votes and comments. https://huggingface.co/papers

Votes change for days, so the last three days are read again, and at times the whole week, for weekly letters. The
current day is requested without a date, as the service answers a day that has not begun there with an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, ConfigDict

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.papers.ids import arxiv_id, code_repository
from digest.sources.answers import BaseUrl, json_of, listed, moment, no_answer, papers_of, text, whole
from digest.sources.base import ContinuousSource, ResultPage, SavedPapers, ServiceResponse, Source, window
from digest.text import clean_block, clean_line, clean_name

URL = "https://huggingface.co"
AGAIN = timedelta(days=3)
_MOST = 100  # papers of one response
_LONGEST = 20  # responses of a week
_KEY = re.compile(r"[\w.-]{1,40}", re.ASCII)


class HuggingFaceSettings(BaseModel):
    """The settings under `huggingface:`; `{}` suffices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Annotated[str, BaseUrl] = URL


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceDaily(ContinuousSource):
    """Daily papers, day by day. Its cursor is the last day that was read completely."""

    url: str = URL
    kind: str = "huggingface"
    every: timedelta = timedelta(hours=1)
    allow_private: bool = False

    @property
    def name(self) -> str:
        return "huggingface daily"

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        first, _ = window(cursor, since, now, overlap=AGAIN)
        return self._ask(first, now)

    def _ask(self, day: date, now: datetime) -> httpx.Request:
        dated = {"date": day.isoformat()} if day < now.astimezone(UTC).date() else {}
        return httpx.Request("GET", f"{self.url.rstrip('/')}/api/daily_papers", params={**dated, "limit": _MOST})

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        try:
            papers, warnings = _papers(json_of(answer.body))
        except ValueError as error:
            raise SourceError(f"{self.name}: no list of papers, but {error}") from error
        asked = httpx.URL(answer.url).params.get("date")
        if asked is None:
            return ResultPage(papers=papers, warnings=warnings)
        day = date.fromisoformat(asked)
        return ResultPage(papers=papers, warnings=warnings, cursor=asked, next=self._ask(day + timedelta(days=1), now))


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceWeekly(ContinuousSource):
    """The votes of the current week, and on its first two days of the week before; it needs no cursor."""

    url: str = URL
    kind: str = "huggingface"
    every: timedelta = timedelta(hours=6)
    allow_private: bool = False

    @property
    def name(self) -> str:
        return "huggingface weekly"

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        today = now.astimezone(UTC).date()
        return self._ask(today - timedelta(days=7) if today.weekday() < 2 else today, 0)

    def _ask(self, day: date, page: int) -> httpx.Request:
        year, week, _ = day.isocalendar()
        params = {"week": f"{year}-W{week:02}", "limit": str(_MOST), "p": str(page)}
        return httpx.Request("GET", f"{self.url.rstrip('/')}/api/daily_papers", params=params)

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        try:
            value = json_of(answer.body)
            papers, warnings = _papers(value)
        except ValueError as error:
            raise SourceError(f"{self.name}: no list of papers, but {error}") from error
        asked, today = httpx.URL(answer.url).params, now.astimezone(UTC).date()
        week, page = date.fromisoformat(f"{asked['week']}-1"), int(asked.get("p", "0"))
        following = None
        if len(value) >= _MOST and page < _LONGEST:
            following = self._ask(week, page + 1)
        elif week + timedelta(days=7) <= today:
            following = self._ask(week + timedelta(days=7), 0)
        return ResultPage(papers=papers, warnings=warnings, next=following)


def sources(settings: HuggingFaceSettings) -> Sequence[Source]:
    """The daily and the weekly source."""
    own = settings.base_url != URL
    return [
        HuggingFaceDaily(url=settings.base_url, allow_private=own),
        HuggingFaceWeekly(url=settings.base_url, allow_private=own),
    ]


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved list, or in one paper of `/api/papers/ID`. Raises SourceError for another format."""
    try:
        value = json_of(body)
        if isinstance(value, dict) and isinstance(value.get("error"), str):
            return SavedPapers(said=f"an error answer: {clean_line(value['error'])[:200]}")
        papers, warnings = _papers([{"paper": value}] if isinstance(value, dict) and "upvotes" in value else value)
    except ValueError as error:
        raise no_answer(name, "huggingface", error) from error
    return SavedPapers(papers=papers, warnings=warnings, said="" if papers else "a list without papers")


def _papers(value: Any) -> tuple[tuple[Paper, ...], tuple[str, ...]]:
    """(papers, warnings) of a list. Raises ValueError for another format."""
    if not isinstance(value, list) or not all(isinstance(item, dict) and "paper" in item for item in value):
        raise ValueError("JSON of another kind")
    return papers_of(value, _paper)


def _paper(item: Mapping[str, Any]) -> Paper:
    inner = item["paper"] if isinstance(item.get("paper"), Mapping) else {}
    given = text(inner, "id").strip()
    title = clean_line(text(inner, "title") or text(item, "title"))
    if not _KEY.fullmatch(given) or not title:
        raise ValueError(f"a paper without {'a title' if given else 'an id'}")
    found = arxiv_id(given)
    return Paper(
        key=f"arxiv:{found[0]}" if found else f"hf:{given}",
        ids=Ids(arxiv=found[0] if found else None, hf=given),
        title=title,
        abstract=clean_block(text(inner, "summary") or text(item, "summary")) or None,
        authors=tuple(
            Author(name=name)
            for author in listed(inner, "authors")
            if not author.get("hidden") and (name := clean_name(text(author, "name")))
        ),
        published=moment(text(inner, "publishedAt")),
        announced=moment(text(inner, "submittedOnDailyAt")),
        url=f"https://arxiv.org/abs/{found[0]}" if found else f"{URL}/papers/{given}",
        pdf=f"https://arxiv.org/pdf/{found[0]}" if found else None,
        comment=_comment(item, inner),
        code=code_repository(text(inner, "githubRepo")) or code_repository(text(inner, "summary")),
        votes=whole(inner, "upvotes"),
        comments_count=whole(item, "numComments"),
        source="huggingface",
    )


def _comment(item: Mapping[str, Any], inner: Mapping[str, Any]) -> str | None:
    """The submitter, and the project page."""
    by = item.get("submittedBy") or inner.get("submittedOnDailyBy")
    name = clean_name(text(by, "fullname", "name", "user")) if isinstance(by, Mapping) else ""
    page = text(inner, "projectPage").strip()
    told = (f"brought by {name}" if name else "", page if page.startswith(("https://", "http://")) else "")
    return clean_line("; ".join(filter(None, told)))[:300] or None
