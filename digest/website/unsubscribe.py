"""The pages by which a reader leaves a subscription, and comes back: one press, no cookie, for ever (RFC 8058)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.links import UNSUBSCRIBE
from digest.render.words.pages.leaving import LEAVING
from digest.website.view import Form, Room, posted


class Leaving(Room):
    """`/unsubscribe/TOKEN`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/unsubscribe/{token}", self.ask, methods=["GET"]),
            Route("/unsubscribe/{token}", self.leave, methods=["POST"]),
            Route("/unsubscribe/{token}/undo", posted(self.come_back), methods=["POST"]),
        ]

    def ask(self, request: Request) -> Response:
        """Whether to leave: the only thing that the link in a letter does by itself."""
        _, name, language = self._whose(request)
        say = self.say(LEAVING, language)
        return self.notice(
            say.ask.format(name), say.ask_note, language=language, action=_here(request), button=say.leave
        )

    def leave(self, request: Request) -> Response:
        """Leave. What is posted is not read: the token says all, and mail programs send no cookie."""
        reader, name, language = self._whose(request)
        say = self.say(LEAVING, language)
        self.app().store.unsubscribes.add(reader, name, "the reader asked to", now=self.clock())
        undo = f"{_here(request)}/undo"
        return self.notice(say.left.format(name), say.left_note, language=language, action=undo, button=say.come_back)

    def come_back(self, request: Request, form: Form) -> Response:
        reader, name, language = self._whose(request)
        say = self.say(LEAVING, language)
        self.app().store.unsubscribes.remove(reader, name)
        return self.notice(say.back.format(name), language=language, action=_here(request), button=say.leave)

    def _whose(self, request: Request) -> tuple[str, str, str]:
        """The reader and the subscription that a token names, and the language in which to say so."""
        payload = self.opened(UNSUBSCRIBE, request.path_params["token"])
        reader = self.app().reader(str(payload["subscriber"]))
        language = reader.language if reader else self.app().config.language
        return str(payload["subscriber"]), str(payload["subscription"]), language


def _here(request: Request) -> str:
    return f"/unsubscribe/{request.path_params['token']}"
