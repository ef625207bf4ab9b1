"""Splits a bounce message into the text of the report and the header of the returned letter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.bounces.parse.mime import MimeHeader, ParsedMail, divided, head_of

_RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "text/rfc822-header", "message/global-headers")
_MACHINE = ("message/delivery-status", "message/global-delivery-status", "message/feedback-report")
_TELLING = re.compile(r"(?:received|return-path|message-id|from|to|subject|date|delivered-to)[ \t]*:", re.I)
_ANY = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,60}[ \t]{0,2}:|[ \t]")
_CUT = re.compile(
    r"[-=|_*\s]{2,200}(?:(?:this is|included is|below (?:this line )?is|begin|start|the)? ?(?:a )?(?:copy|header"
    r"|body|text|part)s?"
    r" of (?:the|your) |(?:the |your )?(?:original|unsent|returned|undelivered|bounced) (?:message|mail|e-?mail)"
    r"|message (?:text|headers?|header) follow|below this line|returned (?:message|mail) follow)",
    re.I,
)
_LINES = 4_000


@dataclass(frozen=True, slots=True)
class BounceText:
    """The text of a report, and the header of the returned letter."""

    words: str
    returned: MimeHeader


def notice_of(mail: ParsedMail) -> BounceText:
    """The text of all readable parts of a report, without the returned letter, and that letter's header."""
    words: list[str] = []
    returned = MimeHeader()
    alternatives = [part for part in mail.parts if part.kind == "text/html"]
    for part in mail.parts:
        if part.kind in _RETURNED or (
            part.kind.startswith("text/") and "attachment" in part.head.get("content-disposition")
        ):
            returned = returned if returned.fields else head_of(part.text.lstrip("\n").partition("\n\n")[0])
        elif part.kind == "text/plain" or (part in alternatives and not "".join(words).strip()):
            said, copy = split(part.text)
            words.append(said)
            returned = returned if returned.fields else copy
        elif not part.kind.startswith(("text/", "image/", "application/")) and part.kind not in _MACHINE:
            words.append(part.text[:20_000])
    if not returned.fields:
        returned = _bare(mail)
    return BounceText("\n".join(words), returned)


def split(text: str) -> tuple[str, MimeHeader]:
    """Split a text at the returned letter in it, which begins with an announcing line or a run of header fields."""
    lines = text.split("\n")[:_LINES]
    for number, line in enumerate(lines):
        if number and (_CUT.match(line) or _begins(lines, number)):
            rest = "\n".join(lines[number if _TELLING.match(line) else number + 1 :])
            return "\n".join(lines[:number]), _first_head(rest)
    return "\n".join(lines), MimeHeader()


def _begins(lines: list[str], number: int) -> bool:
    """Whether a header section begins at this line: three well-known fields, or two with Received."""
    if not _TELLING.match(lines[number]):
        return False
    known: set[str] = set()
    for line in lines[number : number + 40]:
        if not line.strip() or not _ANY.match(line):
            break
        if _TELLING.match(line):
            known.add(line.partition(":")[0].strip().lower())
    return len(known) >= 3 or ("received" in known and len(known) >= 2)


def _first_head(text: str) -> MimeHeader:
    """The first header section in a returned letter; some servers put lines or a MIME header above it."""
    lines = text.split("\n")[:200]
    for number in range(len(lines)):
        if _begins(lines, number):
            return divided("\n".join(lines[number:]))[0]
    return divided(text.lstrip("\n"))[0]


def _bare(mail: ParsedMail) -> MimeHeader:
    """The header of the returned letter where a server puts its fields into the header of a part."""
    for part in mail.parts[1:]:
        if "message-id" in part.head or ("subject" in part.head and "to" in part.head):
            return part.head
    return MimeHeader()
