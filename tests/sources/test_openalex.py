"""OpenAlex: works by DOI, abstracts put together again, people with their numbers, and answers that are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from digest.errors import SourceError
from digest.papers import Author, Ids
from digest.sources import openalex, read_saved
from digest.sources.base import ServiceResponse
from digest.sources.openalex import OpenAlexEnricher

CATALOGUE = OpenAlexEnricher(key=SecretStr("sesame"))
WORK: dict[str, Any] = {
    "id": "https://openalex.org/W7",
    "doi": "https://doi.org/10.1000/routes.7",
    "ids": {"pmid": "https://pubmed.ncbi.nlm.nih.gov/78"},
    "title": "Routes of <i>words</i>",
    "type": "article",
    "publication_date": "2026-11-18",
    "authorships": [
        {
            "author": {
                "id": "https://openalex.org/A11",
                "display_name": "Ada Lovelace",
                "orcid": "https://orcid.org/0000-0002-1825-0097",
            },
            "institutions": [{"display_name": "Analytical Institute"}],
        },
        {"author": {"id": None, "display_name": None}, "raw_author_name": "C. Babbage", "institutions": []},
    ],
    "primary_location": {"source": {"display_name": "Journal of Routes"}},
    "locations": [{"landing_page_url": "http://arxiv.org/abs/2611.00001"}],
    "abstract_inverted_index": {"words": [2, 4], "We": [0], "route": [1], "and": [3]},
    "is_retracted": False,
    "cited_by_count": 3,
}
PREPRINT = WORK | {
    "id": "https://openalex.org/W8",
    "doi": "https://doi.org/10.48550/arXiv.2611.00001",
    "type": "preprint",
    "primary_location": {"source": {"display_name": "arXiv"}},
    "abstract_inverted_index": None,
    "ids": {},
}
PERSON = {
    "id": "https://openalex.org/A11",
    "display_name": "Ada Lovelace",
    "orcid": None,
    "works_count": 57,
    "cited_by_count": 13621,
    "summary_stats": {"h_index": 22},
    "last_known_institutions": [{"display_name": "Analytical Institute"}],
}


def listed(*results: object) -> ServiceResponse:
    body = json.dumps({"meta": {"count": len(results)}, "results": results}).encode()
    return ServiceResponse(url=CATALOGUE.url, body=body)


def test_works_are_asked_for_by_their_dois_and_preprints_by_arxivs() -> None:
    request = CATALOGUE.ask(["arxiv:2611.00001", "doi:10.1000/routes.7", "doi:10.1/a,b", "pmid:77"], {})
    assert request is not None
    assert request.url.params["filter"] == "doi:10.48550/arxiv.2611.00001|10.1000/routes.7"
    assert request.url.params["api_key"] == "sesame"
    assert CATALOGUE.ask(["pmid:77"], {}) is None
    people = CATALOGUE.ask_people(["A11", "A12"])
    assert people is not None
    assert (people.url.path, people.url.params["filter"]) == ("/authors", "ids.openalex:A11|A12")


def test_an_article_field_by_field() -> None:
    found = CATALOGUE.read(listed(WORK), ["doi:10.1000/routes.7", "arxiv:2611.00001"], {})
    [paper] = found.papers
    assert paper.key == "doi:10.1000/routes.7"
    assert paper.ids == Ids(doi="10.1000/routes.7", pmid="78", openalex="W7")
    assert (paper.title, paper.abstract) == ("Routes of words", "We route words and words")
    assert (paper.doi, paper.journal) == ("10.1000/routes.7", "Journal of Routes")
    assert paper.published == datetime(2026, 11, 18, tzinfo=UTC)
    assert paper.authors == (
        Author(name="Ada Lovelace", orcid="0000-0002-1825-0097", affiliation="Analytical Institute"),
        Author(name="C. Babbage"),
    )
    assert list(found.figures) == ["doi:10.1000/routes.7"]
    figures = found.figures["doi:10.1000/routes.7"]
    assert (figures.citations, [(each.id, each.name) for each in figures.authors]) == (3, [("A11", "Ada Lovelace")])


def test_a_preprint_is_found_under_arxivs_doi() -> None:
    found = CATALOGUE.read(listed(PREPRINT), ["arxiv:2611.00001"], {})
    [paper] = found.papers
    assert (paper.key, paper.doi, paper.journal, paper.abstract) == ("arxiv:2611.00001", None, None, None)
    assert list(found.figures) == ["arxiv:2611.00001"]


def test_people() -> None:
    [ada] = CATALOGUE.read_people(listed(PERSON), ["A11", "A12"]).values()
    assert (ada.key, ada.papers, ada.citations, ada.h_index, ada.affiliation) == (
        "openalex:A11",
        57,
        13621,
        22,
        "Analytical Institute",
    )
    assert ada.can_be_true


@pytest.mark.parametrize("index", [{"a": [10**9]}, {"a": "x", "b": [-1]}, {"a": [True, None]}, 7, []])
def test_an_abstract_without_sense_is_none(index: object) -> None:
    [paper] = CATALOGUE.read(listed(WORK | {"abstract_inverted_index": index}), [], {}).papers
    assert paper.abstract in (None, "a")


def test_a_work_without_a_title_stops_no_other() -> None:
    found = CATALOGUE.read(listed(WORK | {"title": None}, PREPRINT), [], {})
    assert len(found.papers) == 1
    assert found.warnings == ("1 record could not be read: a work without a title",)


def test_without_a_key_nothing_is_asked() -> None:
    assert openalex.enricher(openalex.OpenAlexSettings()) is None


@pytest.mark.parametrize(
    ("value", "papers", "said"),
    [
        (WORK, 1, ""),
        ({"results": [WORK, PREPRINT]}, 2, ""),
        ({"results": []}, 0, "a list without works"),
        (PERSON, 0, "an author"),
        ({"results": [PERSON, PERSON]}, 0, "2 authors"),
        ({"error": "Rate limit exceeded", "message": "Budget spent"}, 0, "an error answer: Budget spent"),
    ],
)
def test_saved_answers_of_every_kind(value: Any, papers: int, said: str) -> None:
    reading = read_saved("openalex", json.dumps(value).encode(), "answer.json")
    assert (len(reading.papers), reading.said) == (papers, said)


@pytest.mark.parametrize("body", [b"", b"<html></html>", b'{"data": []}', b"[]", b'{"results": [{"id": "x"}]}'])
def test_a_saved_answer_of_another_service_is_refused(body: bytes) -> None:
    with pytest.raises(SourceError, match=r"answer\.json is no answer of openalex: it looks like"):
        read_saved("openalex", body, "answer.json")
