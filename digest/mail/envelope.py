"""Letters on their way to a relay: envelope, leased delivery, and the receipt of the other side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from digest.mail.packing import unpack_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A letter on its way (RFC 5321's word): the addresses as they go on the wire, and the bytes."""

    sender: str
    recipient: str
    message: bytes
    message_id: str
    page: str | None = None  # by what name its letter calls the web copy of its issue


NextEnvelope = Callable[[], Envelope | None]
"""Asks for the letter that is sent next."""


def no_next() -> None:
    """No letter follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedDelivery:
    """A letter that this process has leased, with the addresses that it was written for."""

    id: int
    epoch: int  # of the lease: who has an older one may write nothing any more
    subscriber: str
    subscription: str  # empty: a notice
    kind: str  # of the issue: "scheduled", "alert" or "manual"; else of the notice
    sender: str
    recipient: str
    message_id: str
    packed: bytes  # the letter; a batch of them is held, and unpacked one after the other
    attempts: int  # that were made before, and counted
    doubts: int  # how often nobody knew whether it had arrived
    created: datetime

    @property
    def message(self) -> bytes:
        """The letter, unpacked anew each time."""
        return unpack_message(self.packed)

    @property
    def envelope(self) -> Envelope:
        """As it was written."""
        return Envelope(sender=self.sender, recipient=self.recipient, message=self.message, message_id=self.message_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReceipt:
    """A letter was taken, and by whom; never with an address."""

    words: str  # the other side's
    relay: str = ""  # "mail.example.org:587"; empty: no relay
    queue_id: str | None = None  # under which the relay's own log knows it
