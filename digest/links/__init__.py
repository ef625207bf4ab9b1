"""The links that let a reader in: what each is for, what it names, and how long it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from digest.links.token import TokenError, short, sign, verify
from digest.subscriptions import Subscriber

UNSUBSCRIBE: Final = "unsubscribe"
"""Leaves one subscription, by one press; never expires and is never revoked."""

PAGE: Final = "page"
"""Opens a reader's own page, where all can be changed; so it grows old, and can be made useless."""

ISSUE: Final = "issue"
"""Opens the web copy of one issue, and takes what its reader says of the papers there."""

FEED: Final = "feed"
"""Opens the Atom feed of one subscription."""

CONFIRM: Final = "confirm"
"""Confirms a sign-up, once."""

MOVE: Final = "move"
"""Confirms a change of address, from one of both sides."""

AGES: Final[Mapping[str, timedelta]] = {
    PAGE: timedelta(days=60),
    CONFIRM: timedelta(hours=48),
    MOVE: timedelta(hours=48),
}
"""How long links hold that grow old."""


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Makes links and knows its own; `site` is the base URL, without a slash at its end."""

    site: str
    keys: Sequence[str]  # the last signs, all verify

    def unsubscribe(self, reader: str, subscription: str) -> str:
        return self._url(
            "unsubscribe", sign(UNSUBSCRIBE, {"subscriber": reader, "subscription": subscription}, self.keys)
        )

    def page(self, reader: Subscriber, *, now: datetime) -> str:
        return self._url("me", self.page_token(reader, now=now))

    def page_token(self, reader: Subscriber, *, now: datetime) -> str:
        """The token alone, for a page that leads to another one."""
        return sign(PAGE, _named(reader), self.keys, at=now)

    def letter(self, reader: Subscriber, subscription: str, kind: str, slot: str) -> str:
        """To the web copy of an issue, from its letter, where it stands with each paper: so it is short.

        It names nothing, and opens what is kept with it: the store knows its last part.
        """
        return self._url("issue", short("issue", (reader.id, subscription, kind, slot, str(reader.links)), self.keys))

    def issue(self, reader: Subscriber, subscription: str, kind: str, slot: str) -> str:
        """To the web copy of an issue, from elsewhere."""
        what = _named(reader) | {"subscription": subscription, "kind": kind, "slot": slot}
        return self._url("issue", sign(ISSUE, what, self.keys))

    def feed(self, reader: Subscriber, subscription: str) -> str:
        token = sign(FEED, _named(reader) | {"subscription": subscription}, self.keys)
        return self._url("feed", f"{token}.atom")

    def confirm(self, pending: str, *, now: datetime) -> str:
        return self._url("confirm", sign(CONFIRM, {"id": pending}, self.keys, at=now))

    def move(self, pending: str, side: str, *, now: datetime) -> str:
        """`side` is "old" or "new": whose mailbox gets this link."""
        return self._url("move", sign(MOVE, {"id": pending, "side": side}, self.keys, at=now))

    def opened(self, purpose: str, token: str, *, now: datetime) -> dict[str, str | int]:
        """What a token names. Raises TokenError for what is not ours, not for this, or too old."""
        return verify(purpose, token, self.keys, max_age=AGES.get(purpose), now=now)

    def _url(self, room: str, token: str) -> str:
        return f"{self.site}/{room}/{token}"


def counts(payload: Mapping[str, str | int], reader: Subscriber) -> None:
    """Raises TokenError where the reader has made this link useless since it was made."""
    if payload.get("v", 0) != reader.links:
        raise TokenError("this link is not valid any more: ask for a new one")


def _named(reader: Subscriber) -> dict[str, str | int]:
    return {"subscriber": reader.id} | ({"v": reader.links} if reader.links else {})
