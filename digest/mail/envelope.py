"""Letters on their way to a relay: envelope, leased delivery, and the receipt of the other side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from digest.errors import SetAside
from digest.mail.outgoing import OutgoingContent
from digest.mail.packing import unpack_content, unpack_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message with the addresses of MAIL FROM and RCPT TO (RFC 5321 section 2.3.1), in wire form."""

    sender: str
    recipient: str
    message: bytes
    message_id: str
    page: str | None = None  # name of the web copy, as the letter links to it
    content: OutgoingContent | None = None  # for channels that ask for it
    set_aside: tuple[SetAside, ...] = ()  # cards and templates that failed


NextEnvelope = Callable[[], Envelope | None]
"""Returns the letter that is sent next over the same connection, or None."""


def no_next() -> None:
    """A NextEnvelope without another letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedDelivery:
    """A letter from the outbox that this process has leased, with the addresses that it was written for."""

    id: int
    epoch: int  # number of the lease; the holder of an older lease may not write results
    subscriber: str
    subscription: str  # empty for a notice
    kind: str  # of an issue: "scheduled", "alert" or "manual"; else the kind of notice
    sender: str
    recipient: str
    message_id: str
    packed: bytes  # the compressed letter; a batch is held in memory and unpacked one by one
    attempts: int  # earlier tries that counted
    doubts: int  # earlier tries that ended in doubt
    created: datetime
    papers: str = ""  # the marks of what it tells (journal_entry.paper_mark)

    @property
    def message(self) -> bytes:
        """The letter's bytes, unpacked at each access."""
        return unpack_message(self.packed)

    @property
    def content(self) -> OutgoingContent:
        """What the letter says, for channels that are no mail."""
        return unpack_content(self.packed)

    @property
    def envelope(self) -> Envelope:
        """The envelope with the addresses that the letter was written for."""
        return Envelope(sender=self.sender, recipient=self.recipient, message=self.message, message_id=self.message_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReceipt:
    """The relay's positive answer to a letter; holds no address."""

    words: str  # of the relay's reply
    relay: str = ""  # "mail.example.org:587"; empty: no relay
    queue_id: str | None = None  # the letter's queue id in the relay's log
