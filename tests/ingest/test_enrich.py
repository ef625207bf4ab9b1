"""What services say of papers and people: asked once, kept with its day, and no letter waits for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from digest.authors import FollowedAuthor
from digest.http import HttpClient
from digest.ingest.enrich import EnrichResult, enrich
from digest.issues.annotate import portrait_of
from digest.sources.semanticscholar import SemanticScholarEnricher
from digest.store import Store
from tests.support.journey import Hurry
from tests.support.people import STARS, VISION
from tests.support.semanticscholar_answers import ADA, ROUTES
from tests.support.servers import Reply, WebServer
from tests.support.store_samples import NOW, keep, preprint

DAY = timedelta(days=1)
WEI = FollowedAuthor(name="Wei Zhang", known=("arxiv:2601.00001",))


def person(number: int, name: str = "Wei Zhang", **more: Any) -> dict[str, Any]:
    return ADA | {"authorId": str(number), "name": name, "externalIds": {}} | more


def record(key: str, *authors: dict[str, Any]) -> dict[str, Any]:
    return ROUTES | {"paperId": key, "externalIds": {"ArXiv": key}, "authors": list(authors), "title": f"On {key}"}


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer({}) as running:
        yield running


def asked(server: WebServer, what: str = "paper") -> list[list[str]]:
    """The ids of each batch."""
    return [json.loads(each.body)["ids"] for each in server.asked if each.path.endswith(f"{what}/batch")]


def ask(server: WebServer, store: Store, *people: FollowedAuthor, at: timedelta = timedelta()) -> list[EnrichResult]:
    clock = Hurry()
    graph = SemanticScholarEnricher(key=SecretStr("sesame"), url=server.url, allow_private=True)
    with HttpClient(contact="desk@example.org", clock=clock, sleep=clock.sleep) as client:
        return enrich([graph], store, client, people, now=NOW + at)


def says(server: WebServer, papers: object, people: object = ()) -> None:
    server.routes["/paper/batch"] = [Reply(200, json.dumps(papers).encode())]
    server.routes["/author/batch"] = [Reply(200, json.dumps(people).encode())]


def test_a_new_paper_is_asked_about_once_and_its_ids_join_its_record(store: Store, server: WebServer) -> None:
    keep(store, preprint())
    says(server, [record("2611.00001", person(7, "Yunhua Zhou"))])
    assert ask(server, store) == [EnrichResult(name="semanticscholar", asked=1, known=1)]
    assert asked(server) == [["ARXIV:2611.00001"]]
    kept = store.papers.get("arxiv:2611.00001")
    assert kept is not None
    assert (kept.ids.s2, kept.title, kept.source) == ("2611.00001", preprint().title, "arxiv")
    [figures] = store.bibliometrics.of_papers(["arxiv:2611.00001"])["arxiv:2611.00001"]
    assert (figures.citations, figures.summary, figures.authors[0].at) == (3, "Words are routed.", NOW)
    assert ask(server, store, at=2 * DAY) == []


def test_what_the_service_does_not_know_yet_is_asked_again_a_day_later(store: Store, server: WebServer) -> None:
    keep(store, preprint())
    says(server, [None])
    assert ask(server, store) == [EnrichResult(name="semanticscholar", asked=1)]
    assert ask(server, store, at=DAY / 2) == []
    assert ask(server, store, at=1.1 * DAY) == [EnrichResult(name="semanticscholar", asked=1)]
    assert ask(server, store, at=15 * DAY) == []  # by then it is no news any more


def test_known_papers_lead_to_the_person_and_the_person_to_numbers(store: Store, server: WebServer) -> None:
    store.papers.add(VISION, now=NOW - 30 * DAY, since=NOW, first=True)
    says(server, [record("2601.00001", person(1, "Ann Lee"), person(7))], [person(7, paperCount=60)])
    ask(server, store, WEI)
    assert asked(server) == [["ARXIV:2601.00001"]]
    assert asked(server, "author") == [["7"]]
    found = portrait_of(WEI, store, VISION[1:2], but={VISION[1].key})
    assert found.numbers is not None
    assert (found.numbers.id, found.numbers.papers, found.numbers.at) == ("7", 60, NOW)
    assert found.fields == ("cs.CV", "cs.LG", "cs.RO")
    assert [paper.key for paper in found.latest] == ["arxiv:2601.00001", "arxiv:2601.00003", "arxiv:2601.00004"]
    assert ask(server, store, WEI, at=DAY) == []
    ask(server, store, WEI, at=8 * DAY)  # a person's numbers are asked for anew each week
    assert len(asked(server, "author")) == 2


def test_people_of_the_same_name_lend_each_other_no_number(store: Store, server: WebServer) -> None:
    store.papers.add([*VISION, *STARS], now=NOW, since=NOW - DAY, first=True)
    two = FollowedAuthor(name="Wei Zhang", known=("arxiv:2601.00001", "arxiv:2601.00002"))
    says(server, [record("2601.00001", person(7)), record("2601.00002", person(8))], [person(7), person(8)])
    ask(server, store, two)
    assert portrait_of(two, store, []).numbers is None
    assert portrait_of(FollowedAuthor(name="Wei Zhang", ids=(("s2", "8"),)), store, []).numbers is not None


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({}, True),
        ({"hIndex": 58}, False),  # more than papers
        ({"citationCount": 483}, False),  # 22 papers cited 22 times make 484
        ({"paperCount": None}, False),
    ],
)
def test_numbers_are_shown_only_when_they_can_be_true(
    store: Store, server: WebServer, more: dict[str, Any], shown: bool
) -> None:
    store.papers.add(VISION, now=NOW, since=NOW - DAY, first=True)
    says(server, [record("2601.00001", person(7, **more))], [None])
    ask(server, store, WEI)
    assert (portrait_of(WEI, store, []).numbers is not None) is shown


def test_a_service_that_fails_is_told_of_rests_and_has_lost_nothing(store: Store, server: WebServer) -> None:
    keep(store, preprint())
    server.routes["/paper/batch"] = [Reply(429, b'{"message": "Too Many Requests"}', {"Retry-After": "7200"})]
    [result] = ask(server, store)
    assert result.fault is not None
    assert "429" in result.fault
    assert "sesame" not in result.fault
    asked_once = len(server.asked)
    says(server, [record("2611.00001")])
    assert ask(server, store, at=DAY / 24) == []
    assert len(server.asked) == asked_once
    assert ask(server, store, at=DAY / 8)[0].known == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[", b"[]", b'{"error": "x"}', b"[7]"])
def test_an_answer_that_is_none_keeps_nothing(store: Store, server: WebServer, body: bytes) -> None:
    keep(store, preprint())
    server.routes["/paper/batch"] = [Reply(200, body)]
    [result] = ask(server, store)
    assert result.known == 0
    assert store.papers.get("arxiv:2611.00001") == preprint()
