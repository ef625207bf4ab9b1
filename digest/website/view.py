"""Base class of all views: rendering, redirects, tokens of links; and how posted forms are read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from digest.app import App
from digest.errors import DigestError, SetAside
from digest.links import counts
from digest.links.token import TokenError
from digest.render.page_messages import PAGE_GROUPS, PageMessages
from digest.subscriptions import Subscriber
from digest.text.translations import Translations, accepted, translations
from digest.website.request_limits import FORM_POSTS, enforce_limit

MAX_FORM_BYTES = 64 * 1024
"""Maximum size of a form, in bytes."""

_MAX_FIELDS = 500
_READ_TIMEOUT = 10.0  # seconds


class Form:
    """A posted form: the values of each field, in order, stripped."""

    def __init__(self, pairs: Mapping[str, list[str]]) -> None:
        self._pairs = pairs

    def __contains__(self, name: str) -> bool:
        return name in self._pairs

    def value(self, name: str) -> str:
        """The first value of a field; empty if it was not posted."""
        return next(iter(self._pairs.get(name, ())), "").strip()

    def values(self, name: str) -> list[str]:
        """All values of a field."""
        return [value.strip() for value in self._pairs.get(name, ())]


FormHandler = Callable[[Request, Form], Response]


def form_endpoint(handler: FormHandler) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads a form and runs the handler in a thread, since the store blocks; with a rate limit."""

    async def endpoint(request: Request) -> Response:
        if _is_cross_site(request):
            raise HTTPException(403, "posted from another site")
        enforce_limit(request, FORM_POSTS)
        form = await _read_form(request)
        return await run_in_threadpool(handler, request, form)

    return endpoint


def _is_cross_site(request: Request) -> bool:
    """Whether the browser says that another site posts the form (https://www.w3.org/TR/fetch-metadata/).

    Requests without the header pass: there are no cookies that another site could exploit.
    """
    return request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


async def _read_form(request: Request) -> Form:
    """Reads an urlencoded form. Raises HTTPException: 413 too large, 408 too slow, 415 another type, 400 malformed."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise HTTPException(415, "a form is wanted: application/x-www-form-urlencoded")
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_TIMEOUT):
            async for piece in request.stream():
                body += piece
                if len(body) > MAX_FORM_BYTES:
                    raise HTTPException(413, "this is too long")
    except TimeoutError:
        raise HTTPException(408, "this took too long") from None
    try:
        pairs = parse_qsl(bytes(body).decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise HTTPException(400, "this is no form") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return Form(found)


@dataclass(frozen=True, slots=True)
class View:
    """Base of all views. `app()` is called at each request, since the config may be reloaded.

    `routes()` of a view lists its paths.
    """

    app: Callable[[], App]
    clock: Callable[[], datetime]

    # Starlette runs endpoints that are not `async` in threads: the store blocks.

    def page(self, t: Translations, template: str, title: str, *, status: int = 200, **given: Any) -> Response:
        """Renders templates/site/TEMPLATE.html.j2 in a language."""
        app = self.app()
        page = self.rendered(
            template,
            **{"script": False, **given},
            say=PageMessages(t, PAGE_GROUPS.get(template, "common")),
            words=PageMessages(t, "form"),
            common=PageMessages(t, "common"),
            name=app.config.sender.name or "Morning Papers",
            title=title,
            below=self.with_root_path,
            postal=app.config.postal,
        )
        return HTMLResponse(page, status)

    def rendered(self, template: str, **given: Any) -> str:
        """The page of a template; where one of the service's own fails, of ours, and the owner is told."""
        app = self.app()
        try:
            return app.pages.page(template, **given)
        except Exception as error:
            if app.pages.shipped is None:
                raise
            aside = SetAside.of("template", f"site/{template}.html.j2", error)
            with suppress(DigestError):  # the page matters more: somebody may want to leave
                app.store.set_aside.record([aside], now=self.clock())
            return app.pages.shipped.page(template, **given)

    def notice(
        self,
        t: Translations,
        title: str,
        *lines: str,
        action: str | None = None,
        button: str = "",
        status: int = 200,
    ) -> Response:
        """A page of a few sentences, with a button that posts to `action` if given."""
        return self.page(t, "notice", title, status=status, lines=lines, action=action, button=button)

    def redirect(self, path: str) -> Response:
        """303 to a path of this site, so that a reload does not post again (post/redirect/get)."""
        assert path.startswith("/")
        assert not path.startswith("//")
        return RedirectResponse(self.with_root_path(path), 303)

    def negotiated(self, request: Request) -> Translations:
        """The language of a public page: what the browser asks for (Accept-Language), else the service's.

        The answer to this request then says that it varies by that header (security_headers.py).
        """
        request.state.varies = True
        return translations(accepted(request.headers.get("accept-language", "")) or self.app().config.language)

    def with_root_path(self, path: str) -> str:
        """A path with the prefix of `site:` in front, as a browser needs it."""
        return urlsplit(self.app().config.site or "").path.rstrip("/") + path

    def local_path(self, url: str) -> str:
        """A URL of this site as a path without that prefix."""
        return url.removeprefix(self.app().config.site or "")

    def verify_token(self, purpose: str, token: str) -> dict[str, str | int]:
        """The payload of a link's token. Raises TokenError, also for an expired one (links/token.py)."""
        return self.app().letters.links.opened(purpose, token, now=self.clock())

    def reader_of_token(self, purpose: str, token: str) -> tuple[Subscriber, dict[str, str | int]]:
        """The reader of a token, and its payload. Raises TokenError, also if the reader has revoked or deleted it."""
        payload = self.verify_token(purpose, token)
        reader = self.app().reader(str(payload["subscriber"]))
        if reader is None:
            raise TokenError("nobody is called so")
        counts(payload, reader)
        return reader, payload
