"""The public site: routes, views and error pages of the ASGI application (Starlette).

::

    /, /subscribe, /try, /link    front.py         sign-up form, previews of rules, account link by mail
    /confirm/TOKEN, /move/TOKEN   confirm.py       double opt-in of sign-ups and of changes of address
    /unsubscribe/TOKEN            unsubscribe.py   unsubscribe page, one-click unsubscribe (RFC 8058)
    /paper/KEY, .bib, .ris        papers.py        one paper
    /trending, .atom, .bib, .ris  trending.py      most voted papers; /trending/2026-11-20 is an earlier day
    /issue/TOKEN, /feed/TOKEN     issues.py        web copy of an issue; Atom feed of a subscription
    /issue/TOKEN/N/more, ...      feedback.py      feedback on paper number N
    /me/TOKEN                     account.py       the account; settings.py, editing.py (subscriptions),
                                                   exports.py and account_deletion.py are below it
    /style.css, /healthz, ...     this file        static files, health checks, error pages

How a request is answered: each view is a class with `routes()`, and `create_site` joins the routes of _VIEWS. A view
gets `app()`, the App with the present config, store and links, and `clock()`; its methods take the Request and return
`self.page(...)` (a template of templates/site/), `self.notice(...)` or `self.redirect(...)`. A GET changes nothing.
A POST route is wrapped in `form_endpoint` (view.py), which refuses posts of other sites, applies request_limits.py,
reads the body and calls the handler with a Form. There are no cookies and no sessions, so forms of readers need no
signature of their own: the signed TOKEN in the path says who asks and for what purpose (digest/links/), and view.py
verifies it. The admin's forms carry a signed token besides (admin/base.py). TokenError, HTTPException and DigestError
become error pages in SiteView. security_headers.py adds its headers to every response.

A new page: a subclass of View in a file here, a line in _VIEWS, a template, and its texts in digest/locale/.
The admin's pages are another application, on another socket: admin/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from digest.app import App
from digest.app.conditions import Condition
from digest.errors import DigestError
from digest.links import PAGE
from digest.links.token import TokenError, TokenExpired
from digest.text.translations import translations
from digest.website.account import AccountPage
from digest.website.account_deletion import AccountDeletion
from digest.website.confirm import ConfirmationView
from digest.website.editing import SubscriptionEditView
from digest.website.exports import ExportView
from digest.website.feedback import FeedbackView
from digest.website.front import FrontPage
from digest.website.issues import IssueView
from digest.website.papers import PaperView
from digest.website.request_limits import RequestLimits
from digest.website.security_headers import SecurityHeaders
from digest.website.settings import AccountSettingsView
from digest.website.trending import TrendingView
from digest.website.unsubscribe import UnsubscribeView
from digest.website.view import View

_VIEWS = (
    ConfirmationView,
    UnsubscribeView,
    PaperView,
    TrendingView,
    IssueView,
    FeedbackView,
    AccountPage,
    AccountSettingsView,
    SubscriptionEditView,
    ExportView,
    AccountDeletion,
)
_HEALTH_KEPT = timedelta(seconds=10)
_STATIC_FILES = {"style.css": "text/css", "site.js": "text/javascript"}


def create_site(app: Callable[[], App], *, clock: Callable[[], datetime]) -> Starlette:
    """Builds the ASGI application. `app()` is called at each request, since the config may be reloaded."""
    common = SiteView(app, clock)
    front = FrontPage(app, clock)
    views = (common, front, *(view(app, clock) for view in _VIEWS))
    routes = [route for view in views for route in view.routes()]
    if root_path := common.with_root_path(""):
        routes.append(Mount(root_path, routes=list(routes)))  # a proxy may leave the path of `site:` on
    asgi = Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={
            TokenExpired: common.expired_link,
            TokenError: common.invalid_link,
            HTTPException: common.http_error,
            DigestError: common.unavailable,
        },
    )
    asgi.state.limits = RequestLimits(clock)
    asgi.state.recent_papers = front.recent_papers
    asgi.router.redirect_slashes = False  # it would redirect to whatever host the request names
    return asgi


class SiteView(View):
    """Static files, health checks, and the error pages of the site."""

    def routes(self) -> list[BaseRoute]:
        return [
            *(Route(f"/{name}", self.static_file, methods=["GET"]) for name in _STATIC_FILES),
            Route("/healthz", _liveness, methods=["GET"]),
            Route("/readyz", self.readiness, methods=["GET"]),
        ]

    def static_file(self, request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        headers = {"Cache-Control": "max-age=3600"}
        return Response(self.app().pages.file(name), media_type=_STATIC_FILES[name], headers=headers)

    def readiness(self, request: Request) -> Response:
        """503 where the database is away, and with the reasons where a person is needed and no mail could say so."""
        app = self.app()
        app.store.journals.database_id()
        now = self.clock()
        known: tuple[datetime, Sequence[Condition]] | None = getattr(request.app.state, "untold", None)
        if known is None or not timedelta(0) <= now - known[0] < _HEALTH_KEPT:  # anybody may ask, however often
            known = request.app.state.untold = (now, app.untold(now))
        if untold := known[1]:
            reasons = "".join(f"{each.public}\n" for each in untold)
            return PlainTextResponse(reasons, 503, headers={"Retry-After": "300"})
        return PlainTextResponse("ready\n")

    def invalid_link(self, request: Request, error: Exception) -> Response:
        """404, the same page for every invalid token, so that nobody learns which part of a token was wrong."""
        t = self.negotiated(request)
        return self.notice(t, t("common.no_link"), t("common.no_link_note"), status=404)

    def expired_link(self, request: Request, error: Exception) -> Response:
        """410 for an expired link to an account, with a button that mails a new link to the reader; else 404."""
        assert isinstance(error, TokenExpired)
        if error.purpose != PAGE:
            return self.invalid_link(request, error)
        reader = self.app().reader(str(error.payload["subscriber"]))
        t = translations(reader.language) if reader else self.negotiated(request)
        action = f"/me/{request.path_params['token']}/again"
        return self.notice(
            t, t("settings.old"), t("settings.old_note"), action=action, button=t("settings.old_button"), status=410
        )

    def http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        t = self.negotiated(request)
        if error.status_code == 404:
            return self.invalid_link(request, error)
        if error.status_code == 403:
            return self.notice(t, t("common.elsewhere"), t("common.elsewhere_note"), status=403)
        if error.status_code == 429:
            page = self.notice(t, t("common.too_much"), t("common.too_much_note"), status=429)
            page.headers["Retry-After"] = "300"
            return page
        return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)

    def unavailable(self, request: Request, error: Exception) -> Response:
        """503 with Retry-After where the database is unreachable: mail providers try a one-click unsubscribe again."""
        t = self.negotiated(request)
        page = self.notice(t, t("common.not_now"), t("common.not_now_note"), status=503)
        page.headers["Retry-After"] = "120"
        return page


def _liveness(request: Request) -> Response:
    return PlainTextResponse("alive\n")
