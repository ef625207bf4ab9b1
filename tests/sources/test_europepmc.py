"""Europe PMC: what was indexed for a query, articles and preprints, and what is no search."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.sources import SOURCES, europepmc, read_saved
from digest.sources.base import ServiceResponse
from digest.sources.europepmc import EuropePmcSource
from tests.support.source_walk import walk

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
MICE = EuropePmcSource(query='mice OR JOURNAL:"Cell"', title="Mice")


def record(number: int = 1, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": str(number),
        "source": "MED",
        "pmid": str(number),
        "doi": f"10.1000/MICE.{number}",
        "title": "Of <i>mice</i>.",
        "authorList": {
            "author": [
                {
                    "fullName": "Lovelace A",
                    "firstName": "Ada",
                    "lastName": "Lovelace",
                    "authorId": {"type": "ORCID", "value": "0000-0002-1825-0097"},
                    "authorAffiliationDetailsList": {"authorAffiliation": [{"affiliation": "Analytical Institute."}]},
                },
                {"fullName": "Babbage C"},
                {"collectiveName": "The Mouse Consortium"},
            ]
        },
        "journalInfo": {"journal": {"title": "Cell"}},
        "abstractText": "<h4>Background</h4>Mice run.",
        "pubTypeList": {"pubType": ["Journal Article"]},
        "firstPublicationDate": "2026-11-18",
        "firstIndexDate": "2026-11-19",
    }
    return given | more


def search(*records: Any, mark: str = "") -> dict[str, Any]:
    return {"version": "6.9", "hitCount": 9, "nextCursorMark": mark, "resultList": {"result": list(records)}}


def read(value: Any) -> tuple[Paper, ...]:
    return read_saved("europepmc", json.dumps(value).encode(), "saved.json").papers


def test_an_article() -> None:
    assert read(search(record())) == (
        Paper(
            key="doi:10.1000/mice.1",
            ids=Ids(doi="10.1000/mice.1", pmid="1"),
            title="Of mice",
            abstract="Background\nMice run.",
            authors=(
                Author(name="Ada Lovelace", orcid="0000-0002-1825-0097", affiliation="Analytical Institute."),
                Author(name="Babbage C"),
                Author(name="The Mouse Consortium"),
            ),
            published=datetime(2026, 11, 18, tzinfo=UTC),
            announced=datetime(2026, 11, 19, tzinfo=UTC),
            journal="Cell",
            doi="10.1000/mice.1",
            url="https://doi.org/10.1000/mice.1",
            source="europepmc",
        ),
    )


def test_what_may_be_missing_is_missing() -> None:
    bare = {"id": "7", "source": "MED", "pmid": "7", "title": "[Mäuse.]"}
    preprint = {"id": "PPR7", "source": "PPR", "doi": "10.21203/rs.3", "title": "Mice"}
    agricola = {"id": "IND7", "source": "AGR", "title": "Mice"}
    papers = read(search(bare, preprint, agricola))
    assert [(paper.key, paper.doi, paper.url) for paper in papers] == [
        ("pmid:7", None, "https://europepmc.org/article/MED/7"),
        ("doi:10.21203/rs.3", None, "https://doi.org/10.21203/rs.3"),
        ("europepmc:AGR/IND7", None, "https://europepmc.org/article/AGR/IND7"),
    ]
    assert read(search(record(pubTypeList={"pubType": ["Retracted Publication"]})))[0].withdrawn


def test_one_bad_record_stops_no_other() -> None:
    reading = read_saved("europepmc", json.dumps(search({}, {"title": "x"}, 3, record(2))).encode(), "saved.json")
    assert [paper.ids.pmid for paper in reading.papers] == ["2"]
    assert reading.warnings == ("3 records could not be read: a record without a title",)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{", b"[]", b'{"hitCount": 1}', b'{"errCode": 404, "errMsg": "Bad"}']
)
def test_what_is_no_search_is_told(body: bytes) -> None:
    with pytest.raises(SourceError, match="saved is no answer of europepmc: it looks like"):
        read_saved("europepmc", body, "saved")
    with pytest.raises(SourceError, match="europepmc Mice: no list of articles, but"):
        MICE.read(ServiceResponse(url="https://www.ebi.ac.uk/search", body=body), NOW)


def test_the_walk_ends_where_the_mark_stays() -> None:
    pages_of = {"*": search(record(1), mark="A=="), "A==": search(record(2), mark="A==")}

    def serve(url: httpx.URL) -> dict[str, Any]:
        return pages_of[url.params["cursorMark"]]

    asked, pages = walk(MICE, serve, since=NOW, now=NOW, cursor="2026-11-19")
    assert {httpx.URL(address).params["query"] for address in asked} == {
        '(mice OR JOURNAL:"Cell") AND FIRST_IDATE:[2026-11-17 TO 2026-11-20]'
    }
    assert [[paper.ids.pmid for paper in page.papers] for page in pages] == [["1"], ["2"]]
    assert [page.cursor for page in pages] == [None, "2026-11-20"]
    assert len(walk(MICE, lambda url: search(mark="B"), since=NOW, now=NOW)[0]) == 1


def test_one_walk_for_each_query() -> None:
    settings = europepmc.EuropePmcSettings.model_validate(
        {"queries": [{"query": "mice", "name": "Mice"}, {"query": "SRC:PPR"}]}
    )
    assert [source.name for source in SOURCES["europepmc"].sources(settings)] == ["europepmc Mice", "europepmc SRC:PPR"]
