"""The files of config/deploy/ before the programs that they are for. A tool that is missing is a failure."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from digest.delivery.journal import orphaned_journals
from tests.support.servers import MailServer, Reply, WebServer, unused_port
from tests.support.web_proxies import ADMIN, DEPLOY, SITE, Caddy, Nginx, Proxy, tool

pytestmark = pytest.mark.outside

TOKEN = "WyJhZGEiLCJNaW5lIl0.c2lnbmVk"
LEAVING = f"/unsubscribe/{TOKEN}"
ONE_CLICK = b"List-Unsubscribe=One-Click"


def judged(*command: str | Path) -> str:
    """What a judge that is content has to say."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


# --------------------------------------------------------------------------------------------------------- containers


@pytest.mark.parametrize("name", ["Dockerfile", "postfix/Dockerfile"])
def test_hadolint_has_nothing_to_say(name: str) -> None:
    assert judged(tool("hadolint"), DEPLOY / name) == ""


def test_compose_reads_its_file() -> None:
    compose = (tool("docker-compose"), "-f", str(DEPLOY / "compose.yaml"), "--profile", "workers", "config")
    assert "dockerfile: config/deploy/Dockerfile" in judged(*compose)
    assert judged(*compose, "--quiet") == ""


def test_a_journal_is_locked_across_containers(tmp_path: Path) -> None:
    """One folder for all containers of a host: process numbers of their own, as a container has them, do no harm."""
    if os.geteuid() != 0:
        pytest.skip("root alone makes such a container")
    writes = f"""\
import os, time
from datetime import UTC, datetime
from pathlib import Path
from digest.delivery.journal import Journal
journal = Journal.begin(Path({str(tmp_path)!r}), "ledger", now=datetime.now(UTC))
journal.announce(1, 1, "<a@example.org>")
journal.dot(1, 1)
print(os.getpid(), flush=True)
time.sleep(60)
"""
    command = [tool("unshare"), "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-c", writes]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as container:
        assert container.stdout
        assert container.stdout.readline() == "1\n"
        assert list(orphaned_journals(tmp_path)) == []
        container.kill()
    until = time.monotonic() + 10
    while not (left := list(orphaned_journals(tmp_path))) and time.monotonic() < until:
        time.sleep(0.05)
    (record,) = (each.record for each in left)
    assert record.same_boot
    assert [entry.mark for entry in record.entries] == ["D"]
    left[0].release()


def test_the_shells_of_the_relay_are_sound() -> None:
    assert judged("/bin/sh", "-n", DEPLOY / "postfix" / "start") == ""


def test_the_relay_hands_on_what_comes_from_its_own_net(tmp_path: Path) -> None:
    """The start of its image, as it is, with a folder of its own and another port."""
    if os.geteuid() != 0:
        pytest.skip("Postfix is started by root alone")
    with unused_port() as port:
        pass
    config = tmp_path / "config"
    config.mkdir()
    (config / "main.cf").write_text(f"queue_directory = {tmp_path}/queue\ndata_directory = {tmp_path}/data\n")
    master = Path("/usr/share/postfix/master.cf.dist").read_text()
    (config / "master.cf").write_text(master.replace("\nsmtp      inet", f"\n127.0.0.1:{port} inet"))
    (tmp_path / "queue").mkdir()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    (tmp_path / "data").mkdir()
    subprocess.run(["chown", "postfix", tmp_path / "data"], check=True)
    with MailServer() as onward:
        environment = os.environ | {
            "MAIL_CONFIG": str(config),
            "RELAY_NAME": "relay.example.org",
            "RELAY_HOST": f"[127.0.0.1]:{onward.port}",
            "PATH": f"{os.environ['PATH']}:/usr/sbin",
        }
        with (tmp_path / "log").open("wb") as log:
            relay = subprocess.Popen(
                [DEPLOY / "postfix" / "start"], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            _until(port, relay, tmp_path / "log")
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
                assert client.ehlo()[1].startswith(b"relay.example.org")
                client.sendmail("papers@example.org", ["ada@example.com"], b"Subject: hello\r\n\r\nhello\r\n")
            until = time.monotonic() + 20
            while not onward.taken and time.monotonic() < until:
                time.sleep(0.05)
        finally:
            subprocess.run([tool("postfix"), "-c", config, "stop"], capture_output=True, check=False)
            with suppress(ProcessLookupError):
                os.killpg(relay.pid, signal.SIGTERM)
            relay.wait(20)
    assert [(letter.sender, letter.recipients) for letter in onward.taken] == [
        ("papers@example.org", ("ada@example.com",))
    ]
    assert "warning" not in (tmp_path / "log").read_text()


def _until(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


# -------------------------------------------------------------------------------------------------------------- units


def test_systemd_has_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    units = []
    for path in sorted((DEPLOY / "systemd").glob("*.[st]*[er]")):
        if path.suffix in (".service", ".timer"):
            text = path.read_text().replace("/opt/morning-papers/bin/digest", sys.executable)
            (tmp_path / path.name).write_text(text)
            units.append(tmp_path / path.name.replace("@.", "@1."))
    assert len(units) == 4
    (tmp_path / "digest-worker@1.service").symlink_to(tmp_path / "digest-worker@.service")
    for unit in units:
        assert judged(tool("systemd-analyze"), "verify", "--man=no", unit) == ""


def test_systemd_makes_the_user() -> None:
    assert "user 'digest'" in judged(tool("systemd-sysusers"), "--dry-run", DEPLOY / "systemd" / "digest.sysusers")


# ------------------------------------------------------------------------------------------------------------ proxies


@pytest.fixture
def pages() -> Iterator[WebServer]:
    with WebServer({path: Reply(200, b"yes") for path in ("/", "/style.css", LEAVING)}) as server:
        yield server


@pytest.fixture(params=[Nginx, Caddy])
def proxy(request: pytest.FixtureRequest, pages: WebServer, tmp_path: Path) -> Iterator[Proxy]:
    kind: type[Proxy] = request.param
    with kind(tmp_path / "proxy", pages=pages.port, admin=pages.port) as running:
        yield running


def ask(
    proxy: Proxy, method: str, path: str, *, host: str = SITE, clear: bool = False, **more: object
) -> httpx.Response:
    url = f"http://127.0.0.1:{proxy.http}{path}" if clear else f"https://127.0.0.1:{proxy.https}{path}"
    headers = {"Host": host} | dict(more.pop("headers", {}))  # type: ignore[call-overload]
    with httpx.Client(verify=False, trust_env=False) as client:
        return client.request(method, url, headers=headers, extensions={"sni_hostname": host}, **more)  # type: ignore[arg-type]


def test_looking_is_led_to_https_and_posting_is_not(proxy: Proxy, pages: WebServer) -> None:
    looked = ask(proxy, "GET", LEAVING, clear=True)
    assert (looked.status_code, looked.headers["Location"]) == (301, f"https://{SITE}{LEAVING}")
    posted = ask(proxy, "POST", LEAVING, clear=True, content=ONE_CLICK)
    assert posted.status_code == 403
    assert "Location" not in posted.headers
    assert pages.asked == []


def test_one_click_arrives_and_nobody_is_believed_about_himself(proxy: Proxy, pages: WebServer) -> None:
    told = {"X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.66", "X-Remote-User": "mallory"}
    answer = ask(proxy, "POST", LEAVING, content=ONE_CLICK, headers=told)
    assert (answer.status_code, answer.content, answer.history) == (200, b"yes", [])
    assert "Strict-Transport-Security" in answer.headers
    (asked,) = pages.asked
    assert (asked.method, asked.path, asked.body) == ("POST", LEAVING, ONE_CLICK)
    assert asked.headers["x-forwarded-for"] == "127.0.0.1"
    assert asked.headers["x-forwarded-proto"] == "https"
    assert asked.headers["host"] == SITE
    assert not asked.headers.keys() & {"forwarded", "x-remote-user"}


def test_more_than_64k_is_refused(proxy: Proxy) -> None:
    assert ask(proxy, "POST", LEAVING, content=b"x" * 65_000).status_code == 200
    assert ask(proxy, "POST", LEAVING, content=b"x" * 70_000).status_code in (413, 502)  # 502: older Caddys


@pytest.mark.parametrize("kind", [Nginx, Caddy])
@pytest.mark.parametrize("is_up", [True, False])
def test_no_token_in_any_log_whatever_goes_wrong(
    kind: type[Proxy], is_up: bool, pages: WebServer, tmp_path: Path
) -> None:
    with unused_port() as nobody:
        port = pages.port if is_up else nobody
        with kind(tmp_path / "proxy", pages=port, admin=port) as proxy:
            for path in (LEAVING, f"/papers{LEAVING}/undo", f"/me/{TOKEN}", f"/confirm/{TOKEN}", f"/issue/{TOKEN}"):
                for clear in (True, False):
                    ask(proxy, "GET", path, clear=clear, headers={"Referer": f"https://{SITE}/feed/{TOKEN}"})
                    ask(proxy, "POST", path, clear=clear, content=b"x" * 70_000)
            answer = ask(proxy, "POST", LEAVING, content=ONE_CLICK)
            assert answer.status_code == (200 if is_up else 502)
    assert TOKEN not in proxy.logs()


def test_the_admin_logs_in_at_the_proxy(proxy: Proxy, pages: WebServer) -> None:
    assert ask(proxy, "GET", "/", host=ADMIN, headers={"X-Remote-User": "ada"}).status_code == 401
    assert ask(proxy, "GET", "/", host=ADMIN, auth=("ada", "guess")).status_code == 401
    assert pages.asked == []
    answer = ask(proxy, "GET", "/", host=ADMIN, auth=("ada", "secret"), headers={"X-Remote-User": "mallory"})
    assert answer.status_code == 200
    (asked,) = pages.asked
    assert asked.headers["x-remote-user"] == "ada"
    assert "authorization" not in asked.headers


def test_nginx_slows_people_down_and_lets_a_provider_unsubscribe_many(pages: WebServer, tmp_path: Path) -> None:
    with Nginx(tmp_path / "proxy", pages=pages.port, admin=pages.port) as proxy:
        assert {ask(proxy, "POST", LEAVING, content=ONE_CLICK).status_code for _ in range(60)} == {200}
        looked = [ask(proxy, "GET", "/").status_code for _ in range(60)]
        assert looked[:30] == [200] * 30
        assert 429 in looked
        assert "GET / " in proxy.logs()
