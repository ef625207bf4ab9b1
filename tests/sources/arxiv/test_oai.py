"""The harvest: what it asks, where it goes on, and where it begins again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.sources.arxiv.oai import ArxivHarvest, oai_set
from digest.sources.base import ResultPage, ServiceResponse
from tests.support.arxiv_records import NOW, RAW, listed, oai, record, simple

HARVEST = ArxivHarvest(category="cs.LG")
WEEK_AGO = NOW - timedelta(days=7)


def asked(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}


def read(body: bytes) -> ResultPage:
    return HARVEST.read(ServiceResponse(url=HARVEST.url, body=body), NOW)


@pytest.mark.parametrize(
    ("category", "spec"),
    [
        ("cs.LG", "cs:cs:LG"),
        ("hep-th", "physics:hep-th"),
        ("astro-ph.CO", "physics:astro-ph:CO"),
        ("physics.optics", "physics:physics:optics"),
        ("q-bio.NC", "q-bio:q-bio:NC"),
        ("cs", "cs:cs"),
    ],
)
def test_a_category_has_a_set(category: str, spec: str) -> None:
    assert oai_set(category) == spec


def test_the_first_walk_begins_where_it_is_told() -> None:
    request = HARVEST.first(None, WEEK_AGO, NOW)
    assert request.url.host == "oaipmh.arxiv.org"
    assert asked(request) == {
        "verb": "ListRecords",
        "metadataPrefix": "arXivRaw",
        "from": "2026-11-13",
        "set": "cs:cs:LG",
    }


def test_the_next_walk_overlaps_by_a_day() -> None:
    assert asked(HARVEST.first("2026-11-19", WEEK_AGO, NOW))["from"] == "2026-11-18"


@given(st.dates(), st.datetimes(timezones=st.just(UTC), min_value=datetime(2006, 1, 1)))  # noqa: DTZ001
def test_no_walk_begins_in_the_future_or_before_the_archive(cursor: object, now: datetime) -> None:
    for request in (HARVEST.first(str(cursor), now, now), HARVEST.first(None, now + timedelta(days=3), now)):
        assert "2005-09-16" <= asked(request)["from"] <= now.date().isoformat()


def test_the_last_page_takes_the_cursor_to_the_day_of_the_answer() -> None:
    for token in (None, ""):
        page = read(oai(listed(record("2507.05197", RAW), token=token)))
        assert (len(page.papers), page.next, page.cursor, page.restart) == (1, None, "2026-11-20", False)


def test_a_page_that_goes_on_hands_its_token_back_encoded_once_more() -> None:
    token = "verb%3DListRecords%26from%3D2026-11-19%26skip%3D0"
    page = read(oai(listed(record("2507.05197", RAW), token=token), request='verb="ListRecords" from="2026-11-13"'))
    assert page.next is not None
    assert b"%253D" in page.next.url.query
    assert asked(page.next) == {"verb": "ListRecords", "resumptionToken": token}
    assert page.cursor == "2026-11-19"


def test_a_page_of_old_days_never_takes_the_cursor_back() -> None:
    old = record("2507.05197", RAW, stamp="2026-11-18")
    page = read(oai(listed(old, token="t"), request='verb="ListRecords" from="2026-11-18"'))
    assert page.cursor == "2026-11-19"  # where the walk came from


def test_a_server_whose_clock_is_ahead_does_not_make_us_skip_a_day() -> None:
    assert read(oai(listed(record("2507.05197", RAW)), answered="2026-12-24T00:00:00Z")).cursor == "2026-11-20"


def test_nothing_new_is_a_quiet_day() -> None:
    page = read(oai("<error code='noRecordsMatch'>The combination results in an empty list.</error>"))
    assert page == ResultPage(cursor="2026-11-20")


def test_a_token_that_has_expired_begins_again() -> None:
    page = read(oai("<error code='badResumptionToken'>invalid or expired</error>"))
    assert page == ResultPage(restart=True)


def test_another_error_is_told_in_the_servers_words() -> None:
    with pytest.raises(SourceError, match=r"^arxiv oai cs\.LG: badArgument: Set does not exist$"):
        read(oai("<error code='badArgument'>Set does not exist</error>"))


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b"Rate exceeded.", "plain text: 'Rate exceeded.'"),
        (b"<!DOCTYPE html><html><p>Busy</p></html>", "an HTML page"),
        (b'{"error": 1}', "JSON"),
        (b"", "nothing"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "XML of another kind"),
    ],
)
def test_what_is_no_answer_is_called_by_its_name(body: bytes, seen: str) -> None:
    with pytest.raises(SourceError, match="no answer of OAI-PMH") as told:
        read(body)
    assert seen in str(told.value)


def test_deleted_records_are_passed_over() -> None:
    gone = '<record><header status="deleted"><identifier>oai:arXiv.org:2507.05198</identifier></header></record>'
    page = read(oai(listed(gone, record("2507.05197", RAW))))
    assert ([paper.key for paper in page.papers], page.warnings) == (["arxiv:2507.05197"], ())


def test_a_record_that_cannot_be_read_stops_no_other() -> None:
    page = read(oai(listed(record("x", simple("what?")), record("2507.05197", RAW), record("y", "<other/>"))))
    assert [paper.key for paper in page.papers] == ["arxiv:2507.05197"]
    assert page.warnings == ("2 records could not be read: oai:arXiv.org:x: 'what?' is no arXiv id",)


def test_a_page_that_broke_off_keeps_what_is_whole_and_does_not_pretend_to_be_the_end() -> None:
    whole = oai(listed(record("2507.05197", RAW), record("2507.05198", simple("2507.05198"), stamp="2026-11-20")))
    page = read(whole[: whole.index(b"2507.05198</id>")])
    assert [paper.key for paper in page.papers] == ["arxiv:2507.05197"]
    assert page.cut
    assert page.cursor == "2026-11-19"
    assert page.warnings == ("cut off: 1 records were whole",)


def test_a_page_cut_anywhere_is_read_or_refused() -> None:
    body = oai(listed(record("2507.05197", RAW), record("hep-th/9901001", simple("hep-th/9901001")), token="more"))
    for end in range(0, len(body), 7):
        try:
            page = read(body[:end])
        except SourceError:
            continue
        assert len(page.papers) <= 2
        assert page.cut or page.next is not None or end >= len(body) - 12
