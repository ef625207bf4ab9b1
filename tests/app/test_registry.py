"""Sources and channels from one file and one row each: of a test, and of a package that is installed beside ours."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.app import load, open_app
from digest.app.registry import Registry, installed, with_entry_points
from digest.cli import digest
from digest.delivery.channels import CHANNELS
from digest.errors import ConfigError
from digest.http import HttpClient
from digest.sources import SOURCES
from tests.support.config_files import folder
from tests.support.dummy_channel import PIGEON
from tests.support.dummy_source import ACME
from tests.support.servers import Reply, WebServer

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)  # a Friday
OURS = {"sources": {**SOURCES, "acme": ACME}, "channels": {**CHANNELS, "pigeon": PIGEON}}
READER = """\
email: ada@example.org
timezone: UTC
subscriptions:
  - {name: Mine, when: daily 07:30, rules: ['ti:sparse']}
  - {name: Quiet, when: daily 07:30, rules: ['ti:nothing'], quiet: send}
"""


def config_folder(place: Path, url: str) -> Path:
    (place / "config").mkdir()
    text = (
        f"database: sqlite:///{place}/digest.db\nsender: Papers <papers@example.org>\n"
        f"smtp: pigeon:{place}/sent\nsources:\n  acme: {{url: '{url}'}}\n"
    )
    return folder(place / "config", text, ada=READER)


def test_a_source_and_a_way_out_of_a_test(tmp_path: Path) -> None:
    papers = json.dumps({"10.1/a": "A sparse model", "10.1/b": "A dense one"}).encode()
    with WebServer({"/papers": Reply(200, papers)}) as server:
        config = config_folder(tmp_path, f"{server.url}/papers")
        with pytest.raises(ConfigError, match="no source `acme`"):
            load(config, {}, channels=OURS["channels"])  # type: ignore[arg-type]
        with open_app(load(config, {}, **OURS), client=HttpClient(contact="a@example.org"), **OURS) as app:  # type: ignore[arg-type]
            [pulled] = app.pull(now=NOW)
            assert (pulled.source, pulled.new, pulled.fault) == ("acme all", 2, None)
            app.compose(now=NOW)
            assert app.deliver(lambda: NOW).count("sent") == 2
            assert [(each.name, each.word) for each in app.health(NOW)] == [("acme all", "well")]
            assert app.store.outbox.unsent() == []
    sent = (tmp_path / "sent").read_bytes()
    assert b"A sparse model" in sent
    assert b"A dense one" not in sent
    given = [json.loads(line) for line in (tmp_path / "sent.jsonl").read_text().splitlines()]
    [mine] = [each for each in given if each["papers"]]
    assert mine["to"] == "ada@example.org"
    assert mine["papers"] == [{"title": "A sparse model", "url": "https://acme.example/10.1/a", "why": "Mine"}]
    assert "A sparse model" in mine["text"]
    assert mine["subject"] in sent.decode()


def test_its_absence_is_told_by_its_own_name(tmp_path: Path) -> None:
    with WebServer({"/papers": Reply(404, b"gone")}) as server:
        config = config_folder(tmp_path, f"{server.url}/papers")
        with open_app(load(config, {}, **OURS), client=HttpClient(contact="a@example.org"), **OURS) as app:  # type: ignore[arg-type]
            for hours in range(0, 24, 4):
                app.pull(now=NOW - timedelta(hours=24 - hours))
            app.compose(now=NOW)
            app.deliver(lambda: NOW)
    assert b"Acme Preprints" in (tmp_path / "sent").read_bytes()


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, which `sys.path` has."""
    place = tmp_path / "site-packages"
    place.mkdir()
    monkeypatch.syspath_prepend(str(place))
    installed.cache_clear()
    yield place
    installed.cache_clear()
    for name in [each for each in sys.modules if each.startswith("acme_papers")]:
        del sys.modules[name]


def install(place: Path, name: str, points: str, code: str = "") -> None:
    """A distribution, as pip would leave it there."""
    info = place / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(points)
    (place / f"{name}.py").write_text(code)


GOOD = "from tests.support.dummy_channel import PIGEON\nfrom tests.support.dummy_source import ACME\n"
POINTS = "[digest.sources]\nacme = acme_papers:ACME\n\n[digest.channels]\npigeon = acme_papers:PIGEON\n"


def test_an_installed_package_adds_its_own(beside: Path, tmp_path: Path) -> None:
    install(beside, "acme_papers", POINTS, GOOD)
    config = config_folder(tmp_path, "http://127.0.0.1:9/")
    result = CliRunner().invoke(digest, ["--config", str(config), "check", "--quick"])
    assert result.exit_code == 0, result.output
    assert "papers from acme, letters by pigeon:" in result.stdout
    assert result.stderr == ""


def test_what_is_broken_is_told_in_a_line_and_stops_nobody(beside: Path) -> None:
    install(beside, "acme_papers", POINTS, GOOD)
    install(beside, "acme_papers_broken", "[digest.sources]\nbroken = acme_papers_broken:KIND\n", "1 / 0\n")
    install(beside, "acme_papers_missing", "[digest.channels]\nlost = acme_papers_missing:NOTHING\n")
    install(beside, "acme_papers_odd", "[digest.channels]\nodd = acme_papers_odd:ODD\n", "ODD = 7\n")
    found = with_entry_points(Registry())
    assert (found.sources["acme"], found.channels["pigeon"]) == (ACME, PIGEON)
    assert set(found.sources) == {*SOURCES, "acme"}
    assert set(found.channels) == {*CHANNELS, "pigeon"}
    assert [fault.partition(" is set aside: ")[::2] for fault in found.faults] == [
        ("digest.sources: 'broken' of acme_papers_broken 1.0", "ZeroDivisionError: division by zero"),
        (
            "digest.channels: 'lost' of acme_papers_missing 1.0",
            "AttributeError: module 'acme_papers_missing' has no attribute 'NOTHING'",
        ),
        ("digest.channels: 'odd' of acme_papers_odd 1.0", "acme_papers_odd:ODD is no ChannelKind"),
    ]


def test_a_name_that_is_taken_is_refused(beside: Path) -> None:
    points = "[digest.sources]\narxiv = acme_papers:ACME\n\n[digest.channels]\nsmtp = acme_papers:PIGEON\n"
    install(beside, "acme_papers", points, GOOD)
    found = with_entry_points(Registry())
    assert found.sources["arxiv"] is SOURCES["arxiv"]
    assert [fault.rpartition(": ")[2] for fault in found.faults] == ["Morning Papers itself has that name"] * 2
