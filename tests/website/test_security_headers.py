"""Security headers: on every response of the site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from digest.app import App, load, open_app
from digest.links import UNSUBSCRIBE
from digest.links.token import sign
from digest.website.security_headers import HEADERS
from tests.support.config_files import folder
from tests.support.served_site import CONFIG, NEW, serve_app

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


def test_every_answer_is_guarded(web: httpx.Client) -> None:
    for path in (link(), "/nothing", "/style.css", "/healthz", "/readyz"):
        answer = web.get(path)
        assert HEADERS.items() <= {name: answer.headers.get(name) for name in HEADERS}.items()
        assert answer.headers["Cache-Control"] == ("max-age=3600" if path == "/style.css" else "no-store")
        assert "server" not in answer.headers
    page = web.get(link()).text
    assert "<script" not in page
    assert " style=" not in page
