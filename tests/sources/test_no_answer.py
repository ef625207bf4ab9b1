"""Whatever a service answers: papers, or one clear error, soon; nothing crashes and nothing hangs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from digest.errors import SourceError
from digest.papers import Paper
from digest.sources import SOURCES, read_saved
from digest.sources.base import Enricher, ServiceResponse, Source
from digest.sources.dblp import DblpEnricher
from digest.sources.openalex import OpenAlexEnricher
from digest.sources.semanticscholar import SemanticScholarEnricher

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
QUERIES = {"queries": [{"query": "mice", "name": "Mice"}]}
SETTINGS: dict[str, object] = {
    "arxiv": {"categories": ["cs.CL"]},
    "pubmed": QUERIES,
    "europepmc": QUERIES,
    "crossref": {"journals": [{"issn": "1476-4687"}]},
    "openreview": {"venues": [{"id": "ICLR.cc/2026/Conference"}]},
    "feeds": [{"url": "https://annals.example/", "name": "Annals"}],
}
WALKS = [
    source
    for kind, service in SOURCES.items()
    for source in service.sources(service.settings.model_validate(SETTINGS.get(kind, {})))
]
HELPERS: list[Enricher] = [
    SemanticScholarEnricher(key=SecretStr("k")),
    OpenAlexEnricher(key=SecretStr("k")),
    DblpEnricher(),
]
_LEVELS = "".join(f'<!ENTITY z{level} "{f"&z{level - 1};" * 10}">' for level in range(1, 10))
BODIES = {
    "nothing": b"",
    "blanks": b" \r\n\t ",
    "a page": b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Sorry</body></html>",
    "a word": b"Rate exceeded.",
    "null": b"null",
    "a number": b"7",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "a list of nonsense": b'[null, 7, "x", [], {}, {"paper": 7}, {"id": {}}]',
    "cut JSON": b'{"messages": [{"status": "ok"}], "collection": [{"title": "x',
    "cut XML": b"<?xml version='1.0'?><OAI-PMH xmlns='x'><ListRecords><record><header>",
    "deep JSON": b"[" * 200_000,
    "deep XML": b"<a>" * 100_000,
    "UTF-16": '{"notes": []}'.encode("utf-16"),
    "Latin-1": '{"error": "Fehler für Sie"}'.encode("latin-1"),
    "zeros": bytes(100_000),
    "packed": gzip.compress(b'{"results": []}'),
    "a bomb": f'<!DOCTYPE rss [<!ENTITY z0 "ha">{_LEVELS}]><rss><channel><title>&z9;</title></channel></rss>'.encode(),
    "a file": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed><entry><title>&x;</title></entry></feed>',
    "strange values": json.dumps(
        {
            "messages": [{"status": 7, "total": {}}],
            "collection": 3,
            "resultList": {"result": {"id": []}},
            "hitCount": "x",
            "result": {"hits": {"hit": 7}},
            "results": "many",
            "message": [],
            "message-type": "work-list",
            "notes": {"a": 1},
            "status": "ok",
        }
    ).encode(),
}


def _asked(walk: Source) -> str:
    return str(walk.first(None, NOW - timedelta(days=7), NOW).url)


def refusal(read: Callable[[], object]) -> str:
    """The words of an error, where a reader raises the one that it may raise; empty where it reads."""
    try:
        read()
    except SourceError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
def test_a_walk_gives_papers_or_says_what_is_wrong(walk: Source, body: bytes) -> None:
    said = refusal(lambda: walk.read(ServiceResponse(url=_asked(walk), body=body), NOW))
    assert not said or said.startswith(walk.name.split()[0])
    assert len(said) < 600


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("kind", SOURCES)
def test_a_saved_file_is_read_or_refused_by_its_name(kind: str, body: bytes) -> None:
    said = refusal(lambda: read_saved(kind, body, "answer.bin"))
    assert not said or said.startswith(f"answer.bin is no answer of {kind}: ")
    if not said:
        reading = read_saved(kind, body, "answer.bin")
        assert reading.papers or reading.said
        assert "root:" not in repr(reading)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("helper", HELPERS, ids=lambda helper: helper.name)
def test_a_helper_tells_something_or_says_what_is_wrong(helper: Enricher, body: bytes) -> None:
    known = {"arxiv:2611.00001": Paper(key="arxiv:2611.00001", title="Routes", source="arxiv")}
    answer = ServiceResponse(url="https://api.example/", body=body)
    for said in (
        refusal(lambda: helper.read(answer, list(known), known)),
        refusal(lambda: helper.read_people(answer, ["11"])),
    ):
        assert not said or said.startswith(helper.name)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "title authors author id doi DOI content value notes results result hits hit info paper data year "
                "externalIds collection messages message message-type items published date-parts abstract name "
                "resultList hitCount "
                "authorships abstract_inverted_index paperId venue ee key".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(value=_JSON, kind=st.sampled_from(sorted(set(SOURCES) - {"arxiv", "pubmed", "feeds"})))
def test_no_shape_of_json_crashes_a_reader(value: object, kind: str) -> None:
    body = json.dumps(value).encode()
    refusal(lambda: read_saved(kind, body, "x"))
    for walk in WALKS:
        if walk.kind == kind:
            answer = ServiceResponse(url=_asked(walk), body=body)
            refusal(lambda walk=walk, answer=answer: walk.read(answer, NOW))  # type: ignore[misc]
