"""The commands around the outbox: deliver, outbox, hear, suppressions, readers, serve, prune, metrics, doctor."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from digest.app import load, open_app
from digest.cli import digest
from digest.limits import BackOff
from tests.support.bounce_reports import complaint, report
from tests.support.postfix_log import idle, taken, write
from tests.support.servers import DROP, MailServer, Reply, Says, WebServer
from tests.support.store_samples import already_sent

NOW = "2026-11-20T07:35:00+00:00"
LATER = "2026-11-20T09:35:00+00:00"
TOMORROW = "2026-11-21T07:35:00+00:00"
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Annals</title><link>https://annals.example/</link>
<item><title>Graph minors, once more</title><guid>doi:10.1234/annals.1</guid><link>https://annals.example/1</link>
<pubDate>Thu, 19 Nov 2026 00:00:00 GMT</pubDate></item></channel></rss>"""
DIGEST_YAML = """\
sender: Papers <papers@example.org>
secret: the secret of this house, long enough
smtp: smtp://127.0.0.1:{port}
bounces: {{address: b@bounces.example.org, url: "maildir:bounces"}}
sources:
  feeds:
    - {{name: Annals, url: {web}/annals, allow_private: true}}
"""
READER = (
    "email: {0}@example.org\ntimezone: UTC\nsubscriptions:\n  - {{name: Mine, when: daily 07:30, rules: [graph]}}\n"
)


class OutboxScenario:
    """An installation with two readers whose letters are in the outbox, not sent yet."""

    def __init__(self, folder: Path, mail: MailServer, web: WebServer) -> None:
        self.folder, self.mail = folder, mail
        readers = folder / "config" / "subscribers"
        readers.mkdir(parents=True)
        (folder / "config" / "digest.yaml").write_text(DIGEST_YAML.format(port=mail.port, web=web.url))
        for name in ("ada", "ben"):
            (readers / f"{name}.yaml").write_text(READER.format(name))
        for part in ("new", "cur", "tmp"):
            (folder / "bounces" / part).mkdir(parents=True)
        assert self.call("pull", "--now", NOW).exit_code == 0
        assert self.call("compose", "--now", NOW).exit_code == 0

    def call(self, *words: str) -> Result:
        return CliRunner().invoke(digest, words)

    def deliver(self, now: str = NOW) -> int:
        return self.call("deliver", "--now", now).exit_code

    def comes_back(self, name: str, message: bytes) -> None:
        (self.folder / "bounces" / "new" / name).write_bytes(message)

    def states(self) -> dict[str, str]:
        """Of each reader's letter."""
        with open_app(load(self.folder / "config", env={})) as app, app.store.reading() as connection:
            return {row[0]: row[1] for row in connection.exec_driver_sql("SELECT subscriber, state FROM delivery")}

    def ids(self) -> dict[str, str]:
        rows = [json.loads(line) for line in self.call("outbox", "--json").stdout.splitlines()]
        return {row["subscriber"]: str(row["id"]) for row in rows}


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OutboxScenario]:
    monkeypatch.chdir(tmp_path)
    with WebServer({"/annals": Reply(200, FEED)}) as web, MailServer() as mail:
        yield OutboxScenario(tmp_path, mail, web)


def test_each_letter_has_a_bounce_address_of_its_own(scenario: OutboxScenario) -> None:
    assert scenario.deliver() == 0
    senders = [taken.sender for taken in scenario.mail.taken]
    assert len(set(senders)) == 2
    assert all(re.fullmatch(r"b\+[a-z2-7]{24}@bounces\.example\.org", sender) for sender in senders)


def test_what_came_back_is_heard_once_and_the_address_gets_no_more(scenario: OutboxScenario) -> None:
    scenario.deliver()
    scenario.comes_back("1", report(scenario.mail.taken[0].sender))
    said = scenario.call("hear", "--now", LATER)
    assert said.exit_code == 0
    assert "ada: hard: 5.1.1 no such address; no more letters to this address" in said.output.replace("\n", " ")
    assert "nothing new came back" in scenario.call("hear", "--now", LATER).output
    listed = scenario.call("suppressions").stdout
    assert listed.startswith("ada@example.org  since 2026-11-20")
    assert scenario.call("suppressions", "lift", "Ada@Example.ORG").exit_code == 0
    assert scenario.call("suppressions", "lift", "ada@example.org").exit_code == 1
    assert "every address" in scenario.call("suppressions").stdout


def test_a_mail_server_hands_over_one_message_and_keeps_it_where_that_fails(scenario: OutboxScenario) -> None:
    scenario.deliver()
    message = report(scenario.mail.taken[0].sender)
    said = CliRunner().invoke(digest, ["hear", "-", "--now", LATER], input=message)
    assert (said.exit_code, "ada: hard" in said.output) == (0, True)
    (scenario.folder / "config" / "digest.yaml").write_text("sender: nobody\n")
    assert CliRunner().invoke(digest, ["hear", "-"], input=message).exit_code == 75
    assert scenario.call("hear").exit_code == 2


def test_a_suppressed_address_gets_nothing_until_it_is_lifted(scenario: OutboxScenario) -> None:
    assert scenario.call("suppressions", "add", "ben@example.org", "--why", "asked to").exit_code == 0
    scenario.deliver()
    assert scenario.states() == {"ada": "sent", "ben": "suppressed"}
    assert "asked to" in scenario.call("outbox").stdout.replace("\n", " ")
    (row,) = [json.loads(line) for line in scenario.call("suppressions", "--json").stdout.splitlines()]
    assert (row["address"], row["reason"]) == ("ben@example.org", "asked to")
    scenario.call("suppressions", "lift", "ben@example.org")
    assert scenario.call("outbox", "retry", scenario.ids()["ben"], "--now", LATER).exit_code == 0
    scenario.deliver(TOMORROW)
    assert scenario.states()["ben"] == "sent"


def test_a_complaint_ends_the_subscription_also_for_what_is_in_the_outbox(scenario: OutboxScenario) -> None:
    scenario.mail.script["RCPT"] = [Says.line("450 4.2.0 not now")] * 2
    scenario.deliver()
    (number,) = [word for word in scenario.mail.commands if word.startswith("MAIL")][:1]
    token = number[len("MAIL FROM:<") : number.index(">")]
    scenario.comes_back("1", complaint(token))
    assert "the subscription ends" in scenario.call("hear", "--now", LATER).output
    assert "nothing new" not in scenario.call("deliver", "--now", LATER).output
    assert scenario.states() == {"ada": "cancelled", "ben": "sent"}
    assert "config/subscribers/ada.yaml" in scenario.call("check").stdout + scenario.call("check").stderr


def test_who_has_left_may_come_back(scenario: OutboxScenario) -> None:
    assert "Mine (daily 07:30): next" in scenario.call("readers").stdout
    assert scenario.call("readers", "leave", "ada", "Mine", "--why", "asked to").exit_code == 0
    assert "Mine (daily 07:30): not sent: asked to" in scenario.call("readers").stdout
    scenario.deliver()
    assert scenario.states() == {"ada": "cancelled", "ben": "sent"}
    assert scenario.call("readers", "return", "ada").exit_code == 1
    assert scenario.call("readers", "return", "ada", "Mine").exit_code == 0
    assert "not sent" not in scenario.call("readers").stdout
    assert scenario.call("readers", "leave", "nobody").exit_code == 2


@pytest.mark.parametrize(
    "keys",
    [
        "site: https://papers.example.org\nlisten: 127.0.0.1:{0}\n",
        "admin: {{listen: '127.0.0.1:{0}', token: a token that is long enough}}\n",
    ],
)
def test_the_pages_are_served_where_they_are_configured(scenario: OutboxScenario, keys: str) -> None:
    refused = scenario.call("serve")
    assert (refused.exit_code, "`listen: 127.0.0.1:8000`" in refused.stderr) == (2, True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = scenario.folder / "config" / "digest.yaml"
    config.write_text(config.read_text() + keys.format(port))
    for command in ("serve", "run"):
        process = subprocess.Popen([sys.executable, "-m", "digest", command], stderr=subprocess.PIPE, text=True)
        try:
            assert _answer(f"http://127.0.0.1:{port}/healthz") == "alive\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
            assert process.stderr is not None
            said = process.stderr.read()
            process.stderr.close()
        assert "Traceback" not in said


def _answer(url: str) -> str:
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.get(url).text
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_person_decides_about_letters(scenario: OutboxScenario) -> None:
    scenario.mail.script["DOT"] = [DROP, Says.line("550 5.1.1 no such user: we do not trust you")]
    assert scenario.deliver() == 3
    assert scenario.states() == {"ada": "in doubt", "ben": "failed"}
    shown = scenario.call("outbox").stdout
    assert "presume-sent ID" in shown
    assert "Mend what the reason says" in shown
    ids = scenario.ids()
    answer = scenario.call("outbox", "presume-sent", ids["ada"], ids["ben"], "99")
    assert answer.exit_code == 3
    assert f"{ids['ada']}: was in doubt, is sent" in answer.stdout
    assert "is failed, and stays so" in answer.stderr
    assert "99: no such letter" in answer.stderr
    assert scenario.call("outbox", "retry", ids["ben"], "--now", NOW).exit_code == 0
    scenario.deliver(LATER)
    assert scenario.states() == {"ada": "sent", "ben": "sent"}
    assert scenario.call("outbox", "cancel", ids["ben"]).exit_code == 1


def test_a_letter_is_shown_with_all_that_has_become_of_it(scenario: OutboxScenario) -> None:
    scenario.mail.script["DOT"] = [DROP, Says.line("550 5.1.1 no such user: we do not trust you")]
    scenario.deliver()
    ids = scenario.ids()
    assert scenario.call("outbox", "retry", ids["ben"], "--now", NOW).exit_code == 0
    scenario.deliver(LATER)
    shown = scenario.call("outbox", "show", ids["ben"]).stdout
    order = [
        "  written",
        "  failed (DOT smtp://",
        "we do not trust you",
        "  ready: retry, by hand",
        "  sent (DOT smtp://",
    ]
    assert [shown.index(words) for words in order] == sorted(shown.index(words) for words in order)
    assert shown.endswith("\nsent\n")
    assert "@example.org>" in shown.splitlines()[0]  # its Message-ID
    assert "ben@example.org" not in shown
    raw = scenario.call("outbox", "show", ids["ben"], "--raw").stdout_bytes
    assert raw in [taken.message for taken in scenario.mail.taken]
    missing = scenario.call("outbox", "show", "99")
    assert (missing.exit_code, "99: no such letter" in missing.stderr) == (1, True)


def test_what_was_mended_is_asked_again_at_once(scenario: OutboxScenario) -> None:
    at, for_long = datetime.fromisoformat(NOW), timedelta(hours=20)
    with open_app(load(scenario.folder / "config", env={})) as app:
        app.store.breakers.record_failure(
            "domain", "example.org", now=at, words="550 5.7.26 DKIM", back_off=BackOff((for_long,))
        )
    scenario.deliver()
    assert set(scenario.states().values()) == {"ready"}
    other = scenario.call("outbox", "release", "example.com")
    assert (other.exit_code, "against others: example.org" in other.stderr) == (1, True)
    assert scenario.call("outbox", "release", "example.org").exit_code == 0
    scenario.deliver()
    assert scenario.states() == {"ada": "sent", "ben": "sent"}


def logging_to(scenario: OutboxScenario, name: str) -> Path:
    """From here on the relay has a log."""
    file, relay = scenario.folder / "config" / "digest.yaml", f"smtp://127.0.0.1:{scenario.mail.port}"
    file.write_text(file.read_text().replace(relay, f"{{url: {relay}, log: {name}}}"))
    return Path(name)


def test_the_relay_s_log_settles_what_is_in_doubt_before_it_is_sent_once_more(scenario: OutboxScenario) -> None:
    scenario.mail.script["DOT"] = [DROP, DROP]
    log = logging_to(scenario, "mail.log")
    scenario.deliver()
    assert scenario.states() == {"ada": "in doubt", "ben": "in doubt"}
    at = datetime.fromisoformat(NOW)
    write(log, idle(at - timedelta(hours=1), at + timedelta(hours=1), iso=True))
    rows = {row["subscriber"]: row for row in map(json.loads, scenario.call("outbox", "--json").stdout.splitlines())}
    assert {row["log"] for row in rows.values()} == {"the relay's log does not have it, and covers that time"}
    write(log, taken(rows["ada"]["message_id"], at=at, iso=True))
    said = scenario.call("deliver", "--now", LATER)
    assert "ada: sent: the relay's log has it: queue id 62C612B7C6C, status=sent" in said.output.replace("\n", " ")
    assert scenario.states() == {"ada": "sent", "ben": "sent"}
    came = [each.message for each in scenario.mail.taken]
    assert len(came) == 3  # ben's came once more
    assert sum(rows["ada"]["message_id"].encode() in message for message in came) == 1
    assert "nothing waits" in scenario.call("outbox").stdout


def test_the_outbox_asks_the_relay_s_log(scenario: OutboxScenario) -> None:
    scenario.mail.script["DOT"] = [DROP, DROP]
    log = logging_to(scenario, "mail.log")
    scenario.deliver()
    ids = scenario.ids()
    shown = scenario.call("outbox").stdout
    assert f"{ids['ada']}  ada  in doubt: the relay's log cannot tell: mail.log cannot be read: there is no" in shown
    keys = [json.loads(line)["message_id"] for line in scenario.call("outbox", "--json").stdout.splitlines()]
    write(log, [*taken(keys[0], at=datetime.fromisoformat(NOW), iso=True)])
    shown = scenario.call("outbox", "--in-doubt").stdout
    assert f"{ids['ada']}  ada  sent: the relay's log has it: queue id 62C612B7C6C" in shown
    assert scenario.states() == {"ada": "sent", "ben": "in doubt"}
    assert "@" not in shown


def test_after_a_restore_nothing_is_sent_until_it_is_confirmed_and_then_nothing_twice(scenario: OutboxScenario) -> None:
    shutil.copy("digest.db", "yesterday.db")
    assert scenario.deliver() == 0
    for leftover in Path().glob("digest.db-*"):
        leftover.unlink()
    shutil.copy("yesterday.db", "digest.db")
    refused = scenario.call("deliver", "--now", LATER)
    assert refused.exit_code == 1
    assert "--confirm-restore" in refused.stderr
    assert len(scenario.mail.taken) == 2
    assert scenario.call("deliver", "--now", LATER, "--confirm-restore").exit_code == 0
    assert scenario.states() == {"ada": "sent", "ben": "sent"}
    assert scenario.deliver(LATER) == 0
    assert len(scenario.mail.taken) == 2


def test_letters_that_may_not_go_out_now_are_not_called_none(scenario: OutboxScenario) -> None:
    scenario.mail.script["RCPT"] = [Says.line("451 4.7.0 too many letters at a time")]
    assert scenario.deliver() == 3
    said = scenario.call("deliver", "--now", NOW)
    assert "letters wait, and none of them can go out now" in said.output
    assert "example.org is left alone until 2026-11-20 07:50 UTC: " in said.output.replace("\n", " ")
    scenario.deliver(LATER)
    assert "nothing waits" in scenario.call("deliver", "--now", LATER).output


def test_pruning_keeps_the_memory(scenario: OutboxScenario) -> None:
    scenario.deliver()
    assert scenario.call("prune", "--keep", "3").exit_code == 2
    assert "dropped 0 letters" in scenario.call("prune", "--now", LATER).stdout
    assert "dropped 2 letters" in scenario.call("prune", "--now", "2027-11-20").stdout
    with open_app(load(Path("config"), env={})) as app:
        assert len(already_sent(app.store, "ada")) == 1
        assert app.store.outbox.count_by_state() == {}
    with sqlite3.connect("digest.db") as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_figures_for_prometheus(scenario: OutboxScenario) -> None:
    scenario.mail.script["DOT"] = [DROP]
    scenario.deliver()
    text = scenario.call("metrics", "--now", LATER).stdout
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["digest_letters", "sent"] == 1
    assert values["digest_letters", "in doubt"] == values["digest_mail_in_doubt",] == 1
    assert values["digest_oldest_waiting_seconds",] == 7200 - 15 * 60 - 0
    assert values["digest_source_well", "feeds Annals"] in (0, 1)
    assert "@" not in text


def test_what_is_stuck_is_told_with_what_to_do(scenario: OutboxScenario) -> None:
    scenario.mail.script["CONNECT"] = [Says.line("554 5.7.1 go away", close=True)] * 4
    assert scenario.deliver() == 75
    shown = scenario.call("outbox").stdout
    assert "is left alone until" in shown or "has failed" in shown
    with open_app(load(Path("config"), env={}), looking=True) as app:
        from digest.app.doctor import service_findings

        now = datetime.fromisoformat("2026-11-20T08:45:00+00:00")
        findings = {
            each.about: each
            for each in service_findings(
                app.store.stats.collect(now=now), app.store.breakers.list_all(), app.health(now), now=now
            )
        }
    assert (findings["outbox"].outcome, "`digest deliver`" in findings["outbox"].mend) == ("wrong", True)
    assert findings["due"].outcome == "well"
