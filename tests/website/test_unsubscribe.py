"""The unsubscribe pages: one click, no cookie, links that never expire; GET changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.app import App, load, open_app
from digest.links import UNSUBSCRIBE
from digest.links.token import sign
from tests.support.config_files import folder
from tests.support.served_site import CONFIG, NEW, OLD, serve_app

READER = """\
email: {0}@example.org
language: {1}
timezone: UTC
subscriptions:
  - {{name: 'Sparse <b>models</b> & "more"', when: daily 07:30, rules: [sparse]}}
"""
NAME = 'Sparse <b>models</b> & "more"'


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    readers = {"ada": READER.format("ada", "en"), "ben": READER.format("ben", "de")}
    text = f"database: {store_url}\njournal: {tmp_path}/letters\n{CONFIG}"
    with open_app(load(folder(tmp_path, text, **readers), env={})) as opened:
        yield opened


@pytest.fixture
def web(app: App) -> Iterator[httpx.Client]:
    with serve_app(app) as client:
        yield client


def link(reader: str = "ada", key: str = NEW, purpose: str = UNSUBSCRIBE) -> str:
    return f"/unsubscribe/{sign(purpose, {'subscriber': reader, 'subscription': NAME}, [key])}"


def test_looking_at_the_link_changes_nothing(app: App, web: httpx.Client) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        web.request(method, link())
    answer = web.get(link())
    assert answer.status_code == 200
    assert "Nothing has changed yet" in answer.text
    assert "<b>models" not in answer.text
    assert "ada@example.org" not in answer.text
    assert app.store.unsubscribes.list_all() == {}


def test_one_click_leaves_at_once_without_cookie_or_redirect_and_as_often_as_wanted(
    app: App, web: httpx.Client
) -> None:
    for _ in range(2):
        answer = web.post(link(), data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.history, answer.headers.get("set-cookie")) == (200, [], None)
    assert list(app.store.unsubscribes.list_all()) == [("ada", NAME)]


def test_the_button_of_the_page_does_the_same_and_so_does_its_undoing(app: App, web: httpx.Client) -> None:
    def button(page: httpx.Response) -> str:
        found = re.search(r'<form method="post" action="/lists(/unsubscribe/[^"]+)">', page.text)
        assert found
        return found[1]

    left = web.post(button(web.get(link())))
    assert list(app.store.unsubscribes.list_all()) == [("ada", NAME)]
    back = web.post(button(left))
    assert app.store.unsubscribes.list_all() == {}
    web.post(button(back))
    assert list(app.store.unsubscribes.list_all()) == [("ada", NAME)]


def test_each_reader_is_answered_in_their_language(web: httpx.Client) -> None:
    assert '<html lang="de">' in web.get(link("ben")).text
    assert '<html lang="en">' in web.get(link("gone")).text


def test_a_link_that_an_old_key_signed_works_for_ever_also_for_who_is_gone(app: App, web: httpx.Client) -> None:
    assert web.post(link("gone", OLD)).status_code == 200
    assert list(app.store.unsubscribes.list_all()) == [("gone", NAME)]


@pytest.mark.parametrize(
    "path",
    [
        link(key="a key that is not ours"),
        link(purpose="confirm"),
        link()[:-1],
        link() + "x",
        link().replace(".", "%2e") + "/",
        "/unsubscribe/",
        "/unsubscribe/x",
        "/unsubscribe/%00",
        "/unsubscribe/" + "A" * 5000,
        "/unsubscribe/..%2f..%2fetc%2fpasswd",
        "/nothing",
        "/x//example.com/",
    ],
)
def test_what_is_no_link_of_ours_has_one_answer(app: App, web: httpx.Client, path: str) -> None:
    for method in ("GET", "POST"):
        answer = web.request(method, path)
        assert answer.status_code in (404, 405)
        assert "location" not in answer.headers
        if answer.status_code == 404:
            assert "This link does not work" in answer.text
    assert app.store.unsubscribes.list_all() == {}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8", exclude_characters="/?#"), max_size=80))
def test_no_token_is_too_odd(web: httpx.Client, text: str) -> None:
    try:
        path = httpx.URL(f"http://x/unsubscribe/{httpx.QueryParams({'a': text})}").raw_path.decode("ascii")
    except httpx.InvalidURL:
        return
    assert web.post(path).status_code in (404, 405)


def test_a_proxy_may_leave_the_path_of_the_site_on(app: App, web: httpx.Client) -> None:
    assert web.get(f"/lists{link()}").text == web.get(link()).text
    assert web.post(f"/lists{link()}").status_code == 200
    assert list(app.store.unsubscribes.list_all()) == [("ada", NAME)]


def test_another_host_s_name_changes_no_link(web: httpx.Client) -> None:
    hostile = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    assert web.get(link(), headers=hostile).text == web.get(link()).text


def test_a_machine_sees_that_all_is_well(web: httpx.Client) -> None:
    assert (web.get("/healthz").text, web.get("/readyz").text) == ("alive\n", "ready\n")


def test_a_database_that_is_away_is_told_as_later(tmp_path: Path) -> None:
    with open_app(load(folder(tmp_path, CONFIG, ada=READER.format("ada", "en")), env={}), looking=True) as gone:
        with gone.store.writing() as connection:
            connection.exec_driver_sql("DROP TABLE departure")
            connection.exec_driver_sql("DROP TABLE ledger")
        with serve_app(gone) as client:
            answers = [client.post(link()), client.get("/readyz")]
            assert [(answer.status_code, answer.headers.get("retry-after")) for answer in answers] == [(503, "120")] * 2
            assert client.get("/healthz").status_code == 200


def test_nothing_that_is_secret_is_logged(app: App, web: httpx.Client, capfd: pytest.CaptureFixture[str]) -> None:
    web.post(link())
    web.get("/unsubscribe/secret-token")
    said = capfd.readouterr()
    assert "unsubscribe" not in said.out + said.err
