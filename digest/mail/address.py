"""Keys made from a mail address: its domain, and the form in which spellings of one mailbox are compared."""

from __future__ import annotations

import unicodedata


def recipient_domain(address: str) -> str:
    """The domain of an address in lower case, as rate limits are kept for it."""
    return address.rpartition("@")[2].lower()


def address_key(address: str) -> str:
    """The form under which spellings of one mailbox count as equal: NFC, case-folded."""
    return unicodedata.normalize("NFC", address).casefold()
