"""Base class of the admin's views: rendering, CSRF tokens in forms, redirects with a message, pagination."""

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
from digest.website.admin.flash import flash_message
from digest.website.admin.login import USER_SCOPE_KEY
from digest.website.view import Form, FormHandler, View, form_endpoint

PER_PAGE = 50

_FORM_PURPOSE = "admin"  # the purpose of the token in a form
_FORM_MAX_AGE = timedelta(hours=12)
_MAX_PAGE = 1_000_000
_SECTIONS = (
    ("/", "Overview"),
    ("/outbox", "Outbox"),
    ("/readers", "Readers"),
    ("/due", "Due"),
    ("/suppressions", "Suppressions"),
    ("/sources", "Sources"),
)


class AdminView(View):
    """Base of the admin's views. Pages are in English, at the root of a host of their own."""

    def with_root_path(self, path: str) -> str:
        return path

    def admin_page(self, request: Request, template: str, title: str, **given: Any) -> Response:
        """Renders templates/site/admin/TEMPLATE.html.j2, without control characters that readers or servers wrote."""
        app, now = self.app(), self.clock()
        page = self.rendered(
            f"admin/{template}",
            script=False,
            name=app.config.sender.name or "Morning Papers",
            title=title,
            common=PageMessages(translations("en"), "common"),
            below=self.with_root_path,
            postal="",
            rooms=_SECTIONS,
            here=f"/{request.url.path.split('/')[1]}",
            user=request.scope[USER_SCOPE_KEY],
            token=sign(_FORM_PURPOSE, {"user": request.scope[USER_SCOPE_KEY]}, self._keys(), at=now),
            told=flash_message(request.query_params),
            now=format_utc(now),
            **given,
        )
        return HTMLResponse("\n".join(strip_controls(line) for line in page.split("\n")))

    def signed_form(self, handler: FormHandler) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that checks the form's CSRF token, since browsers send the login to any site's form."""

        def checked(request: Request, form: Form) -> Response:
            try:
                payload = verify(
                    _FORM_PURPOSE, form.value("form"), self._keys(), max_age=_FORM_MAX_AGE, now=self.clock()
                )
            except TokenError:
                raise HTTPException(403, "a form of another page, or an old one") from None
            if payload != {"user": request.scope[USER_SCOPE_KEY]}:
                raise HTTPException(403, "somebody else's form")
            return handler(request, form)

        return form_endpoint(checked)

    def redirect_with_message(
        self, request: Request, back: str, what: str, *, log: dict[str, Any], **said: Any
    ) -> Response:
        """Redirects to a page that shows the message of `what`, and logs the action; a log holds no address."""
        structlog.get_logger("digest").info("admin", did=what, by=request.scope[USER_SCOPE_KEY] or "token", **log)
        asked = urlencode([("told", what), *((key, value) for key, value in said.items() if value != "")], doseq=True)
        return self.redirect(f"{back}{'&' if '?' in back else '?'}{asked}")

    def reader_files(self, readers: Collection[str]) -> dict[str, str]:
        """Config files of those readers who have one, by id."""
        config = self.app().config
        folder = config.folder / "subscribers"
        return {each.id: f"{folder}/{each.id}.yaml" for each in config.subscribers if each.id in readers}

    def _keys(self) -> list[str]:
        """The keys that sign forms: those of links, else the admin's token; the purpose derives another key from it."""
        config = self.app().config
        keys = [key.get_secret_value() for key in config.keys]
        if not keys and config.admin and config.admin.token:
            keys = [config.admin.token.get_secret_value()]
        return keys


def page_number(request: Request) -> int:
    """The page number of the query, from 1; 1 for anything else."""
    asked = request.query_params.get("page", "")
    return min(int(asked), _MAX_PAGE) if asked.isascii() and asked.isdigit() and len(asked) < 9 and int(asked) else 1


def page_count(count: int) -> int:
    return max(1, -(-count // PER_PAGE))


def reader_path(reader: str) -> str:
    return f"/readers/{quote(reader, safe='')}"


def outbox_path(state: DeliveryState | str | None = None) -> str:
    return f"/outbox?{urlencode({'state': state})}" if state else "/outbox"


def suppression_key(address: str) -> str | None:
    """An address in the form under which suppressions store it; None if it is not valid."""
    try:
        return address_key(Mailbox(address=address).wire)
    except AddressError:
        return None


def format_utc(moment: datetime | None) -> str:
    """A moment as text, in UTC; empty for None."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else ""


def format_duration(length: timedelta) -> str:
    """A duration in its two largest units: "3 d 4 h", "12 min"."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
