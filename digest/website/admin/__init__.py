"""The admin's pages: on a socket of their own, for whoever logs in; looking changes nothing, a signed form does.

::

    /                  overview.py      what needs doing, and figures; /metrics for Prometheus
    /outbox            outbox.py        what is not sent: retry, cancel, presume sent
    /readers, /readers/ID   readers.py  who gets what and when: leave, return, suppress, lift
    /suppressions      suppressions.py  addresses that get no letters: add, lift
    /sources, /due     sources.py       how the services are; what is due and what comes next
    /healthz, /readyz  the hall's       without a login

login.py says who may come in, desk.py what the rooms share, told.py what is said after something was done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from digest.app import App
from digest.errors import DigestError
from digest.text.translations import translations
from digest.website import Hall
from digest.website.admin.base import Desk
from digest.website.admin.login import Login
from digest.website.admin.outbox import Outbox
from digest.website.admin.overview import Overview
from digest.website.admin.readers import Readers
from digest.website.admin.sources import Sources
from digest.website.admin.suppressions import Suppressions
from digest.website.security_headers import Guard

_ROOMS = (Overview, Outbox, Readers, Suppressions, Sources)


def admin(app: Callable[[], App], *, clock: Callable[[], datetime]) -> Starlette:
    """The application (ASGI). `app` is asked at each request, since its config may be read anew."""
    hall = _Hall(app, clock)
    asgi = Starlette(
        routes=[*hall.routes(), *(route for room in _ROOMS for route in room(app, clock).routes())],
        middleware=[
            Middleware(Guard),
            Middleware(Login, admin=lambda: app().config.admin, clock=clock),
        ],
        exception_handlers={HTTPException: hall.no_page, DigestError: hall.later},
    )
    asgi.router.redirect_slashes = False  # it would redirect to whatever host the request names
    return asgi


class _Hall(Desk, Hall):
    """What belongs to no room, and what is said where something fails."""

    def no_page(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return self.notice(
                translations("en"), "No such page", "Whatever was here is gone, or never was.", status=404
            )
        if error.status_code == 403:
            line = "The form was too old, or of another page. Nothing was changed: open the page anew and press there."
            return self.notice(translations("en"), "Not done", line, status=403)
        return Hall.no_page(self, request, error)
