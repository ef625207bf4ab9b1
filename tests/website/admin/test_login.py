"""Login of the admin site: by token or proxy header, wrong tokens, and what is logged."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from digest.app import App
from digest.limits import RateLimit
from digest.website.admin import create_admin_site
from digest.website.admin.login import LoginThrottle
from digest.website.security_headers import HEADERS
from tests.support.admin_site import (
    BY_EITHER,
    BY_PROXY,
    FORM_PATHS,
    TOKEN,
    AdminClient,
    admin_client,
    admin_state,
    open_admin_app,
)
from tests.support.site_server import serve_on_socket
from tests.support.store_samples import NOW

PAGES = ("/", "/outbox", "/readers", "/readers/ada", "/suppressions", "/sources", "/due", "/metrics", "/style.css")


@pytest.fixture
def store_url(made_file: Path, tmp_path: Path) -> str:
    """One kind of database is enough for a login."""
    shutil.copy(made_file, tmp_path / "digest.db")
    return f"sqlite:///{tmp_path / 'digest.db'}"


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    with open_admin_app(tmp_path, store_url) as opened:
        yield opened


@pytest.fixture
def stranger(app: App) -> Iterator[AdminClient]:
    with admin_client(app, logged_in=False) as opened:
        yield opened


def basic(password: str, user: str = "x") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_nothing_is_seen_without_a_login_but_that_the_service_lives(stranger: AdminClient) -> None:
    for path in (*PAGES, "/nothing", "/readers/nobody", "//", "/healthz/", "/healthz/..", "/HEALTHZ"):
        answer = stranger.web.get(path)
        assert (path, answer.status_code) == (path, 401)
        assert answer.headers["www-authenticate"].startswith("Basic realm=")
        assert "example.org" not in answer.text
    assert stranger.web.get("/healthz").text == "alive\n"
    assert stranger.web.get("/readyz").text == "ready\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_no_method_goes_around_the_login(stranger: AdminClient, method: str) -> None:
    before = admin_state(stranger.store)
    for path in (*PAGES, *FORM_PATHS):
        assert stranger.web.request(method, path).status_code == 401
    assert admin_state(stranger.store) == before


@pytest.mark.parametrize(
    "login",
    [
        basic(TOKEN),
        basic(TOKEN, user=""),
        basic(TOKEN, user="admin"),
        basic(TOKEN).replace("Basic", "basic"),
        f"Bearer {TOKEN}",
        f"bearer {TOKEN}",
    ],
)
def test_the_token_opens_as_a_password_and_as_a_bearer(stranger: AdminClient, login: str) -> None:
    for path in PAGES:
        assert stranger.web.get(path, headers={"Authorization": login}).status_code == 200


@pytest.mark.parametrize(
    "login",
    [
        basic(""),
        basic(TOKEN[:-1]),
        basic(TOKEN + "x"),
        basic(TOKEN.upper()),
        basic("", user=TOKEN),
        "Basic " + base64.b64encode(TOKEN.encode()).decode(),
        f"Basic {TOKEN}",
        "Basic !!!",
        "Basic ÿ",
        "Basic",
        "Bearer",
        f"Token {TOKEN}",
        TOKEN,
    ],
)
def test_what_is_not_the_token_opens_nothing(stranger: AdminClient, login: str) -> None:
    answer = stranger.web.get("/", headers=[(b"Authorization", login.encode("latin-1"))])
    assert answer.status_code == 401


def test_two_logins_at_once_are_none(stranger: AdminClient) -> None:
    both = [("Authorization", basic("wrong")), ("Authorization", basic(TOKEN))]
    assert stranger.web.get("/", headers=both).status_code == 401


def test_a_token_may_hold_letters_of_any_script(tmp_path: Path, store_url: str) -> None:
    token = "Prüfung: eine lange Losung"
    more = f"admin: {{listen: 127.0.0.1:8001, token: '{token}'}}"
    with open_admin_app(tmp_path, store_url, more) as app, admin_client(app, logged_in=False) as opened:
        for login in (basic(token).encode(), f"Bearer {token}".encode()):
            assert opened.web.get("/", headers=[(b"Authorization", login)]).status_code == 200


def test_a_header_that_a_client_writes_logs_nobody_in_where_none_is_configured(stranger: AdminClient) -> None:
    for name in ("X-Remote-User", "Remote-User", "X-Forwarded-User", "X-Forwarded-For"):
        assert stranger.web.get("/", headers={name: "admin"}).status_code == 401


def test_the_proxy_s_header_logs_in_whom_it_names(tmp_path: Path, store_url: str) -> None:
    with open_admin_app(tmp_path, store_url, BY_PROXY) as app, admin_client(app, logged_in=False) as opened:
        page = opened.web.get("/", headers={"X-Remote-User": "<b>grace</b>"})
        assert page.status_code == 200
        assert "&lt;b&gt;grace&lt;/b&gt;" in page.text
        assert opened.web.get("/").status_code == 403
        for nobody in ("", "-", "(null)", "{http.auth.user.id}"):
            assert opened.web.get("/", headers={"X-Remote-User": nobody}).status_code == 403
        twice = [("X-Remote-User", "grace"), ("X-Remote-User", "admin")]
        assert opened.web.get("/", headers=twice).status_code == 403
        assert opened.web.get("/", headers={"Authorization": basic("")}).status_code == 403


def test_either_login_will_do_where_both_are_configured(tmp_path: Path, store_url: str) -> None:
    with open_admin_app(tmp_path, store_url, BY_EITHER) as app, admin_client(app, logged_in=False) as opened:
        assert opened.web.get("/", headers={"X-Remote-User": "grace"}).status_code == 200
        assert opened.web.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert opened.web.get("/").status_code == 401


def test_who_guesses_is_stopped_for_a_minute_and_the_right_token_always_passes(stranger: AdminClient) -> None:
    def ask(password: str) -> int:
        return stranger.web.get("/", headers={"Authorization": basic(password)}).status_code

    assert [ask(f"guess {number}") for number in range(12)] == [401] * 10 + [429] * 2
    assert ask(TOKEN) == 200
    stopped = stranger.web.get("/", headers={"Authorization": basic("a guess"), "X-Forwarded-For": "192.0.2.1"})
    assert (stopped.status_code, stopped.headers["retry-after"]) == (429, "60")
    assert stranger.web.get("/healthz").status_code == 200
    stranger.clock.now += timedelta(minutes=1)
    assert ask("a guess") == 401


def test_a_browser_that_asks_without_a_login_guesses_nothing(stranger: AdminClient) -> None:
    assert {stranger.web.get("/").status_code for _ in range(30)} == {401}
    assert stranger.web.get("/", headers={"Authorization": basic(TOKEN)}).status_code == 200


def test_the_memory_of_guesses_does_not_grow() -> None:
    throttle = LoginThrottle(RateLimit(2, timedelta(minutes=1)), max_peers=100)
    for number in range(1000):
        throttle.record_failure(f"192.0.2.{number}", NOW)
        throttle.record_failure(f"192.0.2.{number}", NOW)
    assert not throttle.is_full("192.0.2.1", NOW)
    assert throttle.is_full("192.0.2.999", NOW)
    assert len(throttle._failed) == 100


def test_what_was_typed_and_who_reads_is_in_no_log(app: App, capfd: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()  # whatever a command has set it to in this process
    with admin_client(app, logged_in=False) as opened:
        opened.web.get("/", headers={"Authorization": basic("hunter2hunter2", user="my-name")})
    with admin_client(app) as opened:
        opened.post("/suppressions/add", address="grace@example.org", why="she said so")
        opened.post("/suppressions/lift", address="grace@example.org")
        opened.post("/readers/ada/suppress")
        opened.post("/readers/ada/leave", subscription="")
        opened.web.get("/readers?q=ada@example.org")
    said = "".join(capfd.readouterr())
    assert "admin login refused" in said
    assert "did=left" in said
    for secret in (
        "hunter2",
        "my-name",
        TOKEN,
        "@example.org",
        "she said so",
        base64.b64encode(TOKEN.encode()).decode(),
    ):
        assert secret not in said


def test_a_new_token_counts_at_once_and_an_admin_who_is_gone_opens_nothing(app: App) -> None:
    now = [app]
    with serve_on_socket(create_admin_site(lambda: now[0], clock=lambda: NOW), auth=("x", TOKEN)) as web:
        assert web.get("/").status_code == 200
        assert app.config.admin
        other = replace(app.config.admin, token=None, user_header="X-Remote-User")
        now[0] = replace(app, config=replace(app.config, admin=other))
        assert web.get("/").status_code == 403
        now[0] = replace(app, config=replace(app.config, admin=None))
        assert web.get("/", headers={"X-Remote-User": "grace"}).status_code == 403


def test_every_answer_is_guarded_and_none_is_kept(app: App) -> None:
    with admin_client(app) as opened:
        for path in (*PAGES, "/nothing", "/healthz"):
            answer = opened.web.get(path)
            assert HEADERS.items() <= {name: answer.headers.get(name) for name in HEADERS}.items()
            assert answer.headers["Cache-Control"] == ("max-age=3600" if path == "/style.css" else "no-store")
            if answer.headers["Content-Type"].startswith("text/html"):
                assert "<script" not in answer.text
                assert " style=" not in answer.text
    with admin_client(app, logged_in=False) as opened:
        answer = opened.web.get("/")
        assert HEADERS.items() <= {name: answer.headers.get(name) for name in HEADERS}.items()


def test_there_is_no_cookie(app: App) -> None:
    with admin_client(app) as opened:
        opened.post("/readers/ada/leave", subscription="")
        assert not opened.web.cookies
