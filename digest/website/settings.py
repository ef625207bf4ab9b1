"""Account settings: name, time zone, language, format, and a change of address."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.config.fields import unknown_language
from digest.config.subscriber_yaml import mistakes
from digest.mail.message import AddressError, Mailbox
from digest.store import ReaderDocument
from digest.subscriptions import Subscriber
from digest.text import one_line
from digest.text.translations import Translations, supported, translations
from digest.website.account_base import AccountView
from digest.website.form_errors import FormError, FormErrors
from digest.website.forms import timezone_names
from digest.website.request_limits import SIGNUP_LETTERS, enforce_limit
from digest.website.view import Form, form_endpoint

_MAX_NAME_LENGTH = 100
_MAX_ADDRESS_LENGTH = 254
_DOCUMENT_KEYS = {"name": "name", "zone": "timezone", "language": "language", "format": "format"}
"""Form fields, and their keys in a reader's document."""


class AccountSettingsView(AccountView):
    """`/me/TOKEN/settings` and `/me/TOKEN/address`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/me/{token}/settings", self.show, methods=["GET"]),
            Route("/me/{token}/settings", form_endpoint(self.save), methods=["POST"]),
            Route("/me/{token}/address", form_endpoint(self.change_address), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        reader, document = self.signed_up_reader(request)
        return self._page(request, reader, _values(document), {})

    def save(self, request: Request, form: Form) -> Response:
        reader, document = self.signed_up_reader(request)
        t = translations(reader.language)
        values = _values(document) | {each: one_line(form.value(each)) for each in _DOCUMENT_KEYS if each in form}
        changed = _changed(document, values)
        if faults := _settings_errors(changed, values, t, _values(document)["language"]):
            return self._page(request, reader, values, faults)
        self.app().signup.rewrite(reader.id, lambda document: _changed(document, values))
        return self.back_to_account(request, "kept")

    def change_address(self, request: Request, form: Form) -> Response:
        """Mails both addresses for consent; the response is the same whether the new address is known or not."""
        reader, document = self.signed_up_reader(request)
        t, address = translations(reader.language), form.value("email")
        if fault := self._address_error(address, reader, t):
            values = _values(document) | {"email": one_line(address)}
            return self._page(request, reader, values, {"email": (FormError(fault),)})
        enforce_limit(request, SIGNUP_LETTERS)
        self.app().signup.move(reader, address, now=self.clock())
        return self.notice(t, t("settings.asked"), t("settings.asked_note"))

    def _address_error(self, address: str, reader: Subscriber, t: Translations) -> str:
        """The error of a new address, as text; empty for a valid one."""
        if len(address) > _MAX_ADDRESS_LENGTH:
            return t("settings.too_long", _MAX_ADDRESS_LENGTH, count=_MAX_ADDRESS_LENGTH)
        try:
            box = Mailbox(address=address)
        except AddressError:
            return t("settings.address_wrong")
        if box.wire.casefold() == Mailbox(address=reader.email).wire.casefold():
            return t("settings.address_same")
        domains = self.app().config.signup
        if domains and box.domain.casefold() not in domains:
            return t("settings.address_domains", domains=", ".join(domains))
        return ""

    def _page(self, request: Request, reader: Subscriber, values: Mapping[str, str], faults: FormErrors) -> Response:
        t = translations(reader.language)
        return self.account_page(
            request,
            "settings",
            t("settings.title"),
            reader,
            status=422 if faults else 200,
            values=values,
            faults=faults,
            zones=timezone_names(),
            email=reader.email,
        )


def _values(document: ReaderDocument) -> dict[str, str]:
    return {
        "name": _field_value(document.get("name") or ""),
        "zone": _field_value(document.get("timezone") or "UTC"),
        "language": _field_value(document.get("language") or ""),
        "format": _field_value(document.get("format") or "html"),
        "email": "",
    }


def _changed(document: ReaderDocument, values: Mapping[str, str]) -> ReaderDocument:
    """The document with the changed fields; an unchanged field leaves its key alone."""
    seen = _values(document)
    changed = dict(document)
    for field, key in _DOCUMENT_KEYS.items():
        if values[field] != seen[field]:
            changed[key] = values[field]
            if not values[field]:
                del changed[key]
    return changed


def _settings_errors(document: ReaderDocument, values: Mapping[str, str], t: Translations, language: str) -> FormErrors:
    """Validates the fields; the `language` that was set before may stay, also one without a catalogue."""
    found: dict[str, tuple[FormError, ...]] = {}
    if len(values["name"]) > _MAX_NAME_LENGTH:
        found["name"] = (FormError(t("settings.too_long", _MAX_NAME_LENGTH, count=_MAX_NAME_LENGTH)),)
    if (tag := values["language"]) and tag != language and supported(tag) is None:
        found["language"] = (FormError(unknown_language(tag), foreign=True),)
    fields = {key: field for field, key in _DOCUMENT_KEYS.items()}
    for each in mistakes(document):
        if field := fields.get(str(each.loc[0])) if each.loc else None:
            fault = FormError(t("settings.no_zone")) if field == "zone" else FormError(each.what, foreign=True)
            found.setdefault(field, (fault,))
    return found


def _field_value(value: object) -> str:
    return one_line(str(value))
