"""An issue, and letter factories with and without pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from digest.issues import Issue, Item, Section
from digest.letters import LetterFactory
from digest.mail.message import Mailbox
from digest.render import Renderer
from digest.subscriptions import Schedule, Subscriber
from tests.support.store_samples import NOW, preprint

SENDER = Mailbox(name="Papers", address="papers@example.org")


OWNER = Mailbox(address="desk@example.org")


PLAIN = LetterFactory(renderer=Renderer(), sender=SENDER, owner=OWNER, postal="1 Example Street")


SITED = replace(PLAIN, site="https://papers.example.org", keys=("old key", "new key"))


ADA = Subscriber(id="ada", email="ada@exämple.org", name="Ada Lovelace", timezone=ZoneInfo("Europe/London"))


ISSUE = Issue(
    subscriber=ADA,
    subscription="Sparse models",
    when=Schedule.parse("weekdays 07:30"),
    kind="scheduled",
    slot="2026-11-20T07:30",
    number=7,
    date=NOW,
    since=NOW - timedelta(days=1),
    sections=(Section(title="Sparse", query="sparse", items=(Item(work=1, event="new", paper=preprint()),)),),
)
