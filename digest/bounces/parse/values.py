"""What a returned message says, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BounceKind(StrEnum):
    """What a message that came back is."""

    HARD = "hard"  # an address that does not exist, or a host that takes no mail
    SOFT = "soft"  # anything else that kept a letter away: it says nothing lasting about the reader
    COMPLAINT = "complaint"  # the reader called it spam, or asked to be left alone
    AUTOREPLY = "autoreply"  # a machine that answers, RFC 3834: away, received, please confirm
    NONE = "none"  # nothing of these, or good news: delivered, relayed


class BounceReason(StrEnum):
    """Why a letter came back; the first three are the only ones that may make a bounce hard."""

    NO_ADDRESS = "no such address"
    NO_HOST = "no such host"
    MOVED = "moved"
    DISABLED = "disabled"  # may be enabled again
    FILTERED = "filtered"  # "no such user", but only after the letter was read or from hearsay
    FULL = "mailbox full"
    TOO_LARGE = "too large"
    POLICY = "policy"
    SPAM = "spam"
    THROTTLED = "throttled"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceRecipient:
    """One address that a letter did not reach, and why."""

    address: str
    status: str | None  # enhanced status code, RFC 3463: "5.1.1"
    code: int | None  # basic reply code, RFC 5321 section 4.2
    reason: BounceReason
    hard: bool
    delayed: bool = False  # its server still tries


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What came back, for whom and why; `status` and `reason` are those of the recipient that decides the kind."""

    kind: BounceKind
    recipients: tuple[BounceRecipient, ...] = ()
    status: str | None = None
    reason: BounceReason | None = None
    envelope_id: str | None = None  # Original-Envelope-Id, its xtext undone
    message_id: str | None = None  # of the letter that is returned
    sent_to: tuple[str, ...] = ()  # where this report was sent to, the envelope's address before the header's
    words: str = ""  # what the servers said, on one line

    @property
    def delayed(self) -> bool:
        """Nothing is given up yet."""
        return bool(self.recipients) and all(recipient.delayed for recipient in self.recipients)

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(recipient.address for recipient in self.recipients)
