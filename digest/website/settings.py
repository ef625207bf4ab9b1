"""Where a reader who signed up changes name, zone, language, format and address."""

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
from digest.website.account_base import Mine
from digest.website.form_errors import Fault, Faults
from digest.website.forms import zones
from digest.website.request_limits import LETTERS, spend
from digest.website.view import Form, posted

_LONGEST_NAME = 100
_LONGEST_ADDRESS = 254
_KEYS = {"name": "name", "zone": "timezone", "language": "language", "format": "format"}
"""The fields, and what they are called in a reader's document."""


class Settings(Mine):
    """`/me/TOKEN/settings` and `/me/TOKEN/address`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/me/{token}/settings", self.show, methods=["GET"]),
            Route("/me/{token}/settings", posted(self.keep), methods=["POST"]),
            Route("/me/{token}/address", posted(self.move), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        reader, document = self.signed_up(request)
        return self._page(request, reader, _values(document), {})

    def keep(self, request: Request, form: Form) -> Response:
        reader, document = self.signed_up(request)
        t = translations(reader.language)
        values = _values(document) | {each: one_line(form.text(each)) for each in _KEYS if each in form}
        changed = _changed(document, values)
        if faults := _faults(changed, values, t, _values(document)["language"]):
            return self._page(request, reader, values, faults)
        self.app().signup.rewrite(reader.id, lambda document: _changed(document, values))
        return self.home(request, "kept")

    def move(self, request: Request, form: Form) -> Response:
        """Both addresses are asked; the answer is the same, whoever reads at the new one."""
        reader, document = self.signed_up(request)
        t, address = translations(reader.language), form.text("email")
        if fault := self._no_address(address, reader, t):
            values = _values(document) | {"email": one_line(address)}
            return self._page(request, reader, values, {"email": (Fault(fault),)})
        spend(request, LETTERS)
        self.app().signup.move(reader, address, now=self.clock())
        return self.notice(t, t("settings.asked"), t("settings.asked_note"))

    def _no_address(self, address: str, reader: Subscriber, t: Translations) -> str:
        """Why letters cannot go there; empty where they can."""
        if len(address) > _LONGEST_ADDRESS:
            return t("settings.too_long", _LONGEST_ADDRESS, count=_LONGEST_ADDRESS)
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

    def _page(self, request: Request, reader: Subscriber, values: Mapping[str, str], faults: Faults) -> Response:
        t = translations(reader.language)
        return self.mine(
            request,
            "settings",
            t("settings.title"),
            reader,
            status=422 if faults else 200,
            values=values,
            faults=faults,
            zones=zones(),
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
    """With what these fields say; a field that says what it said before changes nothing."""
    seen = _values(document)
    changed = dict(document)
    for field, key in _KEYS.items():
        if values[field] != seen[field]:
            changed[key] = values[field]
            if not values[field]:
                del changed[key]
    return changed


def _faults(document: ReaderDocument, values: Mapping[str, str], t: Translations, language: str) -> Faults:
    """What is wrong with the fields; the `language` that was set before may stay, whatever it is."""
    found: dict[str, tuple[Fault, ...]] = {}
    if len(values["name"]) > _LONGEST_NAME:
        found["name"] = (Fault(t("settings.too_long", _LONGEST_NAME, count=_LONGEST_NAME)),)
    if (tag := values["language"]) and tag != language and supported(tag) is None:
        found["language"] = (Fault(unknown_language(tag), foreign=True),)
    fields = {key: field for field, key in _KEYS.items()}
    for each in mistakes(document):
        if field := fields.get(str(each.loc[0])) if each.loc else None:
            fault = Fault(t("settings.no_zone")) if field == "zone" else Fault(each.what, foreign=True)
            found.setdefault(field, (fault,))
    return found


def _field_value(value: object) -> str:
    return one_line(str(value))
