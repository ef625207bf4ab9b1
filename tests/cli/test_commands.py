"""The commands of the pipeline end to end: their output, what they write, and their exit codes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.app import load, open_app
from digest.cli import COMMANDS, digest
from tests.support.servers import MailServer, Reply, Says, WebServer, unused_port
from tests.support.source_answers import Preprint, oai, oai_error
from tests.support.store_samples import already_sent

NOW = "2026-11-20T07:35:00+00:00"
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Annals</title><link>https://annals.example/</link>
<item><title>Graph minors, once more</title><guid>doi:10.1234/annals.1</guid><link>https://annals.example/1</link>
<pubDate>Thu, 19 Nov 2026 00:00:00 GMT</pubDate></item></channel></rss>"""


class CommandScenario:
    """A working directory with a config, a journal's web server and a mail server."""

    def __init__(self, folder: Path, web: WebServer, mail: MailServer) -> None:
        self.folder, self.web, self.mail = folder, web, mail
        self.write(smtp=f"smtp://127.0.0.1:{mail.port}")

    def write(self, *, smtp: str, sources: str = "") -> None:
        (self.folder / "config" / "subscribers").mkdir(parents=True, exist_ok=True)
        feeds = f"  feeds:\n    - {{name: Annals, url: {self.web.url}/annals, allow_private: true}}\n"
        (self.folder / "config" / "digest.yaml").write_text(
            f"sender: Papers <papers@example.org>\nsmtp: {smtp}\nsources:\n{sources or feeds}"
        )
        (self.folder / "config" / "subscribers" / "ada.yaml").write_text(
            "email: ada@example.org\ntimezone: UTC\n"
            "subscriptions:\n  - {name: Mine, when: daily 07:30, rules: [graph]}\n"
        )

    def call(self, *words: str) -> Result:
        return CliRunner().invoke(digest, words)

    def rows(self) -> tuple[dict[str, int], int, int]:
        """Letters by state, issues, and what ada was told."""
        with open_app(load(self.folder / "config", env={})) as app:
            return (
                app.store.outbox.count_by_state(),
                len(app.store.issues.latest()),
                len(already_sent(app.store, "ada")),
            )


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandScenario]:
    monkeypatch.chdir(tmp_path)
    with WebServer({"/annals": Reply(200, FEED, {"ETag": '"1"'})}) as web, MailServer() as mail:
        yield CommandScenario(tmp_path, web, mail)


def test_help_is_quick_and_names_every_command() -> None:
    code = (
        "import sys\nfrom digest.cli import digest\n"
        "digest.main(['--help'], standalone_mode=False)\n"
        "print(sorted({'sqlalchemy', 'premailer', 'lxml', 'apscheduler', 'httpx'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.rstrip().endswith("[]")
    assert all(re.search(rf"^  {name} ", said, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(digest, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 5


def test_a_mistyped_command_gets_the_nearest_one() -> None:
    result = CliRunner().invoke(digest, ["sedn"])
    assert result.exit_code == 2
    assert "Did you mean 'send'?" in result.output


def test_without_a_config_the_mend_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("check", "pull", "compose", "deliver", "outbox"):
        result = CliRunner().invoke(digest, [name])
        assert (result.exit_code, "digest init" in result.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_step_by_step(scenario: CommandScenario) -> None:
    pulled = scenario.call("pull", "--now", NOW)
    assert (pulled.exit_code, "feeds Annals: 1 paper, 1 new" in pulled.stderr) == (0, True)
    composed = scenario.call("compose", "--now", NOW)
    assert (composed.exit_code, "ada, Mine, 2026-11-20T07:30: 1 paper" in composed.stderr) == (0, True)
    sent = scenario.call("deliver", "--now", NOW)
    assert (sent.exit_code, "ada: sent" in sent.stderr) == (0, True)
    assert len(scenario.mail.taken) == 1
    assert "nothing is due" in scenario.call("compose", "--now", NOW).stderr
    assert "nothing waits" in scenario.call("deliver", "--now", NOW).stderr


def test_once_for_cron(scenario: CommandScenario) -> None:
    assert scenario.call("run", "--once", "--now", NOW).exit_code == 0
    assert scenario.call("run", "--once", "--now", NOW).exit_code == 0
    assert len(scenario.mail.taken) == 1


def test_a_clock_goes_with_once_alone(scenario: CommandScenario) -> None:
    assert scenario.call("run", "--now", NOW).exit_code == 2


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", "7y"])
def test_a_time_that_is_none_is_told(scenario: CommandScenario, time: str) -> None:
    result = scenario.call("compose", "--now", time)
    assert (result.exit_code, "is no time" in result.stderr) == (2, True)


def test_an_unknown_source_is_told_with_those_there_are(scenario: CommandScenario) -> None:
    result = scenario.call("pull", "--source", "nature")
    assert (result.exit_code, "feeds Annals" in result.stderr) == (2, True)


def test_a_source_that_fails_is_later_and_beside_others_partly(scenario: CommandScenario) -> None:
    scenario.web.routes["/annals"] = [Reply(404, b"gone")]
    assert scenario.call("pull", "--now", NOW).exit_code == 75
    both = "".join(
        f"    - {{name: {name}, url: {scenario.web.url}/{name}, allow_private: true}}\n" for name in ("annals", "other")
    )
    scenario.web.routes["/other"] = [Reply(200, FEED)]
    scenario.write(smtp=f"smtp://127.0.0.1:{scenario.mail.port}", sources=f"  feeds:\n{both}")
    result = scenario.call("pull", "--now", NOW)
    assert (result.exit_code, "answered 404" in result.stderr) == (3, True)


def test_a_relay_that_is_down_is_later_and_the_letter_waits(scenario: CommandScenario) -> None:
    with unused_port() as port:
        scenario.write(smtp=f"smtp://127.0.0.1:{port}")
        assert scenario.call("run", "--once", "--now", NOW).exit_code == 3
        assert scenario.call("deliver", "--now", NOW).exit_code == 75
    assert scenario.rows()[0] == {"ready": 1}


def test_a_refused_letter_shows_the_servers_words(scenario: CommandScenario) -> None:
    scenario.mail.script["RCPT"] = [Says.line("550 5.1.1 no mailbox of that name")]
    assert scenario.call("run", "--once", "--now", NOW).exit_code == 3
    assert "no mailbox of that name" in scenario.call("outbox").stdout.replace("\n", " ")
    (line,) = scenario.call("outbox", "--json").stdout.splitlines()
    row = json.loads(line)
    assert (row["state"], row["subscriber"]) == ("failed", "ada")
    assert re.fullmatch(r"<[0-9a-f]+@example\.org>", row["message_id"])
    assert scenario.call("outbox", "--in-doubt", "--json").stdout == ""


def test_by_hand(scenario: CommandScenario) -> None:
    scenario.call("pull", "--now", NOW)
    dry = scenario.call("send", "ada", "--since", "7d", "--dry-run", "--now", NOW)
    assert (dry.exit_code, "doi:10.1234/annals.1" in dry.stdout) == (0, True)
    assert scenario.rows() == ({}, 0, 0)
    assert scenario.call("send", "ada", "--to", "desk@example.org", "--now", NOW).exit_code == 0
    assert scenario.rows() == ({"sent": 1}, 1, 0)
    assert scenario.mail.taken[0].recipients == ("desk@example.org",)
    assert scenario.call("send", "ada", "--record", "--now", NOW.replace("07:35", "07:36")).exit_code == 0
    assert scenario.rows() == ({"sent": 2}, 2, 1)
    assert scenario.call("run", "--once", "--now", NOW).exit_code == 0
    assert len(scenario.mail.taken) == 2  # what was recorded comes no more


def test_an_unknown_reader_gets_the_nearest_name(scenario: CommandScenario) -> None:
    for command in ("send", "preview"):
        result = scenario.call(command, "adda")
        assert (result.exit_code, "did you mean 'ada'?" in result.stderr) == (2, True)


@pytest.mark.parametrize(("form", "has"), [("text", "Graph minors"), ("html", "<!DOCTYPE html>"), ("eml", "Subject: ")])
def test_preview_shows_a_letter_and_writes_nothing(scenario: CommandScenario, form: str, has: str) -> None:
    scenario.call("pull", "--now", NOW)
    result = scenario.call("preview", "ada", "--format", form, "--now", NOW)
    assert (result.exit_code, has in result.stdout) == (0, True)
    assert scenario.rows() == ({}, 0, 0)
    assert scenario.call("preview", "ada", "-o", f"letter.{form}", "--now", NOW).exit_code == 0
    assert (scenario.folder / f"letter.{form}").stat().st_size > 100


def test_looking_makes_no_database(scenario: CommandScenario) -> None:
    for words in (("preview", "ada"), ("send", "ada", "--dry-run"), ("outbox",)):
        assert scenario.call(*words).exit_code == 0
    assert not (scenario.folder / "digest.db").exists()


def test_reading_saved_answers(tmp_path: Path) -> None:
    good, bad, error = tmp_path / "good.xml", tmp_path / "bad.xml", tmp_path / "error.xml"
    good.write_bytes(oai([Preprint(id="2611.00001", title="One\u2028line")]))
    bad.write_bytes(b"<html>busy</html>")
    error.write_bytes(oai_error("badArgument"))
    result = CliRunner().invoke(digest, ["read", "arxiv", *map(str, (good, bad, error)), "--json"])
    assert result.exit_code == 1
    (line,) = result.stdout.split("\n")[:-1]
    paper = json.loads(line)
    assert list(paper)[:4] == ["key", "ids", "version", "title"]
    assert (paper["key"], paper["published"], paper["doi"]) == ("arxiv:2611.00001", "2026-11-18T10:00:00Z", None)
    assert "is no answer of arxiv" in result.stderr
    assert "badArgument" in result.stderr
    assert CliRunner().invoke(digest, ["read", "arxiv", str(error)]).exit_code == 0
    assert CliRunner().invoke(digest, ["read", "arxif", str(error)]).exit_code == 2


def test_the_demo_serves_three_readers_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a place für papers"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    first = CliRunner().invoke(digest, ["demo"])
    assert first.exit_code == 0, first.output
    letters = sorted(path.name for path in (folder / "demo" / "letters").iterdir())
    for suffix in (".eml", ".html"):
        found = [name for name in letters if name.endswith(suffix)]
        assert sorted(name.split("-")[1] for name in found) == ["ada", "chen", "grace"]
    second = CliRunner().invoke(digest, ["demo"])
    assert (second.exit_code, "all letters were sent before" in second.output) == (0, True)
    assert sorted(path.name for path in (folder / "demo" / "letters").iterdir()) == letters


def test_the_daemon_reloads_a_good_config_keeps_a_bad_one_and_stops_after_the_letter(
    scenario: CommandScenario,
) -> None:
    reader = scenario.folder / "config" / "subscribers" / "ada.yaml"
    now = time.gmtime()
    reader.write_text(reader.read_text().replace("07:30", f"{now.tm_hour:02}:{now.tm_min:02}"))
    feed = re.sub(rb"<pubDate>[^<]*", time.strftime("<pubDate>%a, %d %b %Y 00:00:00 GMT", now).encode(), FEED)
    scenario.web.routes["/annals"] = [Reply(200, feed)]
    scenario.mail.script["DOT"] = [Says.line("250 2.0.0 taken")]
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "run"], cwd=scenario.folder, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    lines: list[str] = []

    def said(words: str) -> bool:
        while not any(words in line for line in lines):
            line = process.stderr.readline() if process.stderr else ""
            assert line, lines
            lines.append(line)
        return True

    try:
        assert said('"event": "running"')
        assert said("feeds Annals: 1 paper")
        good = (scenario.folder / "config" / "digest.yaml").read_text()
        (scenario.folder / "config" / "digest.yaml").write_text(good + "titel: x\n")
        process.send_signal(signal.SIGHUP)
        assert said("kept as it was")
        (scenario.folder / "config" / "digest.yaml").write_text(good + "connections: 3\n")
        process.send_signal(signal.SIGHUP)
        assert said("read anew")
        assert said('"settings": ["connections"]')
        _until(lambda: bool(scenario.mail.taken))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
    log = "".join(lines) + process.stderr.read()
    process.stderr.close()
    assert "stopped" in log
    assert "ada@example.org" not in log


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)
