"""Base class of the views of web copies: finds the issue of a token, its reader and its stored copy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from digest.links import ISSUE
from digest.links.token import TokenError
from digest.store import WebCopy
from digest.subscriptions import Subscriber, Subscription
from digest.website.view import View

_SHORT_TOKEN = re.compile(r"[a-z2-7]{16}", re.ASCII)  # as token.short makes it


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedIssue:
    """The issue of a request."""

    reader: Subscriber
    name: str  # of the subscription, which may have been removed
    copy: WebCopy | None  # None for a preview, or after the retention period

    @property
    def subscription(self) -> Subscription | None:
        """The subscription in its present form, or None if it was removed."""
        return next((each for each in self.reader.subscriptions if each.name == self.name), None)


class WebCopyView(View):
    """Base of the views below `/issue/TOKEN`."""

    def requested_issue(self, request: Request) -> RequestedIssue | None:
        """The issue of a token: a short one of a letter, or a signed one; None for an unknown short one.

        Raises TokenError.
        """
        token, store = request.path_params["token"], self.app().store
        if not _SHORT_TOKEN.fullmatch(token):
            reader, payload = self.reader_of_token(ISSUE, token)
            name, kind, slot = (str(payload[key]) for key in ("subscription", "kind", "slot"))
            return RequestedIssue(reader=reader, name=name, copy=store.web_copies.get(reader.id, name, kind, slot))
        called = store.web_copies.find(token)
        if called is None:
            return None
        owner = self.app().reader(called[0])
        if owner is None:
            raise TokenError("nobody is called so")
        return RequestedIssue(reader=owner, name=called[1], copy=store.web_copies.get(*called))
