"""A reader of papers about graphs in any time zone, and the letter factory that writes to them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from digest.letters import LetterFactory
from digest.mail.message import Mailbox
from digest.render import Renderer
from digest.rules import parse
from digest.subscriptions import Rule, Schedule, Subscriber, Subscription

SENDER = Mailbox(name="Papers", address="papers@example.org")


FACTORY = LetterFactory(renderer=Renderer(), sender=SENDER, owner=SENDER)


def reader(zone: str, when: str) -> Subscriber:
    mine = Subscription(
        name="Mine", when=Schedule.parse(when), rules=(Rule(title="graph", query=parse("graph")),), quiet="send"
    )
    return Subscriber(
        id="ada", email="ada@example.org", name="Ada", timezone=ZoneInfo(zone), pause_until=None, subscriptions=(mine,)
    )
