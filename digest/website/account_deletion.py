"""How a reader's page is closed: older links made useless, a new one sent for an old one, and everything deleted."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.links import PAGE
from digest.links.token import TokenExpired
from digest.text.translations import translations
from digest.website.account_base import Mine, here
from digest.website.request_limits import LETTERS, spend
from digest.website.view import Form, posted


class Goodbye(Mine):
    """`/me/TOKEN/renew`, `/me/TOKEN/again` and `/me/TOKEN/delete`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/me/{token}/renew", posted(self.renew), methods=["POST"]),
            Route("/me/{token}/again", posted(self.again), methods=["POST"]),
            Route("/me/{token}/delete", self.ask, methods=["GET"]),
            Route("/me/{token}/delete", posted(self.forget), methods=["POST"]),
        ]

    def renew(self, request: Request, form: Form) -> Response:
        """All links that were made before are useless now; here is the page's new one."""
        reader = self.whose(request)
        app = self.app()
        app.store.preferences.renew_links(reader.id)
        renewed = app.reader(reader.id)
        if renewed is None:  # gone meanwhile
            raise HTTPException(404)
        return self.see(f"/me/{app.letters.links.page_token(renewed, now=self.clock())}?said=renewed")

    def again(self, request: Request, form: Form) -> Response:
        """A new link, to the reader's own address alone. One answer, whether anybody is there or not."""
        try:
            payload = self.opened(PAGE, request.path_params["token"])
        except TokenExpired as error:
            payload = error.payload
        app, reader = self.app(), self.app().reader(str(payload["subscriber"]))
        t = translations(reader.language) if reader else self.negotiated(request)
        spend(request, LETTERS)
        if reader:
            app.signup.link(reader.email, now=self.clock())
        return self.notice(t, t("settings.sent"), t("settings.sent_note"))

    def ask(self, request: Request) -> Response:
        reader = self.whose(request)
        t = translations(reader.language)
        if file := self.file(reader):
            return self.notice(t, t("settings.forget"), t("settings.file_stays", file=file))
        return self.page(t, "forget", t("settings.forget"), here=here(request))

    def forget(self, request: Request, form: Form) -> Response:
        reader = self.whose(request)
        if self.file(reader):
            raise HTTPException(404)
        self.app().store.readers.delete(reader.id)
        t = translations(reader.language)
        return self.notice(t, t("settings.forgotten"), t("settings.forgotten_note"))
