"""Points 32, 39 and 73 to 76: DKIM signatures, as far as they can be checked without DNS."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from digest.mail.dkim import relaxed_body
from digest.mail.lint.head import aligned, mailbox_domain
from digest.mail.lint.letter import ParsedMessage
from digest.mail.lint.point import LintCheck, NotVisible

_SIGNED = (
    "from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type", "list-id",
    "list-unsubscribe", "list-unsubscribe-post", "list-owner", "list-help", "feedback-id", "auto-submitted",
)  # fmt: skip
_OVERSIGNED = ("from", "subject", "list-unsubscribe", "list-unsubscribe-post")
_WEEK = 7 * 86_400


def _tags(letter: ParsedMessage) -> list[dict[str, str]]:
    """The tags of each DKIM-Signature, without white space (RFC 6376 section 3.2)."""
    found = []
    for field in letter.all("DKIM-Signature"):
        pairs = (part.partition("=") for part in field.value.split(";"))
        found.append({name.strip(): re.sub(r"\s+", "", value) for name, _, value in pairs if name.strip()})
    return found


def _names(tags: dict[str, str]) -> Counter[str]:
    return Counter(name.casefold() for name in tags.get("h", "").split(":"))


def _leaving(letter: ParsedMessage) -> Iterator[str]:
    if not _tags(letter):
        yield "not signed"
    for tags in _tags(letter):
        for name in ("List-Unsubscribe", "List-Unsubscribe-Post"):
            if name.lower() not in _names(tags):
                yield f"the signature of {tags.get('d', 'nobody')} leaves {name} out"


def _complaints(letter: ParsedMessage) -> Iterator[str]:
    if not letter.first("CFBL-Address"):
        raise NotVisible("no mailbox for complaints is named")
    at, domain = letter.value("CFBL-Address").partition(";")[0].strip().casefold().rpartition("@")[1:]
    own = [mailbox_domain(letter.first("From")), *(tags.get("d", "").casefold() for tags in _tags(letter))]
    if not at or not any(one and f".{domain}".endswith(f".{one}") for one in own):
        yield "CFBL-Address is no mailbox of a domain that From or a signature names"
    for name in ("CFBL-Address", "CFBL-Feedback-ID"):
        if letter.first(name) and not all(name.lower() in _names(tags) for tags in _tags(letter) or [{}]):
            yield f"{name} is not signed"


def _algorithm(letter: ParsedMessage) -> Iterator[str]:
    signatures = _tags(letter)
    if not signatures:
        yield "not signed"
        return
    if not any(tags.get("a") == "rsa-sha256" for tags in signatures):
        yield "no signature of rsa-sha256"
    for tags in signatures:
        if tags.get("a") not in ("rsa-sha256", "ed25519-sha256"):
            yield f"a={tags.get('a')}"
        if tags.get("c") != "relaxed/relaxed":
            yield f"c={tags.get('c', 'simple/simple')}"
        if not aligned(tags.get("d", "").casefold(), mailbox_domain(letter.first("From"))):
            yield f"d={tags.get('d')} is not the domain of From"
        if not tags.get("s"):
            yield "no selector"
        if tags.get("a") == "rsa-sha256" and len(_bytes(tags.get("b", ""))) < 256:
            yield "an RSA key of less than 2048 bits"


def _bytes(value: str) -> bytes:
    try:
        return b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _covered(letter: ParsedMessage) -> Iterator[str]:
    if not _tags(letter):
        yield "not signed"
    present = Counter(field.name.lower() for field in letter.fields)
    for tags in _tags(letter):
        names = _names(tags)
        for name in _SIGNED:
            if present[name] and not names[name]:
                yield f"{name} is not signed"
        for name in _OVERSIGNED:
            if names[name] <= present[name]:
                yield f"{name} could be added to, unseen"


def _times(letter: ParsedMessage) -> Iterator[str]:
    if not _tags(letter):
        yield "not signed"
    for tags in _tags(letter):
        if "l" in tags:
            yield "l= leaves room for more"
        begun, ended = tags.get("t", ""), tags.get("x", "")
        if not begun.isdigit():
            yield "no t="
        elif ended and (not ended.isdigit() or int(ended) < int(begun) + _WEEK):
            yield "x= comes in less than a week"


def _body(letter: ParsedMessage) -> Iterator[str]:
    if not _tags(letter):
        yield "not signed"
    for tags in _tags(letter):
        if (
            tags.get("c", "").endswith("/relaxed")
            and _bytes(tags.get("bh", "")) != sha256(relaxed_body(letter.body)).digest()
        ):
            yield "the body is not the one that was signed"


POINTS = (
    LintCheck(32, "the way out is signed", _leaving),
    LintCheck(39, "the mailbox for complaints is ours, and signed", _complaints),
    LintCheck(73, "signed by RSA-2048, relaxed, for the domain of From", _algorithm),
    LintCheck(74, "the headers that count are signed, some against additions", _covered),
    LintCheck(75, "t=, x= in a week at least, no l=", _times),
    LintCheck(76, "nothing has changed since", _body),
)
