"""I1 to I9: one odd entry, paper, source, reader or card is set aside and told; all others have their letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

import httpx
import pytest

from digest.bounces import ReturnAddress, read_bounces
from digest.bounces.mailbox import MailboxMessage
from digest.cli.compose import exit_code as compose_exit
from digest.cli.pull import exit_code
from digest.errors import Exit, SourceError
from digest.ingest.pull import PullResult, keep_papers
from digest.issues import Issue
from digest.issues.compose import ComposeResult, compose
from digest.mail.envelope import Envelope
from digest.mail.message import Mailbox
from digest.render import Renderer
from digest.sources.base import ResultPage, ServiceResponse, Timetable
from digest.store import Store
from digest.subscriptions import Subscriber
from tests.support.dummy_source import Dummy
from tests.support.issues import LINKS, item, on_sparse, paper
from tests.support.issues import issue as issue_of
from tests.support.journey import MORNING, World, write_config, write_reader
from tests.support.route_reader import FACTORY, reader, subscription
from tests.support.servers import MailServer, Reply, WebServer
from tests.support.source_answers import daily, oai_error
from tests.support.store_samples import NOW, keep, preprint

pytestmark = pytest.mark.faults

GOOD = "<title>A sound graph</title><guid>doi:10.1234/sound</guid><pubDate>Thu, 19 Nov 2026 00:00:00 GMT</pubDate>"


def feed(*entries: str) -> bytes:
    items = "".join(f"<item>{entry}<description>graph</description></item>" for entry in entries)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>A</title>{items}</channel></rss>'.encode()


@dataclass
class Morning:
    """A service with one reader far in the west and one in London, and what its feed says."""

    world: World

    def run(self, *entries: str, now: datetime = MORNING) -> dict[str, PullResult]:
        self.world.web.routes["/annals"] = [Reply(200, feed(*entries))]
        return {result.source: result for result in self.world.run(now)}

    def text(self, reader: str) -> str:
        """The newest letter that a reader has."""
        letter = self.world.letters()[f"{reader}@example.org"][-1]
        return str(letter.get_body(("plain",)))


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    routes: dict[str, Reply | list[Reply]] = {
        "/oai": Reply(200, oai_error("noRecordsMatch")),
        "/rss/cs.CL": Reply(200, daily([])),
    }
    with WebServer(routes) as web, MailServer() as mail:
        write_config(tmp_path / "config", web.url, mail.port)
        write_reader(tmp_path / "config", "ada", "daily 07:30", "['graph']")
        write_reader(tmp_path / "config", "ben", "daily 07:30", "['graph']")
        file = tmp_path / "config" / "subscribers" / "ada.yaml"
        file.write_text(
            file.read_text("utf-8").replace("Europe/London", "Etc/GMT+12").replace("daily 07:30", "daily 19:30")
        )
        yield Morning(World(folder=tmp_path, web=web, mail=mail))


@pytest.mark.parametrize(
    "date",
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 -1200"],
)
def test_i1_a_date_that_cannot_be_true(morning: Morning, date: str) -> None:
    """It is unknown, and everybody has a letter with that paper."""
    odd = f"<title>An odd graph</title><guid>doi:10.1234/odd</guid><pubDate>{date}</pubDate>"
    morning.run(GOOD, now=MORNING - timedelta(days=1))
    result = morning.run(GOOD, odd)["feeds Annals"]
    assert (result.fault, result.warnings, result.new) == (None, (), 1)
    for name in ("ada", "ben"):
        assert "An odd graph" in morning.text(name)
    with morning.world.app() as app:
        found = app.store.papers.get("doi:10.1234/odd")
    assert found is not None
    assert found.published is None


@pytest.mark.parametrize("digits", ["1000", "2147483648", "9" * 20, "9" * 5000])
def test_i2_a_version_that_no_paper_has(morning: Morning, digits: str) -> None:
    """The entry is set aside and told."""
    result = morning.run(f"<title>An odd graph</title><guid>arxiv:2611.05197v{digits}</guid>", GOOD)["feeds Annals"]
    assert (result.fault, result.papers, result.new) == (None, 1, 1)
    [told] = result.warnings
    assert told.startswith("1 of 2 entries could not be read: arXiv's 2611.05197 has no version ")
    for name in ("ada", "ben"):
        assert "A sound graph" in morning.text(name)


# -- whatever fails in an unexpected way -----------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken(Dummy):
    """A source whose reader has a mistake, of a kind that nobody foresaw."""

    name: str = "acme broken"
    fault_at: str = "read"

    def first(self, cursor: str | None, since: datetime, now: datetime) -> httpx.Request:
        if self.fault_at == "words":
            raise SourceError(f"acme broken: {HALF} and none: \x00")
        if self.fault_at == "first":
            raise OverflowError("date value out of range, ada@example.org")
        return Dummy.first(self, cursor, since, now)

    def read(self, answer: ServiceResponse, now: datetime) -> ResultPage:
        if self.fault_at == "read":
            raise ZeroDivisionError("division by zero")
        good = Dummy.read(self, answer, now).papers
        bad = replace(good[0], title=HALF, key="doi:10/x")
        return ResultPage(papers=(good[0], bad, *good[1:]))


HALF = "half a character: \ud800"  # no encoder takes it

ACME_ANSWER = b'{"10.5555/one": "A first graph", "10.5555/two": "A second graph"}'


@pytest.mark.parametrize("fault_at", ["first", "read", "words"])
def test_i3_a_source_fails_in_an_unforeseen_way(morning: Morning, fault_at: str) -> None:
    """It is told without addresses, asked again later, and the sources behind it are asked."""
    world = morning.world
    world.web.routes |= {"/annals": [Reply(200, feed(GOOD))], "/acme": [Reply(200, ACME_ANSWER)]}
    with world.app() as opened:
        app = replace(opened, sources=(Broken(url=f"{world.web.url}/acme", fault_at=fault_at), *opened.sources))
        results = app.pull(now=MORNING)
        assert results[0].fault is not None
        assert results[0].fault.startswith("acme broken: ")
        assert "@" not in results[0].fault
        assert [result.fault for result in results[1:]] == [None] * (len(results) - 1)
        assert exit_code(results) == Exit.PARTLY
        state = app.store.sources.get("acme broken")
        assert state.failures == 1
        assert str(state.last_error).isprintable()
        assert [each.word for each in app.health(MORNING)].count("failing") == 1
        app.compose(now=MORNING)
        app.deliver(lambda: MORNING)
    assert "A sound graph" in morning.text("ada")


def test_i4_a_paper_that_cannot_be_kept(morning: Morning) -> None:
    """The page is kept without it, and its source has answered."""
    world = morning.world
    world.web.routes |= {"/annals": [Reply(200, feed(GOOD))], "/acme": [Reply(200, ACME_ANSWER)]}
    with world.app() as opened:
        broken = Broken(url=f"{world.web.url}/acme", fault_at="page")
        app = replace(opened, sources=(broken, *opened.sources))
        result, *others = app.pull(now=MORNING)
        assert (result.fault, result.papers) == (None, 2)
        assert [(told.kind, told.name) for told in result.set_aside] == [("paper", "doi:10/x")]
        assert not any(other.set_aside for other in others)
        assert exit_code([result, *others]) == Exit.PARTLY
        assert app.store.sources.get("acme broken").last_ok == MORNING
        [told] = app.store.set_aside.list_all(MORNING - timedelta(days=1))
        assert (told.kind, told.name, told.place) == ("paper", "doi:10/x", "acme broken")
        kept = app.store.papers.get_many(["doi:10.5555/one", "doi:10.5555/two", "doi:10/x"])
        assert {each.title for each in kept.values()} == {"A first graph", "A second graph"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/digest.db") as opened:
        yield opened


def readers() -> list[Subscriber]:
    return [reader(name=name) for name in ("ada", "ben", "cleo", "dan")]


def outcome(results: Sequence[ComposeResult]) -> dict[str, str]:
    return {result.subscriber: result.fault or "written" for result in results}


def test_i5_the_rules_of_one_reader_cannot_be_matched(store: Store) -> None:
    keep(store, preprint("2611.00001", title="Graphs"), first=False)
    ada, ben, cleo, dan = readers()
    rule = replace(cleo.subscriptions[0].rules[0], query=None)  # type: ignore[arg-type]
    odd = replace(cleo, subscriptions=(replace(cleo.subscriptions[0], rules=(rule,)),))
    results = compose([ada, ben, odd, dan], store, FACTORY, now=NOW)
    told = outcome(results)
    assert told.pop("cleo").startswith("AttributeError: ")
    assert told == {"ada": "written", "ben": "written", "dan": "written"}
    assert compose_exit(results) == Exit.PARTLY
    assert outcome(compose([ada, ben, cleo, dan], store, FACTORY, now=NOW)) == {"cleo": "written"}


def test_i6_the_issue_of_one_reader_cannot_be_rendered(store: Store) -> None:
    keep(store, preprint("2611.00001", title="Graphs"), first=False)

    def letters(issue: Issue) -> Envelope:
        if issue.subscriber.id == "ben":
            raise OverflowError("date value out of range")
        return FACTORY(issue)

    told = outcome(compose(readers(), store, letters, now=NOW))
    assert told.pop("ben") == "OverflowError: date value out of range"
    assert set(told.values()) == {"written"}
    assert outcome(compose(readers(), store, FACTORY, now=NOW)) == {"ben": "written"}


def test_i7_a_paper_that_cannot_be_matched(store: Store) -> None:
    """It is told once, and all others reach everybody."""
    keep(store, preprint("2611.00001", title="Graphs"), preprint("2611.00002", title="Graphs again"), first=False)
    with store.papers.database.writing() as connection:
        connection.exec_driver_sql("UPDATE paper SET authors = '[[7, null, null]]' WHERE title = 'Graphs'")
    ada, *others = readers()
    follower = replace(ada, subscriptions=(subscription("route", "au:Zhou"),))
    results = compose([follower, *others], store, FACTORY, now=NOW)
    [set_aside] = [each for result in results for each in result.set_aside]
    assert (set_aside.kind, set_aside.name) == ("match", preprint("2611.00001").key)
    assert {result.papers for result in results if result.subscriber} == {1}
    assert [result.fault for result in results] == [None] * 5
    assert compose_exit(results) == Exit.PARTLY


def test_i7_a_row_that_cannot_be_read(store: Store) -> None:
    keep(store, preprint("2611.00001", title="Graphs"), preprint("2611.00002", title="Graphs again"), first=False)
    with store.papers.database.writing() as connection:
        connection.exec_driver_sql("UPDATE paper SET authors = '{{' WHERE title = 'Graphs'")
    results = compose(readers(), store, FACTORY, now=NOW)
    assert [str(told.kind) for result in results for told in result.set_aside] == ["match"]
    assert [result.papers for result in results if result.subscriber] == [1, 1, 1, 1]


@pytest.mark.parametrize("format_", ["html", "text"])
def test_i8_a_card_that_cannot_be_rendered(format_: Literal["html", "text"]) -> None:
    """The paper is shown as its title with its link, with a line that says so; so it rightly counts as told."""
    odd = paper("2611.00007", title="An odd graph")
    object.__setattr__(odd, "comment", 7)  # a value that no template foresaw
    issue = issue_of(on_sparse(item(paper(), "rout"), item(odd)))
    issue = replace(issue, subscriber=replace(issue.subscriber, format=format_))
    parts = Renderer().letter(issue, LINKS)
    assert [(told.kind, told.name) for told in parts.set_aside] == [("card", odd.key)]
    shown = parts.text if format_ == "text" else str(parts.html)
    assert "Rectifying" in shown
    assert "An odd graph" in shown
    assert str(odd.url) in shown
    assert "the rest of this paper could not be shown" in " ".join(shown.split())


class Box:
    """A mailbox whose second message makes the parser fail."""

    def __init__(self) -> None:
        self.marked: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def messages(self) -> Iterator[MailboxMessage]:
        for name, message in (("1", b"Subject: a\r\n\r\nb\r\n"), ("2", None), ("3", b"Subject: c\r\n\r\nd\r\n")):
            yield MailboxMessage(id=name, message=message)  # type: ignore[arg-type]

    def done(self, piece: MailboxMessage) -> None:
        self.marked.append(piece.id)


def test_i9_a_message_that_came_back_and_cannot_be_understood(store: Store) -> None:
    box, ear = Box(), ReturnAddress(address=Mailbox(address="b@example.org"), keys=["k" * 30], domain="example.org")
    read = read_bounces(store, box, "box", ear, clock=lambda: NOW)
    assert [each.fault for each in read] == [False, True, False]
    assert read[1].words.startswith("message 2 was not understood: ")
    assert box.marked == ["1", "2", "3"]
    assert read_bounces(store, Box(), "box", ear, clock=lambda: NOW) == []


def test_i10_a_template_of_the_house_fails(store: Store, tmp_path: Path) -> None:
    """Letters go out by our own template, which is told with the place of the mistake."""
    keep(store, preprint("2611.00001", title="Graphs"), first=False)
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter" / "text.txt.j2").write_text("{{ letter.nothing.at.all }}", "utf-8")
    letters = replace(FACTORY, renderer=Renderer(tmp_path), shipped=Renderer())
    results = compose(readers(), store, letters, now=NOW)
    assert set(outcome(results).values()) == {"written"}
    assert {(told.kind, told.name) for result in results for told in result.set_aside} == {
        ("template", str(tmp_path / "letter" / "text.txt.j2"))
    }
    assert compose_exit(results) == Exit.PARTLY


class LostZone(ZoneInfo):
    """A zone whose file has gone."""

    def utcoffset(self, at: datetime | None) -> timedelta:
        raise OSError("no such zone")


def test_i11_a_reader_whose_hours_cannot_be_computed(store: Store) -> None:
    keep(store, preprint("2611.00001", title="Graphs"), first=False)
    ada, ben, *others = readers()
    odd = replace(ben, timezone=LostZone("Europe/London"))
    results = compose([ada, odd, *others], store, FACTORY, now=NOW)
    assert [str(told) for result in results for told in result.set_aside] == [
        "the letter of ben, Mine was not written: OSError: no such zone"
    ]
    assert {result.subscriber for result in results} == {"", "ada", "cleo", "dan"}
    assert outcome(compose([ada, ben, *others], store, FACTORY, now=NOW)) == {"ben": "written"}


def test_i12_a_source_whose_calendar_fails(morning: Morning) -> None:
    world = morning.world
    world.web.routes |= {"/annals": [Reply(200, feed(GOOD))], "/acme": [Reply(200, ACME_ANSWER)]}
    with world.app() as opened:
        odd = LostCalendar(url=f"{world.web.url}/acme")
        app = replace(opened, sources=(odd, *opened.sources))
        app.pull(now=MORNING)
        app.compose(now=MORNING)
        app.deliver(lambda: MORNING)
        health = app.health(MORNING)[0]
        assert (health.word, health.error) == ("failing", "acme lost: ZeroDivisionError: division by zero")
    assert "A sound graph" in morning.text("ada")


@dataclass(frozen=True, slots=True, kw_only=True)
class LostCalendar(Dummy):
    """A source whose timetable has a mistake."""

    name: str = "acme lost"

    @property
    def timetable(self) -> Timetable | None:
        raise ZeroDivisionError("division by zero")


def test_i13_a_name_that_no_index_takes(postgres_url: str) -> None:
    """PostgreSQL refuses it with the class of errors that else means that the database is away."""
    key = "doi:10/" + "".join(sha256(str(number).encode()).hexdigest() for number in range(300))
    papers = [paper("2611.00001"), replace(paper("2611.00002"), key=key), paper("2611.00003")]
    with Store.open(postgres_url) as store:
        kept = keep_papers(store, "acme", papers, now=NOW, since=NOW, first=True)
    assert (kept.papers, [told.name for told in kept.set_aside]) == (2, [key[:120]])
