"""Base class of the account's views: finds the reader of the token, their document, and the path of their account."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.config.loader import SIGNED_UP
from digest.config.subscriber_yaml import subscriber_from
from digest.links import PAGE
from digest.mail.address import address_key
from digest.mail.message import Mailbox
from digest.store import ReaderDocument, Suppression
from digest.subscriptions import Subscriber
from digest.text.translations import translations
from digest.website.view import View


class AccountView(View):
    """Base of the views below `/me/TOKEN`."""

    def account_reader(self, request: Request) -> Subscriber:
        """The reader of the request's token, with the changes they made on the site. Raises TokenError."""
        return self.reader_of_token(PAGE, request.path_params["token"])[0]

    def signed_up_reader(self, request: Request) -> tuple[Subscriber, ReaderDocument]:
        """The reader and their sign-up document. Raises TokenError, and HTTPException (404) without such a document."""
        reader = self.account_reader(request)
        document = self.signup_document(reader)
        if document is None:
            raise HTTPException(404)
        return reader, document

    def reader_as_written(self, reader: Subscriber) -> Subscriber:
        """The reader as the config file or the sign-up document says, without later pauses, mutes and unsubscribes."""
        if (document := self.signup_document(reader)) is not None:
            return subscriber_from(reader.id, document, self.app().config.language)
        return next((each for each in self.app().config.subscribers if each.id == reader.id), reader)

    def signup_document(self, reader: Subscriber) -> ReaderDocument | None:
        """The sign-up document of a reader; None for a reader of a config file."""
        if not reader.id.startswith(SIGNED_UP):
            return None
        row = self.app().store.readers.get(id=reader.id)
        return row.document if row else None

    def suppression(self, reader: Subscriber) -> Suppression | None:
        """The suppression of the reader's address, or None."""
        return next(iter(self.app().store.suppressions.list_all(suppression_key_of(reader))), None)

    def config_file(self, reader: Subscriber) -> str | None:
        """The name of the reader's config file; None for a reader who signed up."""
        return None if reader.id.startswith(SIGNED_UP) else f"subscribers/{reader.id}.yaml"

    def back_to_account(self, request: Request, said: str = "") -> Response:
        """Redirects to the account page, which shows the message of the code `said`."""
        return self.redirect(account_path(request) + (f"?said={said}" if said else ""))

    def account_page(self, request: Request, template: str, title: str, reader: Subscriber, **given: Any) -> Response:
        """Renders a page of the account in the reader's language; the template gets the account's path as `here`."""
        return self.page(translations(reader.language), template, title, **{"here": account_path(request), **given})


def suppression_key_of(reader: Subscriber) -> str:
    """The reader's address in the form under which suppressions store it (mail.outcome.address_key)."""
    return address_key(Mailbox(address=reader.email).wire)


def account_path(request: Request) -> str:
    """The path of the account page."""
    return f"/me/{request.path_params['token']}"
