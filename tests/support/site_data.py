"""Sample app for the tests of pages, with papers and issues; Ada signed up, Ben has a config file."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from digest.app import App, load, open_app
from digest.mail.envelope import Envelope
from digest.papers import Author, Paper
from digest.store import DueSubscription, PendingRequest, Store, tables
from digest.subscriptions import Subscriber
from digest.website import create_site
from digest.website.serve import serve_in_thread
from tests.support.config_files import folder
from tests.support.store_samples import NOW, SLOT, keep, preprint, publication

KEY = "the present secret and long enough"
HOSTILE = 'Sparse <b>models</b> & "more"'
CONFIG = """\
sender: Morning Papers <papers@example.org>
owner: desk@example.org
postal: Example Institute, Exampleton
smtp: smtp://localhost
site: https://papers.example.org/lists
listen: 127.0.0.1:8000
secret: [an old secret and long enough, the present secret and long enough]
sources: {arxiv: {categories: [cs.CL]}}
"""
BEN = """\
email: ben@example.org
name: Ben
language: de
timezone: Europe/Berlin
pause: {until: 2026-12-24}
subscriptions:
  - {name: Dense, when: daily 07:30, rules: [dense OR sparse]}
"""
ADA: dict[str, Any] = {
    "email": "Ada@example.org",
    "name": "Ada <i>Lovelace</i>",
    "timezone": "Europe/London",
    "subscriptions": [
        {
            "name": HOSTILE,
            "when": "weekdays 07:30",
            "rules": [
                '"mixture of experts" AND rout*',
                {"query": "<script>alert(1)</script>"},
                {"author": "Yunhua Zhou", "known": ["arxiv:2507.05197"], "categories": ["cs.CL"]},
            ],
            "exclude": "ti:survey",
        },
        {"name": "At once", "when": "at once", "rules": ["quantum"]},
    ],
}
ABSTRACT = (
    "We study a mixture of experts whose routing sends each token to the experts that need it most, and show that a "
    "router which drops what overflows loses less than was thought. On 4 tasks it gains 4.7 points."
)


def papers() -> list[Paper]:
    titles = (
        "Turn Waste into Worth: Rectifying Top-$k$ Router of MoE",
        'Harder <b>Tasks</b> Need More "Experts": Dynamic Routing & MoE',
        "Capability Salience Vector: Fine-grained Alignment of Loss and Capabilities",
        "Routing without a Router",
        "What Overflows",
        "Tokens on Their Way",
    )
    zhou = (Author(name="Qiming Ge"), Author(name="Yunhua Zhou"), Author(name="Zoë Ångström"))
    return [
        preprint(
            f"2611.0000{number}",
            title=title,
            abstract=ABSTRACT if number != 3 else "Loss curves predict loss, not skill.",
            authors=zhou if number in (1, 3) else (Author(name="Quzhe Huang"), Author(name="Nan Zhuang")),
        )
        for number, title in enumerate(titles, 1)
    ]


@contextmanager
def open_sample_app(tmp_path: Path, store_url: str) -> Iterator[App]:
    """Opens the app: Ada has had two issues of her first subscription (the second omitted papers), Ben one."""
    config = load(folder(tmp_path, f"database: {store_url}\njournal: {tmp_path}/letters\n{CONFIG}", ben=BEN), env={})
    with open_app(config) as app:
        sign_up_reader(app, "ada", ADA)
        keep(app.store, *papers())
        app.sync_schedules(NOW)
        ada = ada_of(app)
        add_issue(app.store, ada.id, HOSTILE, "2026-11-19T07:30", [4], [4], at=NOW - timedelta(days=1), number=213)
        add_issue(app.store, ada.id, HOSTILE, SLOT, [3, 1, 2], [3, 1, 2, 5, 6], number=214)
        add_issue(app.store, "ben", "Dense", SLOT, [1], [1])
        yield app


def sign_up_reader(app: App, id_: str, document: dict[str, Any]) -> Subscriber:
    """Adds a reader whose sign-up is confirmed."""
    address = document["email"].casefold()
    asked = PendingRequest(
        id=id_, kind="sign-up", address=address, document=document, at=NOW, expires=NOW + timedelta(days=2)
    )
    app.store.readers.add_pending(asked, [], most=9, within=timedelta(days=1), now=NOW)
    reader = app.signup.confirm(id_, now=NOW)
    assert reader
    return reader


def ada_of(app: App) -> Subscriber:
    reader = app.directory.at(app.store, "ada@example.org")
    assert reader
    return reader


def add_issue(
    store: Store,
    reader: str,
    name: str,
    slot: str,
    shown: list[int],
    told: list[int],
    *,
    at: datetime = NOW,
    number: int = 1,
    page: str | None = None,
) -> None:
    """Adds an issue with these papers, and its letter."""
    with store.reading() as connection:
        c = tables.subscription.c
        row = connection.scalar(select(c.id).where(c.subscriber == reader, c.name == name))
    letter = Envelope(
        sender="papers@example.org",
        recipient=f"{reader}@example.org",
        message=b"Subject: x\r\n\r\nx\r\n",
        message_id=f"<{reader}.{slot}@example.org>",
        page=page,
    )
    whole = publication(
        replace(_DUE, subscriber=reader, name=name),
        due=row,
        slot=slot,
        created=at,
        number=number,
        envelope=letter,
        items=[(n, f"arxiv:2611.0000{n}", "new", _SECTIONS[n]) for n in shown],
        told=[(n, "new") for n in told],
    )
    assert store.issues.publish(whole)


_SECTIONS = {3: "Yunhua Zhou"} | dict.fromkeys((1, 2, 4, 5, 6), '"mixture of experts" AND rout*')


_DUE = DueSubscription(
    id=0, subscriber="", name="", slot=None, due_at=None, cursor=None, fingerprint=None, number=1, newest=0
)


@contextmanager
def serve_site(app: App, clock: Callable[[], datetime] = lambda: NOW) -> Iterator[httpx.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asgi = create_site(lambda: app, clock=clock)
    with (
        serve_in_thread(asgi, "127.0.0.1", port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        yield client


def path_of(url: str) -> str:
    """A public URL as the path that tests request."""
    return url.removeprefix("https://papers.example.org/lists")


def all_rows(store: Store) -> dict[str, list[Any]]:
    """All rows of the database, by table; without how far the file of statements was taken up."""
    with store.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
            if table is not tables.statement_log
        }


def page_text(page: httpx.Response) -> str:
    """The text of a page, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text))


def changed_rows(store: Store, before: dict[str, list[Any]]) -> dict[str, tuple[int, int]]:
    """Rows deleted and added since, by table; without the version counter in `roll`."""
    after = all_rows(store)
    found = {
        name: (len(set(before[name]) - set(after[name])), len(set(after[name]) - set(before[name]))) for name in after
    }
    return {name: counts for name, counts in found.items() if any(counts) and name != "roll"}
