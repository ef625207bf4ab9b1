"""A whole service in a folder: its config files, answering sources, a mail server, and a clock that does not wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from digest.app import App, load, open_app
from digest.http import HttpClient
from digest.ingest.pull import PullResult
from tests.support.servers import MailServer, WebServer

MORNING = datetime(2026, 11, 20, 7, 35, tzinfo=UTC)


@dataclass
class Hurry:
    """A clock that is put forward by whoever sleeps."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass
class World:
    """The servers and the folder of one journey."""

    folder: Path
    web: WebServer
    mail: MailServer
    clock: Hurry = field(default_factory=Hurry)

    def run(self, now: datetime, crash: Callable[[str], None] = lambda _: None) -> list[PullResult]:
        """Pull, compose and deliver as a new process would; `crash` may raise after each thing done."""
        with self.app() as app:
            pulled = app.pull(now=now, tell=lambda result: crash("pull"))
            app.compose(now=now, tell=lambda result: crash("compose"))
            app.deliver(lambda: now, tell=lambda letter: crash("deliver"))
        return pulled

    def app(self) -> AbstractContextManager[App]:
        client = HttpClient(contact="a@example.org", clock=self.clock, sleep=self.clock.sleep)
        return open_app(load(self.folder / "config", env={}), client=client)

    def letters(self) -> dict[str, list[EmailMessage]]:
        """What each reader has in the inbox."""
        inbox: dict[str, list[EmailMessage]] = {}
        for taken in self.mail.taken:
            message = message_from_bytes(taken.message, policy=default)
            inbox.setdefault(taken.recipients[0], []).append(message)
        return inbox

    def titles(self, reader: str) -> Counter[str]:
        """How often each paper of these tests came to a reader, over all letters."""
        texts = [_text(letter) for letter in self.letters().get(reader, [])]
        known = {"mixture": "Routing in a Mixture", "graph": "Graphs that learn", "café": "Café graphs"}
        known |= {
            "feed": "Announced a moment ago",
            "journal": "Graph minors",
            "old": "An old graph",
            "quiet": "Nothing",
        }
        return Counter({name: count for name, words in known.items() if (count := sum(words in t for t in texts))})


def _text(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def write_config(config: Path, url: str, mail_port: int) -> None:
    (config / "subscribers").mkdir(parents=True)
    (config / "digest.yaml").write_text(
        f"database: sqlite:///{config.parent}/digest.db\n"
        "sender: Morning Papers <papers@example.org>\n"
        f"smtp: smtp://127.0.0.1:{mail_port}\n"
        "sources:\n"
        "  arxiv:\n"
        "    categories: [cs.CL]\n"
        f"    oai_url: {url}/oai\n    feed_url: {url}/rss\n    query_url: {url}/query\n"
        "  feeds:\n"
        f"    - {{name: Annals, url: {url}/annals, allow_private: true}}\n"
    )


def write_reader(config: Path, name: str, when: str, rules: str) -> None:
    (config / "subscribers" / f"{name}.yaml").write_text(
        f"email: {name}@example.org\nname: {name.title()}\ntimezone: Europe/London\n"
        f"subscriptions:\n  - name: Mine\n    when: {when}\n    rules: {rules}\n"
    )
