"""The admin site: its routes and ASGI application, on a socket of its own, behind a login.

::

    /                       overview.py      findings and statistics; /metrics for Prometheus
    /outbox                 outbox.py        letters that are not sent: retry, cancel, presume sent
    /readers, /readers/ID   readers.py       readers and their schedules: unsubscribe, suppress, lift
    /suppressions           suppressions.py  suppressed addresses: add, lift
    /sources, /due          sources.py       health of the sources; due and next issues
    /healthz, /readyz       SiteView         health checks, without a login

login.py checks the login and limits wrong tokens. base.py renders pages and signs forms: each form carries a token of
its user, and only handlers wrapped in `signed_form` change data. flash.py has the messages after an action.
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
from digest.website import SiteView
from digest.website.admin.base import AdminView
from digest.website.admin.login import AdminLogin
from digest.website.admin.outbox import OutboxView
from digest.website.admin.overview import OverviewView
from digest.website.admin.readers import ReadersView
from digest.website.admin.sources import SourcesView
from digest.website.admin.suppressions import SuppressionsView
from digest.website.security_headers import SecurityHeaders

_VIEWS = (OverviewView, OutboxView, ReadersView, SuppressionsView, SourcesView)


def create_admin_site(app: Callable[[], App], *, clock: Callable[[], datetime]) -> Starlette:
    """Builds the ASGI application. `app()` is called at each request, since the config may be reloaded."""
    common = _AdminSiteView(app, clock)
    asgi = Starlette(
        routes=[*common.routes(), *(route for view in _VIEWS for route in view(app, clock).routes())],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(AdminLogin, admin=lambda: app().config.admin, clock=clock),
        ],
        exception_handlers={HTTPException: common.http_error, DigestError: common.unavailable},
    )
    asgi.router.redirect_slashes = False  # it would redirect to whatever host the request names
    return asgi


class _AdminSiteView(AdminView, SiteView):
    """Health checks and the error pages of the admin site."""

    def http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return self.notice(
                translations("en"), "No such page", "Whatever was here is gone, or never was.", status=404
            )
        if error.status_code == 403:
            line = "The form was too old, or of another page. Nothing was changed: open the page anew and press there."
            return self.notice(translations("en"), "Not done", line, status=403)
        return SiteView.http_error(self, request, error)
