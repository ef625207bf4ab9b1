"""A house with a site that people can walk through: the papers and readers of the demo, a mail server, a clock."""

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

MORNING = datetime(2026, 11, 20, 7, 35, tzinfo=UTC)  # of the demo
EVE = "eve@example.net"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Of Chromium, where it has nothing but these pages to look at."""

ADMIN = "a token for the admin alone"
_HOUSE = """\
database: sqlite:///{place}/demo/digest.db
journal: {place}/journal
sender: Morning Papers <papers@example.org>
owner: Papers Desk <desk@example.org>
postal: Example Institute, 1 Example Street, 12345 Exampleton
smtp: smtp://127.0.0.1:{mail}
site: http://127.0.0.1:{port}
listen: 127.0.0.1:{port}
admin: {{listen: "127.0.0.1:{other}", token: {token}}}
secret: a secret for the village alone
signup: open
sources:
  arxiv: {{categories: [cs.CL, cs.LG]}}
  huggingface: {{}}
"""


@dataclass
class Village:
    """The house, its pages at `url`, the admin's at `create_admin_site`, and all mail that was sent."""

    app: App
    mail: MailServer
    url: str
    admin: str
    now: datetime = MORNING + timedelta(hours=1)

    def post(self) -> list[EmailMessage]:
        """Write what is due and send what waits; the letters of this round."""
        before = len(self.mail.taken)
        self.app.compose(now=self.now)
        self.app.deliver(lambda: self.now)
        return [message_from_bytes(taken.message, policy=default) for taken in self.mail.taken[before:]]

    def reader(self, id_: str = "ada") -> Subscriber:
        found = self.app.reader(id_)
        assert found is not None
        return found

    def link(self, letter: EmailMessage, room: str) -> str:
        """Where the first link of a letter into this room leads."""
        part = letter.get_body(("plain",))
        assert part is not None
        found = re.search(rf"{re.escape(self.url)}/{room}/\S+", part.get_content())
        assert found, part.get_content()
        return found[0]


@contextmanager
def village(place: Path) -> Iterator[Village]:
    """Found a village in an empty folder."""
    demo = [sys.executable, "-m", "digest", "demo", "--folder", str(place / "demo")]
    subprocess.run(demo, check=True, capture_output=True)
    port, other = _free(), _free()
    config = place / "demo" / "config"
    with MailServer() as mail:
        text = _HOUSE.format(place=place, mail=mail.port, port=port, other=other, token=ADMIN)
        (config / "digest.yaml").write_text(text)
        with open_app(load(config, env={})) as app:
            _vote(app)
            found = Village(app, mail, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}")
            pages = create_site(lambda: app, clock=lambda: found.now)
            office = create_admin_site(lambda: app, clock=lambda: found.now)
            with serve_in_thread(pages, "127.0.0.1", port), serve_in_thread(office, "127.0.0.1", other):
                yield found


def pages(home: Village) -> dict[str, str]:
    """One page of each kind."""
    ada, links = home.reader(), home.app.letters.links
    me, issue = links.page(ada, now=home.now), issue_of(home, "ada")
    key = home.app.store.issues.latest("ada")[0].papers[0]
    wish = {"email": EVE, "subscriptions": [{"name": "Graphs", "when": "daily 07:30", "rules": ["graph*"]}]}
    home.app.signup.sign_up(wish, now=home.now)
    [question] = home.post()
    eve = home.app.signup.confirm(
        str(links.opened("confirm", home.link(question, "confirm").rpartition("/")[2], now=home.now)["id"]),
        now=home.now,
    )
    assert eve is not None
    home.post()
    wish["email"] = "dan@example.net"
    home.app.signup.sign_up(wish, now=home.now)
    home.app.signup.move(eve, "eve@example.com", now=home.now)
    asked = {str(letter["To"]): letter for letter in home.post()}
    hers = links.page(eve, now=home.now)
    return {
        "front": home.url,
        "link": f"{home.url}/link",
        "trending": f"{home.url}/trending",
        "paper": f"{home.url}/paper/{key}",
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
        "confirm": home.link(asked["dan@example.net"], "confirm"),
        "move": home.link(asked["eve@example.com"], "move"),
        "no link": f"{home.url}/me/nobody",
        "admin": home.admin,
        "admin outbox": f"{home.admin}/outbox",
        "admin readers": f"{home.admin}/readers",
        "admin reader": f"{home.admin}/readers/ada",
        "admin suppressions": f"{home.admin}/suppressions",
        "admin sources": f"{home.admin}/sources",
        "admin due": f"{home.admin}/due",
    }


def issue_of(home: Village, id_: str) -> str:
    """The web copy of a reader's last issue."""
    row = next(row for row in home.app.store.issues.latest(id_))
    return home.app.letters.links.issue(home.reader(id_), row.subscription, row.kind, row.slot)


def _vote(app: App) -> None:
    """Some papers of the morning were brought to Hugging Face, and people voted for them."""
    papers = [paper for paper in app.store.papers.archive() if paper.ids.arxiv and paper.abstract][:8]
    seen = [
        replace(paper, source="huggingface", votes=60 - 7 * place, comments_count=place, announced=MORNING)
        for place, paper in enumerate(papers)
    ]
    app.store.papers.add(seen, now=MORNING, since=MORNING - timedelta(days=7), first=True)


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
