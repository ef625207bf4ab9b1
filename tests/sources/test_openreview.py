"""OpenReview: submissions of a venue, in both versions of the API, and what is no list of notes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from digest.errors import SourceError
from digest.papers import Author
from digest.sources import openreview, read_saved
from digest.sources.base import ServiceResponse
from digest.sources.openreview import OpenReviewSource
from tests.support.source_walk import walk

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
ICLR = OpenReviewSource(id="ICLR.cc/2026/Conference", title="ICLR 2026")
MOMENT = int(datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp() * 1000)


def note(number: int = 1, **content: Any) -> dict[str, Any]:
    given = {
        "title": "Routing \\emph{words}",
        "authors": ["Ada Lovelace", "Charles Babbage"],
        "abstract": "We route. Code: https://github.com/ada/routes",
        "venue": "Submitted to ICLR 2026",
        "venueid": "ICLR.cc/2026/Conference/Submission",
        "pdf": "/pdf/abc.pdf",
    } | content
    return {
        "id": f"n{number}",
        "forum": f"n{number}",
        "cdate": MOMENT,
        "tcdate": MOMENT + 1000,
        "mdate": MOMENT + 2000,
        "content": {name: {"value": value} for name, value in given.items() if value is not None},
    }


def page(*notes: object) -> bytes:
    return json.dumps({"notes": notes, "count": len(notes)}).encode()


def test_a_submission_field_by_field() -> None:
    [paper] = ICLR.read(ServiceResponse(url=ICLR.url, body=page(note())), NOW).papers
    assert (paper.key, paper.title, paper.source) == ("openreview:n1", "Routing words", "openreview")
    assert paper.authors == (Author(name="Ada Lovelace"), Author(name="Charles Babbage"))
    assert (paper.published, paper.announced) == (
        datetime(2026, 11, 18, 12, tzinfo=UTC),
        datetime(2026, 11, 18, 12, 0, 1, tzinfo=UTC),
    )
    assert (paper.comment, paper.journal, paper.withdrawn) == ("Submitted to ICLR 2026", None, False)
    assert (paper.url, paper.pdf) == ("https://openreview.net/forum?id=n1", "https://openreview.net/pdf?id=n1")
    assert paper.code == "https://github.com/ada/routes"


@pytest.mark.parametrize(
    ("content", "comment", "journal", "withdrawn"),
    [
        ({"venue": "ICLR 2026 poster", "venueid": "ICLR.cc/2026/Conference"}, None, "ICLR 2026 poster", False),
        ({"venue": "ICLR 2026 Conference Withdrawn Submission"}, None, None, True),
        ({"venue": None, "venueid": "ICLR.cc/2026/Conference/Withdrawn_Submission"}, None, None, True),
        ({"venue": "ICLR 2026 Desk Rejected Submission"}, None, None, True),
    ],
)
def test_decisions(content: dict[str, Any], comment: str | None, journal: str | None, withdrawn: bool) -> None:
    [paper] = ICLR.read(ServiceResponse(url=ICLR.url, body=page(note(**content))), NOW).papers
    assert paper.withdrawn is withdrawn
    if not withdrawn:
        assert (paper.comment, paper.journal) == (comment, journal)


def test_blind_submissions_and_the_first_version_of_the_api() -> None:
    bare = note() | {"content": {"title": "Routing words", "authors": ["Anonymous"]}}
    blind = note(2, authors=None)
    found = ICLR.read(ServiceResponse(url=ICLR.url, body=page(bare, blind)), NOW).papers
    assert [paper.authors for paper in found] == [(Author(name="Anonymous"),), ()]


def test_the_walk_goes_on_while_pages_are_full() -> None:
    pages = {0: [note(number) for number in range(1000)], 1000: [note(1000)]}

    def server(url: httpx.URL) -> Any:
        asked = url.params
        assert (asked["invitation"], asked["sort"]) == ("ICLR.cc/2026/Conference/-/Submission", "tcdate:asc")
        assert asked["mintcdate"] == str(int(datetime(2026, 11, 13, tzinfo=UTC).timestamp() * 1000))
        return {"notes": pages[int(asked["offset"])]}

    asked, read = walk(ICLR, server, now=NOW, since=datetime(2026, 11, 13, 7, tzinfo=UTC))
    assert len(asked) == 2
    assert sum(len(each.papers) for each in read) == 1001
    assert read[-1].cursor == "2026-11-20"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"name": "ForbiddenError", "message": "No access", "status": 403}', "the words 'No access'"),
        (b"<html>challenge</html>", "an HTML page"),
        (b'{"notes": 3}', "JSON of another kind"),
        (b"", "nothing"),
    ],
)
def test_what_is_no_list_is_said(body: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=f"openreview ICLR 2026: no list of notes, but {said}"):
        ICLR.read(ServiceResponse(url=ICLR.url, body=body), NOW)


def test_saved_answers() -> None:
    assert len(read_saved("openreview", page(note(), note(2)), "x.json").papers) == 2
    assert len(read_saved("openreview", json.dumps(note()).encode(), "x.json").papers) == 1
    assert read_saved("openreview", page(), "x.json").said == "a list without notes"
    assert read_saved("openreview", b'{"message": "No"}', "x.json").said == "an error answer: No"
    broken = read_saved("openreview", page(note(title=None), note(2)), "x.json")
    assert (len(broken.papers), broken.warnings) == (1, ("1 record could not be read: a note without a title",))
    with pytest.raises(SourceError, match=r"x\.json is no answer of openreview: it looks like JSON of another kind"):
        read_saved("openreview", b"[]", "x.json")


def test_a_venue_is_named_by_its_id() -> None:
    settings = openreview.OpenReviewSettings.model_validate({"venues": [{"id": "ICLR.cc/2026/Conference"}]})
    assert [source.name for source in openreview.sources(settings)] == ["openreview ICLR.cc/2026/Conference"]
    with pytest.raises(ValueError, match="no venue of OpenReview: write its id"):
        openreview.OpenReviewSettings.model_validate({"venues": [{"id": "https://openreview.net/x?y"}]})
