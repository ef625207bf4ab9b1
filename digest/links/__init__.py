"""Signed links to pages: the purposes, what each link identifies, and how long it is valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from digest.links.token import TokenError, short, sign, verify
from digest.subscriptions import Subscriber

UNSUBSCRIBE: Final = "unsubscribe"
"""One-click unsubscribe from one subscription (RFC 8058); never expires and cannot be revoked."""

PAGE: Final = "page"
"""Opens a reader's account page, where everything can be changed; so it expires and can be revoked."""

ISSUE: Final = "issue"
"""Opens the web copy of one issue, and accepts its reader's feedback on the papers."""

FEED: Final = "feed"
"""Opens the Atom feed of one subscription."""

CONFIRM: Final = "confirm"
"""Confirms a sign-up; valid once."""

MOVE: Final = "move"
"""Confirms a change of address, for the old or the new address."""

AGES: Final[Mapping[str, timedelta]] = {
    PAGE: timedelta(days=60),
    CONFIRM: timedelta(hours=48),
    MOVE: timedelta(hours=48),
}
"""The validity of links that expire, by purpose."""


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Signs and verifies links; `site` is the base URL without a trailing slash."""

    site: str
    keys: Sequence[str]  # the last signs, all verify

    def unsubscribe(self, reader: str, subscription: str) -> str:
        return self._url(
            "unsubscribe", sign(UNSUBSCRIBE, {"subscriber": reader, "subscription": subscription}, self.keys)
        )

    def page(self, reader: Subscriber, *, now: datetime) -> str:
        return self._url("me", self.page_token(reader, now=now))

    def page_token(self, reader: Subscriber, *, now: datetime) -> str:
        """The token without URL, for a page that links to another one."""
        return sign(PAGE, _named(reader), self.keys, at=now)

    def letter(self, reader: Subscriber, subscription: str, kind: str, slot: str) -> str:
        """The short URL of the web copy of an issue, which its letter repeats with each paper.

        It is a random-looking id, which the store keeps with the issue; it carries no data.
        """
        return self._url("issue", short("issue", (reader.id, subscription, kind, slot, str(reader.links)), self.keys))

    def issue(self, reader: Subscriber, subscription: str, kind: str, slot: str) -> str:
        """The URL of the web copy of an issue, from anywhere but its letter."""
        what = _named(reader) | {"subscription": subscription, "kind": kind, "slot": slot}
        return self._url("issue", sign(ISSUE, what, self.keys))

    def feed(self, reader: Subscriber, subscription: str) -> str:
        token = sign(FEED, _named(reader) | {"subscription": subscription}, self.keys)
        return self._url("feed", f"{token}.atom")

    def confirm(self, pending: str, *, now: datetime) -> str:
        return self._url("confirm", sign(CONFIRM, {"id": pending}, self.keys, at=now))

    def move(self, pending: str, side: str, *, now: datetime) -> str:
        """The URL that confirms a change of address; `side` is "old" or "new", the mailbox that gets it."""
        return self._url("move", sign(MOVE, {"id": pending, "side": side}, self.keys, at=now))

    def opened(self, purpose: str, token: str, *, now: datetime) -> dict[str, str | int]:
        """The payload of a token. Raises TokenError if it is forged, for another purpose, or expired."""
        return verify(purpose, token, self.keys, max_age=AGES.get(purpose), now=now)

    def _url(self, path: str, token: str) -> str:
        return f"{self.site}/{path}/{token}"


def counts(payload: Mapping[str, str | int], reader: Subscriber) -> None:
    """Raises TokenError if the reader has revoked this link since it was signed."""
    if payload.get("v", 0) != reader.links:
        raise TokenError("this link is not valid any more: ask for a new one")


def _named(reader: Subscriber) -> dict[str, str | int]:
    return {"subscriber": reader.id} | ({"v": reader.links} if reader.links else {})
