"""What every room of the site shares: the house as it is now, its links and pages, and forms that are read whole."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from digest.app import App
from digest.links import counts
from digest.links.token import TokenError
from digest.render.page_messages import PAGE_GROUPS, PageMessages
from digest.subscriptions import Subscriber
from digest.text.translations import Translations, accepted, translations
from digest.website.request_limits import POSTS, spend

MOST_POSTED = 64 * 1024
"""Bytes of a form."""

_MOST_FIELDS = 500
_PATIENCE = 10.0  # seconds in which a form must have come


class Form:
    """What was posted: each field with its values, in order, without white space around them."""

    def __init__(self, pairs: Mapping[str, list[str]]) -> None:
        self._pairs = pairs

    def __contains__(self, name: str) -> bool:
        return name in self._pairs

    def text(self, name: str) -> str:
        """The field's value; empty where there is none."""
        return next(iter(self._pairs.get(name, ())), "").strip()

    def texts(self, name: str) -> list[str]:
        """All its values."""
        return [value.strip() for value in self._pairs.get(name, ())]


Handler = Callable[[Request, Form], Response]


def posted(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for a form: it is read whole, then handled in a thread, since the store waits for its disk."""

    async def endpoint(request: Request) -> Response:
        if _is_foreign(request):
            raise HTTPException(403, "posted from another site")
        spend(request, POSTS)
        form = await _read(request)
        return await run_in_threadpool(handler, request, form)

    return endpoint


def _is_foreign(request: Request) -> bool:
    """Does a browser say that another site posts this? (https://www.w3.org/TR/fetch-metadata/)

    Browsers that say nothing are let in: without cookies there is nothing that another site could make use of.
    """
    return request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


async def _read(request: Request) -> Form:
    """The fields of an urlencoded form. Raises HTTPException for one that is too long, too slow or of another kind."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise HTTPException(415, "a form is wanted: application/x-www-form-urlencoded")
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for piece in request.stream():
                body += piece
                if len(body) > MOST_POSTED:
                    raise HTTPException(413, "this is too long")
    except TimeoutError:
        raise HTTPException(408, "this took too long") from None
    try:
        pairs = parse_qsl(bytes(body).decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise HTTPException(400, "this is no form") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return Form(found)


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the site. `app` is asked at each request, since its config may be read anew."""

    app: Callable[[], App]
    clock: Callable[[], datetime]

    # Functions that are not `async` run in threads: the store waits for its disk.

    def page(self, t: Translations, template: str, title: str, *, status: int = 200, **given: Any) -> Response:
        """The page of templates/site/TEMPLATE.html.j2 in a language."""
        app = self.app()
        page = app.pages.page(
            template,
            **{"script": False, **given},
            say=PageMessages(t, PAGE_GROUPS.get(template, "common")),
            words=PageMessages(t, "form"),
            common=PageMessages(t, "common"),
            name=app.config.sender.name or "Morning Papers",
            title=title,
            below=self.below,
            postal=app.config.postal,
        )
        return HTMLResponse(page, status)

    def notice(
        self,
        t: Translations,
        title: str,
        *lines: str,
        action: str | None = None,
        button: str = "",
        status: int = 200,
    ) -> Response:
        """A page that says something, and may ask for one press of a button: a form that posts to `action`."""
        return self.page(t, "notice", title, status=status, lines=lines, action=action, button=button)

    def see(self, path: str) -> Response:
        """Go there (303), so that reading the page again posts nothing again; never to another host."""
        assert path.startswith("/")
        assert not path.startswith("//")
        return RedirectResponse(self.below(path), 303)

    def negotiated(self, request: Request) -> Translations:
        """The language of a public page: what the browser asks for (Accept-Language), else the service's.

        The answer to this request then says that it varies by that header (security_headers.py).
        """
        request.state.varies = True
        return translations(accepted(request.headers.get("accept-language", "")) or self.app().config.language)

    def below(self, path: str) -> str:
        """The path as a browser sees it, where the site is not at the root of its host."""
        return urlsplit(self.app().config.site or "").path.rstrip("/") + path

    def path(self, url: str) -> str:
        """The path of an address of our own below the site's (`below` brings it back)."""
        return url.removeprefix(self.app().config.site or "")

    def opened(self, purpose: str, token: str) -> dict[str, str | int]:
        """What a link's token names (passes.py). Raises TokenError."""
        return self.app().letters.links.opened(purpose, token, now=self.clock())

    def reader(self, purpose: str, token: str) -> tuple[Subscriber, dict[str, str | int]]:
        """Whose link this is, and what else it names. Raises TokenError, also where they have made it useless."""
        payload = self.opened(purpose, token)
        reader = self.app().reader(str(payload["subscriber"]))
        if reader is None:
            raise TokenError("nobody is called so")
        counts(payload, reader)
        return reader, payload
