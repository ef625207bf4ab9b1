"""A send policy whose answers a test gives."""

from __future__ import annotations

from collections.abc import Callable

from digest.delivery import NotSent, SendPolicy
from digest.mail.envelope import LeasedDelivery
from digest.mail.message import Mailbox, readdress

RecipientOf = Callable[[LeasedDelivery], Mailbox | NotSent | None]


def written_for(delivery: LeasedDelivery) -> Mailbox:
    """The address that stands in the outbox."""
    return Mailbox(address=delivery.recipient)


class FixedPolicy(SendPolicy):
    """Answers with the functions that it is made of; knows no config, no readers and no store."""

    def __init__(
        self,
        recipient: RecipientOf = written_for,
        *,
        return_path: Callable[[LeasedDelivery], str] = lambda delivery: delivery.sender,
        presume_sent: Callable[[LeasedDelivery], bool] = lambda _: False,
    ) -> None:
        self._recipient = recipient
        self._return_path = return_path
        self._presume_sent = presume_sent

    def recipient(self, delivery: LeasedDelivery) -> tuple[Mailbox | NotSent | None, int]:
        return self._recipient(delivery), 0

    def was_outdated(self, answered: int, serial: int) -> bool:
        return False

    def confirm(self, delivery: LeasedDelivery, why: NotSent) -> NotSent:
        return why

    def return_path(self, delivery: LeasedDelivery) -> str:
        return self._return_path(delivery)

    def readdress(self, message: bytes, to: Mailbox) -> bytes:
        return readdress(message, to)

    def presume_sent(self, delivery: LeasedDelivery) -> bool:
        return self._presume_sent(delivery)
