"""The query API: asked for ids only, read with all that it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import SourceError
from digest.papers import Author, Paper
from digest.sources.arxiv.query import ArxivLookUp
from digest.sources.base import ServiceResponse
from tests.support.arxiv_records import DAILY_ATOM, QUERY, QUERY_ERROR

NOW = datetime(2026, 11, 20, 7, 35, tzinfo=UTC)


def found(body: bytes) -> tuple[Paper, ...]:
    return ArxivLookUp().read(ServiceResponse(url="", body=body), NOW).papers


def test_it_asks_for_ids_and_for_as_many_results() -> None:
    url = ArxivLookUp().ask(["arxiv:2507.05197", "arxiv:hep-th/9901001"]).url
    assert url.host == "export.arxiv.org"
    assert dict(url.params) == {"id_list": "2507.05197,hep-th/9901001", "start": "0", "max_results": "2"}


def test_an_entry_field_by_field() -> None:
    (paper,) = found(QUERY)
    assert (paper.key, paper.version, paper.title) == ("arxiv:2507.05197", 3, "Sparse Kähler Models")
    assert paper.authors == (
        Author(name="René Dolski", affiliation="Alder Institute"),
        Author(name="The COIN Collaboration"),
    )
    assert paper.abstract == "We route words with V_max<17.5 sparsely."
    assert (paper.categories, paper.primary) == (("stat.ML", "cs.LG"), "cs.LG")
    assert paper.published == datetime(2025, 7, 7, 16, 59, 21, tzinfo=UTC)
    assert paper.updated == datetime(2026, 11, 18, 18, 36, 20, tzinfo=UTC)
    assert (paper.comment, paper.journal, paper.doi) == ("17 pages", "J. Coined Words 12", "10.1234/jcw.2026.17")
    assert paper.url == "https://arxiv.org/abs/2507.05197"


def test_the_old_server_has_neither_versions_nor_utc() -> None:
    old = QUERY.replace(b"2507.05197v3", b"hep-ex/0307015").replace(
        b"2025-07-07T16:59:21Z", b"2003-07-07T13:46:39-04:00"
    )
    (paper,) = found(old)
    assert (paper.key, paper.version) == ("arxiv:hep-ex/0307015", None)
    assert paper.published == datetime(2003, 7, 7, 17, 46, 39, tzinfo=UTC)


def test_an_error_entry_is_an_error_whatever_the_status() -> None:
    with pytest.raises(SourceError, match="arxiv query: incorrect id format for abc"):
        found(QUERY_ERROR)


def test_an_unknown_id_is_simply_not_there() -> None:
    body = QUERY[: QUERY.index(b"<entry>")] + b"</feed>"
    assert found(body) == ()


@pytest.mark.parametrize("body", [b"Rate exceeded.", DAILY_ATOM, b"", b"<feed xmlns='http://www.w3.org/2005/Atom'/>"])
def test_what_is_no_answer_of_it_is_refused(body: bytes) -> None:
    with pytest.raises(SourceError, match="no answer of the query API"):
        found(body)
