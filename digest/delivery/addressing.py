"""The counter: to whom a letter goes at the moment when it goes out, if at all, and where its bounces go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from digest.config import Config
from digest.delivery import Desk, Withheld
from digest.letters import LetterFactory
from digest.links.token import stamp
from digest.mail.message import Mailbox
from digest.mail.outcome import Delivery
from digest.readers import ReaderDirectory
from digest.store import NOTICE, Store


def counter(
    config: Config, directory: ReaderDirectory, store: Store, letters: LetterFactory, clock: Callable[[], datetime]
) -> Desk:
    """What this house decides of a letter only when it goes out, by what is known at that moment."""
    bounces, keys = config.bounces, [key.get_secret_value() for key in config.keys]

    def address_of(delivery: Delivery) -> Mailbox | Withheld | None:
        """The reader's present address; by hand the address that was given.

        One that has not changed was judged when the letter was written; to judge it again would be a tenth of all
        the work on a letter.
        """
        if delivery.kind == NOTICE:
            return None
        reader = directory.known(delivery.subscriber)
        if reader is None:
            return Withheld("the reader has left")
        if delivery.kind == "manual":
            return None
        if reader.pause_until and clock().astimezone(reader.timezone).date() < reader.pause_until:
            return Withheld(f"the reader pauses until {reader.pause_until}", later=True)
        if reader.email == delivery.recipient:
            return None
        return Mailbox(name=reader.name or "", address=reader.email)

    def sender_of(delivery: Delivery) -> str:
        """Where its bounces go (VERP): an address that only this delivery has."""
        if bounces is None:
            return delivery.sender
        local, _, domain = bounces.address.wire.rpartition("@")
        return f"{local}+{stamp(delivery.id, delivery.message_id, keys)}@{domain}"

    return Desk(
        address_of=address_of,
        turned=lambda serial: directory.turned(store, serial),
        sender_of=sender_of,
        readdress=letters.readdress,
        presume=lambda delivery: delivery.kind in config.presumed,
    )
