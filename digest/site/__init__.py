"""The pages: so far those by which a reader leaves, and those by which a machine sees that all is well.

::

    GET  /unsubscribe/TOKEN         a button; looking at it changes nothing, since mail scanners follow links
    POST /unsubscribe/TOKEN         leaves at once (RFC 8058): no cookie, no redirect, as often as wanted
    POST /unsubscribe/TOKEN/undo    and comes back
    GET  /healthz, /readyz          the process lives; the database answers
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from digest.build import House
from digest.errors import DigestError
from digest.press import UNSUBSCRIBE
from digest.render import Pages
from digest.render.words import Words, words
from digest.site.guard import Guard
from digest.token import TokenError, verify

_STYLE = "/style.css"


def site(house: Callable[[], House], *, clock: Callable[[], datetime]) -> Starlette:
    """The application (ASGI). `house` is asked at each request, since its config may be read anew."""
    doors = _Doors(house, clock)
    routes: list[BaseRoute] = [
        Route("/unsubscribe/{token}", doors.ask, methods=["GET"]),
        Route("/unsubscribe/{token}", doors.leave, methods=["POST"]),
        Route("/unsubscribe/{token}/undo", doors.come_back, methods=["POST"]),
        Route(_STYLE, doors.style, methods=["GET"]),
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", doors.ready, methods=["GET"]),
    ]
    if below := doors.below(""):
        routes.append(Mount(below, routes=list(routes)))  # a proxy may leave the path of `site:` on
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard)],
        exception_handlers={TokenError: doors.no_link, HTTPException: doors.no_page, DigestError: doors.later},
    )
    app.router.redirect_slashes = False  # it would redirect to whatever host the request names
    return app


@dataclass(frozen=True, slots=True)
class _Doors:
    house: Callable[[], House]
    clock: Callable[[], datetime]

    # Functions that are not `async` run in threads: the store waits for its disk.

    def ask(self, request: Request) -> Response:
        """Whether to leave: the only thing that the link in a letter does by itself."""
        _, name, say = self._whose(request)
        lines = (say.LEAVE_NOTE,)
        return self._page(say.LEAVE.format(name), lines, say, action=_leaving(request), button=say.UNSUBSCRIBE)

    def leave(self, request: Request) -> Response:
        """Leave. What is posted is not read: the token says all, and mail programs send no cookie."""
        reader, name, say = self._whose(request)
        self.house().store.leave(reader, name, "the reader asked to", now=self.clock())
        undo = f"{_leaving(request)}/undo"
        return self._page(say.LEFT.format(name), (say.LEFT_NOTE,), say, action=undo, button=say.RETURN)

    def come_back(self, request: Request) -> Response:
        reader, name, say = self._whose(request)
        self.house().store.come_back(reader, name)
        return self._page(say.RETURNED.format(name), (), say, action=_leaving(request), button=say.UNSUBSCRIBE)

    def style(self, request: Request) -> Response:
        return Response(self._pages().style(), media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    def ready(self, request: Request) -> Response:
        self.house().store.ledger_id()
        return PlainTextResponse("ready\n")

    def no_link(self, request: Request, error: Exception) -> Response:
        """One answer to every token that is not ours, whatever is wrong with it."""
        say = words(self.house().config.language)
        return self._page(say.NO_LINK, (say.NO_LINK_NOTE,), say, status=404)

    def no_page(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return self.no_link(request, error)
        return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)

    def later(self, request: Request, error: Exception) -> Response:
        """The database cannot be asked: mail providers try again."""
        return PlainTextResponse("not now, please try again\n", 503, headers={"Retry-After": "120"})

    def _whose(self, request: Request) -> tuple[str, str, Words]:
        """The reader and the subscription that a token names, and the language in which to say so."""
        config = self.house().config
        keys = [key.get_secret_value() for key in config.keys]
        if not keys:
            raise TokenError("no key")
        payload = verify(UNSUBSCRIBE, request.path_params["token"], keys)
        reader = str(payload["subscriber"])
        language = next((each.language for each in config.subscribers if each.id == reader), config.language)
        return reader, str(payload["subscription"]), words(language)

    def _page(
        self,
        title: str,
        lines: tuple[str, ...],
        say: Words,
        *,
        action: str | None = None,
        button: str = "",
        status: int = 200,
    ) -> Response:
        config = self.house().config
        page = self._pages().page(
            name=config.sender.name or "Morning Papers",
            title=title,
            lines=lines,
            language=say.CODE,
            style=self.below(_STYLE),
            postal=config.postal,
            action=self.below(action) if action else None,
            button=button,
        )
        return HTMLResponse(page, status)

    def below(self, path: str) -> str:
        """The path as a browser sees it, where the site is not at the root of its host."""
        return urlsplit(self.house().config.site or "").path.rstrip("/") + path

    def _pages(self) -> Pages:
        return self.house().pages


def _leaving(request: Request) -> str:
    return f"/unsubscribe/{request.path_params['token']}"


def _alive(request: Request) -> Response:
    return PlainTextResponse("alive\n")
