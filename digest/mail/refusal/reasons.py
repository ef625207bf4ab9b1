"""Reasons for which a letter is refused or comes back."""

from __future__ import annotations

from enum import StrEnum


class BounceReason(StrEnum):
    """Reason of a bounce; only the first three can be hard."""

    NO_ADDRESS = "no such address"
    NO_HOST = "no such host"
    MOVED = "moved"
    DISABLED = "disabled"  # may be enabled again
    FILTERED = "filtered"  # "no such user" without proof, or after DATA
    FULL = "mailbox full"
    TOO_LARGE = "too large"
    POLICY = "policy"
    SPAM = "spam"
    THROTTLED = "throttled"
    SENDER_LIMIT = "sender limit"  # the relay sends no more letters of this sender today
    EXPIRED = "expired"
    NETWORK = "network"
    SYSTEM = "system"
    CONTENT = "content"
    COMPLAINT = "complaint"
    OPT_OUT = "opt-out"
    AUTHENTICATION = "authentication"
    AUTOREPLY = "autoreply"
    DELIVERED = "delivered"
    OTHER = "other"
