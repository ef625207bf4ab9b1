"""Semantic Scholar: batches with gaps, what it says of papers and people, and answers that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from digest.errors import SourceError
from digest.papers import Author, Ids
from digest.papers.scholarly_metrics import Bibliometrics, Researcher
from digest.sources import read_saved, semanticscholar
from digest.sources.base import ServiceResponse
from digest.sources.semanticscholar import SemanticScholarEnricher
from tests.support.semanticscholar_answers import ADA, ROUTES

GRAPH = SemanticScholarEnricher(key=SecretStr("sesame"))
KEYS = ("arxiv:2611.00001", "doi:10.1000/none", "feed:abc", "pmid:77")


def answer(value: object) -> ServiceResponse:
    return ServiceResponse(url=GRAPH.url, body=json.dumps(value).encode())


def test_a_batch_is_asked_for_with_ones_own_key_and_only_for_what_can_be_known() -> None:
    request = GRAPH.ask(KEYS, {})
    assert request is not None
    assert (request.method, request.url.path) == ("POST", "/graph/v1/paper/batch")
    assert json.loads(request.content) == {"ids": ["ARXIV:2611.00001", "DOI:10.1000/none", "PMID:77"]}
    assert request.headers["x-api-key"] == "sesame"
    assert "sesame" not in str(request.url)
    assert "authors.hIndex" in request.url.params["fields"].split(",")
    assert GRAPH.ask(["feed:abc"], {}) is None


def test_a_batch_has_a_place_for_each_id_and_nothing_where_it_knows_none() -> None:
    found = GRAPH.read(answer([ROUTES, None, None]), KEYS, {})
    [paper] = found.papers
    assert (paper.key, paper.ids) == (
        "arxiv:2611.00001",
        Ids(arxiv="2611.00001", doi="10.1000/routes.7", pmid="78", s2="2d56"),
    )
    assert (paper.title, paper.abstract, paper.published, paper.journal) == ("Routes of words", None, None, None)
    assert paper.doi == "10.1000/routes.7"
    assert paper.authors == (Author(name="Ada Lovelace", affiliation="Analytical Institute"), Author(name="C. Babbage"))
    ada = Researcher(
        service="semanticscholar",
        id="11",
        name="Ada Lovelace",
        papers=57,
        citations=13621,
        h_index=22,
        orcid="0000-0002-1825-0097",
        affiliation="Analytical Institute",
    )
    babbage = Researcher(service="semanticscholar", id="", name="C. Babbage")
    assert found.figures == {
        "arxiv:2611.00001": Bibliometrics(
            service="semanticscholar", citations=3, summary="Words are routed.", authors=(ada, babbage)
        )
    }
    assert GRAPH.read_people(answer([ADA, None]), ["11", "12"]) == {"11": ada}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[]", "no batch of 3, but JSON of another kind"),
        (b"[null, null]", "no batch of 3"),
        (b'{"message": "Forbidden"}', "no batch of 3"),
        (b"<html>Gateway</html>", "no batch, but an HTML page"),
        (b"", "no batch, but nothing"),
        (b'[{"title": ', "JSON that breaks off"),
    ],
)
def test_what_is_no_batch_is_said(body: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        GRAPH.read(ServiceResponse(url=GRAPH.url, body=body), KEYS, {})


def test_without_a_key_nothing_is_asked() -> None:
    assert semanticscholar.enricher(semanticscholar.SemanticScholarSettings()) is None
    keyed = semanticscholar.enricher(semanticscholar.SemanticScholarSettings(key="sesame"))  # type: ignore[arg-type]
    assert keyed is not None
    assert "sesame" not in repr(keyed)


@pytest.mark.parametrize(
    ("value", "papers", "said"),
    [
        (ROUTES, 1, ""),
        ([ROUTES, None], 1, ""),
        (
            {"total": 2, "offset": 0, "data": [ROUTES, {"paperId": "9", "year": 1936}]},
            1,
            "1 more papers without titles",
        ),
        ({"data": [{"citedPaper": ROUTES}]}, 1, ""),
        ({"data": [{"snippet": {"text": "…"}, "paper": {"corpusId": "5", "title": "Routes"}}]}, 1, ""),
        ({"recommendedPapers": [ROUTES]}, 1, ""),
        ({"total": 0, "offset": 0}, 0, "an empty list"),
        ({"total": 59, "offset": 0, "data": [ADA, ADA]}, 0, "a list of 2 authors"),
        (ADA, 0, "an author"),
        (ADA | {"papers": [ROUTES]}, 1, ""),
        ([{"paperId": "9", "authors": [ADA]}], 0, "1 papers without titles"),
        ({"error": "Paper with id 0 not found"}, 0, "an error answer: Paper with id 0 not found"),
        ({"message": "Too Many Requests", "code": "429"}, 0, "an error answer: Too Many Requests"),
    ],
)
def test_saved_answers_of_every_kind(value: Any, papers: int, said: str) -> None:
    reading = read_saved("semanticscholar", json.dumps(value).encode(), "answer.json")
    assert (len(reading.papers), reading.said) == (papers, said)


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"[1]x", b'{"results": []}', b'[{"name": "x"}]', b"3"])
def test_a_saved_answer_of_another_service_is_refused(body: bytes) -> None:
    with pytest.raises(SourceError, match=r"answer\.json is no answer of semanticscholar: it looks like"):
        read_saved("semanticscholar", body, "answer.json")
