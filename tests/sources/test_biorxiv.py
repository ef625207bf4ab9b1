"""bioRxiv and medRxiv: rows as versions, pages of any length, windows of days, and what is no list."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.papers.updates import merge_records, news_in
from digest.sources import SOURCES, read_saved
from digest.sources.base import ServiceResponse
from digest.sources.biorxiv import BiorxivSource
from tests.support.source_walk import walk

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


def row(number: int = 1, **more: Any) -> dict[str, Any]:
    given = {
        "title": f"Of mice {number}",
        "authors": "Lovelace, A.; Babbage, C. W.; The Mouse Consortium",
        "author_corresponding": "Ada Lovelace",
        "author_corresponding_institution": "Analytical Institute",
        "doi": f"10.64898/2026.11.18.{number:06}",
        "date": "2026-11-18",
        "version": "1",
        "type": "new results",
        "category": "Cell Biology",
        "abstract": "BackgroundMice run. ResultsThey are 3 times as fast.",
        "published": "NA",
        "server": "bioRxiv",
    }
    return given | more


def answer(*rows: Any, total: object = None, status: str = "ok") -> dict[str, Any]:
    message = {"status": status, "cursor": 0, "count": len(rows)} | ({} if total is None else {"total": total})
    return {"messages": [message], "collection": list(rows)}


def read(value: Any, server: str = "biorxiv") -> tuple[Paper, ...]:
    return read_saved(server, json.dumps(value).encode(), "saved.json").papers


def test_a_preprint() -> None:
    assert read(answer(row())) == (
        Paper(
            key="doi:10.64898/2026.11.18.000001",
            ids=Ids(doi="10.64898/2026.11.18.000001"),
            version=1,
            title="Of mice 1",
            abstract="Background: Mice run. Results: They are 3 times as fast.",
            authors=(
                Author(name="Ada Lovelace", affiliation="Analytical Institute"),
                Author(name="C. W. Babbage"),
                Author(name="The Mouse Consortium"),
            ),
            categories=("cell biology",),
            primary="cell biology",
            published=datetime(2026, 11, 18, tzinfo=UTC),
            updated=datetime(2026, 11, 18, tzinfo=UTC),
            announced=datetime(2026, 11, 18, tzinfo=UTC),
            url="https://www.biorxiv.org/content/10.64898/2026.11.18.000001v1",
            pdf="https://www.biorxiv.org/content/10.64898/2026.11.18.000001v1.full.pdf",
            source="biorxiv",
        ),
    )


def test_a_version_a_publication_and_a_withdrawal() -> None:
    [first] = read(answer(row()))
    [revised] = read(answer(row(version="2", published="10.1038/S41586-026-1")))
    [gone] = read(answer(row(version="3", type="WITHDRAWN")))
    assert (revised.version, revised.published, revised.doi, gone.withdrawn) == (2, None, "10.1038/s41586-026-1", True)

    def news(known: Paper | None, seen: Paper) -> tuple[str, ...]:
        return news_in(known, seen, now=NOW, since=NOW - timedelta(days=7), first=False)

    assert news(None, first) == ("new",)
    assert news(first, revised) == ("revised v2", "published")
    assert news(merge_records(first, revised, {}), gone) == ("withdrawn",)
    assert news(first, replace(first, doi=None)) == ()


def test_the_corresponding_author_is_named_only_where_one_fits() -> None:
    twins = row(authors="Lovelace, A.; Lovelace, A. B.", author_corresponding="Ada Lovelace")
    assert [author.name for author in read(answer(twins))[0].authors] == ["A. Lovelace", "A. B. Lovelace"]
    assert [author.affiliation for author in read(answer(row(author_corresponding="Eve")))[0].authors] == [None] * 3


def test_medrxiv_is_the_same_service() -> None:
    [paper] = read(answer(row(server="medRxiv", type="PUBLISHAHEADOFPRINT")), "medrxiv")
    assert (paper.source, paper.url) == ("medrxiv", "https://www.medrxiv.org/content/10.64898/2026.11.18.000001v1")


def test_one_bad_row_stops_no_other() -> None:
    reading = read_saved("biorxiv", json.dumps(answer(row(doi=None), 7, row(2), row(title=""))).encode(), "saved.json")
    assert [paper.title for paper in reading.papers] == ["Of mice 2"]
    assert reading.warnings == ("3 records could not be read: a preprint without a DOI",)


def test_pages_of_any_length_and_windows_of_days() -> None:
    rows = [row(number) for number in range(7)]

    def serve(url: httpx.URL) -> dict[str, Any]:
        first, last, skip, _ = url.path.rsplit("/", 4)[1:]
        assert (datetime.fromisoformat(last) - datetime.fromisoformat(first)).days <= 2
        page = rows[int(skip) : int(skip) + 3] if first == "2026-11-14" else []
        return answer(*page, total="9") if page else answer(status="no posts found")

    since = datetime(2026, 11, 14, tzinfo=UTC)
    asked, pages = walk(BiorxivSource(server="biorxiv"), serve, since=since, now=NOW)
    assert [address.partition("/biorxiv/")[2] for address in asked] == [
        "2026-11-14/2026-11-16/0/json",
        "2026-11-14/2026-11-16/3/json",
        "2026-11-14/2026-11-16/6/json",
        "2026-11-14/2026-11-16/7/json",
        "2026-11-17/2026-11-19/0/json",
        "2026-11-20/2026-11-20/0/json",
    ]
    assert [len(page.papers) for page in pages] == [3, 3, 1, 0, 0, 0]
    assert [page.cursor for page in pages] == [None, None, None, "2026-11-16", "2026-11-19", "2026-11-20"]


def test_the_next_walk_begins_a_day_before() -> None:
    posts = BiorxivSource(server="medrxiv")
    assert str(posts.first("2026-11-19", NOW, NOW).url).endswith("/medrxiv/2026-11-18/2026-11-20/0/json")
    assert str(posts.first("2027-01-01", NOW, NOW).url).endswith("/medrxiv/2026-11-20/2026-11-20/0/json")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>503</html>", "an HTML page"),
        (b'{"messages": [{"status": "ok"}], "collection": [', "JSON that breaks off or is broken"),
        (b'{"messages": [{"status": "error: bad date"}]}', "the words 'error: bad date'"),
        (b'{"messages": [], "collection": []}', "JSON of another kind"),
        (b"[]", "JSON of another kind"),
    ],
)
def test_what_is_no_list_is_told(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=r"saved\.json is no answer of biorxiv: it looks like") as told:
        read_saved("biorxiv", body, "saved.json")
    assert words in str(told.value)
    url = "https://api.biorxiv.org/details/biorxiv/2026-11-19/2026-11-20/0/json"
    with pytest.raises(SourceError, match="biorxiv posts: no list of preprints"):
        BiorxivSource(server="biorxiv").read(ServiceResponse(url=url, body=body), NOW)
    with pytest.raises(SourceError, match="another address"):
        BiorxivSource(server="biorxiv").read(ServiceResponse(url="https://elsewhere.example/", body=body), NOW)


def test_an_address_of_ones_own_may_be_private() -> None:
    for kind in ("biorxiv", "medrxiv"):
        service = SOURCES[kind]
        [own] = service.sources(service.settings.model_validate({"base_url": "http://127.0.0.1:8000"}))
        assert (own.name, own.kind, own.allow_private) == (f"{kind} posts", kind, True)
