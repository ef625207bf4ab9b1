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
from digest.render.words.pages.forms import FORMS
from digest.render.words.pages.front import FRONT
from digest.render.words.pages.trials import TRIALS
from digest.subscriptions import Trending
from digest.website.form_errors import MOST_RULES, Fault, Faults, faults
from digest.website.forms import Row, Typed, given, typed
from digest.website.recent_papers import Grounds
from digest.website.request_limits import LETTERS, TRIES, spend
from digest.website.rule_preview import Trial, tried
from digest.website.view import Form, Room, posted

_ROWS = (Row(number=0), Row(number=1, kind="author"))
_MORE = 3  # rows, by a press of the button
_TOP = Trending(top=5)
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
        return self._page(Typed(rows=_ROWS))

    def subscribe(self, request: Request, form: Form) -> Response:
        """One answer to every form that can be meant, whatever is known of the address."""
        if self._domains() == ():
            raise HTTPException(404)
        seen, email = typed(form), form.text("email")[:_LONGEST_ADDRESS]
        if "add" in form:
            return self._page(seen.with_rows(_MORE), email)
        if "try" in form:
            return self._page(seen, email, trials=self._trials(request, seen))
        document = {"email": email, "timezone": seen.zone, "subscriptions": [seen.subscription()]}
        wrong = faults(document, seen, self.say(FORMS), sources=tuple(self.app().config.sources))
        if not wrong.get("email") and (foreign := self._foreign(email)):
            wrong = {"email": (foreign,)} | dict(wrong)
        if wrong:
            return self._page(seen, email, wrong=wrong)
        spend(request, LETTERS)
        self.app().signup.sign_up(document, now=self.clock())
        say = self.say(FRONT)
        return self.notice(say.sent, *say.sent_lines)

    def try_out(self, request: Request, form: Form) -> Response:
        """What one rule would have brought: a piece of a page, for the script."""
        seen = typed(form, Typed())
        trials = self._trials(request, replace(seen, rows=seen.rules[:1]))
        return self.page("trial", "", trials=list(trials.values()))

    def ask_link(self, request: Request) -> Response:
        return self._link_page("")

    def link(self, request: Request, form: Form) -> Response:
        """The link to one's page goes by mail; the answer is one and the same."""
        say, email = self.say(FRONT), form.text("email")[:_LONGEST_ADDRESS]
        try:
            Mailbox(address=email)
        except AddressError:
            return self._link_page(email, say.link_none)
        spend(request, LETTERS)
        self.app().signup.link(email, now=self.clock())
        return self.notice(say.sent, *say.sent_link_lines)

    def _page(
        self, seen: Typed, email: str = "", *, wrong: Faults | None = None, trials: Mapping[int, Trial] | None = None
    ) -> Response:
        app, say, domains = self.app(), self.say(FRONT), self._domains()
        seen = seen if seen.rows else replace(seen, rows=_ROWS)
        more = given(seen, self.say(FORMS), wrong or {}, trending="huggingface" in app.config.sources)
        return self.page(
            "front",
            say.title,
            status=422 if wrong else 200,
            **(more | {"tried": trials or {}, "script": domains != ()}),
            say=say,
            email=email,
            domains=domains,
            owner=mailto(app.config.owner.wire),
            cards=self._voted(),
        )

    def _link_page(self, email: str, wrong: str = "") -> Response:
        say = self.say(FRONT)
        return self.page("link", say.link, status=422 if wrong else 200, say=say, email=email, wrong=wrong)

    def _domains(self) -> Sequence[str] | None:
        """Where the addresses of those are who may sign up; None: anywhere, none: nobody may."""
        return self.app().config.signup

    def _foreign(self, email: str) -> Fault | None:
        domains = self._domains()
        if domains is None or Mailbox(address=email).domain.casefold() in domains:
            return None
        return Fault(self.say(FRONT).wrong_domain.format(", ".join(domains)))

    def _trials(self, request: Request, seen: Typed) -> dict[int, Trial]:
        store, words, say = self.app().store, self.say(FORMS), self.say(TRIALS)
        rows = seen.rules[:MOST_RULES]
        for _ in rows:
            spend(request, TRIES)
        ground = self.grounds.ground(store, self.clock())
        with self.grounds:
            return {row.number: tried(seen, row, ground, store, words, say) for row in rows}

    def _voted(self) -> Sequence[Listed]:
        """What is much noticed: the top of /trending."""
        app, now = self.app(), self.clock().astimezone(UTC)
        section = featured(_TOP, app.store.papers.dated(now - _WEEK, now, voted=True), ())
        return listed(section.items if section else (), now, app.config.language)
