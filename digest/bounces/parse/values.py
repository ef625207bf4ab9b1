"""Values of a parsed bounce: kind, reason, recipients."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digest.mail.refusal.reasons import BounceReason


class BounceKind(StrEnum):
    """Kind of a message to the return address."""

    HARD = "hard"  # the address does not exist, or its host accepts no mail
    SOFT = "soft"  # any other failure, which shows nothing lasting about the address
    COMPLAINT = "complaint"  # the reader reported spam or unsubscribed by mail
    AUTOREPLY = "autoreply"  # automatic reply (RFC 3834): absence, receipt, challenge
    NONE = "none"  # none of these, or a success: delivered, relayed


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceRecipient:
    """One failed recipient, with the reason."""

    address: str
    status: str | None  # enhanced status code, RFC 3463: "5.1.1"
    code: int | None  # basic reply code, RFC 5321 section 4.2
    reason: BounceReason
    hard: bool
    delayed: bool = False  # the server keeps trying


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A parsed bounce; `status` and `reason` are those of the recipient that decides the kind."""

    kind: BounceKind
    recipients: tuple[BounceRecipient, ...] = ()
    status: str | None = None
    reason: BounceReason | None = None
    envelope_id: str | None = None  # Original-Envelope-Id, decoded from xtext
    message_id: str | None = None  # of the returned letter
    sent_to: tuple[str, ...] = ()  # recipients of this report, envelope addresses before header addresses
    words: str = ""  # the servers' text, on one line

    @property
    def delayed(self) -> bool:
        """Whether the servers keep trying for all recipients."""
        return bool(self.recipients) and all(recipient.delayed for recipient in self.recipients)

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(recipient.address for recipient in self.recipients)
