"""Every reader of a service's answers: odd numbers and dates cost themselves or their record, never the others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.app.registry import installed
from digest.papers import Paper
from digest.sources.answers import json_of, moment, whole
from digest.sources.base import cursor_day, window

NOW = datetime(2026, 11, 20, 7, 35, tzinfo=UTC)
HUGE, LONG = "9" * 25, "9" * 5000


def feed(*entries: str) -> bytes:
    items = "".join(f"<item>{entry}<description>graph</description></item>" for entry in entries)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>A</title>{items}</channel></rss>'.encode()


GOOD = "<title>good</title><guid>doi:10.1234/good</guid>"

ANSWERS = {  # source, its answer: a record that is odd, and one that is as it should be
    "feeds year 1": (
        "feeds",
        feed("<title>odd</title><guid>doi:10.1234/odd</guid><pubDate>0001-01-01T00:00:00Z</pubDate>", GOOD),
        2,
    ),
    "feeds year 1 in the east": (
        "feeds",
        feed("<title>odd</title><guid>doi:10.1234/odd</guid><pubDate>0001-01-01T00:00:00+14:00</pubDate>", GOOD),
        2,
    ),
    "feeds year 9999": (
        "feeds",
        feed("<title>odd</title><guid>doi:10.1234/odd</guid><pubDate>Fri, 31 Dec 9999 23:59:59 -0800</pubDate>", GOOD),
        2,
    ),
    "feeds version": ("feeds", feed(f"<title>odd</title><guid>arxiv:2611.05197v{HUGE}</guid>", GOOD), 1),
    "feeds long version": (
        "feeds",
        feed(f"<title>odd</title><link>https://arxiv.org/abs/2611.05197v{LONG}</link>", GOOD),
        1,
    ),
    "arxiv query": (
        "arxiv",
        (
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2611.00001v'
            f"{HUGE}</id><title>odd</title></entry><entry><id>http://arxiv.org/abs/2611.00002v1</id><title>good</title>"
            "<published>0001-01-01T00:00:00+05:00</published></entry></feed>"
        ).encode(),
        1,
    ),
    "arxiv oai": (
        "arxiv",
        (
            '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>0001-01-01</responseDate><ListRecords>'
            + "".join(
                f"<record><header><identifier>oai:arXiv.org:2611.0000{n}</identifier><datestamp>{stamp}</datestamp></header>"
                f'<metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2611.0000{n}</id>'
                f'<version version="v{v}">'
                f"<date>{at}</date></version><title>t</title><authors>A B</authors><categories>cs.CL</categories>"
                "<abstract>a</abstract></arXivRaw></metadata></record>"
                for n, v, stamp, at in (
                    (1, HUGE, "2026-11-19", "Thu, 19 Nov 2026 00:00:00 GMT"),
                    (2, LONG, "2026-11-19", ""),
                    (3, "1", "0001-01-01", "Mon, 01 Jan 0001 00:00:00 +1400"),
                    (4, "1", "9999-12-31", "Fri, 31 Dec 9999 23:59:59 -0800"),
                )
            )
            + "</ListRecords></OAI-PMH>"
        ).encode(),
        2,
    ),
    "biorxiv": (
        "biorxiv",
        (
            '{"messages": [{"status": "ok", "total": NaN}], "collection": ['
            f'{{"doi": "10.1101/2026.11.01.000001", "title": "odd", "version": "{HUGE}", "date": "2026-11-19"}},'
            f'{{"doi": "10.1101/2026.11.01.000002", "title": "t", "version": {LONG}, "date": "0001-01-01"}},'
            '{"doi": "10.1101/2026.11.01.000003", "title": "t", "version": 1e999, '
            '"date": "9999-12-31T23:59:59-12:00"}]}'
        ).encode(),
        2,
    ),
    "huggingface": (
        "huggingface",
        (
            '[{"paper": {"id": "2611.00001", "title": "t", "upvotes": '
            + LONG
            + ', "publishedAt": "0001-01-01T00:00:00+09:00"}, "numComments": -4},'
            '{"paper": {"id": "2611.00002", "title": "t", "upvotes": Infinity}, "numComments": 1e400}]'
        ).encode(),
        2,
    ),
    "crossref": (
        "crossref",
        (
            '{"message-type": "work-list", "message": {"items": [{"DOI": "10.1234/a", "title": ["t"], '
            '"published-online": {"date-parts": [['
            + HUGE
            + ', 1, 1]]}, "published": {"date-parts": [[9999, 12, 31]]}},'
            '{"DOI": "10.1234/b", "title": ["t"], "published": {"date-parts": [[1, 1, 1]]},'
            '"created": {"date-time": "0001-01-01T00:00:00+01:00"}}]}}'
        ).encode(),
        2,
    ),
    "openreview": (
        "openreview",
        (
            '{"notes": [{"id": "a", "forum": "a", "cdate": '
            + LONG
            + ', "content": {"title": {"value": "t"}}}, {"id": "b", "forum": "b", "cdate": 9999999999999999,'
            '"content": {"title": {"value": "t"}}}]}'
        ).encode(),
        2,
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_odd_record_stops_no_other(name: str) -> None:
    source, body, whole_records = ANSWERS[name]
    found = installed().sources[source].read_saved(body, "answer")
    assert len(found.papers) == whole_records
    for paper in found.papers:
        assert_can_be_used(paper)
    assert bool(found.warnings) == (
        name in ("feeds version", "feeds long version", "arxiv query", "arxiv oai", "biorxiv")
    )


def assert_can_be_used(paper: Paper) -> None:
    for moment_ in (paper.published, paper.updated, paper.announced, paper.changed):
        assert moment_ is None or moment_ - timedelta(days=36_500) < moment_ + timedelta(days=36_500)
    assert all(each is None or 0 <= each < 2**31 for each in (paper.votes, paper.comments_count))
    assert Paper.from_json(paper.to_json()).key == paper.key


def test_a_number_in_json_costs_no_more_than_itself() -> None:
    body = f'{{"a": {LONG}, "b": -{LONG}, "c": NaN, "d": 1e999, "e": -Infinity, "f": 3, "g": 2.5}}'.encode()
    assert json_of(body) == {"a": None, "b": None, "c": None, "d": None, "e": None, "f": 3, "g": 2.5}


def test_counts_and_dates_of_json() -> None:
    assert [whole({"n": n}, "n") for n in ("7", " 8 ", "9" * 400, 10**18, -1, True, "²")] == [
        7, 8, 10**9, 10**9, None, None, None,
    ]  # fmt: skip
    assert [moment(text) for text in ("0001-01-01T00:00:00+05:00", "9999-12-31", "soon")] == [None, None, None]


@pytest.mark.parametrize("cursor", ["0001-01-01", "9999-12-31", "nonsense", ""])
def test_a_cursor_that_cannot_be_true_is_passed_over(cursor: str) -> None:
    assert cursor_day(cursor) is None
    since = NOW - timedelta(days=7)
    assert window(cursor, since, NOW, overlap=timedelta(days=2)) == (date(2026, 11, 13), date(2026, 11, 20))
