"""The daily feeds: what was announced, whether it is today's, and what a broken one still holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.errors import SourceError
from digest.papers import Author
from digest.sources.arxiv.daily import ArxivDailyFeed
from digest.sources.base import ResultPage, ServiceResponse
from tests.support.arxiv_records import DAILY_ATOM, NOW, QUERY, TODAY, YESTERDAY, item, rss

DAILY = ArxivDailyFeed(category="cs.LG")
EASTERN = ZoneInfo("America/New_York")


def read(body: bytes, now: datetime = NOW) -> ResultPage:
    return DAILY.read(ServiceResponse(url=DAILY.url, body=body), now)


def test_it_asks_for_its_category() -> None:
    assert str(DAILY.first(None, NOW, NOW).url) == "https://rss.arxiv.org/rss/cs.LG"
    own = ArxivDailyFeed(category="cs.LG", url="http://127.0.0.1:8000/rss/")
    assert str(own.first("x", NOW, NOW).url) == "http://127.0.0.1:8000/rss/cs.LG"


def test_an_rss_item_field_by_field() -> None:
    (paper,) = read(rss(item())).papers
    assert (paper.key, paper.version, paper.announce) == ("arxiv:2611.00017", 2, "replace-cross")
    assert paper.title == "Sparse Kähler Models"
    assert paper.abstract == "We route words sparsely. Abstract: is a word of ours too."
    assert paper.authors == (
        Author(name="Jörg Deigmöller", affiliation="Alder Institute, Bern"),
        Author(name="Jan Jakubův"),
    )
    assert (paper.categories, paper.primary) == (("math.DG", "cs.LG"), "math.DG")
    assert paper.announced == datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    assert (paper.published, paper.updated) == (None, None)
    assert (paper.doi, paper.ids.doi, paper.journal) == ("10.1234/jcw.2", "10.1234/jcw.2", "J. Coined Words 2")


def test_an_atom_entry_is_announced_when_it_was_published_and_never_when_the_feed_was_built() -> None:
    page = read(DAILY_ATOM)
    (paper,) = page.papers
    assert (paper.key, paper.version, paper.announce) == ("arxiv:2611.00018", 1, "new")
    assert paper.announced == datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    assert (paper.abstract, paper.primary, page.stale) == ("We word.", "cs.CL", False)


def test_todays_list_is_fresh() -> None:
    page = read(rss(item(TODAY)))
    assert (page.stale, page.warnings, page.cursor) == (False, (), None)


def test_yesterdays_list_on_a_working_day_is_stale_and_said() -> None:
    page = read(rss(item(YESTERDAY), built=TODAY))
    assert page.stale
    assert page.warnings == ("an old list, announced 2026-11-19; today's is not there yet",)
    assert len(page.papers) == 1


@pytest.mark.parametrize(
    ("when", "stale"),
    [
        (datetime(2026, 11, 20, 0, 5, tzinfo=EASTERN), False),  # not filled yet
        (datetime(2026, 11, 20, 0, 15, tzinfo=EASTERN), True),
        (datetime(2026, 11, 20, 23, 59, tzinfo=EASTERN), True),
        (datetime(2026, 11, 21, 12, 0, tzinfo=EASTERN), False),  # Saturday
        (datetime(2026, 11, 22, 12, 0, tzinfo=EASTERN), False),
        (datetime(2026, 11, 23, 0, 30, tzinfo=EASTERN), True),  # Monday
    ],
)
def test_a_list_is_expected_on_working_days_after_midnight_eastern(when: datetime, stale: bool) -> None:
    assert read(rss(item(YESTERDAY), built=YESTERDAY), when.astimezone(UTC)).stale is stale


def test_summer_time_moves_midnight() -> None:
    day = datetime(2026, 7, 7, 4, 30, tzinfo=UTC)  # half past midnight, Eastern summer time
    assert read(rss(item("Mon, 06 Jul 2026 00:00:00 -0400")), day).stale
    assert not read(rss(item("Mon, 06 Jul 2026 00:00:00 -0400")), day - timedelta(minutes=25)).stale


def test_an_empty_feed_is_a_quiet_day() -> None:
    saturday = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert read(rss(), saturday) == ResultPage()
    assert read(rss(), datetime(2026, 11, 26, 12, 0, tzinfo=UTC)) == ResultPage()  # Thanksgiving
    late = read(rss())
    assert late.stale
    assert late.warnings == ("a list without announcements; today's is not there yet",)


def test_the_feed_says_when_its_cap_is_reached() -> None:
    page = read(rss(*([item()] * 2000)))
    assert len(page.papers) == 2000
    assert page.warnings[0].startswith("the feed ends at its cap of 2000 items")


def test_a_feed_that_broke_off_gives_what_is_whole() -> None:
    body = rss(item(), item().replace("00017", "00019"), item())
    page = read(body[: body.rindex(b"</description>")])
    assert [paper.key for paper in page.papers] == ["arxiv:2611.00017", "arxiv:2611.00019"]
    assert (page.cut, page.warnings) == (True, ("cut off: 2 items were whole",))


@pytest.mark.parametrize("body", [rss(item(), item()), DAILY_ATOM])
def test_a_feed_cut_anywhere_is_read_or_refused(body: bytes) -> None:
    for end in range(0, len(body), 5):
        try:
            page = read(body[:end])
        except SourceError:
            continue
        assert all(paper.authors for paper in page.papers)


def test_a_category_that_does_not_exist_is_told_in_the_feeds_words() -> None:
    body = rss(title="Feed error for query: http://rss.arxiv.org/rss/heplat", told="Bad archive 'heplat'.")
    with pytest.raises(SourceError, match=r"^arxiv feed cs\.LG: Bad archive 'heplat'\.$"):
        read(body)


@pytest.mark.parametrize("body", [b"Rate exceeded.", QUERY, b"<html></html>", b"<rss/>", b"\xff\xfe", b""])
def test_what_is_no_daily_feed_is_refused(body: bytes) -> None:
    with pytest.raises(SourceError, match="no daily feed of arXiv"):
        read(body)


def test_an_item_that_cannot_be_read_stops_no_other() -> None:
    page = read(rss(item().replace("2611.00017", "nonsense"), item()))
    assert len(page.papers) == 1
    assert page.warnings == ("1 item could not be read: 'oai:arXiv.org:nonsensev2' is no arXiv id",)


def test_wrong_bytes_in_a_feed_cost_only_themselves() -> None:
    body = rss(item()).replace(b"Models", b"Mod\xe8l\x00s &unknown; & more")
    (paper,) = read(body).papers
    assert paper.title.startswith("Sparse Kähler Mod")
    assert paper.key == "arxiv:2611.00017"
