"""An app with readers in files, a client of its pages over a socket, and the letters in its outbox."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import httpx

from digest.app import App, load, open_app
from digest.mail.packing import unpack_message
from digest.store import tables as t
from digest.website import create_site
from digest.website.serve import serve_in_thread
from tests.support.config_files import folder
from tests.support.store_samples import NOW

SECRET = "a secret that is long enough"
CONFIG = f"""\
sender: Morning Papers <papers@example.org>
owner: Olga <olga@example.org>
postal: Example Institute, Exampleton
smtp: smtp://localhost
site: https://papers.example.org/lists
listen: 127.0.0.1:8000
secret: {SECRET}
"""
READER = """\
email: {0}@example.org
timezone: UTC
subscriptions:
  - {{name: Sparse, when: daily 07:30, rules: [sparse]}}
"""


class ManualClock:
    """A clock that tests set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def open_app_with_readers(
    place: Path, url: str, more: str = "signup: open\nsources: {}\n", *readers: str
) -> Iterator[App]:
    """Opens an app with this database, and config files for readers of these names."""
    files = {name: READER.format(name) for name in readers}
    text = f"database: {url}\njournal: {place}/letters\n{CONFIG}{more}"
    with open_app(load(folder(place, text, **files), env={})) as opened:
        yield opened


@contextmanager
def site_client(app: App, clock: ManualClock, **headers: str) -> Iterator[httpx.Client]:
    """A client of the app's pages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asgi = create_site(lambda: app, clock=clock)
    with (
        serve_in_thread(asgi, "127.0.0.1", port, proxies=app.config.proxies),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client,
    ):
        yield client


def outbox_letters(app: App) -> list[EmailMessage]:
    """All letters in the outbox, in order."""
    with app.store.reading() as connection:
        rows = connection.execute(t.letter.select().order_by(t.letter.c.delivery_id)).all()
    return [message_from_bytes(unpack_message(row.message), policy=default) for row in rows]


def letter_text(letter: EmailMessage) -> str:
    """The text of a letter, unfolded."""
    body = letter.get_body(("plain",))
    assert body
    return str(body.get_content())


def link_path(letter: EmailMessage, page: str) -> str:
    """The path of a letter's link to that page."""
    found = re.search(rf"https://papers\.example\.org/lists(/{page}/\S+)", letter_text(letter))
    assert found, letter_text(letter)
    return found[1]
