"""Readers and subscriptions of papers about routes, and the letter factory that writes to them."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from digest.letters import LetterFactory
from digest.mail.message import Mailbox
from digest.render import Renderer
from digest.rules import parse
from digest.subscriptions import Rule, Schedule, Subscriber, Subscription

SENDER = Mailbox(name="Papers", address="papers@example.org")


FACTORY = LetterFactory(renderer=Renderer(), sender=SENDER, owner=SENDER)


def subscription(*rules: str, when: str = "daily 07:30", name: str = "Mine", **more: object) -> Subscription:
    made = tuple(Rule(title=rule, query=parse(rule)) for rule in rules or ("route",))
    return replace(Subscription(name=name, when=Schedule.parse(when), rules=made), **more)  # type: ignore[arg-type]


def reader(*subscriptions: Subscription, name: str = "ada", **more: object) -> Subscriber:
    ada = Subscriber(
        id=name,
        email=f"{name}@example.org",
        timezone=ZoneInfo("UTC"),
        subscriptions=subscriptions or (subscription(),),
    )
    return replace(ada, **more)  # type: ignore[arg-type]
