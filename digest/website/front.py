"""The front page, /: sign-up form, previews of rules, top of /trending, and the account link by mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.issues.card_order import featured_section
from digest.mail.message import AddressError, Mailbox, mailto
from digest.render.cards import ListedPaper, listed_papers
from digest.subscriptions import TrendingSection
from digest.text.translations import Translations
from digest.website.form_errors import MAX_RULES, FormError, FormErrors, form_errors
from digest.website.forms import RuleFields, SubscriptionFields, fields_of_form, template_context
from digest.website.recent_papers import RecentPapers
from digest.website.request_limits import RULE_PREVIEWS, SIGNUP_LETTERS, SITE, enforce_limit, request_network
from digest.website.rule_preview import RulePreview, preview_rule
from digest.website.view import Form, View, form_endpoint

_EMPTY_ROWS = (RuleFields(number=0), RuleFields(number=1, kind="author"))
_ROWS_TO_ADD = 3  # by the button "more rules"
_TOP_VOTED = TrendingSection(top=5)
_WEEK = timedelta(days=7)
_MAX_ADDRESS_LENGTH = 320  # RFC 3696; longer ones are not even shown again


@dataclass(frozen=True)
class FrontPage(View):
    """`/`, `/subscribe`, `/try` and `/link`."""

    recent_papers: RecentPapers = field(default_factory=RecentPapers)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.show, methods=["GET"]),
            Route("/subscribe", form_endpoint(self.subscribe), methods=["POST"]),
            Route("/try", form_endpoint(self.preview), methods=["POST"]),
            Route("/link", self.show_link_form, methods=["GET"]),
            Route("/link", form_endpoint(self.send_link), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        return self._page(self.negotiated(request), SubscriptionFields(rows=_EMPTY_ROWS))

    def subscribe(self, request: Request, form: Form) -> Response:
        """Signs up: mails a confirmation. Every valid form has the same response, so nobody learns who reads here."""
        if self._domains() == ():
            raise HTTPException(404)
        t, fields, email = self.negotiated(request), fields_of_form(form), form.value("email")[:_MAX_ADDRESS_LENGTH]
        if "add" in form:
            return self._page(t, fields.with_rows(_ROWS_TO_ADD), email)
        if "try" in form:
            return self._page(t, fields, email, previews=self._previews(request, t, fields))
        document = {"email": email, "timezone": fields.zone, "subscriptions": [fields.subscription()]}
        wrong = form_errors(document, fields, t, sources=tuple(self.app().config.sources))
        if not wrong.get("email") and (domain_error := self._domain_error(t, email)):
            wrong = {"email": (domain_error,)} | dict(wrong)
        if wrong:
            return self._page(t, fields, email, wrong=wrong)
        enforce_limit(request, SIGNUP_LETTERS)
        self.app().signup.sign_up(document, now=self.clock())
        return self.notice(t, t("front.sent"), t("front.sent_lines.1"), t("front.sent_lines.2"))

    def preview(self, request: Request, form: Form) -> Response:
        """The preview of one rule as an HTML fragment, for site.js."""
        t, fields = self.negotiated(request), fields_of_form(form, SubscriptionFields())
        previews = self._previews(request, t, replace(fields, rows=fields.rules[:1]))
        return self.page(t, "trial", "", trials=list(previews.values()))

    def show_link_form(self, request: Request) -> Response:
        return self._link_page(self.negotiated(request), "")

    def send_link(self, request: Request, form: Form) -> Response:
        """Mails the link of the account. The response is the same whether the address is known or not."""
        t, email = self.negotiated(request), form.value("email")[:_MAX_ADDRESS_LENGTH]
        try:
            Mailbox(address=email)
        except AddressError:
            return self._link_page(t, email, t("front.link_none"))
        enforce_limit(request, SIGNUP_LETTERS)
        self.app().signup.link(email, now=self.clock())
        return self.notice(t, t("front.sent"), t("front.sent_link_lines.1"), t("front.sent_link_lines.2"))

    def _page(
        self,
        t: Translations,
        fields: SubscriptionFields,
        email: str = "",
        *,
        wrong: FormErrors | None = None,
        previews: Mapping[int, RulePreview] | None = None,
    ) -> Response:
        app, domains = self.app(), self._domains()
        fields = fields if fields.rows else replace(fields, rows=_EMPTY_ROWS)
        context = template_context(fields, wrong or {}, trending="huggingface" in app.config.sources)
        return self.page(
            t,
            "front",
            t("front.title"),
            status=422 if wrong else 200,
            **(context | {"tried": previews or {}, "script": domains != ()}),
            email=email,
            domains=domains,
            owner=mailto(app.config.owner.wire),
            cards=self._top_papers(t),
        )

    def _link_page(self, t: Translations, email: str, wrong: str = "") -> Response:
        return self.page(t, "link", t("front.link"), status=422 if wrong else 200, email=email, wrong=wrong)

    def _domains(self) -> Sequence[str] | None:
        """Mail domains whose addresses may sign up; None: all, empty: sign-up is closed."""
        return self.app().config.signup

    def _domain_error(self, t: Translations, email: str) -> FormError | None:
        domains = self._domains()
        if domains is None or Mailbox(address=email).domain.casefold() in domains:
            return None
        return FormError(t("front.wrong_domain", domains=", ".join(domains)))

    def _previews(self, request: Request, t: Translations, fields: SubscriptionFields) -> dict[int, RulePreview]:
        store = self.app().store
        rows = fields.rules[:MAX_RULES]
        for _ in rows:
            enforce_limit(request, RULE_PREVIEWS)
        ground = self.recent_papers.get(store, self.clock())
        with self.recent_papers.preview_slot(request_network(request, SITE)):
            return {row.number: preview_rule(fields, row, ground, store, t) for row in rows}

    def _top_papers(self, t: Translations) -> Sequence[ListedPaper]:
        """The top of /trending."""
        app, now = self.app(), self.clock().astimezone(UTC)
        section = featured_section(_TOP_VOTED, app.store.papers.dated(now - _WEEK, now, voted=True), ())
        return listed_papers(section.items if section else (), now, t)
