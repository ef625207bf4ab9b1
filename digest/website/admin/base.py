"""What the admin's rooms share: their pages, a token in each form, and what is said when something was done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest.links.token import TokenError, sign, verify
from digest.mail.address import address_key
from digest.mail.delivery_state import DeliveryState
from digest.mail.message import AddressError, Mailbox
from digest.render.page_messages import PageMessages
from digest.text import strip_controls
from digest.text.translations import translations
from digest.website.admin.flash import told
from digest.website.admin.login import USER
from digest.website.view import Form, Handler, Room, posted

PER_PAGE = 50

_FORM = "admin"  # the purpose of the token in a form
_FORM_LASTS = timedelta(hours=12)
_MOST_PAGES = 1_000_000
_ROOMS = (
    ("/", "Overview"),
    ("/outbox", "Outbox"),
    ("/readers", "Readers"),
    ("/due", "Due"),
    ("/suppressions", "Suppressions"),
    ("/sources", "Sources"),
)


class Desk(Room):
    """A room of the admin's. Its pages stand at the root of their own host, in English."""

    def below(self, path: str) -> str:
        return path

    def show(self, request: Request, template: str, title: str, **given: Any) -> Response:
        """The page of templates/site/admin/TEMPLATE.html.j2; whatever readers or servers wrote, nothing unseen is in
        it."""
        app, now = self.app(), self.clock()
        page = app.pages.page(
            f"admin/{template}",
            script=False,
            name=app.config.sender.name or "Morning Papers",
            title=title,
            common=PageMessages(translations("en"), "common"),
            below=self.below,
            postal="",
            rooms=_ROOMS,
            here=f"/{request.url.path.split('/')[1]}",
            user=request.scope[USER],
            token=sign(_FORM, {"user": request.scope[USER]}, self._keys(), at=now),
            told=told(request.query_params),
            now=stamp(now),
            **given,
        )
        return HTMLResponse("\n".join(strip_controls(line) for line in page.split("\n")))

    def acting(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that changes something: a browser sends the login by itself, so a form must prove whose it is."""

        def checked(request: Request, form: Form) -> Response:
            try:
                payload = verify(_FORM, form.text("form"), self._keys(), max_age=_FORM_LASTS, now=self.clock())
            except TokenError:
                raise HTTPException(403, "a form of another page, or an old one") from None
            if payload != {"user": request.scope[USER]}:
                raise HTTPException(403, "somebody else's form")
            return handler(request, form)

        return posted(checked)

    def done(self, request: Request, back: str, what: str, *, log: dict[str, Any], **said: Any) -> Response:
        """Back to a page, which says what was done; and a line in the log, where no address may stand."""
        structlog.get_logger("digest").info("admin", did=what, by=request.scope[USER] or "token", **log)
        asked = urlencode([("told", what), *((key, value) for key, value in said.items() if value != "")], doseq=True)
        return self.see(f"{back}{'&' if '?' in back else '?'}{asked}")

    def filed(self, readers: Collection[str]) -> dict[str, str]:
        """Of these readers those who have a file, and which."""
        config = self.app().config
        folder = config.folder / "subscribers"
        return {each.id: f"{folder}/{each.id}.yaml" for each in config.subscribers if each.id in readers}

    def _keys(self) -> list[str]:
        """What signs forms: the keys of links, or the token where there are none; for this purpose it makes another
        key."""
        config = self.app().config
        keys = [key.get_secret_value() for key in config.keys]
        if not keys and config.admin and config.admin.token:
            keys = [config.admin.token.get_secret_value()]
        return keys


def page_of(request: Request) -> int:
    """The page that is asked for, from 1; whatever else stands there is the first."""
    asked = request.query_params.get("page", "")
    return min(int(asked), _MOST_PAGES) if asked.isascii() and asked.isdigit() and len(asked) < 9 and int(asked) else 1


def pages_of(count: int) -> int:
    return max(1, -(-count // PER_PAGE))


def reader_path(reader: str) -> str:
    return f"/readers/{quote(reader, safe='')}"


def outbox_path(state: DeliveryState | str | None = None) -> str:
    return f"/outbox?{urlencode({'state': state})}" if state else "/outbox"


def key_of(address: str) -> str | None:
    """How an address is known among those that get no letters; None where it is none."""
    try:
        return address_key(Mailbox(address=address).wire)
    except AddressError:
        return None


def stamp(moment: datetime | None) -> str:
    """A moment for people, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else ""


def span(length: timedelta) -> str:
    """How long, in the two largest units: "3 d 4 h", "12 min"."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
