"""What the rooms of web copies share: whose issue a link opens, and what is kept of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from digest.links import ISSUE
from digest.links.token import TokenError
from digest.store import WebCopy
from digest.subscriptions import Subscriber, Subscription
from digest.website.view import Room

_SHORT = re.compile(r"[a-z2-7]{16}", re.ASCII)  # as token.short makes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An issue that was asked for."""

    reader: Subscriber
    name: str  # of the subscription, which may be gone
    copy: WebCopy | None  # none: a preview, or dropped since

    @property
    def subscription(self) -> Subscription | None:
        """As it is now."""
        return next((each for each in self.reader.subscriptions if each.name == self.name), None)


class Copies(Room):
    """A room below `/issue/TOKEN`."""

    def issue(self, request: Request) -> Opened | None:
        """The issue of a link: a short one from a letter, or a signed one; None for a short one that nobody knows.

        Raises TokenError.
        """
        token, store = request.path_params["token"], self.app().store
        if not _SHORT.fullmatch(token):
            reader, payload = self.reader(ISSUE, token)
            name, kind, slot = (str(payload[key]) for key in ("subscription", "kind", "slot"))
            return Opened(reader=reader, name=name, copy=store.web_copies.get(reader.id, name, kind, slot))
        called = store.web_copies.find(token)
        if called is None:
            return None
        owner = self.app().reader(called[0])
        if owner is None:
            raise TokenError("nobody is called so")
        return Opened(reader=owner, name=called[1], copy=store.web_copies.get(*called))
