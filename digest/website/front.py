"""The front page: what this is, what is much noticed, and the form by which people sign up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.issues import featured
from digest.mail.message import AddressError, Mailbox, mailto
from digest.render.cards import Listed, listed
from digest.subscriptions import TrendingSection
from digest.text.translations import Translations
from digest.website.form_errors import MOST_RULES, Fault, Faults, faults
from digest.website.forms import Row, Typed, given, typed
from digest.website.recent_papers import Grounds
from digest.website.request_limits import LETTERS, TRIES, spend
from digest.website.rule_preview import Trial, tried
from digest.website.view import Form, Room, posted

_ROWS = (Row(number=0), Row(number=1, kind="author"))
_MORE = 3  # rows, by a press of the button
_TOP = TrendingSection(top=5)
_WEEK = timedelta(days=7)
_LONGEST_ADDRESS = 320  # RFC 3696; longer ones are not even shown again


@dataclass(frozen=True)
class Front(Room):
    """`/`, `/subscribe`, `/try` and `/link`."""

    grounds: Grounds = field(default_factory=Grounds)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.show, methods=["GET"]),
            Route("/subscribe", posted(self.subscribe), methods=["POST"]),
            Route("/try", posted(self.try_out), methods=["POST"]),
            Route("/link", self.ask_link, methods=["GET"]),
            Route("/link", posted(self.link), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        return self._page(self.negotiated(request), Typed(rows=_ROWS))

    def subscribe(self, request: Request, form: Form) -> Response:
        """One answer to every form that can be meant, whatever is known of the address."""
        if self._domains() == ():
            raise HTTPException(404)
        t, seen, email = self.negotiated(request), typed(form), form.text("email")[:_LONGEST_ADDRESS]
        if "add" in form:
            return self._page(t, seen.with_rows(_MORE), email)
        if "try" in form:
            return self._page(t, seen, email, trials=self._trials(request, t, seen))
        document = {"email": email, "timezone": seen.zone, "subscriptions": [seen.subscription()]}
        wrong = faults(document, seen, t, sources=tuple(self.app().config.sources))
        if not wrong.get("email") and (foreign := self._foreign(t, email)):
            wrong = {"email": (foreign,)} | dict(wrong)
        if wrong:
            return self._page(t, seen, email, wrong=wrong)
        spend(request, LETTERS)
        self.app().signup.sign_up(document, now=self.clock())
        return self.notice(t, t("front.sent"), t("front.sent_lines.1"), t("front.sent_lines.2"))

    def try_out(self, request: Request, form: Form) -> Response:
        """What one rule would have brought: a piece of a page, for the script."""
        t, seen = self.negotiated(request), typed(form, Typed())
        trials = self._trials(request, t, replace(seen, rows=seen.rules[:1]))
        return self.page(t, "trial", "", trials=list(trials.values()))

    def ask_link(self, request: Request) -> Response:
        return self._link_page(self.negotiated(request), "")

    def link(self, request: Request, form: Form) -> Response:
        """The link to one's page goes by mail; the answer is one and the same."""
        t, email = self.negotiated(request), form.text("email")[:_LONGEST_ADDRESS]
        try:
            Mailbox(address=email)
        except AddressError:
            return self._link_page(t, email, t("front.link_none"))
        spend(request, LETTERS)
        self.app().signup.link(email, now=self.clock())
        return self.notice(t, t("front.sent"), t("front.sent_link_lines.1"), t("front.sent_link_lines.2"))

    def _page(
        self,
        t: Translations,
        seen: Typed,
        email: str = "",
        *,
        wrong: Faults | None = None,
        trials: Mapping[int, Trial] | None = None,
    ) -> Response:
        app, domains = self.app(), self._domains()
        seen = seen if seen.rows else replace(seen, rows=_ROWS)
        more = given(seen, wrong or {}, trending="huggingface" in app.config.sources)
        return self.page(
            t,
            "front",
            t("front.title"),
            status=422 if wrong else 200,
            **(more | {"tried": trials or {}, "script": domains != ()}),
            email=email,
            domains=domains,
            owner=mailto(app.config.owner.wire),
            cards=self._voted(t),
        )

    def _link_page(self, t: Translations, email: str, wrong: str = "") -> Response:
        return self.page(t, "link", t("front.link"), status=422 if wrong else 200, email=email, wrong=wrong)

    def _domains(self) -> Sequence[str] | None:
        """Where the addresses of those are who may sign up; None: anywhere, none: nobody may."""
        return self.app().config.signup

    def _foreign(self, t: Translations, email: str) -> Fault | None:
        domains = self._domains()
        if domains is None or Mailbox(address=email).domain.casefold() in domains:
            return None
        return Fault(t("front.wrong_domain", domains=", ".join(domains)))

    def _trials(self, request: Request, t: Translations, seen: Typed) -> dict[int, Trial]:
        store = self.app().store
        rows = seen.rules[:MOST_RULES]
        for _ in rows:
            spend(request, TRIES)
        ground = self.grounds.ground(store, self.clock())
        with self.grounds:
            return {row.number: tried(seen, row, ground, store, t) for row in rows}

    def _voted(self, t: Translations) -> Sequence[Listed]:
        """What is much noticed: the top of /trending."""
        app, now = self.app(), self.clock().astimezone(UTC)
        section = featured(_TOP, app.store.papers.dated(now - _WEEK, now, voted=True), ())
        return listed(section.items if section else (), now, t)
