"""Parses JSON notifications of bounces and complaints, which Amazon SES sends by mail."""

from __future__ import annotations

import json
import re
from typing import Any

from digest.bounces.parse.addresses import address_in
from digest.bounces.parse.fields import DsnRecipient, DsnReport
from digest.bounces.parse.mime import ParsedMail

_FOLDED = re.compile(r"!\n[ \t]?")  # line break that mail servers insert after 998 characters
_GROUPS = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients", "deliveryDelay": "delayedRecipients"}


def notified(mail: ParsedMail) -> tuple[str, DsnReport]:
    """The kind of a notification ("bounce", "complaint", …) and its recipients; empty for other messages."""
    for part in mail.parts[:3]:
        start = part.text.find("{", 0, 500)
        if start >= 0 and part.kind.startswith(("text/plain", "application/json")) and "ecipients" in part.text:
            found = _object(part.text[start:])
            return _report(_object(found.get("Message", "")) or found)
    return "", DsnReport(None, ())


def _object(text: object) -> dict[str, Any]:
    """The first JSON object of a text; empty if there is none."""
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
