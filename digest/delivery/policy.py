"""What of a letter is decided only when it goes out, and what is told of a round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from digest.mail.message import Mailbox
from digest.mail.message import readdress as _readdress
from digest.mail.outcome import Delivery


@dataclass(frozen=True, slots=True)
class Withheld:
    """A letter that is not sent, and why; its papers are told later where it is only put off."""

    words: str
    later: bool = False


AddressOf = Callable[[Delivery], Mailbox | Withheld | None]
"""Where a delivery goes now; None: to the address that it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one letter."""

    subscriber: str
    message_id: str
    outcome: str  # a State's word, or "left" to another process
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What became of the outbox."""

    letters: tuple[Delivered, ...] = ()
    stopped: str | None = None  # why letters were left waiting: no relay takes any
    halted: tuple[str, ...] = ()  # what relays said that took none, also where another did

    def count(self, outcome: str) -> int:
        return sum(letter.outcome == outcome for letter in self.letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What of a letter is decided only when it goes out."""

    address_of: AddressOf
    turned: Callable[[int], bool] = lambda _: False
    """Whether `address_of` has looked at an older roll than that of this number; it looks anew then."""
    sender_of: Callable[[Delivery], str] = lambda delivery: delivery.sender
    readdress: Callable[[bytes, Mailbox], bytes] = _readdress
    presume: Callable[[Delivery], bool] = lambda _: False
    """Is a letter of which nobody knows whether it arrived presumed sent, rather than sent once more?"""
