"""Account deletion, revocation of all earlier links, and a new link by mail for an expired one."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.links import PAGE
from digest.links.token import TokenExpired
from digest.text.translations import translations
from digest.website.account_base import AccountView, account_path
from digest.website.request_limits import SIGNUP_LETTERS, enforce_limit
from digest.website.view import Form, form_endpoint


class AccountDeletion(AccountView):
    """`/me/TOKEN/renew`, `/me/TOKEN/again` and `/me/TOKEN/delete`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/me/{token}/renew", form_endpoint(self.renew_links), methods=["POST"]),
            Route("/me/{token}/again", form_endpoint(self.send_new_link), methods=["POST"]),
            Route("/me/{token}/delete", self.confirm_deletion, methods=["GET"]),
            Route("/me/{token}/delete", form_endpoint(self.delete), methods=["POST"]),
        ]

    def renew_links(self, request: Request, form: Form) -> Response:
        """Revokes all earlier links and redirects to the account by a new one."""
        reader = self.account_reader(request)
        app = self.app()
        app.store.preferences.renew_links(reader.id)
        renewed = app.reader(reader.id)
        if renewed is None:  # deleted meanwhile
            raise HTTPException(404)
        return self.redirect(f"/me/{app.letters.links.page_token(renewed, now=self.clock())}?said=renewed")

    def send_new_link(self, request: Request, form: Form) -> Response:
        """Mails a new link to the reader's address. The response is the same whether the reader exists or not."""
        try:
            payload = self.verify_token(PAGE, request.path_params["token"])
        except TokenExpired as error:
            payload = error.payload
        app, reader = self.app(), self.app().reader(str(payload["subscriber"]))
        t = translations(reader.language) if reader else self.negotiated(request)
        enforce_limit(request, SIGNUP_LETTERS)
        if reader:
            app.signup.link(reader.email, now=self.clock())
        return self.notice(t, t("settings.sent"), t("settings.sent_note"))

    def confirm_deletion(self, request: Request) -> Response:
        reader = self.account_reader(request)
        t = translations(reader.language)
        if file := self.config_file(reader):
            return self.notice(t, t("settings.forget"), t("settings.file_stays", file=file))
        return self.page(t, "forget", t("settings.forget"), here=account_path(request))

    def delete(self, request: Request, form: Form) -> Response:
        reader = self.account_reader(request)
        if self.config_file(reader):
            raise HTTPException(404)
        self.app().store.readers.delete(reader.id)
        t = translations(reader.language)
        return self.notice(t, t("settings.forgotten"), t("settings.forgotten_note"))
