"""Subscription editing in the account: change, preview, add and remove a subscription."""

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
from digest.website.account_base import AccountView, account_path
from digest.website.form_errors import FormErrors, form_errors
from digest.website.forms import RuleFields, SubscriptionFields, fields_of_entry, fields_of_form, template_context
from digest.website.recent_papers import RecentPapers
from digest.website.request_limits import RULE_PREVIEWS, SITE, enforce_limit, request_network
from digest.website.rule_preview import RulePreview, preview_rule
from digest.website.view import Form, form_endpoint

MAX_SUBSCRIPTIONS = 20
"""Maximum of subscriptions per reader."""

_EMPTY_ROWS = (RuleFields(number=0), RuleFields(number=1, kind="author"))
_ROWS_TO_ADD = 3  # by the button "more rules"
_MAX_PREVIEWS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _EditedSubscription:
    """The subscription that a request is about: an entry of the reader's document, or (without `before`) a new one."""

    reader: Subscriber
    document: ReaderDocument
    path: str  # of its form
    before: ReaderDocument | None = None

    @property
    def name(self) -> str:
        return str(self.before["name"]) if self.before else ""

    def changed(self, entry: ReaderDocument) -> tuple[ReaderDocument, int]:
        """The reader's document with this entry, and the entry's index there."""
        entries = list(self.document["subscriptions"])
        place = _index_of(entries, self.name) if self.before else None
        if place is None:
            return self.document | {"subscriptions": [*entries, entry]}, len(entries)
        return self.document | {"subscriptions": [*entries[:place], entry, *entries[place + 1 :]]}, place


class SubscriptionEditView(AccountView):
    """`/me/TOKEN/new`, `/me/TOKEN/subscription/N` and `/me/TOKEN/subscription/N/remove`; N counts from 0."""

    def routes(self) -> list[BaseRoute]:
        one = "/me/{token}/subscription/{number:int}"
        return [
            Route("/me/{token}/new", self.show_new, methods=["GET"]),
            Route("/me/{token}/new", form_endpoint(self.add), methods=["POST"]),
            Route(one, self.show, methods=["GET"]),
            Route(one, form_endpoint(self.save), methods=["POST"]),
            Route(f"{one}/remove", self.confirm_removal, methods=["GET"]),
            Route(f"{one}/remove", form_endpoint(self.remove), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """The form, with previews of its rules unless the rate limit is reached."""
        edited = self._existing_subscription(request)
        fields = fields_of_entry(edited.before or {})
        try:
            enforce_limit(request, RULE_PREVIEWS)
            previews = self._previews(request, edited.reader, fields)
        except HTTPException:
            previews = {}
        return self._page(request, edited, fields, previews=previews)

    def save(self, request: Request, form: Form) -> Response:
        edited = self._existing_subscription(request)
        if form.value("called") != edited.name:
            return self._stale_form(request, edited)
        fields = fields_of_form(form, fields_of_entry(edited.before or {}))
        if response := self._unsaved_action(request, form, edited, fields):
            return response
        changed, place = edited.changed(fields.subscription(edited.before))
        if errors := self._errors(edited, changed, fields, place):
            return self._page(request, edited, fields, errors=errors)

        def change(document: ReaderDocument) -> ReaderDocument:
            entries = list(document["subscriptions"])
            at = _index_of(entries, edited.name)
            if at is not None:  # else it was removed in another tab
                entries[at] = fields.subscription(entries[at])
            return document | {"subscriptions": entries}

        self.app().signup.rewrite(edited.reader.id, change)
        return self.back_to_account(request, "kept")

    def show_new(self, request: Request) -> Response:
        edited = self._new_subscription(request)
        return self._limit_reached(edited) or self._page(request, edited, SubscriptionFields(rows=_EMPTY_ROWS))

    def add(self, request: Request, form: Form) -> Response:
        edited = self._new_subscription(request)
        if refusal := self._limit_reached(edited):
            return refusal
        fields = fields_of_form(form, SubscriptionFields(rows=_EMPTY_ROWS))
        if response := self._unsaved_action(request, form, edited, fields):
            return response
        changed, place = edited.changed(fields.subscription())
        if errors := self._errors(edited, changed, fields, place):
            return self._page(request, edited, fields, errors=errors)

        def change(document: ReaderDocument) -> ReaderDocument:
            entries = list(document["subscriptions"])
            entry = fields.subscription()
            entry["name"] = unused(entry["name"], [each["name"] for each in entries])
            return document | {"subscriptions": [*entries, entry][:MAX_SUBSCRIPTIONS]}

        reader = self.app().signup.rewrite(edited.reader.id, change)
        if reader is not None:  # an earlier subscription of that name may have an unsubscribe on record
            self.app().store.unsubscribes.remove(reader.id, reader.subscriptions[-1].name)
        return self.back_to_account(request, "added")

    def confirm_removal(self, request: Request) -> Response:
        edited = self._existing_subscription(request)
        t = translations(edited.reader.language)
        if len(edited.document["subscriptions"]) == 1:
            return self.notice(t, t("editing.last"), t("editing.last_note"))
        title = t("editing.ask", name=edited.name)
        return self.account_page(request, "remove", title, edited.reader, called=edited.name)

    def remove(self, request: Request, form: Form) -> Response:
        edited = self._existing_subscription(request)
        if form.value("called") != edited.name:
            return self._stale_form(request, edited)
        if len(edited.document["subscriptions"]) == 1:
            return self.confirm_removal(request)

        def change(document: ReaderDocument) -> ReaderDocument:
            entries = [each for each in document["subscriptions"] if each["name"] != edited.name]
            return document | {"subscriptions": entries or document["subscriptions"]}

        app, now = self.app(), self.clock()
        app.store.unsubscribes.add(
            edited.reader.id, edited.name, "the reader removed it", now=now
        )  # cancels letters in the outbox as well
        app.signup.rewrite(edited.reader.id, change)
        return self.back_to_account(request, "removed")

    def _unsaved_action(
        self, request: Request, form: Form, edited: _EditedSubscription, fields: SubscriptionFields
    ) -> Response | None:
        """The response to the buttons that save nothing (more rows, preview); None for the button that saves."""
        if "add" in form:
            return self._page(request, edited, fields.with_rows(_ROWS_TO_ADD))
        if "try" in form:
            enforce_limit(request, RULE_PREVIEWS)
            return self._page(request, edited, fields, previews=self._previews(request, edited.reader, fields))
        return None

    def _errors(
        self, edited: _EditedSubscription, changed: ReaderDocument, fields: SubscriptionFields, place: int
    ) -> FormErrors:
        t, sources = translations(edited.reader.language), tuple(self.app().config.sources)
        return form_errors(changed, fields, t, at=place, sources=sources, before=edited.before)

    def _previews(self, request: Request, reader: Subscriber, fields: SubscriptionFields) -> dict[int, RulePreview]:
        store, t = self.app().store, translations(reader.language)
        recent_papers: RecentPapers = request.app.state.recent_papers
        ground = recent_papers.get(store, self.clock())
        with recent_papers.preview_slot(request_network(request, SITE)):
            return {row.number: preview_rule(fields, row, ground, store, t) for row in fields.rules[:_MAX_PREVIEWS]}

    def _stale_form(self, request: Request, edited: _EditedSubscription) -> Response:
        told = translations(edited.reader.language)("editing.elsewhere")
        return self._page(request, edited, fields_of_entry(edited.before or {}), told=told, status=409)

    def _limit_reached(self, edited: _EditedSubscription) -> Response | None:
        """409 if the reader has the maximum of subscriptions, else None."""
        if len(edited.document["subscriptions"]) < MAX_SUBSCRIPTIONS:
            return None
        t = translations(edited.reader.language)
        return self.notice(
            t, t("editing.new"), t("editing.full", MAX_SUBSCRIPTIONS, count=MAX_SUBSCRIPTIONS), status=409
        )

    def _new_subscription(self, request: Request) -> _EditedSubscription:
        reader, document = self.signed_up_reader(request)
        return _EditedSubscription(reader=reader, document=document, path=f"{account_path(request)}/new")

    def _existing_subscription(self, request: Request) -> _EditedSubscription:
        reader, document = self.signed_up_reader(request)
        number: int = request.path_params["number"]
        entries: Sequence[ReaderDocument] = document["subscriptions"]
        if number >= len(entries):
            raise HTTPException(404)
        path = f"{account_path(request)}/subscription/{number}"
        return _EditedSubscription(reader=reader, document=document, path=path, before=entries[number])

    def _page(
        self,
        request: Request,
        edited: _EditedSubscription,
        fields: SubscriptionFields,
        *,
        errors: FormErrors | None = None,
        previews: Mapping[int, RulePreview] | None = None,
        told: str = "",
        status: int = 200,
    ) -> Response:
        reader = edited.reader
        t = translations(reader.language)
        trending = "huggingface" in self.app().config.sources
        more: dict[str, Any] = template_context(fields, errors or {}, trending=trending)
        return self.account_page(
            request,
            "editing",
            t("editing.edit", name=edited.name) if edited.before else t("editing.new"),
            reader,
            status=422 if errors else status,
            **(more | {"tried": previews or {}}),
            action=edited.path,
            called=edited.name,
            told=told,
        )


def _index_of(entries: Sequence[ReaderDocument], name: str) -> int | None:
    """The index of the subscription with that name, or None."""
    return next((place for place, each in enumerate(entries) if each["name"] == name), None)
