"""The pages by which a reader leaves a subscription, and comes back: one press, no cookie, for ever (RFC 8058)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.links import UNSUBSCRIBE
from digest.text.translations import Translations, translations
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
        _, name, t = self._whose(request)
        return self.notice(
            t, t("leaving.ask", name=name), t("leaving.ask_note"), action=_here(request), button=t("leaving.leave")
        )

    def leave(self, request: Request) -> Response:
        """Leave. What is posted is not read: the token says all, and mail programs send no cookie."""
        reader, name, t = self._whose(request)
        self.app().store.unsubscribes.add(reader, name, "the reader asked to", now=self.clock())
        undo, button = f"{_here(request)}/undo", t("leaving.come_back")
        return self.notice(t, t("leaving.left", name=name), t("leaving.left_note"), action=undo, button=button)

    def come_back(self, request: Request, form: Form) -> Response:
        reader, name, t = self._whose(request)
        self.app().store.unsubscribes.remove(reader, name)
        return self.notice(t, t("leaving.back", name=name), action=_here(request), button=t("leaving.leave"))

    def _whose(self, request: Request) -> tuple[str, str, Translations]:
        """The reader and the subscription that a token names, and the language in which to say so."""
        payload = self.opened(UNSUBSCRIBE, request.path_params["token"])
        reader = self.app().reader(str(payload["subscriber"]))
        t = translations(reader.language) if reader else self.negotiated(request)
        return str(payload["subscriber"]), str(payload["subscription"]), t


def _here(request: Request) -> str:
    return f"/unsubscribe/{request.path_params['token']}"
