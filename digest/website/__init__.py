"""The pages: which room of the site answers where, and what is said where none does.

::

    /, /subscribe, /try, /link    front.py      what this is, and the form by which people sign up
    /confirm/TOKEN, /move/TOKEN   joining.py    what the links of notices lead to: confirmed by a press, once
    /unsubscribe/TOKEN            leaving.py    looking at it changes nothing, since mail scanners follow links
    /paper/KEY, .bib, .ris        papers.py     one paper: its versions, its other records, its references
    /trending, .atom, .bib, .ris  trending.py   what most people vote for; /trending/2026-11-20 is an earlier day
    /issue/TOKEN                  issues.py     the web copy of an issue; /feed/TOKEN.atom is a subscription's feed
    /issue/TOKEN/N/more, …        feedback.py   less, author, mute: what a reader says of its paper number N
    /me/TOKEN                     me.py         a reader's own page; below it settings.py, editing.py (subscriptions),
                                                exports.py and goodbye.py (delete everything, make older links useless)
    /style.css, /site.js          here          what pages bring along
    /healthz, /readyz             here          the process lives; the database answers

The admin's pages are a site of their own, on another socket: admin/.

A page that acts is reached by a signed link (token.py); there are no cookies and no sessions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from digest.app import App
from digest.errors import DigestError
from digest.links import PAGE
from digest.links.token import TokenError, TokenExpired
from digest.text.translations import translations
from digest.website.account import Me
from digest.website.account_deletion import Goodbye
from digest.website.confirm import Joining
from digest.website.editing import Editing
from digest.website.exports import Exports
from digest.website.feedback import Feedback
from digest.website.front import Front
from digest.website.issues import Issues
from digest.website.papers import Papers
from digest.website.request_limits import Limits
from digest.website.security_headers import Guard
from digest.website.settings import Settings
from digest.website.trending import Trending
from digest.website.unsubscribe import Leaving
from digest.website.view import Room

_ROOMS = (
    Joining,
    Leaving,
    Papers,
    Trending,
    Issues,
    Feedback,
    Me,
    Settings,
    Editing,
    Exports,
    Goodbye,
)
_FILES = {"style.css": "text/css", "site.js": "text/javascript"}


def site(app: Callable[[], App], *, clock: Callable[[], datetime]) -> Starlette:
    """The application (ASGI). `app` is asked at each request, since its config may be read anew."""
    hall = Hall(app, clock)
    front = Front(app, clock)
    rooms = (hall, front, *(room(app, clock) for room in _ROOMS))
    routes = [route for room in rooms for route in room.routes()]
    if below := hall.below(""):
        routes.append(Mount(below, routes=list(routes)))  # a proxy may leave the path of `site:` on
    asgi = Starlette(
        routes=routes,
        middleware=[Middleware(Guard)],
        exception_handlers={
            TokenExpired: hall.old_link,
            TokenError: hall.no_link,
            HTTPException: hall.no_page,
            DigestError: hall.later,
        },
    )
    asgi.state.limits = Limits(clock)
    asgi.state.grounds = front.grounds
    asgi.router.redirect_slashes = False  # it would redirect to whatever host the request names
    return asgi


class Hall(Room):
    """What belongs to no room, and what is said where something fails."""

    def routes(self) -> list[BaseRoute]:
        return [
            *(Route(f"/{name}", self.file, methods=["GET"]) for name in _FILES),
            Route("/healthz", _alive, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
        ]

    def file(self, request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        headers = {"Cache-Control": "max-age=3600"}
        return Response(self.app().pages.file(name), media_type=_FILES[name], headers=headers)

    def ready(self, request: Request) -> Response:
        self.app().store.journals.database_id()
        return PlainTextResponse("ready\n")

    def no_link(self, request: Request, error: Exception) -> Response:
        """One answer to every token that is not ours, whatever is wrong with it."""
        t = self.negotiated(request)
        return self.notice(t, t("common.no_link"), t("common.no_link_note"), status=404)

    def old_link(self, request: Request, error: Exception) -> Response:
        """A link to a reader's page that is ours and too old: they may have a new one sent to their address."""
        assert isinstance(error, TokenExpired)
        if error.purpose != PAGE:
            return self.no_link(request, error)
        reader = self.app().reader(str(error.payload["subscriber"]))
        t = translations(reader.language) if reader else self.negotiated(request)
        action = f"/me/{request.path_params['token']}/again"
        return self.notice(
            t, t("settings.old"), t("settings.old_note"), action=action, button=t("settings.old_button"), status=410
        )

    def no_page(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        t = self.negotiated(request)
        if error.status_code == 404:
            return self.no_link(request, error)
        if error.status_code == 403:
            return self.notice(t, t("common.elsewhere"), t("common.elsewhere_note"), status=403)
        if error.status_code == 429:
            page = self.notice(t, t("common.too_much"), t("common.too_much_note"), status=429)
            page.headers["Retry-After"] = "300"
            return page
        return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)

    def later(self, request: Request, error: Exception) -> Response:
        """The database cannot be asked: mail providers try again."""
        t = self.negotiated(request)
        page = self.notice(t, t("common.not_now"), t("common.not_now_note"), status=503)
        page.headers["Retry-After"] = "120"
        return page


def _alive(request: Request) -> Response:
    return PlainTextResponse("alive\n")
