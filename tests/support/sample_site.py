"""A sample service with its pages served: papers and readers of the demo, a mail server, and a movable clock."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from digest.app import App, load, open_app
from digest.subscriptions import Subscriber
from digest.website import create_site
from digest.website.admin import create_admin_site
from digest.website.serve import serve_in_thread
from tests.support.servers import MailServer

ISSUE_TIME = datetime(2026, 11, 20, 7, 35, tzinfo=UTC)  # of the demo
EVE = "eve@example.net"
CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Switches of a Chromium that opens nothing but these pages."""

ADMIN = "a token for the admin alone"
_CONFIG = """\
database: sqlite:///{place}/demo/digest.db
journal: {place}/journal
sender: Morning Papers <papers@example.org>
owner: Owner <owner@example.org>
postal: Example Institute, 1 Example Street, 12345 Exampleton
smtp: smtp://127.0.0.1:{mail}
site: http://127.0.0.1:{port}
listen: 127.0.0.1:{port}
admin: {{listen: "127.0.0.1:{other}", token: {token}}}
secret: a secret for the sample site alone
signup: open
sources:
  arxiv: {{categories: [cs.CL, cs.LG]}}
  huggingface: {{}}
"""


@dataclass
class SampleSite:
    """The app, its pages at `url`, the admin's pages at `admin`, and the mail server with all sent letters."""

    app: App
    mail: MailServer
    url: str
    admin: str
    now: datetime = ISSUE_TIME + timedelta(hours=1)

    def compose_and_deliver(self) -> list[EmailMessage]:
        """Composes and delivers what is due; returns the letters of this round."""
        before = len(self.mail.taken)
        self.app.compose(now=self.now)
        self.app.deliver(lambda: self.now)
        return [message_from_bytes(taken.message, policy=default) for taken in self.mail.taken[before:]]

    def reader(self, id_: str = "ada") -> Subscriber:
        found = self.app.reader(id_)
        assert found is not None
        return found

    def link(self, letter: EmailMessage, page: str) -> str:
        """The URL of a letter's first link to that page: `confirm`, `me`."""
        part = letter.get_body(("plain",))
        assert part is not None
        found = re.search(rf"{re.escape(self.url)}/{page}/\S+", part.get_content())
        assert found, part.get_content()
        return found[0]


@contextmanager
def start_sample_site(place: Path) -> Iterator[SampleSite]:
    """Starts the sample service in an empty folder."""
    demo = [sys.executable, "-m", "digest", "demo", "--folder", str(place / "demo")]
    subprocess.run(demo, check=True, capture_output=True)
    port, other = _unused_port(), _unused_port()
    config = place / "demo" / "config"
    with MailServer() as mail:
        text = _CONFIG.format(place=place, mail=mail.port, port=port, other=other, token=ADMIN)
        (config / "digest.yaml").write_text(text)
        with open_app(load(config, env={})) as app:
            _add_votes(app)
            found = SampleSite(app, mail, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}")
            pages = create_site(lambda: app, clock=lambda: found.now)
            office = create_admin_site(lambda: app, clock=lambda: found.now)
            with serve_in_thread(pages, "127.0.0.1", port), serve_in_thread(office, "127.0.0.1", other):
                yield found


def page_urls(sample: SampleSite) -> dict[str, str]:
    """URLs, one for each kind of page."""
    ada, links = sample.reader(), sample.app.letters.links
    me, issue = links.page(ada, now=sample.now), latest_issue_url(sample, "ada")
    key = sample.app.store.issues.latest("ada")[0].papers[0]
    wish = {"email": EVE, "subscriptions": [{"name": "Graphs", "when": "daily 07:30", "rules": ["graph*"]}]}
    sample.app.signup.sign_up(wish, now=sample.now)
    [question] = sample.compose_and_deliver()
    eve = sample.app.signup.confirm(
        str(links.opened("confirm", sample.link(question, "confirm").rpartition("/")[2], now=sample.now)["id"]),
        now=sample.now,
    )
    assert eve is not None
    sample.compose_and_deliver()
    wish["email"] = "dan@example.net"
    sample.app.signup.sign_up(wish, now=sample.now)
    sample.app.signup.move(eve, "eve@example.com", now=sample.now)
    asked = {str(letter["To"]): letter for letter in sample.compose_and_deliver()}
    hers = links.page(eve, now=sample.now)
    return {
        "front": sample.url,
        "link": f"{sample.url}/link",
        "trending": f"{sample.url}/trending",
        "paper": f"{sample.url}/paper/{key}",
        "issue": issue,
        "less": f"{issue}/1/less",
        "author": f"{issue}/1/author",
        "mute": f"{issue}/1/mute",
        "me, of a file": me,
        "me": hers,
        "settings": f"{hers}/settings",
        "subscription": f"{hers}/subscription/0",
        "new": f"{hers}/new",
        "delete": f"{hers}/delete",
        "unsubscribe": links.unsubscribe("ada", "Models"),
        "confirm": sample.link(asked["dan@example.net"], "confirm"),
        "move": sample.link(asked["eve@example.com"], "move"),
        "no link": f"{sample.url}/me/nobody",
        "admin": sample.admin,
        "admin outbox": f"{sample.admin}/outbox",
        "admin readers": f"{sample.admin}/readers",
        "admin reader": f"{sample.admin}/readers/ada",
        "admin suppressions": f"{sample.admin}/suppressions",
        "admin sources": f"{sample.admin}/sources",
        "admin due": f"{sample.admin}/due",
    }


def latest_issue_url(sample: SampleSite, id_: str) -> str:
    """The URL of the web copy of a reader's latest issue."""
    row = next(row for row in sample.app.store.issues.latest(id_))
    return sample.app.letters.links.issue(sample.reader(id_), row.subscription, row.kind, row.slot)


def _add_votes(app: App) -> None:
    """Adds votes at Hugging Face to some papers of the day."""
    papers = [paper for paper in app.store.papers.archive() if paper.ids.arxiv and paper.abstract][:8]
    seen = [
        replace(paper, source="huggingface", votes=60 - 7 * place, comments_count=place, announced=ISSUE_TIME)
        for place, paper in enumerate(papers)
    ]
    app.store.papers.add(seen, now=ISSUE_TIME, since=ISSUE_TIME - timedelta(days=7), first=True)


def _unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
