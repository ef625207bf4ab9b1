"""From the sources into the store, over a real web server: what is asked, what is kept, and what is asked for again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.http import HttpClient
from digest.ingest.pull import PullResult, pull
from digest.sources.arxiv.daily import ArxivDailyFeed
from digest.sources.arxiv.oai import ArxivHarvest
from digest.sources.arxiv.query import ArxivLookUp
from digest.sources.base import PaperLookUp, ServiceResponse, Source
from digest.sources.feeds import FeedSource
from digest.sources.pubmed import PubMedSource
from digest.store import SourceState, Store
from tests.support.journey import Hurry
from tests.support.servers import Asked, Reply, WebServer
from tests.support.source_answers import Preprint, daily, found, oai, oai_error

MORNING = datetime(2026, 11, 20, 7, 35, tzinfo=UTC)  # a Friday
HOUR = timedelta(hours=1)
OAI, FEED, QUERY, ANNALS = "arxiv oai cs.CL", "arxiv feed cs.CL", "arxiv query", "feeds Annals"

ONE = Preprint(id="2611.00001", title="One")
TWO = Preprint(id="2611.00002", title="Two")
THREE = Preprint(id="2611.00003", title="Three")


@dataclass
class PullSetup:
    """A store, a web server, and what is asked of them; every run is a new process with a client of its own."""

    store: Store
    server: WebServer
    clock: Hurry = field(default_factory=Hurry)

    def answers(self, path: str, *replies: Reply | bytes) -> None:
        self.server.routes[path] = [Reply(200, each) if isinstance(each, bytes) else each for each in replies]

    @property
    def harvest(self) -> ArxivHarvest:
        return ArxivHarvest(category="cs.CL", url=f"{self.server.url}/oai", allow_private=True)

    @property
    def feed(self) -> ArxivDailyFeed:
        return ArxivDailyFeed(category="cs.CL", url=f"{self.server.url}/rss", allow_private=True)

    @property
    def journal(self) -> FeedSource:
        return FeedSource(title="Annals", url=f"{self.server.url}/annals", allow_private=True)

    @property
    def by_id(self) -> ArxivLookUp:
        return ArxivLookUp(url=f"{self.server.url}/query", allow_private=True)

    def run(
        self,
        *sources: Source,
        now: datetime = MORNING,
        look_ups: Sequence[PaperLookUp] = (),
        by_hand: bool = False,
        since: datetime | None = None,
    ) -> dict[str, PullResult]:
        with HttpClient(contact="a@example.org", clock=self.clock, sleep=self.clock.sleep) as client:
            results = pull(sources, self.store, client, now=now, look_ups=look_ups, by_hand=by_hand, since=since)
        return {result.source: result for result in results}

    def asked(self, path: str) -> list[Asked]:
        return [each for each in self.server.asked if each.path == path]

    def news(self) -> list[tuple[str, str]]:
        """All that ever was news, in order, as (title, event)."""
        arrivals = self.store.papers.arrivals(MORNING - timedelta(days=400), MORNING + timedelta(days=400))
        return [(arrival.paper.title, arrival.event) for arrival in arrivals]

    def state(self, name: str) -> SourceState:
        return self.store.sources.get(name)


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[PullSetup]:
    with WebServer({}) as server, Store.open(f"sqlite:///{tmp_path}/digest.db") as store:
        yield PullSetup(store=store, server=server)


def rss(*items: str) -> bytes:
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Annals</title>{body}</channel></rss>'.encode()


def item(title: str, number: int = 1, date: str = "Thu, 19 Nov 2026 00:00:00 GMT") -> str:
    when = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<title>{title}</title><link>https://annals.example/{number}</link>{when}"


# -- a harvest, page after page ------------------------------------------------


def test_a_token_leads_on_to_the_last_page(setup: PullSetup) -> None:
    setup.answers("/oai", oai([ONE], token="a%2Fb|c&d"), oai([TWO], token="next"), oai([THREE], token=""))
    result = setup.run(setup.harvest)[OAI]
    assert (result.papers, result.new, result.fault) == (3, 3, None)
    assert [asked.query.get("resumptionToken") for asked in setup.asked("/oai")] == [None, ["a%2Fb|c&d"], ["next"]]
    assert set(setup.asked("/oai")[1].query) == {"verb", "resumptionToken"}
    assert setup.news() == [("One", "new"), ("Two", "new"), ("Three", "new")]


def test_a_first_walk_begins_a_week_ago_and_every_other_a_day_before_the_last(setup: PullSetup) -> None:
    setup.answers("/oai", oai([ONE]))
    setup.run(setup.harvest)
    setup.run(setup.harvest, now=MORNING + HOUR)
    assert [asked.query["from"] for asked in setup.asked("/oai")] == [["2026-11-13"], ["2026-11-19"]]
    assert setup.news() == [("One", "new")]


def test_a_page_that_fails_takes_back_no_page_before_it(setup: PullSetup) -> None:
    broken = Reply(404, b"gone")
    setup.answers("/oai", oai([ONE], on="2026-11-16", token="next"), broken, oai([ONE, TWO], token=""))
    result = setup.run(setup.harvest)[OAI]
    assert "404" in str(result.fault)
    assert (result.papers, result.new) == (1, 1)
    state = setup.state(OAI)
    assert (state.cursor, state.last_ok, state.failures) == ("2026-11-16", None, 1)
    setup.run(setup.harvest, now=MORNING + HOUR)
    assert setup.asked("/oai")[2].query["from"] == ["2026-11-15"]
    assert setup.news() == [("One", "new"), ("Two", "new")]
    assert (setup.state(OAI).cursor, setup.state(OAI).failures) == ("2026-11-20", 0)


def test_an_old_paper_after_a_broken_first_walk_is_still_kept_in_silence(setup: PullSetup) -> None:
    old = Preprint(id="2401.00006", title="Old", day="2024-01-05")
    setup.answers("/oai", oai([ONE], on="2026-11-16", token="next"), Reply(404), oai([old, TWO], token=""))
    setup.run(setup.harvest)
    setup.run(setup.harvest, now=MORNING + HOUR)
    assert setup.news() == [("One", "new"), ("Two", "new")]
    assert setup.store.papers.get("arxiv:2401.00006") is not None


def test_a_token_that_is_refused_starts_again_from_the_last_page_that_was_kept(setup: PullSetup) -> None:
    refused = oai_error("badResumptionToken")
    setup.answers("/oai", oai([ONE], on="2026-11-17", token="stale"), refused, oai([ONE, TWO], token=""))
    result = setup.run(setup.harvest)[OAI]
    assert result.fault is None
    assert [asked.query.get("from") for asked in setup.asked("/oai")] == [["2026-11-13"], None, ["2026-11-16"]]
    assert setup.news() == [("One", "new"), ("Two", "new")]


def test_a_service_that_refuses_its_own_token_twice_is_told(setup: PullSetup) -> None:
    refused = oai_error("badResumptionToken")
    pages = [oai([ONE], token="a"), refused, oai([TWO], token="b"), refused, oai([THREE])]
    setup.answers("/oai", *pages)
    assert "twice" in str(setup.run(setup.harvest)[OAI].fault)
    assert len(setup.asked("/oai")) == 4
    assert setup.news() == [("One", "new"), ("Two", "new")]


def test_no_records_is_a_quiet_day(setup: PullSetup) -> None:
    setup.answers("/oai", oai_error("noRecordsMatch"))
    result = setup.run(setup.harvest)[OAI]
    assert (result.papers, result.fault, result.warnings) == (0, None, ())
    state = setup.state(OAI)
    assert (state.cursor, state.last_ok, state.failures) == ("2026-11-20", MORNING, 0)


def test_any_other_complaint_is_a_fault(setup: PullSetup) -> None:
    setup.answers("/oai", oai_error("badArgument"))
    assert "badArgument" in str(setup.run(setup.harvest)[OAI].fault)
    assert setup.state(OAI).cursor is None


def test_a_page_that_broke_off_keeps_what_is_whole_and_is_asked_for_again(setup: PullSetup) -> None:
    whole = oai([ONE, TWO], token="next")
    setup.answers("/oai", Reply(200, whole[: whole.rindex(b"<abstract>")], {"ETag": '"1"'}), oai([ONE, TWO], token=""))
    result = setup.run(setup.harvest)[OAI]
    assert "broke off" in str(result.fault)
    assert any("cut off" in warning for warning in result.warnings)
    assert setup.news() == [("One", "new")]
    assert setup.state(OAI).last_ok is None
    assert setup.run(setup.harvest, now=MORNING + HOUR)[OAI].fault is None
    assert "if-none-match" not in setup.asked("/oai")[1].headers
    assert setup.news() == [("One", "new"), ("Two", "new")]


# -- what has not changed ------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"ETag": "abc"},
        {"ETag": 'W/"1"'},
        {"ETag": '"é"'},
        {"Last-Modified": "Fri, 20 Nov 2026 05:00:00 +0000"},
        {"ETag": "x,y", "Last-Modified": "yesterday"},
    ],
)
def test_what_has_not_changed_is_not_work(setup: PullSetup, given: Mapping[str, str]) -> None:
    setup.answers("/rss/cs.CL", Reply(200, daily([ONE]), given), Reply(304))
    setup.run(setup.feed)
    again = setup.run(setup.feed, now=MORNING + HOUR)[FEED]
    assert (again.papers, again.new, again.warnings, again.fault) == (0, 0, (), None)
    sent = setup.asked("/rss/cs.CL")[1].headers
    assert {name: sent.get(name) for name in ("if-none-match", "if-modified-since")} == {
        "if-none-match": given.get("ETag"),
        "if-modified-since": given.get("Last-Modified"),
    }
    assert setup.state(FEED).last_ok == MORNING + HOUR
    setup.run(setup.feed, now=MORNING + 2 * HOUR)
    assert setup.asked("/rss/cs.CL")[2].headers.get("if-none-match") == given.get("ETag")


def test_a_new_answer_brings_new_validators(setup: PullSetup) -> None:
    setup.answers("/annals", Reply(200, rss(item("A")), {"ETag": "1"}), Reply(200, rss(item("B", 2)), {"ETag": "2"}))
    for hours in range(3):
        setup.run(setup.journal, now=MORNING + hours * HOUR)
    assert [asked.headers.get("if-none-match") for asked in setup.asked("/annals")] == [None, "1", "2"]


def test_a_page_that_leads_on_is_asked_for_whole_next_time(setup: PullSetup) -> None:
    pages = [Reply(200, oai([ONE], token="t"), {"ETag": "1"}), Reply(404), Reply(200, oai([ONE], token="t"))]
    setup.answers("/oai", *pages, oai([TWO], token=""))
    setup.run(setup.harvest)
    setup.run(setup.harvest, now=MORNING + HOUR)
    assert not any("if-none-match" in asked.headers for asked in setup.asked("/oai"))
    assert setup.news() == [("One", "new"), ("Two", "new")]


def test_an_old_list_is_told_and_asked_for_again_without_conditions(setup: PullSetup) -> None:
    old, fresh = daily([ONE], on="2026-11-19"), daily([TWO], on="2026-11-20")
    setup.answers("/rss/cs.CL", Reply(200, old, {"ETag": "1"}), Reply(200, fresh, {"ETag": "2"}))
    result = setup.run(setup.feed)[FEED]
    assert result.fault is None
    assert ["old list" in warning for warning in result.warnings] == [True]
    assert setup.run(setup.feed, now=MORNING + HOUR)[FEED].warnings == ()
    assert "if-none-match" not in setup.asked("/rss/cs.CL")[1].headers
    assert setup.news() == [("One", "new"), ("Two", "new")]


# -- when a source is asked ----------------------------------------------------


def test_the_clock_asks_a_source_once_in_its_time_and_a_person_whenever_he_likes(setup: PullSetup) -> None:
    setup.answers("/annals", rss(item("A")))
    setup.run(setup.journal)
    soon = MORNING + timedelta(minutes=20)
    resting = setup.run(setup.journal, now=soon)[ANNALS]
    assert (resting.resting, resting.papers) == (MORNING + HOUR, 0)
    assert len(setup.asked("/annals")) == 1
    assert setup.run(setup.journal, now=soon, by_hand=True)[ANNALS].papers == 1
    assert setup.run(setup.journal, now=soon + HOUR)[ANNALS].papers == 1


def test_a_source_that_failed_rests_longer_each_time_and_never_over_four_hours(setup: PullSetup) -> None:
    setup.answers("/annals", Reply(404, b"gone"))
    now, rests = MORNING, []
    for _ in range(7):
        setup.run(setup.journal, now=now)
        next_try = setup.state(ANNALS).next_try
        assert next_try is not None
        rests.append((next_try - now) / timedelta(minutes=1))
        assert setup.run(setup.journal, now=now + timedelta(minutes=1))[ANNALS].resting == next_try
        now = next_try
    assert rests == [15, 30, 60, 120, 240, 240, 240]
    assert setup.run(setup.journal, now=now - timedelta(minutes=1), by_hand=True)[ANNALS].resting is None


def test_a_source_that_has_failed_for_a_year_fails_on_and_stops_no_other(setup: PullSetup) -> None:
    for _ in range(1100):
        setup.store.sources.record_failure(ANNALS, what="gone", now=MORNING, next_try=None)
    setup.answers("/annals", Reply(404, b"gone"))
    setup.answers("/oai", oai([ONE]))
    results = setup.run(setup.journal, setup.harvest)
    assert results[ANNALS].fault is not None
    assert results[OAI].new == 1
    assert setup.state(ANNALS).next_try == MORNING + 4 * HOUR


@pytest.mark.parametrize("status", [429, 503, 403])
def test_who_asks_to_be_left_in_peace_is_left_in_peace_also_by_hand(setup: PullSetup, status: int) -> None:
    setup.answers("/annals", Reply(status, b"later", {"Retry-After": "7200"}), rss(item("A")))
    assert str(status) in str(setup.run(setup.journal)[ANNALS].fault)
    until = setup.state(ANNALS).next_try
    assert until is not None
    assert timedelta(minutes=119) < until - MORNING <= timedelta(hours=2)
    asked = len(setup.asked("/annals"))
    assert setup.run(setup.journal, now=MORNING + HOUR, by_hand=True)[ANNALS].resting == until
    assert len(setup.asked("/annals")) == asked
    assert setup.run(setup.journal, now=MORNING + 2 * HOUR, by_hand=True)[ANNALS].papers == 1
    assert setup.state(ANNALS).next_try is None


def test_a_wait_of_a_month_is_a_day_and_can_be_lifted(setup: PullSetup) -> None:
    setup.answers("/annals", Reply(503, b"later", {"Retry-After": str(30 * 86_400)}), rss(item("A")))
    setup.run(setup.journal)
    until = setup.state(ANNALS).next_try
    assert until is not None
    assert until - MORNING <= timedelta(days=1)
    setup.store.sources.lift_wait(ANNALS)
    assert setup.run(setup.journal, now=MORNING + HOUR)[ANNALS].papers == 1


def test_a_service_that_asks_for_a_moment_gets_it_and_is_asked_again_at_once(setup: PullSetup) -> None:
    setup.answers("/oai", Reply(503, b"wait", {"Retry-After": "20"}), oai([ONE]))
    assert setup.run(setup.harvest)[OAI].new == 1
    assert max(setup.clock.slept) >= 20


def test_one_source_that_fails_stops_no_other(setup: PullSetup) -> None:
    setup.answers("/annals", b"<html>Please log in</html>")
    setup.answers("/oai", oai([ONE]))
    results = setup.run(setup.journal, setup.harvest, setup.feed)
    assert "an HTML page" in str(results[ANNALS].fault)
    assert "404" in str(results[FEED].fault)
    assert results[OAI].new
    assert setup.state(ANNALS).last_error == results[ANNALS].fault


# -- where a walk begins by hand -----------------------------------------------


def test_a_day_given_by_hand_is_where_the_walk_begins(setup: PullSetup) -> None:
    setup.answers("/oai", oai([ONE]))
    setup.run(setup.harvest)
    old = Preprint(id="2610.00009", title="Six weeks old", day="2026-10-09")
    setup.answers("/oai", oai([old, TWO]))
    setup.run(setup.harvest, by_hand=True, since=MORNING - timedelta(days=50))
    assert setup.asked("/oai")[1].query["from"] == ["2026-10-01"]
    assert setup.news() == [("One", "new"), ("Two", "new")]
    assert setup.store.papers.get("arxiv:2610.00009") is not None
    assert setup.state(OAI).cursor == "2026-11-20"


def test_a_day_given_by_hand_leaves_no_gap_behind_it(setup: PullSetup) -> None:
    setup.answers("/oai", oai([ONE], on="2026-11-20"))
    setup.run(setup.harvest)
    later = MORNING + timedelta(days=10)
    setup.answers("/oai", oai([TWO], on="2026-11-30"))
    setup.run(setup.harvest, now=later, by_hand=True, since=later - timedelta(days=1))
    assert setup.asked("/oai")[1].query["from"] == ["2026-11-19"]


# -- the first pull of a feed --------------------------------------------------


def test_a_first_pull_tells_what_is_dated_within_a_week_and_keeps_the_rest_in_silence(setup: PullSetup) -> None:
    items = [item("Fresh", 1), item("Old", 2, "Mon, 09 Nov 2026 00:00:00 GMT"), item("Undated", 3, "")]
    setup.answers("/annals", rss(*items), rss(*items, item("Undated too", 4, ""), item("Late", 5, "1 Jan 2026")))
    result = setup.run(setup.journal)[ANNALS]
    assert (result.papers, result.new) == (3, 1)
    assert setup.news() == [("Fresh", "new")]
    assert setup.run(setup.journal, now=MORNING + HOUR)[ANNALS].new == 2
    assert setup.news() == [("Fresh", "new"), ("Undated too", "new"), ("Late", "new")]


@pytest.mark.parametrize("reference", ["&#xD800;", "&#XDFFF;", "&#55296;", "&#x0000000000000D800;", "&#9999999999;"])
def test_a_reference_to_no_character_spoils_no_feed(setup: PullSetup, reference: str) -> None:
    setup.answers("/annals", rss(item(f"Graph {reference}minors"), item("Matroids", 2)))
    assert setup.run(setup.journal)[ANNALS].fault is None
    assert setup.news() == [("Graph minors", "new"), ("Matroids", "new")]


@settings(max_examples=100)
@given(
    st.from_regex(
        r"(&(amp;)?#[xX]?0{0,14}([dD][8-9a-fA-F][0-9]{2}|5[5-7][0-9]{3}|[0-9a-f]{0,9});?){1,3}", fullmatch=True
    )
)
def test_no_reference_of_any_spelling_makes_a_feed_unreadable(text: str) -> None:
    body = rss(item("One"), f"{item('Two', 2)}<description>{text}</description>")
    page = FeedSource(title="Annals", url="https://annals.example/").read(ServiceResponse(url="", body=body), MORNING)
    assert [paper.title for paper in page.papers] == ["One", "Two"]
    assert all(paper.abstract is None or paper.abstract.encode() for paper in page.papers)


# -- where a feed leads --------------------------------------------------------


def test_a_feed_that_moved_for_good_is_told_and_one_that_did_so_for_now_is_not(setup: PullSetup) -> None:
    new = f"{setup.server.url}/new"
    setup.answers("/annals", Reply(301, headers={"Location": new}), Reply(302, headers={"Location": new}))
    setup.answers("/new", rss(item("A")))
    moved = setup.run(setup.journal)[ANNALS]
    assert moved.new == 1
    assert moved.warnings == (f"has moved for good: write {new} into the config",)
    assert setup.run(setup.journal, now=MORNING + HOUR)[ANNALS].warnings == ()


def test_a_feed_leads_to_no_private_address_unless_it_may(setup: PullSetup) -> None:
    setup.answers("/annals", rss(item("A")))
    refused = setup.run(replace(setup.journal, allow_private=False))[ANNALS]
    assert "private address" in str(refused.fault)
    assert setup.server.asked == []
    assert setup.run(setup.journal, by_hand=True)[ANNALS].new == 1


def test_leave_for_one_address_is_no_leave_for_another(setup: PullSetup) -> None:
    setup.answers("/annals", Reply(302, headers={"Location": f"http://127.0.0.2:{setup.server.port}/inside"}))
    assert "private address" in str(setup.run(setup.journal)[ANNALS].fault)
    assert setup.asked("/inside") == []


# -- what a feed alone has told of ---------------------------------------------


def announce(setup: PullSetup, count: int) -> list[Preprint]:
    """So many papers that only the daily feed knows."""
    papers = [Preprint(id=f"2611.{number:05}", title=f"Paper {number}") for number in range(1, count + 1)]
    setup.answers("/rss/cs.CL", daily(papers))
    setup.run(setup.feed)
    return papers


def test_what_a_feed_alone_has_told_of_is_looked_up_in_batches(setup: PullSetup) -> None:
    papers = announce(setup, 250)
    setup.answers("/query", found(papers[:200]), found(papers[200:]))
    result = setup.run(look_ups=[setup.by_id])[QUERY]
    assert (result.papers, result.new, result.updates, result.fault) == (250, 0, 0, None)
    asked = [each.query["id_list"][0].split(",") for each in setup.asked("/query")]
    assert [len(ids) for ids in asked] == [200, 50]
    assert {name for ids in asked for name in ids} == {paper.id for paper in papers}
    assert setup.store.papers.announced_only("arxiv", MORNING - timedelta(days=7)) == []
    assert setup.run(look_ups=[setup.by_id], now=MORNING + HOUR) == {}  # nothing is left to ask


def test_an_id_that_nobody_knows_does_no_harm(setup: PullSetup) -> None:
    papers = announce(setup, 3)
    setup.answers("/query", found(papers[:1]), found([]))
    assert setup.run(look_ups=[setup.by_id])[QUERY].papers == 1
    assert setup.run(look_ups=[setup.by_id], now=MORNING + HOUR) == {}
    assert sorted(setup.asked("/query")[1].query["id_list"][0].split(",")) == [paper.id for paper in papers[1:]]
    assert setup.state(QUERY).failures == 0


def test_a_look_up_that_fails_is_told_keeps_what_it_had_and_stops_nothing(setup: PullSetup) -> None:
    papers = announce(setup, 201)
    setup.answers("/query", found(papers[:200]), Reply(404, b"gone"), found(papers[200:]))
    setup.answers("/oai", oai([Preprint(id="2611.09999", title="Another")]))
    results = setup.run(setup.harvest, look_ups=[setup.by_id])
    assert "404" in str(results[QUERY].fault)
    assert (results[QUERY].papers, results[OAI].new) == (200, 1)
    assert setup.run(look_ups=[setup.by_id], now=MORNING + timedelta(minutes=1))[QUERY].resting is not None
    assert setup.run(look_ups=[setup.by_id], now=MORNING + HOUR)[QUERY].papers == 1


# -- asked to stop -------------------------------------------------------------


def test_asked_to_stop_it_keeps_what_it_has_and_blames_nobody(setup: PullSetup) -> None:
    setup.answers("/oai", oai([ONE], on="2026-11-17", token="next"), oai([TWO], token=""))
    setup.answers("/annals", rss(item("A")))
    stop = Event()

    def stopped(seconds: float) -> None:
        setup.clock.sleep(seconds)
        stop.set()

    with HttpClient(contact="a@example.org", clock=setup.clock, sleep=stopped) as client:
        (result,) = pull([setup.harvest, setup.journal], setup.store, client, now=MORNING, stop=stop)
    assert result.new == 1
    assert "asked to stop" in str(result.fault)
    state = setup.state(OAI)
    assert (state.failures, state.last_error, state.next_try, state.cursor) == (0, None, None, "2026-11-17")
    assert setup.asked("/annals") == []
    assert setup.run(setup.harvest, now=MORNING + timedelta(minutes=1))[OAI].fault is None
    assert setup.news() == [("One", "new"), ("Two", "new")]


# ----------------------------------------------------------------------------------------- what a walk remembers


def test_what_stands_behind_the_sign_is_never_sent(setup: PullSetup) -> None:
    record = "<PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>Mice</ArticleTitle></Article>"
    record += "</MedlineCitation></PubmedArticle>"
    setup.answers(
        "/esearch.fcgi", b"<eSearchResult><Count>101</Count><QueryKey>1</QueryKey><WebEnv>E</WebEnv></eSearchResult>"
    )
    setup.answers("/efetch.fcgi", *[f"<PubmedArticleSet>{record}</PubmedArticleSet>".encode()] * 2)
    mice = PubMedSource(query="mice", title="Mice", url=setup.server.url, allow_private=True)
    result = setup.run(mice)[mice.name]
    assert (result.papers, result.fault, setup.store.sources.get(mice.name).cursor) == (2, None, "2026-11-20")
    assert [each.query["retstart"] for each in setup.asked("/efetch.fcgi")] == [["0"], ["100"]]
    assert not [each for each in setup.asked("/efetch.fcgi") if "#" in each.path or "101" in str(each.query)]


def test_a_feed_that_refuses_machines_is_marked_and_rests_for_a_day(setup: PullSetup) -> None:
    setup.answers("/publication/science/10557903", Reply(403, b"<html>Just a moment...</html>"))
    feed = FeedSource(title="Health", url=f"{setup.server.url}/publication/science/10557903", allow_private=True)
    result = setup.run(feed)[feed.name]
    assert result.fault == (
        "feeds Health: blocked by the publisher (answered 403): take it out of `feeds:` and ask Crossref, "
        "`crossref: {journals: [{name: Health, issn: 1055-7903}]}`"
    )
    state = setup.state(feed.name)
    assert state.next_try == MORNING + timedelta(days=1)


# -- many machines -------------------------------------------------------------


def test_a_source_is_asked_by_one_machine_at_a_time(postgres_url: str) -> None:
    with WebServer({}) as server, Store.open(postgres_url) as store:
        setup = PullSetup(store=store, server=server)
        setup.answers("/annals", Reply(200, rss(item("A")), delay=0.5))
        with ThreadPoolExecutor(3) as pool:
            done = list(pool.map(lambda _: setup.run(setup.journal), range(3)))
        assert len(setup.asked("/annals")) == 1
        assert sorted(each[ANNALS].new for each in done if each and not each[ANNALS].resting) == [1]
        assert setup.run(setup.journal, now=MORNING + 2 * HOUR)[ANNALS].papers == 1  # it is free again


def test_what_comes_of_a_page_with_news_is_written_with_it(setup: PullSetup) -> None:
    asked = list[object]()
    setup.answers("/annals", rss(item("A")))
    with HttpClient(contact="a@example.org") as client:
        for _ in range(2):
            pull([setup.journal], setup.store, client, now=MORNING, by_hand=True, in_transaction=asked.append)
    assert len(asked) == 1
