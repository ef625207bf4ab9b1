"""Hugging Face Daily Papers: the list of a day, the walk through the days, and what is no list."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.sources import SOURCES, read_saved
from digest.sources.base import ServiceResponse
from digest.sources.huggingface import HuggingFaceDaily, HuggingFaceWeekly
from tests.support.source_walk import walk

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


def featured(id_: str = "2611.00001", **more: Any) -> dict[str, Any]:
    inner = {
        "id": id_,
        "authors": [{"name": "Ada  Lovelace", "hidden": False}, {"name": "Nobody Shown", "hidden": True}, {"user": {}}],
        "publishedAt": "2026-11-18T00:00:00.000Z",
        "submittedOnDailyAt": "2026-11-20T00:00:00.000Z",
        "title": "Kept\n  apart",
        "summary": "We route.\nThen we count.",
        "upvotes": 41,
        "githubRepo": "https://github.com/ada/kept.git",
    }
    return {"paper": inner | more, "publishedAt": "2026-11-17T20:00:00.000Z", "title": "Kept apart", "numComments": 3}


def read(value: Any) -> tuple[Paper, ...]:
    return read_saved("huggingface", json.dumps(value).encode(), "saved.json").papers


def test_a_paper_of_the_day() -> None:
    assert read([featured()]) == (
        Paper(
            key="arxiv:2611.00001",
            ids=Ids(arxiv="2611.00001", hf="2611.00001"),
            title="Kept apart",
            abstract="We route. Then we count.",
            authors=(Author(name="Ada Lovelace"),),
            published=datetime(2026, 11, 18, tzinfo=UTC),
            announced=datetime(2026, 11, 20, tzinfo=UTC),
            url="https://arxiv.org/abs/2611.00001",
            pdf="https://arxiv.org/pdf/2611.00001",
            code="https://github.com/ada/kept",
            votes=41,
            comments_count=3,
            source="huggingface",
        ),
    )


def test_what_may_be_missing_is_missing() -> None:
    bare = {"paper": {"id": "my-paper_1", "title": "Bare"}}
    [paper] = read([bare])
    assert (paper.key, paper.url) == ("hf:my-paper_1", "https://huggingface.co/papers/my-paper_1")
    assert (paper.votes, paper.comments_count, paper.code, paper.pdf, paper.authors) == (None, None, None, None, ())


@pytest.mark.parametrize("code", ["https://evil.example/x/y", "javascript:alert(1)", "https://github.com/x", 7, None])
def test_only_a_repository_is_code(code: object) -> None:
    assert read([featured(githubRepo=code)])[0].code is None


def test_one_bad_record_stops_no_other() -> None:
    broken = [{"paper": {"id": "x"}}, {"paper": None}, featured(), {"paper": {"title": "no id"}}, featured("../../x")]
    reading = read_saved("huggingface", json.dumps(broken).encode(), "saved.json")
    assert [paper.key for paper in reading.papers] == ["arxiv:2611.00001"]
    assert reading.warnings == ("4 records could not be read: a paper without a title",)


def test_one_paper_alone_and_an_error() -> None:
    assert [paper.votes for paper in read(featured()["paper"])] == [41]
    said = read_saved("huggingface", b'{"error": "Invalid date"}', "saved.json")
    assert (said.papers, said.said) == ((), "an error answer: Invalid date")
    assert read_saved("huggingface", b"[]", "saved.json").said == "a list without papers"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "nothing"),
        (b"<!doctype html><title>Sorry</title>", "an HTML page"),
        (b'[{"paper": {"id"', "JSON that breaks off or is broken"),
        (b"[" * 100_000, "JSON that breaks off or is broken"),
        (b'{"papers": []}', "JSON of another kind"),
        (b'[{"name": "x"}]', "JSON of another kind"),
        (b"\xff\xfe[", "plain text"),
        (b"12", "JSON of another kind"),
    ],
)
def test_what_is_no_list_is_told(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=r"saved\.json is no answer of huggingface: it looks like") as told:
        read_saved("huggingface", body, "saved.json")
    assert words in str(told.value)
    with pytest.raises(SourceError, match="huggingface daily: no list of papers"):
        HuggingFaceDaily().read(ServiceResponse(url="https://huggingface.co/api/daily_papers", body=body), NOW)


def test_the_walk_ends_with_the_day_that_goes_on() -> None:
    since = datetime(2026, 11, 18, 7, 30, tzinfo=UTC)
    asked, pages = walk(HuggingFaceDaily(), lambda url: [featured()], since=since, now=NOW)
    list_of = "https://huggingface.co/api/daily_papers"
    assert asked == [
        f"{list_of}?date=2026-11-18&limit=100",
        f"{list_of}?date=2026-11-19&limit=100",
        f"{list_of}?limit=100",
    ]
    assert [page.cursor for page in pages] == ["2026-11-18", "2026-11-19", None]


def test_the_last_three_days_are_read_again_for_their_votes() -> None:
    asked, _ = walk(HuggingFaceDaily(), lambda url: [], since=NOW, now=NOW, cursor="2026-11-19")
    assert [address.partition("?")[2] for address in asked] == [
        "date=2026-11-16&limit=100",
        "date=2026-11-17&limit=100",
        "date=2026-11-18&limit=100",
        "date=2026-11-19&limit=100",
        "limit=100",
    ]
    assert walk(HuggingFaceDaily(), lambda url: [], since=NOW, now=NOW, cursor="2027-01-01")[0][0].endswith(
        "?limit=100"
    )


def test_an_address_of_ones_own_may_be_private() -> None:
    service = SOURCES["huggingface"]
    own, weekly = service.sources(service.settings.model_validate({"base_url": "http://127.0.0.1:8000/"}))
    assert own.allow_private
    assert weekly.allow_private
    assert str(own.first(None, NOW, NOW).url) == "http://127.0.0.1:8000/api/daily_papers?limit=100"
    assert not service.sources(service.settings.model_validate({}))[0].allow_private


def test_the_week_that_goes_on_is_read_again_and_on_monday_the_one_before() -> None:
    full = [featured(f"2611.{number:05}") for number in range(100)]

    def answer(url: httpx.URL) -> list[dict[str, Any]]:
        return full if (url.params["week"], url.params["p"]) == ("2026-W47", "0") else [featured("2611.00777")]

    asked, pages = walk(HuggingFaceWeekly(), answer, since=NOW, now=NOW)  # a Friday
    assert [address.partition("?")[2] for address in asked] == [
        "week=2026-W47&limit=100&p=0",
        "week=2026-W47&limit=100&p=1",
    ]
    assert sum(len(page.papers) for page in pages) == 101
    asked, _ = walk(HuggingFaceWeekly(), answer, since=NOW, now=NOW + timedelta(days=3))  # a Monday
    assert [address.partition("?")[2] for address in asked] == [
        "week=2026-W47&limit=100&p=0",
        "week=2026-W47&limit=100&p=1",
        "week=2026-W48&limit=100&p=0",
    ]


def test_who_brought_a_paper_and_its_page() -> None:
    [paper] = read([featured(projectPage="https://ada.example/kept") | {"submittedBy": {"fullname": "Grace  Hopper"}}])
    assert paper.comment == "brought by Grace Hopper; https://ada.example/kept"
    assert read([featured(projectPage="javascript:alert(1)")])[0].comment is None
