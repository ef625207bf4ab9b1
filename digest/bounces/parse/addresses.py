"""Finds mail addresses in the text of bounce messages."""

from __future__ import annotations

import re

from digest.mail.address import ADDRESS

_ADDRESS = re.compile(ADDRESS)
_DAEMONS = re.compile(
    r"(?:mailer[-_.]?daemon|mail[-_.]?deliver\w{0,3}[-_.](?:system|subsystem)|post[-_.]?master|double-bounce)@", re.I
)


def addresses_in(text: str) -> list[str]:
    """The distinct addresses in a text, in order, with domains in lower case."""
    return list(dict.fromkeys(tidy(found[0]) for found in _ADDRESS.finditer(text[:20_000])))


def address_in(text: str) -> str:
    """The first address in angle brackets, else the first address; empty if there is none."""
    text = text[:4_000]
    found = re.search(rf"<\s*({ADDRESS})\s*>", text) or re.search(rf"({ADDRESS})", text)
    return tidy(found[1]) if found else ""


def tidy(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.lstrip('.*-') if not local.startswith(chr(34)) else local}@{domain.rstrip('.').lower()}"


def same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def is_daemon(address: str) -> bool:
    """Whether an address is that of a mail system, such as MAILER-DAEMON."""
    return bool(_DAEMONS.match(address))
