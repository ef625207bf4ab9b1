"""The pages behind the links of notices: a sign-up is confirmed, a move agreed to; looking changes nothing."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.links import CONFIRM, MOVE
from digest.links.token import TokenError
from digest.render.labels import joined
from digest.store import PendingRequest
from digest.text.translations import Translations
from digest.website.forms import DAYS, Typed, shown
from digest.website.view import Form, Room, posted


class Joining(Room):
    """`/confirm/TOKEN` and `/move/TOKEN`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/confirm/{token}", self.ask, methods=["GET"]),
            Route("/confirm/{token}", posted(self.confirm), methods=["POST"]),
            Route("/move/{token}", self.ask_move, methods=["GET"]),
            Route("/move/{token}", posted(self.move), methods=["POST"]),
        ]

    def ask(self, request: Request) -> Response:
        """What was asked for, and a button: nothing has happened yet."""
        t, asked = self.negotiated(request), self._asked(CONFIRM, request)
        if asked is None:
            return self._old(t)
        if asked.done:
            return self._done(t)
        wanted = [shown(each, str(asked.document.get("timezone", "UTC"))) for each in asked.document["subscriptions"]]
        pairs = [(each, _rhythm(t, each)) for each in wanted]
        return self.page(t, "confirm", t("front.confirm"), wanted=pairs, action=_here(request))

    def confirm(self, request: Request, form: Form) -> Response:
        """The address has agreed, once: to the reader's own page."""
        app, now, t = self.app(), self.clock(), self.negotiated(request)
        asked = self._asked(CONFIRM, request)
        if asked is None:
            return self._old(t)
        reader = app.signup.confirm(asked.id, now=now)
        if reader is None:
            return self._done(t)
        if app.reader(reader.id) is None:  # a file has had their address since
            return self.notice(t, t("front.in_a_file"), t("front.in_a_file_note"))
        return self.see(f"/me/{app.letters.links.page_token(reader, now=now)}")

    def ask_move(self, request: Request) -> Response:
        """Whether to agree to a change of address."""
        t, asked = self.negotiated(request), self._asked(MOVE, request)
        if asked is None or asked.done:
            return self._gone(t)
        return self.notice(
            t, t("front.move"), t("front.move_note"), action=_here(request), button=t("front.move_button")
        )

    def move(self, request: Request, form: Form) -> Response:
        """One of both addresses agrees."""
        t, asked = self.negotiated(request), self._asked(MOVE, request)
        if asked is None:
            return self._gone(t)
        side: Literal["old", "new"] = "new" if self._payload(MOVE, request).get("side") == "new" else "old"
        match self.app().signup.agree(asked.id, side, now=self.clock()):
            case "done":
                return self.notice(t, t("front.moved"), t("front.moved_note"))
            case "half":
                return self.notice(t, t("front.half"), t("front.half_note"))
            case "taken":
                return self.notice(t, t("front.taken"), t("front.taken_note"), status=409)
            case None:
                return self._gone(t)

    def _payload(self, purpose: str, request: Request) -> dict[str, str | int]:
        return self.opened(purpose, request.path_params["token"])

    def _asked(self, purpose: str, request: Request) -> PendingRequest | None:
        """What the link is about; None where it has grown old, is none, or nobody knows of it any more."""
        try:
            payload = self._payload(purpose, request)
        except TokenError:
            return None
        asked = self.app().store.readers.get_pending(str(payload["id"]))
        kind = "sign-up" if purpose == CONFIRM else "address"
        if asked is None or asked.kind != kind or (asked.done is None and self.clock() >= asked.expires):
            return None
        return asked

    def _done(self, t: Translations) -> Response:
        return self.page(
            t, "told", t("front.done"), line=t("front.done_note"), to="/link", there=t("front.link_button"), status=410
        )

    def _old(self, t: Translations) -> Response:
        return self.page(
            t, "told", t("front.old"), line=t("front.old_note"), to="/", there=t("front.to_front"), status=404
        )

    def _gone(self, t: Translations) -> Response:
        return self.page(
            t, "told", t("front.gone"), line=t("front.gone_note"), to="/link", there=t("front.link_button"), status=410
        )


def _rhythm(t: Translations, each: Typed) -> str:
    """When the letters of a subscription come."""
    if each.rhythm == "once":
        return t("form.rhythms.once")
    names = [t(f"form.day_names.{day}") for day in DAYS if day in each.days]
    days = joined(t, names) or t(f"form.rhythms.{each.rhythm}")
    return t("front.rhythm", days=days, time=each.hour, zone=each.zone)


def _here(request: Request) -> str:
    room, token = request.url.path.rstrip("/").split("/")[-2:]
    return f"/{room}/{token}"
