"""I1 to I9: one odd entry, paper, source, reader or card is set aside and told; all others have their letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.ingest.pull import PullResult
from tests.support.journey import MORNING, World, write_config, write_reader
from tests.support.servers import MailServer, Reply, WebServer
from tests.support.source_answers import daily, oai_error

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
    for reader in ("ada", "ben"):
        assert "An odd graph" in morning.text(reader)
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
    for reader in ("ada", "ben"):
        assert "A sound graph" in morning.text(reader)
