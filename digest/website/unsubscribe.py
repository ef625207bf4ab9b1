"""The unsubscribe page and one-click unsubscribe (RFC 8058); its texts are the messages leaving.* in digest/locale/."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.links import UNSUBSCRIBE
from digest.text.translations import Translations, translations
from digest.website.view import Form, View, form_endpoint


class UnsubscribeView(View):
    """`/unsubscribe/TOKEN`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/unsubscribe/{token}", self.show, methods=["GET"]),
            Route("/unsubscribe/{token}", self.unsubscribe, methods=["POST"]),
            Route("/unsubscribe/{token}/undo", form_endpoint(self.resubscribe), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """Asks for confirmation; a GET changes nothing, since mail scanners follow links."""
        _, name, t = self._subscription_of_token(request)
        return self.notice(
            t, t("leaving.ask", name=name), t("leaving.ask_note"), action=_own_path(request), button=t("leaving.leave")
        )

    def unsubscribe(self, request: Request) -> Response:
        """Unsubscribes. The body is not read: a mail provider's one-click POST has only the token (RFC 8058)."""
        reader, name, t = self._subscription_of_token(request)
        self.app().store.unsubscribes.add(reader, name, "the reader asked to", now=self.clock())
        undo, button = f"{_own_path(request)}/undo", t("leaving.come_back")
        return self.notice(t, t("leaving.left", name=name), t("leaving.left_note"), action=undo, button=button)

    def resubscribe(self, request: Request, form: Form) -> Response:
        reader, name, t = self._subscription_of_token(request)
        self.app().store.unsubscribes.remove(reader, name)
        return self.notice(t, t("leaving.back", name=name), action=_own_path(request), button=t("leaving.leave"))

    def _subscription_of_token(self, request: Request) -> tuple[str, str, Translations]:
        """The reader's id and the subscription of the token, and the language of the page."""
        payload = self.verify_token(UNSUBSCRIBE, request.path_params["token"])
        reader = self.app().reader(str(payload["subscriber"]))
        t = translations(reader.language) if reader else self.negotiated(request)
        return str(payload["subscriber"]), str(payload["subscription"]), t


def _own_path(request: Request) -> str:
    return f"/unsubscribe/{request.path_params['token']}"
