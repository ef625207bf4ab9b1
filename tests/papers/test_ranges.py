"""Ranges of values from outside: what cannot be true of a paper is unknown, is cut, or discredits its record."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from digest.papers import Ids, Paper
from digest.papers.ids import arxiv_id, impossible_version, paper_key
from digest.papers.ranges import EARLIEST, LARGEST_COUNT, LATEST, count, from_unix, instant, midnight, parse_instant
from digest.papers.scholarly_metrics import Bibliometrics, Researcher

FAR_EAST, FAR_WEST = timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23, minutes=59))


@pytest.mark.parametrize(
    "given",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=FAR_EAST),
        datetime(1, 1, 1),  # noqa: DTZ001
        datetime(1601, 1, 1, tzinfo=UTC),
        datetime(2100, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=FAR_WEST),
    ],
)
def test_a_date_that_cannot_be_true_is_unknown(given: datetime) -> None:
    assert instant(given) is None
    paper = Paper(key="k", title="t", source="feeds", published=given, updated=given, announced=given, changed=given)
    assert (paper.published, paper.updated, paper.announced, paper.changed) == (None, None, None, None)
    assert paper.dated is None
    assert '"published": null' in paper.to_json()


def test_dates_at_the_bounds_stand_arithmetic_in_every_zone() -> None:
    for moment in (EARLIEST, LATEST - timedelta(microseconds=1)):
        assert instant(moment) == moment
        for zone in ("Pacific/Kiritimati", "Etc/GMT+12", "America/New_York"):
            assert moment.astimezone(ZoneInfo(zone)) + timedelta(days=40_000) > moment - timedelta(days=40_000)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-01:00", "0001-01-01", "then", ""])
def test_a_text_gives_no_such_instant(text: str) -> None:
    assert parse_instant(text) is None


@pytest.mark.parametrize("seconds", [1e300, float("inf"), float("nan"), -1e12, 253402300799])
def test_neither_does_unix_time(seconds: float) -> None:
    assert from_unix(seconds) is None


@pytest.mark.parametrize(
    "parts",
    [
        (1, 1, 1),
        (9999, 12, 31),
        (10**400, 1, 1),
        ("9" * 5000, "1", "1"),
        (2026, 2, 30),
        (2026, None, 1),
        (2026, True, 1),
        (2026.0, 1, 1),
        ("²026", "1", "1"),
    ],
)
def test_nor_a_day_in_three_numbers(parts: tuple[object, object, object]) -> None:
    assert midnight(*parts) is None


def test_a_day_in_three_numbers() -> None:
    assert midnight("2026", "02", "9") == midnight(2026, 2, 9) == datetime(2026, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (0, 0),
        (12, 12),
        (12.0, 12),
        (-1, None),
        (10**400, LARGEST_COUNT),
        (2**63, LARGEST_COUNT),
        (1e300, LARGEST_COUNT),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ("12", None),
        (None, None),
    ],
)
def test_counts_are_whole_positive_and_sane(given: object, kept: int | None) -> None:
    assert count(given) == kept
    paper = Paper(key="k", title="t", source="feeds", votes=given, comments_count=given)  # type: ignore[arg-type]
    assert (paper.votes, paper.comments_count) == (kept, kept)
    someone = Researcher(service="dblp", id="1", name="n", papers=given, citations=given, h_index=given)  # type: ignore[arg-type]
    assert (someone.papers, someone.citations, someone.h_index) == (kept, kept, kept)
    assert Bibliometrics(service="openalex", citations=given).citations == kept  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [0, -1, 1000, 2**31, 2**63, 10**19, True, 1.5, "2"])
def test_a_record_with_an_impossible_version_is_not_believed(version: object) -> None:
    with pytest.raises(ValueError, match="no paper has such a version"):
        Paper(key="k", title="t", source="feeds", version=version)  # type: ignore[arg-type]


@pytest.mark.parametrize("digits", ["1000", "2147483648", "9" * 20, "9" * 5000])
@pytest.mark.parametrize("form", ["2611.05197v{}", "arxiv:2611.05197v{}", "https://arxiv.org/abs/hep-th/9901001v{}"])
def test_nor_is_an_arxiv_id_with_one(form: str, digits: str) -> None:
    text = form.format(digits)
    assert arxiv_id(text) is None
    assert paper_key(text) is None
    assert "has no version" in str(impossible_version(text))


def test_other_texts_have_no_such_fault() -> None:
    assert [impossible_version(text) for text in ("2611.05197v3", "2611.05197", "a text", "9999.99999v99999")] == [
        None
    ] * 4
    assert paper_key(f"pmid:{'9' * 5000}") is None


def test_a_line_of_json_is_read_with_the_same_ranges() -> None:
    line = {
        "key": "doi:10.1234/a",
        "title": "t",
        "published": "0001-01-01T00:00:00+05:00",
        "announced": "2026-11-19",
        "votes": -3,
        "comments_count": 10**30,
    }
    paper = Paper.from_json(json.dumps(line))
    assert paper.published is None
    assert paper.announced == datetime(2026, 11, 19, tzinfo=UTC)
    assert (paper.votes, paper.comments_count) == (None, LARGEST_COUNT)
    assert Paper.from_json('{"key": "k", "votes": Infinity, "comments_count": NaN}').votes is None
    with pytest.raises(ValueError, match="version"):
        Paper.from_json(json.dumps(line | {"version": 10**20}))
    assert paper.ids == Ids()
