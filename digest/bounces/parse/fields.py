"""Parses delivery status notifications: RFC 3464, RFC 6533, and the same fields in plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.bounces.parse.addresses import address_in
from digest.bounces.parse.mime import MimeHeader, ParsedMail, head_of, words_of

_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_RECIPIENT = ("final-recipient", "original-recipient", "x-actual-recipient")
_FIRST = re.compile(r"^[ \t>]{0,8}(?:final|original)-recipient[ \t]*:", re.I | re.M)
_INLINE = re.compile(r"^[ \t]{0,8}(?:final|original)-recipient[ \t]*:", re.I | re.M)
_FORWARDED = re.compile(
    r"\s*fwd?:", re.I
)  # a quoted report counts where a person hands it on, not where one asks about it
_FIELD = re.compile(
    r"[ \t>]{0,8}(?=(?:final|original|x-actual)-recipient:|action:|status:|diagnostic-code:|remote-mta:)", re.I
)
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


@dataclass(frozen=True, slots=True)
class DsnRecipient:
    """The fields of one recipient in a delivery status notification."""

    address: str
    action: str  # failed, delayed, delivered, relayed, expanded, or empty
    status: str
    diagnostic: str


@dataclass(frozen=True, slots=True)
class DsnReport:
    envelope_id: str | None
    recipients: tuple[DsnRecipient, ...]


def report_of(mail: ParsedMail) -> DsnReport:
    """The delivery status fields of a message; without recipients if it has none."""
    texts = [part.text for part in mail.parts if part.kind in _REPORTS]
    if not any(_FIRST.search(text) for text in texts):
        first = _FIRST if _FORWARDED.match(words_of(mail.head.get("subject"))) else _INLINE
        texts = [_inline(part.text) for part in mail.parts if part.kind == "text/plain" and first.search(part.text)][:1]
    heads = [head_of(block) for text in texts for block in _blocks(text)]
    named = next((head.get("original-envelope-id") for head in heads if "original-envelope-id" in head), None)
    seen: dict[str, DsnRecipient] = {}
    for head in heads:
        for status in _statuses(head):
            seen.setdefault(status.address.lower(), status)
    return DsnReport(_xtext_undone(named) if named else None, tuple(seen.values()))


def _inline(text: str) -> str:
    """The text with indentation and quoting before fields removed."""
    return "\n".join(_FIELD.sub("", line, count=1) if line.strip(" \t>") else "" for line in text.split("\n"))


def _blocks(text: str) -> list[str]:
    """One block of fields for each recipient, divided by empty lines or, where these lack, by a repeated field."""
    blocks: list[list[str]] = [[]]
    seen: set[str] = set()
    for line in text.split("\n")[:5_000]:
        name = line.partition(":")[0].strip().lower() if line[:1].strip() else ""
        if not line.strip() or (name in ("final-recipient", "original-recipient", "action", "status") and name in seen):
            blocks.append([])
            seen = set()
        seen.add(name)
        blocks[-1].append(line)
    return _joined(["\n".join(block) for block in blocks if any(line.strip() for line in block)])


def _joined(blocks: list[str]) -> list[str]:
    """The blocks; one with a status but without a recipient is joined to the block before it."""
    joined: list[str] = []
    for block in blocks:
        head = head_of(block)
        orphan = not any(name in head for name in _RECIPIENT) and ("diagnostic-code" in head or "status" in head)
        if orphan and joined and "diagnostic-code" not in head_of(joined[-1]):
            joined[-1] += "\n" + block
        else:
            joined.append(block)
    return joined[:1_000]


def _statuses(head: MimeHeader) -> list[DsnRecipient]:
    named = [found for name in _RECIPIENT if (found := _address(head.get(name)))]
    if not named:
        return []
    address = next(
        (one for one in named if "." in one.rpartition("@")[2]), named[0]
    )  # prefers a public domain to a local host name
    action = head.get("action").partition(" ")[0].partition(";")[0].lower()
    diagnostic = " ".join(value.partition(";")[2].strip() or value for value in head.all("diagnostic-code"))
    return [DsnRecipient(address, action, head.get("status").partition("(")[0], diagnostic)]


def _address(value: str) -> str:
    typed, _, rest = value.partition(";")
    named = rest or typed
    if typed.strip().lower() == "utf-8":
        named = _ESCAPED.sub(_character, named)
    return address_in(named)


def _character(found: re.Match[str]) -> str:
    point = int(found[1], 16)
    return chr(point) if point < 0x110000 and not 0xD800 <= point < 0xE000 else ""


def _xtext_undone(value: str) -> str:
    """Decode xtext (RFC 3461 section 4): "+2B" is a plus sign."""
    return re.sub(r"\+([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), value[:500].strip())
