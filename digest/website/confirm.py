"""Confirmation pages: double opt-in of a sign-up and of a change of address; a GET changes nothing."""

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
from digest.website.forms import DAYS, SubscriptionFields, fields_of_entry
from digest.website.view import Form, View, form_endpoint


class ConfirmationView(View):
    """`/confirm/TOKEN` and `/move/TOKEN`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/confirm/{token}", self.show, methods=["GET"]),
            Route("/confirm/{token}", form_endpoint(self.confirm), methods=["POST"]),
            Route("/move/{token}", self.show_move, methods=["GET"]),
            Route("/move/{token}", form_endpoint(self.move), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """Shows the requested subscriptions and the button that confirms them."""
        t, pending = self.negotiated(request), self._pending(CONFIRM, request)
        if pending is None:
            return self._expired_signup(t)
        if pending.done:
            return self._already_confirmed(t)
        wanted = [
            fields_of_entry(each, str(pending.document.get("timezone", "UTC")))
            for each in pending.document["subscriptions"]
        ]
        pairs = [(each, _rhythm(t, each)) for each in wanted]
        return self.page(t, "confirm", t("front.confirm"), wanted=pairs, action=_own_path(request))

    def confirm(self, request: Request, form: Form) -> Response:
        """Confirms the sign-up, once, and redirects to the new account."""
        app, now, t = self.app(), self.clock(), self.negotiated(request)
        pending = self._pending(CONFIRM, request)
        if pending is None:
            return self._expired_signup(t)
        reader = app.signup.confirm(pending.id, now=now)
        if reader is None:
            return self._already_confirmed(t)
        if app.reader(reader.id) is None:  # a config file has claimed the address since
            return self.notice(t, t("front.in_a_file"), t("front.in_a_file_note"))
        return self.redirect(f"/me/{app.letters.links.page_token(reader, now=now)}")

    def show_move(self, request: Request) -> Response:
        """Shows the button that agrees to a change of address."""
        t, pending = self.negotiated(request), self._pending(MOVE, request)
        if pending is None or pending.done:
            return self._expired_move(t)
        return self.notice(
            t, t("front.move"), t("front.move_note"), action=_own_path(request), button=t("front.move_button")
        )

    def move(self, request: Request, form: Form) -> Response:
        """Records the consent of the old or of the new address; both are needed."""
        t, pending = self.negotiated(request), self._pending(MOVE, request)
        if pending is None:
            return self._expired_move(t)
        side: Literal["old", "new"] = "new" if self._payload(MOVE, request).get("side") == "new" else "old"
        match self.app().signup.agree(pending.id, side, now=self.clock()):
            case "done":
                return self.notice(t, t("front.moved"), t("front.moved_note"))
            case "half":
                return self.notice(t, t("front.half"), t("front.half_note"))
            case "taken":
                return self.notice(t, t("front.taken"), t("front.taken_note"), status=409)
            case None:
                return self._expired_move(t)

    def _payload(self, purpose: str, request: Request) -> dict[str, str | int]:
        return self.verify_token(purpose, request.path_params["token"])

    def _pending(self, purpose: str, request: Request) -> PendingRequest | None:
        """The pending request of the link; None if the token is invalid or the request is expired or deleted."""
        try:
            payload = self._payload(purpose, request)
        except TokenError:
            return None
        pending = self.app().store.readers.get_pending(str(payload["id"]))
        kind = "sign-up" if purpose == CONFIRM else "address"
        if pending is None or pending.kind != kind or (pending.done is None and self.clock() >= pending.expires):
            return None
        return pending

    def _already_confirmed(self, t: Translations) -> Response:
        return self.page(
            t, "told", t("front.done"), line=t("front.done_note"), to="/link", there=t("front.link_button"), status=410
        )

    def _expired_signup(self, t: Translations) -> Response:
        return self.page(
            t, "told", t("front.old"), line=t("front.old_note"), to="/", there=t("front.to_front"), status=404
        )

    def _expired_move(self, t: Translations) -> Response:
        return self.page(
            t, "told", t("front.gone"), line=t("front.gone_note"), to="/link", there=t("front.link_button"), status=410
        )


def _rhythm(t: Translations, each: SubscriptionFields) -> str:
    """The schedule of a subscription as text."""
    if each.rhythm == "once":
        return t("form.rhythms.once")
    names = [t(f"form.day_names.{day}") for day in DAYS if day in each.days]
    days = joined(t, names) or t(f"form.rhythms.{each.rhythm}")
    return t("front.rhythm", days=days, time=each.hour, zone=each.zone)


def _own_path(request: Request) -> str:
    page, token = request.url.path.rstrip("/").split("/")[-2:]
    return f"/{page}/{token}"
