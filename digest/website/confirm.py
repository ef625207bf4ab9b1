"""The pages behind the links of notices: a sign-up is confirmed, a move agreed to; looking changes nothing."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.links import CONFIRM, MOVE
from digest.links.token import TokenError
from digest.render.words.pages.forms import FORMS
from digest.render.words.pages.front import FRONT
from digest.store import Pending
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
        asked = self._asked(CONFIRM, request)
        if asked is None:
            return self._old()
        if asked.done:
            return self._done()
        say, words = self.say(FRONT), self.say(FORMS)
        wanted = [shown(each, str(asked.document.get("timezone", "UTC"))) for each in asked.document["subscriptions"]]
        return self.page(
            "confirm", say.confirm, say=say, wanted=[(each, self._rhythm(each)) for each in wanted], words=words,
            action=_here(request),
        )  # fmt: skip

    def confirm(self, request: Request, form: Form) -> Response:
        """The address has agreed, once: to the reader's own page."""
        app, now = self.app(), self.clock()
        asked = self._asked(CONFIRM, request)
        if asked is None:
            return self._old()
        reader = app.signup.confirm(asked.id, now=now)
        if reader is None:
            return self._done()
        if app.reader(reader.id) is None:  # a file has had their address since
            say = self.say(FRONT)
            return self.notice(say.in_a_file, say.in_a_file_note)
        return self.see(f"/me/{app.letters.links.page_token(reader, now=now)}")

    def ask_move(self, request: Request) -> Response:
        """Whether to agree to a change of address."""
        asked = self._asked(MOVE, request)
        if asked is None or asked.done:
            return self._gone()
        say = self.say(FRONT)
        return self.notice(say.move, say.move_note, action=_here(request), button=say.move_button)

    def move(self, request: Request, form: Form) -> Response:
        """One of both addresses agrees."""
        say, asked = self.say(FRONT), self._asked(MOVE, request)
        if asked is None:
            return self._gone()
        side: Literal["old", "new"] = "new" if self._payload(MOVE, request).get("side") == "new" else "old"
        match self.app().signup.agree(asked.id, side, now=self.clock()):
            case "done":
                return self.notice(say.moved, say.moved_note)
            case "half":
                return self.notice(say.half, say.half_note)
            case "taken":
                return self.notice(say.taken, say.taken_note, status=409)
            case None:
                return self._gone()

    def _payload(self, purpose: str, request: Request) -> dict[str, str | int]:
        return self.opened(purpose, request.path_params["token"])

    def _asked(self, purpose: str, request: Request) -> Pending | None:
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

    def _rhythm(self, each: Typed) -> str:
        """When its letters come, in words."""
        words = self.say(FORMS)
        if each.rhythm == "once":
            return words.rhythms["once"]
        days = ", ".join(words.day_names[day] for day in DAYS if day in each.days)
        return f"{days or words.rhythms[each.rhythm]}, {each.hour} ({each.zone})"

    def _done(self) -> Response:
        say = self.say(FRONT)
        return self.page("told", say.done, say=say, line=say.done_note, to="/link", there=say.link_button, status=410)

    def _old(self) -> Response:
        say = self.say(FRONT)
        return self.page("told", say.old, say=say, line=say.old_note, to="/", there=say.to_front, status=404)

    def _gone(self) -> Response:
        say = self.say(FRONT)
        return self.page("told", say.gone, say=say, line=say.gone_note, to="/link", there=say.link_button, status=410)


def _here(request: Request) -> str:
    room, token = request.url.path.rstrip("/").split("/")[-2:]
    return f"/{room}/{token}"
