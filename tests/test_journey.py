"""The whole way: a web server that answers as the services do, SQLite on disk, a mail server, every step dying."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.journey import MORNING, World, _text, write_config, write_reader
from tests.support.servers import MailServer, Reply, WebServer
from tests.support.source_answers import Preprint, daily, found, oai, oai_error

MIXTURE = Preprint(id="2611.00001", title="Routing in a Mixture of Experts", authors="Ada Lovelace, Yunhua Zhou")
GRAPH = Preprint(id="2611.00002", title="Graphs that learn", abstract="A graph neural network for molecules.")
CAFE = Preprint(id="2611.00003", title=r"Caf\'e graphs", authors=r"Ren\'ee Dupont", categories="math.CO cs.CL")
QUIET = Preprint(id="2611.00004", title="Nothing that anybody follows")
FEED_ONLY = Preprint(id="2611.00005", title="Announced a moment ago: graph drawing")
OLD = Preprint(id="2401.00006", title="An old graph paper, touched again", day="2024-01-05")

JOURNAL = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Annals</title><link>https://annals.example/</link>
<item><title>Graph minors, once more</title><guid>doi:10.1234/annals.1</guid><link>https://annals.example/1</link>
<pubDate>Thu, 19 Nov 2026 00:00:00 GMT</pubDate></item></channel></rss>"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    routes: dict[str, Reply | Sequence[Reply]] = {
        "/oai": [
            Reply(429, b"Rate exceeded.", {"Retry-After": "5"}),
            Reply(200, oai([MIXTURE, GRAPH], token="verb%3DListRecords%26skip%3D2")),
            Reply(200, oai([GRAPH, CAFE, QUIET, OLD], token=""), cut=700),
            Reply(200, oai([GRAPH, CAFE, QUIET, OLD], token="")),
            Reply(200, oai_error("noRecordsMatch")),
        ],
        "/rss/cs.CL": Reply(200, daily([MIXTURE, FEED_ONLY, CAFE], kinds=["new", "new", "cross"]), {"ETag": "abc"}),
        "/query": Reply(200, found([FEED_ONLY])),
        "/annals": Reply(200, JOURNAL, {"ETag": 'W/"1"'}),
    }
    with WebServer(routes) as web, MailServer() as mail:
        write_config(tmp_path / "config", web.url, mail.port)
        write_reader(tmp_path / "config", "ada", "daily 07:30", "['\"mixture of experts\"', {author: Yunhua Zhou}]")
        write_reader(tmp_path / "config", "emmy", "weekdays 07:30", "['graph NOT cat:math.CO']")
        write_reader(tmp_path / "config", "rene", "at once", "[{author: Renée Dupont}]")
        yield World(folder=tmp_path, web=web, mail=mail)


RIGHT = {
    "ada@example.org": Counter({"mixture": 1}),
    "emmy@example.org": Counter({"graph": 1, "feed": 1, "journal": 1}),
    "rene@example.org": Counter({"café": 1}),
}


def test_each_reader_gets_exactly_the_right_papers_once(world: World) -> None:
    pulled = world.run(MORNING)
    assert [result.fault for result in pulled] == [None] * len(pulled)
    assert {reader: world.titles(reader) for reader in world.letters()} == RIGHT
    assert all(len(letters) == 1 for letters in world.letters().values())


def test_a_second_run_sends_nothing_and_a_new_morning_nothing_twice(world: World) -> None:
    world.run(MORNING)
    world.run(MORNING)
    world.run(MORNING + timedelta(minutes=5))
    for day in range(1, 5):
        world.run(MORNING + timedelta(days=day))
    assert {reader: world.titles(reader) for reader in world.letters()} == RIGHT


class Crash(Exception):
    """The process dies here."""


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("step", ["pull", "compose", "deliver"])
def test_dying_after_any_step_changes_nothing(world: World, step: str, nth: int) -> None:
    left = Counter({step: nth})

    def die(done: str) -> None:
        left[done] -= 1
        if done == step and left[done] == 0:
            raise Crash

    with pytest.raises(Crash):
        world.run(MORNING, die)
    world.run(MORNING + timedelta(minutes=20))
    world.run(MORNING + timedelta(hours=3))
    assert {reader: world.titles(reader) for reader in world.letters()} == RIGHT
    message_ids = [letter["Message-ID"] for letters in world.letters().values() for letter in letters]
    assert len(message_ids) == len(set(message_ids))


def test_arxiv_is_asked_once_in_three_seconds_at_all_its_addresses(world: World) -> None:
    world.run(MORNING)
    arxiv = [asked for asked in world.web.asked if asked.path != "/annals"]
    assert {asked.path for asked in arxiv} == {"/oai", "/rss/cs.CL", "/query"}
    assert world.clock.seconds >= 3 * (len(arxiv) - 1)


def test_what_the_feed_alone_has_told_is_looked_up_by_id(world: World) -> None:
    world.run(MORNING)
    (asked,) = [asked for asked in world.web.asked if asked.path == "/query"]
    assert asked.query["id_list"] == [FEED_ONLY.id]
    with world.app() as app:
        paper = app.store.papers.get(f"arxiv:{FEED_ONLY.id}")
    assert paper is not None
    assert paper.published == datetime(2026, 11, 18, 10, tzinfo=UTC)
    assert paper.announced == datetime(2026, 11, 20, 5, tzinfo=UTC)


def test_one_source_that_fails_stops_no_other_and_the_run_says_so(world: World) -> None:
    world.web.routes["/oai"] = [Reply(500, b"broken")]
    pulled = world.run(MORNING)
    faults = {result.source: result.fault for result in pulled if result.fault}
    assert list(faults) == ["arxiv oai cs.CL"]
    assert "500" in str(faults)
    assert world.titles("ada@example.org") == Counter({"mixture": 1})
    assert world.titles("emmy@example.org") == Counter({"feed": 1, "journal": 1})
    # the harvest comes back an hour later, and what the feed did not have is told then
    world.web.routes["/oai"] = [Reply(200, oai([MIXTURE, GRAPH, CAFE, QUIET, OLD]))]
    world.run(MORNING + timedelta(days=3))
    assert world.titles("emmy@example.org") == Counter({"graph": 1, "feed": 1, "journal": 1})
    assert world.titles("ada@example.org") == Counter({"mixture": 1})


def test_a_withdrawal_is_told_to_who_had_the_paper_and_to_nobody_else(world: World) -> None:
    world.run(MORNING)
    gone = GRAPH.revised(abstract="This paper has been withdrawn.", title="Graphs that learn")
    gone = Preprint(**{name: getattr(gone, name) for name in Preprint.__slots__} | {"withdrawn": True})
    world.web.routes["/oai"] = [Reply(200, oai([gone], on="2026-11-23"))]
    world.run(MORNING + timedelta(days=3))
    (_, second) = world.letters()["emmy@example.org"]
    assert "Graphs that learn" in _text(second)
    assert "withdrawn" in _text(second).casefold()
    assert len(world.letters()["ada@example.org"]) == 1
