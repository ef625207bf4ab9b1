"""The whole way: a web server that answers as the services do, SQLite on disk, a mail server, every step dying."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from digest.app import App, load, open_app
from digest.http import Web
from digest.ingest.pull import Pulled
from tests.support.servers import MailServer, Reply, WebServer
from tests.support.source_answers import Preprint, daily, found, oai, oai_error

MORNING = datetime(2026, 11, 20, 7, 35, tzinfo=UTC)

MIXTURE = Preprint(id="2611.00001", title="Routing in a Mixture of Experts", authors="Ada Lovelace, Yunhua Zhou")
GRAPH = Preprint(id="2611.00002", title="Graphs that learn", abstract="A graph neural network for molecules.")
CAFE = Preprint(id="2611.00003", title=r"Caf\'e graphs", authors=r"Ren\'ee Dupont", categories="math.CO cs.CL")
QUIET = Preprint(id="2611.00004", title="Nothing that anybody follows")
FEED_ONLY = Preprint(id="2611.00005", title="Announced a moment ago: graph drawing")
OLD = Preprint(id="2401.00006", title="An old graph paper, touched again", day="2024-01-05")

JOURNAL = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Annals</title><link>https://annals.example/</link>
<item><title>Graph minors, once more</title><guid>doi:10.1234/annals.1</guid><link>https://annals.example/1</link>
<pubDate>Thu, 19 Nov 2026 00:00:00 GMT</pubDate></item></channel></rss>"""


@dataclass
class Hurry:
    """A clock that is put forward by whoever sleeps."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass
class World:
    """The servers and the folder of one journey."""

    folder: Path
    web: WebServer
    mail: MailServer
    clock: Hurry = field(default_factory=Hurry)

    def run(self, now: datetime, crash: Callable[[str], None] = lambda _: None) -> list[Pulled]:
        """Pull, compose and deliver as a new process would; `crash` may raise after each thing done."""
        with self.app() as app:
            pulled = app.pull(now=now, tell=lambda result: crash("pull"))
            app.compose(now=now, tell=lambda result: crash("compose"))
            app.deliver(lambda: now, tell=lambda letter: crash("deliver"))
        return pulled

    def app(self) -> AbstractContextManager[App]:
        web = Web(contact="a@example.org", clock=self.clock, sleep=self.clock.sleep)
        return open_app(load(self.folder / "config", env={}), web=web)

    def letters(self) -> dict[str, list[EmailMessage]]:
        """What each reader has in the inbox."""
        inbox: dict[str, list[EmailMessage]] = {}
        for taken in self.mail.taken:
            message = message_from_bytes(taken.message, policy=default)
            inbox.setdefault(taken.recipients[0], []).append(message)
        return inbox

    def titles(self, reader: str) -> Counter[str]:
        """How often each paper of these tests came to a reader, over all letters."""
        texts = [_text(letter) for letter in self.letters().get(reader, [])]
        known = {"mixture": "Routing in a Mixture", "graph": "Graphs that learn", "café": "Café graphs"}
        known |= {
            "feed": "Announced a moment ago",
            "journal": "Graph minors",
            "old": "An old graph",
            "quiet": "Nothing",
        }
        return Counter({name: count for name, words in known.items() if (count := sum(words in t for t in texts))})


def _text(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


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


def write_config(config: Path, url: str, mail_port: int) -> None:
    (config / "subscribers").mkdir(parents=True)
    (config / "digest.yaml").write_text(
        f"database: sqlite:///{config.parent}/digest.db\n"
        "sender: Morning Papers <papers@example.org>\n"
        f"smtp: smtp://127.0.0.1:{mail_port}\n"
        "sources:\n"
        "  arxiv:\n"
        "    categories: [cs.CL]\n"
        f"    oai_url: {url}/oai\n    feed_url: {url}/rss\n    query_url: {url}/query\n"
        "  feeds:\n"
        f"    - {{name: Annals, url: {url}/annals, allow_private: true}}\n"
    )


def write_reader(config: Path, name: str, when: str, rules: str) -> None:
    (config / "subscribers" / f"{name}.yaml").write_text(
        f"email: {name}@example.org\nname: {name.title()}\ntimezone: Europe/London\n"
        f"subscriptions:\n  - name: Mine\n    when: {when}\n    rules: {rules}\n"
    )


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
