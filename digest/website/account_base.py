"""What the rooms of a reader's own page share: whose it is, what was written for them, and the way back to it."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.config.loader import SIGNED_UP
from digest.config.subscriber_yaml import reader_of
from digest.links import PAGE
from digest.mail.address import address_key
from digest.mail.message import Mailbox
from digest.store import ReaderDocument, Suppression
from digest.subscriptions import Subscriber
from digest.text.translations import translations
from digest.website.view import Room


class Mine(Room):
    """A room below `/me/TOKEN`."""

    def whose(self, request: Request) -> Subscriber:
        """The reader whose page this is, as they want it themselves. Raises TokenError."""
        return self.reader(PAGE, request.path_params["token"])[0]

    def signed_up(self, request: Request) -> tuple[Subscriber, ReaderDocument]:
        """One who signed up, and what they read. Raises TokenError, and HTTPException (404) where a file says it."""
        reader = self.whose(request)
        document = self.document(reader)
        if document is None:
            raise HTTPException(404)
        return reader, document

    def own(self, reader: Subscriber) -> Subscriber:
        """The reader as they were written down, without what they have said since."""
        if (document := self.document(reader)) is not None:
            return reader_of(reader.id, document, self.app().config.language)
        return next((each for each in self.app().config.subscribers if each.id == reader.id), reader)

    def document(self, reader: Subscriber) -> ReaderDocument | None:
        """What one who signed up reads; None where a file says it."""
        if not reader.id.startswith(SIGNED_UP):
            return None
        row = self.app().store.readers.get(id=reader.id)
        return row.document if row else None

    def suppressed(self, reader: Subscriber) -> Suppression | None:
        """Why no letters go to their address; None where they go."""
        return next(iter(self.app().store.suppressions.list_all(address_of(reader))), None)

    def file(self, reader: Subscriber) -> str | None:
        """The name of the file that says what a reader reads; None for one who signed up."""
        return None if reader.id.startswith(SIGNED_UP) else f"subscribers/{reader.id}.yaml"

    def home(self, request: Request, said: str = "") -> Response:
        """Back to the reader's page, which says what was done."""
        return self.see(here(request) + (f"?said={said}" if said else ""))

    def mine(self, request: Request, template: str, title: str, reader: Subscriber, **given: Any) -> Response:
        """A page of theirs; `here` is the path of the first."""
        return self.page(translations(reader.language), template, title, **{"here": here(request), **given})


def address_of(reader: Subscriber) -> str:
    """Their address, as delivery.address_key gives it."""
    return address_key(Mailbox(address=reader.email).wire)


def here(request: Request) -> str:
    """The path of the reader's page."""
    return f"/me/{request.path_params['token']}"
