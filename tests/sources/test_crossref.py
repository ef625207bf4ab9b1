"""Crossref: a journal's new articles, partial dates, JATS, retractions, and what is no list of works."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.sources import SOURCES, crossref, read_saved
from digest.sources.base import ServiceResponse
from digest.sources.crossref import CrossrefSource
from tests.support.source_walk import walk

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
NATURE = CrossrefSource(issn="1476-4687", title="Nature")


def work(number: int = 1, /, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "DOI": f"10.1038/S41586-026-{number}",
        "type": "journal-article",
        "title": ["Of <i>Mus musculus</i> &amp; men"],
        "author": [
            {"given": "Ada", "family": "Lovelace", "ORCID": "http://orcid.org/0000-0002-1825-0097", "affiliation": []},
            {"family": "Babbage", "affiliation": [{"name": "Analytical  Institute"}]},
            {"name": "The Mouse Consortium"},
        ],
        "abstract": "<jats:title>Abstract</jats:title><jats:p>Mice run <jats:italic>fast</jats:italic>.</jats:p>",
        "container-title": ["Nature"],
        "created": {"date-time": "2026-11-19T01:02:03Z"},
        "published": {"date-parts": [[2026, 12]]},
        "published-online": {"date-parts": [[2026, 11, 18]]},
    }
    return given | more


def listing(*works: Any, cursor: str | None = None) -> dict[str, Any]:
    message = {"items": list(works), "total-results": 9} | ({"next-cursor": cursor} if cursor else {})
    return {"status": "ok", "message-type": "work-list", "message": message}


def read(value: Any) -> tuple[Paper, ...]:
    return read_saved("crossref", json.dumps(value).encode(), "saved.json").papers


def test_an_article() -> None:
    assert read(listing(work())) == (
        Paper(
            key="doi:10.1038/s41586-026-1",
            ids=Ids(doi="10.1038/s41586-026-1"),
            title="Of Mus musculus & men",
            abstract="Mice run fast.",
            authors=(
                Author(name="Ada Lovelace", orcid="0000-0002-1825-0097"),
                Author(name="Babbage", affiliation="Analytical Institute"),
                Author(name="The Mouse Consortium"),
            ),
            published=datetime(2026, 11, 18, tzinfo=UTC),
            announced=datetime(2026, 11, 19, 1, 2, 3, tzinfo=UTC),
            journal="Nature",
            doi="10.1038/s41586-026-1",
            url="https://doi.org/10.1038/s41586-026-1",
            source="crossref",
        ),
    )


@pytest.mark.parametrize("parts", [[[2026, 3]], [[2026]], [[None]], [], None, [[2026, 13, 1]], [["a", 1, 1]], [7]])
def test_a_date_without_a_day_gives_way_to_the_day_of_its_creation(parts: object) -> None:
    partial = {"date-parts": parts}
    [paper] = read(listing(work(**{"published-online": partial, "published": partial, "issued": partial})))
    assert paper.published == paper.announced


def test_a_preprint_leads_to_its_article() -> None:
    relation = {"is-preprint-of": [{"id-type": "doi", "id": "10.1038/OTHER"}], "has-review": []}
    [paper] = read({"status": "ok", "message-type": "work", "message": work(type="posted-content", relation=relation)})
    assert (paper.ids.doi, paper.doi) == ("10.1038/s41586-026-1", "10.1038/other")
    assert read(listing(work(type="posted-content", relation={})))[0].doi is None


def test_a_retracted_article() -> None:
    updated = [{"type": "correction"}, {"type": "retraction", "DOI": "10.1038/r"}]
    assert [paper.withdrawn for paper in read(listing(work(**{"updated-by": updated}), work(2)))] == [True, False]


def test_one_bad_work_stops_no_other() -> None:
    broken = [work(title=[]), work(DOI="x"), None, work(3, author=None, abstract=None, created=None)]
    reading = read_saved("crossref", json.dumps(listing(*broken)).encode(), "saved.json")
    assert [paper.key for paper in reading.papers] == ["doi:10.1038/s41586-026-3"]
    assert reading.warnings == ("3 records could not be read: a work without a title",)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"Resource not found.", "an error answer: Resource not found."),
        (
            b'{"status":"failed","message-type":"validation-failure","message":[{"type":"t","message":"no"}]}',
            "an error answer: t: no",
        ),
        (b'{"status":"ok","message-type":"journal","message":{}}', "no works, but 'journal'"),
        (json.dumps(listing()).encode(), "a list without works"),
    ],
)
def test_what_holds_no_works(value: bytes, said: str) -> None:
    assert read_saved("crossref", value, "saved").said == said


@pytest.mark.parametrize("body", [b"<html></html>", b"{", b"[]", b'{"message-type":"work-list","message":{}}', b""])
def test_what_is_no_answer_is_told(body: bytes) -> None:
    with pytest.raises(SourceError, match="saved is no answer of crossref: it looks like"):
        read_saved("crossref", body, "saved")
    with pytest.raises(SourceError, match="crossref Nature: no list of articles, but"):
        NATURE.read(ServiceResponse(url="https://api.crossref.org/works", body=body), NOW)


def test_the_walk_goes_on_with_the_cursor_while_pages_are_full() -> None:
    def serve(url: httpx.URL) -> dict[str, Any]:
        if url.params["cursor"] == "*":
            return listing(*(work(number) for number in range(200)), cursor="Dn+/=")
        assert url.params["cursor"] == "Dn+/="
        return listing(work(201), cursor="again")

    asked, pages = walk(NATURE, serve, since=NOW, now=NOW, cursor="2026-11-19")
    filters = {httpx.URL(address).params["filter"] for address in asked}
    assert filters == {"issn:1476-4687,from-created-date:2026-11-17,type:journal-article"}
    assert [len(page.papers) for page in pages] == [200, 1]
    assert [page.cursor for page in pages] == [None, "2026-11-20"]


def test_no_date_lies_ahead() -> None:
    ahead = work(**{"published-online": {"date-parts": [[2027, 1, 1]]}})
    _, [page] = walk(NATURE, lambda url: listing(ahead), since=NOW, now=NOW)
    assert page.papers[0].published == NOW


def test_journals_by_their_issn() -> None:
    settings = crossref.CrossrefSettings.model_validate(
        {"journals": [{"issn": "14764687", "name": "Nature"}, {"issn": "2041-1723"}]}
    )
    assert [source.name for source in SOURCES["crossref"].sources(settings)] == [
        "crossref Nature",
        "crossref 2041-1723",
    ]
    for wrong, words in (("1476-4688", "its last digit does not fit"), ("Nature", "no ISSN: write one such as")):
        with pytest.raises(ValidationError, match=words):
            crossref.CrossrefSettings.model_validate({"journals": [{"issn": wrong}]})
    with pytest.raises(ValidationError):
        crossref.CrossrefSettings.model_validate({"journals": []})
