"""Serving on a socket: a port in use is an error that names it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.app import App, load, open_app
from digest.errors import DigestError
from digest.website import create_site
from digest.website.serve import serve_in_thread
from tests.support.config_files import folder
from tests.support.served_site import CONFIG
from tests.support.store_samples import NOW

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


def test_a_socket_that_is_taken_is_told(app: App) -> None:
    asgi = create_site(lambda: app, clock=lambda: NOW)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DigestError, match=f"127.0.0.1:{port}"), serve_in_thread(asgi, "127.0.0.1", port):
            pass
