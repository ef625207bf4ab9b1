"""The send policy: recipient, bounce address and handling of doubt of one letter, decided right before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from digest.config import Config
from digest.letters import LetterFactory
from digest.links.token import stamp
from digest.mail.envelope import LeasedDelivery
from digest.mail.message import Mailbox
from digest.readers import ReaderDirectory
from digest.store import NOTICE, Store
from digest.subscriptions import Subscriber

LEFT = "the reader has left"


@dataclass(frozen=True, slots=True)
class NotSent:
    """Why a letter is not sent."""

    words: str
    later: bool = False  # it is only put off: its papers come in the reader's next issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one letter."""

    subscriber: str
    message_id: str
    outcome: str  # a State's word, or "left" to another process
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """What one run of `deliver` did with the outbox."""

    letters: tuple[Delivered, ...] = ()
    stopped: str | None = None  # why letters were left waiting: no relay takes any
    halted: tuple[str, ...] = ()  # what relays said that took none, also where another did

    def count(self, outcome: str) -> int:
        return sum(letter.outcome == outcome for letter in self.letters)


class SendPolicy:
    """Decides, right before a letter is sent, what may have changed since it was written. Threads may share it."""

    def __init__(
        self,
        config: Config,
        directory: ReaderDirectory,
        store: Store,
        letters: LetterFactory,
        clock: Callable[[], datetime],
    ) -> None:
        self._directory = directory
        self._store = store
        self._letters = letters
        self._clock = clock
        self._bounces = config.bounces
        self._keys = [key.get_secret_value() for key in config.keys]
        self._presumed = config.presumed

    def recipient(self, delivery: LeasedDelivery) -> tuple[Mailbox | NotSent | None, int]:
        """The reader's present address, and the version of the reader directory that says so.

        None: the address that the letter was written for. An address that has not changed was validated when the letter
        was written; to validate it again would be a tenth of all the work on a letter.
        """
        reader, serial = self._directory.known(delivery.subscriber)
        return (None if delivery.kind == NOTICE else self._address(delivery, reader)), serial

    def _address(self, delivery: LeasedDelivery, reader: Subscriber | None) -> Mailbox | NotSent | None:
        if reader is None:
            return NotSent(LEFT)
        if delivery.kind == "manual":  # `digest send --to ADDRESS`: the address was given by hand
            return None
        if reader.pause_until and self._clock().astimezone(reader.timezone).date() < reader.pause_until:
            return NotSent(f"the reader pauses until {reader.pause_until}", later=True)
        if reader.email == delivery.recipient:
            return None
        return Mailbox(name=reader.name or "", address=reader.email)

    def was_outdated(self, answered: int, serial: int) -> bool:
        """Whether `recipient` has answered from another version of the directory than `serial`; reloads it if so."""
        return self._directory.turned(self._store, answered=answered, serial=serial)

    def confirm(self, delivery: LeasedDelivery, why: NotSent) -> NotSent:
        """Why a letter is not sent, after a look at the store: nothing is cancelled on a cache's word alone."""
        if why.later or self._directory.has_left(self._store, delivery.subscriber):
            return why
        return NotSent("the reader cannot be read now: `digest check` and `digest doctor` say why", later=True)

    def return_path(self, delivery: LeasedDelivery) -> str:
        """The envelope sender: an address that only this delivery has (VERP), so that a bounce names its letter."""
        if self._bounces is None:
            return delivery.sender
        local, _, domain = self._bounces.address.wire.rpartition("@")
        return f"{local}+{stamp(delivery.id, delivery.message_id, self._keys)}@{domain}"

    def readdress(self, message: bytes, to: Mailbox) -> bytes:
        """The same letter with another To, signed anew."""
        return self._letters.readdress(message, to)

    def presume_sent(self, delivery: LeasedDelivery) -> bool:
        """Whether a letter in doubt is presumed sent, rather than sent once more."""
        return delivery.kind in self._presumed
