"""Readers who leave by one click while their letters go out: how long each waits, and that none is written to after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import select

from digest.app import load, open_app
from digest.config import Config
from digest.links import SignedLinks
from digest.mail.delivery_state import DeliveryState
from digest.mail.envelope import Envelope
from digest.mail.message import Mailbox, build_message
from digest.store import NewIssue, Store
from digest.store import tables as t
from digest.subscriptions import Subscriber
from digest.website import create_site
from digest.website.serve import serve_in_thread
from tests.bench.databases import database as _database
from tests.chaos.sink import arrived, sink
from tests.support.servers import unused_port

LETTERS = 10_000
_RATES = {"sqlite": 50, "postgresql": 200}  # clicks a second
_CLICKERS = 16
_NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
_SENDER = Mailbox(name="Morning Papers", address="papers@example.org")
_LINE = "One line of a letter of common length, with .dots and much more to read than that.\n"
_LINES = 440  # make 37 kB
_NAME = "Sparse models"
_DIGEST_YAML = """
database: {database}
journal: {folder}/journal
sender: Morning Papers <papers@example.org>
smtp: smtp://127.0.0.1:{port}
site: https://papers.example.org
secret: a secret that only a benchmark has
connections: 4
sources: {{}}
"""


@dataclass(frozen=True, slots=True)
class _Click:
    """One click on an unsubscribe link: the letter, the time of the response, its status, and the latency."""

    reader: str
    at: datetime
    status: int
    seconds: float


def run(letters: int = LETTERS, database: str = "sqlite") -> dict[str, object]:
    """Clicks at a steady pace while so many letters go out; the pages and the post are processes of their own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = stack.enter_context(_database(database, folder))
        port = stack.enter_context(sink(folder / "arrived"))
        config = _config(folder, url, port, letters)
        with open_app(config) as app:
            _fill(app.store, letters)
        pages = stack.enter_context(_pages(config))
        begun = time.monotonic()
        with _post(config) as sending:
            clicks = _clicks(config, pages, _RATES[database], letters, sending)
        seconds = time.monotonic() - begun
        with Store.open(url) as store:
            return _figures(store, clicks, arrived(folder / "arrived"), seconds, letters, database)


def _figures(
    store: Store, clicks: list[_Click], came: dict[str, int], seconds: float, letters: int, database: str
) -> dict[str, object]:
    left = {click.reader: click.at for click in clicks if click.status == 200}
    begun: dict[str, datetime] = {}
    with store.reading() as connection:
        tried = select(t.delivery.c.subscriber, t.attempt.c.began)
        tried = tried.join(t.delivery, t.attempt.c.delivery_id == t.delivery.c.id).where(
            t.attempt.c.state == DeliveryState.SENT
        )
        begun |= {reader: began for reader, began in connection.execute(tried) if began}
        states = dict(connection.execute(select(t.delivery.c.subscriber, t.delivery.c.state)).all())
    departed = {reader for reader, _ in store.unsubscribes.list_all()}
    waits = sorted(click.seconds for click in clicks)
    return {
        "database": database,
        "letters": letters,
        "letters_per_s": round(letters / seconds, 1),
        "clicks": len(clicks),
        "clicks_per_s": round(len(clicks) / seconds, 1),
        "errors": sum(click.status != 200 for click in clicks),
        "forgotten": len(left.keys() - departed),  # answered, and not kept
        "not_sent": sum(states[reader] == DeliveryState.CANCELLED for reader in left),
        "written_to_after": sum(reader in begun and begun[reader] > at for reader, at in left.items()),
        "lost": sum(state not in (DeliveryState.SENT, DeliveryState.CANCELLED) for state in states.values()),
        "twice": sum(count > 1 for count in came.values()),
        "median_ms": round(1000 * waits[len(waits) // 2], 1),
        "p99_ms": round(1000 * quantiles(waits, n=100)[98], 1),
        "worst_ms": round(1000 * waits[-1], 1),
    }


def _clicks(config: Config, pages: str, rate: int, letters: int, sending: Event) -> list[_Click]:
    """Presses of readers drawn by lot, until all letters are out."""
    assert config.site
    links = SignedLinks(config.site, [key.get_secret_value() for key in config.keys])
    drawn = Random(1).sample(range(letters), letters)
    found: list[_Click] = []
    with httpx.Client(base_url=pages, timeout=30) as client, ThreadPoolExecutor(_CLICKERS) as pool:

        def click(reader: str) -> None:
            path = links.unsubscribe(reader, _NAME).removeprefix(str(config.site))
            begin = time.perf_counter()
            try:
                status = client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code
            except httpx.HTTPError:
                status = 0
            found.append(_Click(reader, datetime.now(UTC), status, time.perf_counter() - begin))

        begin = time.monotonic()
        for number, place in enumerate(drawn):
            if not sending.is_set():
                break
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            pool.submit(click, f"reader{place}")
    return found


@contextmanager
def _pages(config: Config) -> Iterator[str]:
    """The site, in a process of its own; its address."""
    with unused_port() as port:
        pass
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(config, port, theirs))
    process.start()
    ours.recv()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        ours.send("stop")
        process.join()


def _serve(config: Config, port: int, pipe: Connection) -> None:
    with (
        open_app(config) as app,
        serve_in_thread(create_site(lambda: app, clock=lambda: datetime.now(UTC)), "127.0.0.1", port),
    ):
        pipe.send("ready")
        pipe.recv()


@contextmanager
def _post(config: Config) -> Iterator[Event]:
    """All letters are sent meanwhile, in a process of its own; the event is set for as long as that lasts."""
    context = get_context("fork")
    sending = context.Event()
    sending.set()
    process = context.Process(target=_send, args=(config, sending))
    process.start()
    try:
        yield sending
    finally:
        process.join()


def _send(config: Config, sending: Event) -> None:
    try:
        with open_app(config) as app:
            app.deliver(lambda: datetime.now(UTC))
    finally:
        sending.clear()


def _config(folder: Path, url: str, port: int, letters: int) -> Config:
    (folder / "digest.yaml").write_text(_DIGEST_YAML.format(folder=folder, port=port, database=url))
    readers = tuple(
        Subscriber(id=f"reader{number}", email=_address(number), timezone=ZoneInfo("UTC")) for number in range(letters)
    )
    return replace(load(folder), subscribers=readers)


def _fill(store: Store, letters: int) -> None:
    """Issues with their letters, as they are when composing is done."""
    for first in range(0, letters, 500):
        store.issues.publish_all([_issue(number) for number in range(first, min(first + 500, letters))])


def _issue(number: int) -> NewIssue:
    key = f"<{number}.1@example.org>"
    box = Mailbox(address=_address(number))
    message = build_message(sender=_SENDER, to=box, subject="Papers", text=_LINE * _LINES, message_id=key, date=_NOW)
    return NewIssue(
        subscriber=f"reader{number}",
        subscription=_NAME,
        kind="scheduled",
        slot="2026-11-20T07:30",
        number=1,
        created=_NOW,
        since=_NOW,
        until=_NOW,
        envelope=Envelope(sender=_SENDER.wire, recipient=box.wire, message=message, message_id=key),
    )


def _address(number: int) -> str:
    return f"reader{number}@example.org"
