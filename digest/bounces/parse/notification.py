"""Notifications in JSON, as Amazon SES sends them by mail: bounces and complaints."""

from __future__ import annotations

import json
import re
from typing import Any

from digest.bounces.parse.addresses import address_in
from digest.bounces.parse.fields import DsnRecipient, DsnReport
from digest.bounces.parse.mime import ParsedMail

_FOLDED = re.compile(r"!\n[ \t]?")  # where a mail server broke a line of more than 998 characters
_GROUPS = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients", "deliveryDelay": "delayedRecipients"}


def notified(mail: ParsedMail) -> tuple[str, DsnReport]:
    """What a notification is about ("bounce", "complaint", …) and of whom; nothing in any other message."""
    for part in mail.parts[:3]:
        start = part.text.find("{", 0, 500)
        if start >= 0 and part.kind.startswith(("text/plain", "application/json")) and "ecipients" in part.text:
            found = _object(part.text[start:])
            return _report(_object(found.get("Message", "")) or found)
    return "", DsnReport(None, ())


def _object(text: object) -> dict[str, Any]:
    """The first object of a text; without one, none."""
    if not isinstance(text, str):
        return {}
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(_FOLDED.sub("", text).lstrip())
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _report(told: dict[str, Any]) -> tuple[str, DsnReport]:
    for kind, name in _GROUPS.items():
        about = told.get(kind)
        people = about.get(name) if isinstance(about, dict) else None
        if isinstance(about, dict) and isinstance(people, list):
            lasting = kind == "bounce" and about.get("bounceType") == "Permanent"
            found = [_status(person, lasting) for person in people[:100] if isinstance(person, dict)]
            return kind, DsnReport(None, tuple(status for status in found if status.address))
    return "", DsnReport(None, ())


def _status(person: dict[str, Any], lasting: bool) -> DsnRecipient:
    said = {name: value for name, value in person.items() if isinstance(value, str)}
    return DsnRecipient(
        address=address_in(said.get("emailAddress", "")),
        action=said.get("action", "failed") if lasting else "delayed",
        status=said.get("status", ""),
        diagnostic=said.get("diagnosticCode", "").partition(";")[2].strip(),
    )
