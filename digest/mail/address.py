"""Keys made from a mail address: its domain, and the form in which spellings of one mailbox are compared."""

from __future__ import annotations

import unicodedata


def recipient_domain(address: str) -> str:
    """The domain of a recipient, as its letters are told apart by it."""
    return address.rpartition("@")[2].lower()


def address_key(address: str) -> str:
    """What all spellings of an address share, as far as its mailbox is known by it: NFC, small letters."""
    return unicodedata.normalize("NFC", address).casefold()
