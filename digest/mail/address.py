"""Mail addresses: their pattern in free text, their domain, and the form in which spellings of one are compared."""

from __future__ import annotations

import unicodedata

_LOCAL = r"[^\s<>()\[\]:;,\"'\\@|=/]{1,100}(?:=[^\s<>()\[\]:;,\"'\\@|]{1,100})?"
_LABEL = r"[A-Za-z0-9_\u0080-\uffff-]{1,63}+"  # possessive: no backtracking into a shorter address
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL}){{0,8}}+"
ADDRESS = rf"(?:\"[^\"\n@]{{1,64}}\"|{_LOCAL})@(?:{_DOMAIN}|\[[0-9a-fA-F.:]{{3,50}}\])"
"""Pattern of an address in the text of a bounce or of an SMTP reply."""


def recipient_domain(address: str) -> str:
    """The domain of an address in lower case, as rate limits are kept for it."""
    return address.rpartition("@")[2].lower()


def address_key(address: str) -> str:
    """The form under which spellings of one mailbox count as equal: NFC, case-folded."""
    return unicodedata.normalize("NFC", address).casefold()
