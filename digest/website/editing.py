"""Where a reader who signed up changes a subscription, tries its rules out, adds one and removes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.readers.signup import unused
from digest.store import ReaderDocument
from digest.subscriptions import Subscriber
from digest.text.translations import translations
from digest.website.account_base import Mine, here
from digest.website.form_errors import Faults, faults
from digest.website.forms import Row, Typed, given, shown, typed
from digest.website.recent_papers import Grounds
from digest.website.request_limits import TRIES, spend
from digest.website.rule_preview import Trial, tried
from digest.website.view import Form, posted

MOST = 20
"""Subscriptions of one reader."""

_ROWS = (Row(number=0), Row(number=1, kind="author"))
_MORE = 3  # rows, by a press of the button
_MOST_TRIED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """A subscription of a reader who signed up; without a name, one that is to come."""

    reader: Subscriber
    document: ReaderDocument
    path: str  # of its page
    before: ReaderDocument | None = None

    @property
    def name(self) -> str:
        return str(self.before["name"]) if self.before else ""

    def changed(self, entry: ReaderDocument) -> tuple[ReaderDocument, int]:
        """The reader's document with this entry, and its place there."""
        entries = list(self.document["subscriptions"])
        place = _place(entries, self.name) if self.before else None
        if place is None:
            return self.document | {"subscriptions": [*entries, entry]}, len(entries)
        return self.document | {"subscriptions": [*entries[:place], entry, *entries[place + 1 :]]}, place


class Editing(Mine):
    """`/me/TOKEN/new`, `/me/TOKEN/subscription/N` and `/me/TOKEN/subscription/N/remove`; N counts from 0."""

    def routes(self) -> list[BaseRoute]:
        one = "/me/{token}/subscription/{number:int}"
        return [
            Route("/me/{token}/new", self.show_new, methods=["GET"]),
            Route("/me/{token}/new", posted(self.add), methods=["POST"]),
            Route(one, self.show, methods=["GET"]),
            Route(one, posted(self.keep), methods=["POST"]),
            Route(f"{one}/remove", self.ask, methods=["GET"]),
            Route(f"{one}/remove", posted(self.remove), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """The form, with what its rules would have brought, where there is time to try them."""
        chosen = self._chosen(request)
        seen = shown(chosen.before or {})
        try:
            spend(request, TRIES)
            trials = self._trials(request, chosen.reader, seen)
        except HTTPException:
            trials = {}
        return self._page(request, chosen, seen, trials=trials)

    def keep(self, request: Request, form: Form) -> Response:
        chosen = self._chosen(request)
        if form.text("called") != chosen.name:
            return self._moved(request, chosen)
        seen = typed(form, shown(chosen.before or {}))
        if answer := self._not_yet(request, form, chosen, seen):
            return answer
        changed, place = chosen.changed(seen.subscription(chosen.before))
        if wrong := self._wrong(chosen, changed, seen, place):
            return self._page(request, chosen, seen, wrong=wrong)

        def change(document: ReaderDocument) -> ReaderDocument:
            entries = list(document["subscriptions"])
            at = _place(entries, chosen.name)
            if at is not None:  # else it was removed meanwhile
                entries[at] = seen.subscription(entries[at])
            return document | {"subscriptions": entries}

        self.app().signup.rewrite(chosen.reader.id, change)
        return self.home(request, "kept")

    def show_new(self, request: Request) -> Response:
        chosen = self._new(request)
        return self._full(chosen) or self._page(request, chosen, Typed(rows=_ROWS))

    def add(self, request: Request, form: Form) -> Response:
        chosen = self._new(request)
        if full := self._full(chosen):
            return full
        seen = typed(form, Typed(rows=_ROWS))
        if answer := self._not_yet(request, form, chosen, seen):
            return answer
        changed, place = chosen.changed(seen.subscription())
        if wrong := self._wrong(chosen, changed, seen, place):
            return self._page(request, chosen, seen, wrong=wrong)

        def change(document: ReaderDocument) -> ReaderDocument:
            entries = list(document["subscriptions"])
            entry = seen.subscription()
            entry["name"] = unused(entry["name"], [each["name"] for each in entries])
            return document | {"subscriptions": [*entries, entry][:MOST]}

        reader = self.app().signup.rewrite(chosen.reader.id, change)
        if reader is not None:  # one of that name was perhaps left, and removed
            self.app().store.unsubscribes.remove(reader.id, reader.subscriptions[-1].name)
        return self.home(request, "added")

    def ask(self, request: Request) -> Response:
        chosen = self._chosen(request)
        t = translations(chosen.reader.language)
        if len(chosen.document["subscriptions"]) == 1:
            return self.notice(t, t("editing.last"), t("editing.last_note"))
        title = t("editing.ask", name=chosen.name)
        return self.mine(request, "remove", title, chosen.reader, called=chosen.name)

    def remove(self, request: Request, form: Form) -> Response:
        chosen = self._chosen(request)
        if form.text("called") != chosen.name:
            return self._moved(request, chosen)
        if len(chosen.document["subscriptions"]) == 1:
            return self.ask(request)

        def change(document: ReaderDocument) -> ReaderDocument:
            entries = [each for each in document["subscriptions"] if each["name"] != chosen.name]
            return document | {"subscriptions": entries or document["subscriptions"]}

        app, now = self.app(), self.clock()
        app.store.unsubscribes.add(
            chosen.reader.id, chosen.name, "the reader removed it", now=now
        )  # also what waits to be sent
        app.signup.rewrite(chosen.reader.id, change)
        return self.home(request, "removed")

    def _not_yet(self, request: Request, form: Form, chosen: _Chosen, seen: Typed) -> Response | None:
        """What a button asks for that keeps nothing: more rows, or to try the rules."""
        if "add" in form:
            return self._page(request, chosen, seen.with_rows(_MORE))
        if "try" in form:
            spend(request, TRIES)
            return self._page(request, chosen, seen, trials=self._trials(request, chosen.reader, seen))
        return None

    def _wrong(self, chosen: _Chosen, changed: ReaderDocument, seen: Typed, place: int) -> Faults:
        t, sources = translations(chosen.reader.language), tuple(self.app().config.sources)
        return faults(changed, seen, t, at=place, sources=sources, before=chosen.before)

    def _trials(self, request: Request, reader: Subscriber, seen: Typed) -> dict[int, Trial]:
        store, t = self.app().store, translations(reader.language)
        grounds: Grounds = request.app.state.grounds
        ground = grounds.ground(store, self.clock())
        with grounds:
            return {row.number: tried(seen, row, ground, store, t) for row in seen.rules[:_MOST_TRIED]}

    def _moved(self, request: Request, chosen: _Chosen) -> Response:
        told = translations(chosen.reader.language)("editing.elsewhere")
        return self._page(request, chosen, shown(chosen.before or {}), told=told, status=409)

    def _full(self, chosen: _Chosen) -> Response | None:
        """What is said to who has as many as one can have."""
        if len(chosen.document["subscriptions"]) < MOST:
            return None
        t = translations(chosen.reader.language)
        return self.notice(t, t("editing.new"), t("editing.full", MOST, count=MOST), status=409)

    def _new(self, request: Request) -> _Chosen:
        reader, document = self.signed_up(request)
        return _Chosen(reader=reader, document=document, path=f"{here(request)}/new")

    def _chosen(self, request: Request) -> _Chosen:
        reader, document = self.signed_up(request)
        number: int = request.path_params["number"]
        entries: Sequence[ReaderDocument] = document["subscriptions"]
        if number >= len(entries):
            raise HTTPException(404)
        path = f"{here(request)}/subscription/{number}"
        return _Chosen(reader=reader, document=document, path=path, before=entries[number])

    def _page(
        self,
        request: Request,
        chosen: _Chosen,
        seen: Typed,
        *,
        wrong: Faults | None = None,
        trials: Mapping[int, Trial] | None = None,
        told: str = "",
        status: int = 200,
    ) -> Response:
        reader = chosen.reader
        t = translations(reader.language)
        trending = "huggingface" in self.app().config.sources
        more: dict[str, Any] = given(seen, wrong or {}, trending=trending)
        return self.mine(
            request,
            "editing",
            t("editing.edit", name=chosen.name) if chosen.before else t("editing.new"),
            reader,
            status=422 if wrong else status,
            **(more | {"tried": trials or {}}),
            action=chosen.path,
            called=chosen.name,
            told=told,
        )


def _place(entries: Sequence[ReaderDocument], name: str) -> int | None:
    """Where the subscription of that name is."""
    return next((place for place, each in enumerate(entries) if each["name"] == name), None)
