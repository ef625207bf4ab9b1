"""The registry: settings that explain themselves, and saved answers recognised by what is in them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from digest.errors import SourceError
from digest.sources import SOURCES, read_saved
from digest.sources.base import looks_like
from tests.support.arxiv_records import DAILY_ATOM, QUERY, QUERY_ERROR, RAW, item, listed, oai, record, rss, simple


def names(kind: str, value: object) -> list[str]:
    service = SOURCES[kind]
    return [source.name for source in service.sources(service.settings.model_validate(value))]


def complaint(kind: str, value: object) -> str:
    with pytest.raises(ValidationError) as told:
        SOURCES[kind].settings.model_validate(value)
    return "; ".join(str(error["msg"]) for error in told.value.errors())


def test_a_category_is_harvested_and_its_announcements_are_read() -> None:
    assert names("arxiv", {"categories": ["cs.CL", "hep-th"]}) == [
        "arxiv oai cs.CL",
        "arxiv oai hep-th",
        "arxiv feed cs.CL",
        "arxiv feed hep-th",
    ]


def test_one_category_under_two_codes_is_asked_for_once() -> None:
    assert names("arxiv", {"categories": ["cs.NA", "math.NA", "math.NA"]}) == [
        "arxiv oai math.NA",
        "arxiv feed math.NA",
    ]


def test_a_feed_goes_by_its_name_or_by_its_host() -> None:
    feeds = [{"url": "https://www.nature.com/nature.rss", "name": "Nature"}, {"url": "https://jmlr.org/jmlr.xml"}]
    assert names("feeds", feeds) == ["feeds Nature", "feeds jmlr.org"]


def test_only_an_address_of_ones_own_may_be_private() -> None:
    arxiv = SOURCES["arxiv"]
    own = {"categories": ["cs.CL"], "oai_url": "http://127.0.0.1:8000/oai"}
    assert [source.allow_private for source in arxiv.sources(arxiv.settings.model_validate(own))] == [True, False]
    feeds = SOURCES["feeds"]
    entries = [{"url": "http://a.example/"}, {"url": "http://b.example/", "allow_private": True}]
    assert [source.allow_private for source in feeds.sources(feeds.settings.model_validate(entries))] == [False, True]


def test_every_source_says_its_kind_and_its_pace() -> None:
    values: dict[str, object] = {"arxiv": {"categories": ["cs.CL"]}, "feeds": [{"url": "https://a.example/"}]}
    values |= {"crossref": {"journals": [{"issn": "1476-4687"}]}, "europepmc": {"queries": [{"query": "mice"}]}}
    values["pubmed"] = values["europepmc"]
    values["openreview"] = {"venues": [{"id": "ICLR.cc/2026/Conference"}]}
    for kind, service in SOURCES.items():
        for source in service.sources(service.settings.model_validate(values.get(kind, {}))):
            assert source.kind == kind
            assert source.every >= timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("arxiv", {"categories": ["cs.lg"]}, "'cs.lg' is no category of arXiv; did you mean cs.LG?"),
        ("arxiv", {"categories": ["qqqqqq"]}, "see https://arxiv.org/category_taxonomy"),
        ("arxiv", {"categories": []}, "at least 1 item"),
        ("arxiv", {}, "Field required"),
        ("arxiv", {"categories": ["cs.LG"], "category": 1}, "Extra inputs are not permitted"),
        ("arxiv", {"categories": ["cs.LG"], "oai_url": "oaipmh.arxiv.org"}, "no web address"),
        ("feeds", [{"url": "file:///etc/passwd"}], "no web address: write it whole"),
        ("feeds", [{"url": "https://"}], "no web address"),
        ("feeds", [{"name": "Nature"}], "Field required"),
        ("feeds", [{"url": "https://a.example/x"}, {"url": "https://a.example/y"}], "two feeds are called 'a.example'"),
        ("feeds", [{"url": "https://a.example/x", "name": " "}], "a name of one letter at least"),
    ],
)
def test_settings_say_what_is_wrong(kind: str, value: object, words: str) -> None:
    assert words in complaint(kind, value)


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (oai(listed(record("2507.05197", RAW), record("2507.05197", RAW))), ["arxiv:2507.05197", "arxiv:2507.05197"]),
        (record("2507.05198", simple("2507.05198")).encode(), ["arxiv:2507.05198"]),
        (rss(item()), ["arxiv:2611.00017"]),
        (DAILY_ATOM, ["arxiv:2611.00018"]),
        (QUERY, ["arxiv:2507.05197"]),
    ],
)
def test_a_saved_answer_of_arxiv_is_known_by_what_is_in_it(body: bytes, keys: list[str]) -> None:
    reading = read_saved("arxiv", body, "saved.xml")
    assert ([paper.key for paper in reading.papers], reading.said, reading.warnings) == (keys, "", ())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            oai("<error code='badArgument'>Set does not exist</error>"),
            "an error answer: badArgument: Set does not exist",
        ),
        (oai("<error code='noRecordsMatch'/>"), "an error answer: noRecordsMatch"),
        (QUERY_ERROR, "an error answer: incorrect id format for abc"),
        (rss(title="Feed error for query: x", told="Bad archive 'x'."), "an error answer: Bad archive 'x'."),
        (oai("<ListIdentifiers><header/><header/></ListIdentifiers>"), "a list of 2 identifiers"),
        (oai("<ListSets><set/></ListSets>"), "a list of 1 sets"),
        (oai("<ListMetadataFormats><metadataFormat/></ListMetadataFormats>"), "a list of 1 metadata formats"),
        (oai("<Identify/>"), "what the archive says of itself (Identify)"),
        (oai('<ListRecords><record><header status="deleted"/></record></ListRecords>'), "1 records, all deleted"),
        (rss(), "a daily feed without papers"),
        (QUERY[: QUERY.index(b"<entry>")] + b"</feed>", "an answer without papers"),
    ],
)
def test_what_holds_no_papers_says_what_it_is(body: bytes, said: str) -> None:
    reading = read_saved("arxiv", body, "saved.xml")
    assert (reading.papers, reading.said) == ((), said)


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b"Rate exceeded.", "plain text: 'Rate exceeded.'"),
        (b"<!DOCTYPE html>\n<html><head><title>Busy</title></head></html>", "an HTML page"),
        (b"", "nothing"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'><id>https://blog.example/</id></feed>", "XML of another kind"),
        (oai(listed(record("x", simple("oai:other.example:1")))), "records of another archive"),
    ],
)
def test_what_is_no_answer_of_arxiv_is_refused_by_name(body: bytes, seen: str) -> None:
    with pytest.raises(SourceError, match=r"^saved\.txt is no answer of arxiv: ") as told:
        read_saved("arxiv", body, "saved.txt")
    assert seen in str(told.value)


def test_a_glimpse_of_an_unknown_answer_is_short_and_clean() -> None:
    assert (
        looks_like(b"a\x00\x1b[31m" + "\u202e".encode() + b"b " * 500) == f"plain text: {'a[31m' + 'b ' * 27 + '…'!r}"
    )
