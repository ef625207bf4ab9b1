"""An app with an admin site: readers with hostile names, letters in several states, and a client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from digest.app import App, load, open_app
from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.store import Store
from digest.website.admin import create_admin_site
from tests.support.config_files import folder
from tests.support.site_server import serve_on_socket
from tests.support.site_visit import ManualClock
from tests.support.store_samples import NOW, queue

TOKEN = "a token of the admin, long enough"
SECRET = "a secret that signs links, long enough"
CONFIG = """\
sender: Morning Papers <papers@example.org>
smtp: smtp://localhost
sources: {{arxiv: {{categories: [cs.CL]}}}}
{0}
"""
BY_TOKEN = f"admin: {{listen: 127.0.0.1:8001, token: '{TOKEN}'}}"
BY_EITHER = f"admin: {{listen: 127.0.0.1:8001, token: '{TOKEN}', user_header: X-Remote-User}}"
BY_PROXY = f"secret: {SECRET}\nadmin: {{listen: 127.0.0.1:8001, user_header: X-Remote-User}}"
NAME = 'Sparse <b>models</b> & "more"'
READER = """\
email: {0}@example.org
name: '<script>alert("{0}")</script>'
timezone: UTC
subscriptions:
  - {{name: 'Sparse <b>models</b> & "more"', when: daily 07:30, rules: ['"<i>sparse</i>"']}}
  - {{name: Alerts, when: at once, rules: [dense]}}
"""

FORM_PATHS = (
    *("/outbox", "/suppressions/add", "/suppressions/lift"),
    *(f"/readers/ada/{what}" for what in ("leave", "return", "suppress", "lift")),
)
"""Every path that takes a form."""


@contextmanager
def open_admin_app(place: Path, store_url: str, more: str = BY_TOKEN, readers: int = 0) -> Iterator[App]:
    """Opens an app with readers ada and ben, and `readers` others."""
    names = ["ada", "ben", *(f"reader{number:03}" for number in range(readers))]
    text = f"database: {store_url}\njournal: {place}/letters\n{CONFIG.format(more)}"
    files = {name: READER.format(name) for name in names}
    with open_app(load(folder(place, text, **files), env={})) as app:
        yield app


@dataclass
class AdminClient:
    """The admin's pages as a browser sees them."""

    app: App
    web: httpx.Client
    clock: ManualClock = field(default_factory=ManualClock)

    @property
    def store(self) -> Store:
        return self.app.store

    def form(self, path: str = "/suppressions") -> str:
        """The token that a page's forms carry."""
        found = re.search(r'name="form" value="([^"]+)"', self.web.get(path).text)
        assert found
        return found[1]

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Posts as a form of the page does; returns the page it redirects to."""
        answer = self.web.post(path, data={"form": self.form(), **fields})
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith("/")
        return self.web.get(answer.headers["location"])


@contextmanager
def admin_client(app: App, *, logged_in: bool = True, **client: Any) -> Iterator[AdminClient]:
    clock = ManualClock()
    if logged_in:
        client["auth"] = ("anybody", TOKEN)
    with serve_on_socket(create_admin_site(lambda: app, clock=clock), **client) as web:
        yield AdminClient(app, web, clock)


WORDS = "550 <b>no</b> such user \u202eevil"


def add_letters(store: Store, **states: DeliveryState) -> dict[str, int]:
    """Adds a letter for each reader, in that state; returns their ids."""
    queue(store, *states)
    for letter in store.outbox.claim(now=NOW, owner="me", limit=50, lease=timedelta(minutes=15)):
        state = states[letter.subscriber]
        if state == DeliveryState.READY:
            store.outbox.release([(letter.id, letter.epoch)], now=NOW)
        elif state != DeliveryState.LEASED:
            result = DeliveryAttempt(
                delivery=letter.id, epoch=letter.epoch, state=state, words=WORDS, began=NOW, ended=NOW, next_at=None
            )
            store.outbox.record_results([result])
    return {row.subscriber: row.id for row in all_letters(store)}


def all_letters(store: Store) -> list[Any]:
    """Every letter, whatever its state."""
    return [row for state in DeliveryState for row in store.lists.letters(state=state, limit=1000)]


def letter_states(store: Store) -> dict[str, str]:
    return {row.subscriber: str(row.state) for row in all_letters(store)}


def admin_state(store: Store) -> object:
    """All that an admin can change."""
    return (
        all_letters(store),
        store.unsubscribes.list_all(),
        store.suppressions.list_all(),
        store.breakers.list_all(),
        store.subscriptions.next_due(),
    )


def status_message(page: str) -> str:
    """The message after an action; empty if the page shows none."""
    found = re.search(r'role="status"><p>([^<]*)</p>', page)
    return found[1] if found else ""
