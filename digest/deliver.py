"""From the outbox onto a channel: claim, send, and keep what the other side said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from threading import Event

from digest.channels import Channel
from digest.delivery import Delivery, retry_at
from digest.errors import Deferred, DeliveryError, InDoubt, Rejected
from digest.letter import Mailbox, readdress
from digest.store import Store

_BATCH = 50
_LEASE = timedelta(minutes=15)  # the wait for the answer to the dot alone may be ten minutes

AddressOf = Callable[[Delivery], Mailbox | None]
"""Where a delivery goes now; None: the reader has left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one letter."""

    subscriber: str
    message_id: str
    outcome: str  # "sent", "deferred", "failed", "in doubt", "cancelled", or "left" to another process
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What became of the outbox."""

    letters: tuple[Delivered, ...] = ()
    stopped: str | None = None  # why letters were left waiting: the relay's own trouble

    def count(self, outcome: str) -> int:
        return sum(letter.outcome == outcome for letter in self.letters)


def deliver(
    store: Store,
    channel: Callable[[], Channel],
    address_of: AddressOf,
    *,
    clock: Callable[[], datetime],
    owner: str,
    readdress: Callable[[bytes, Mailbox], bytes] = readdress,
    stop: Event | None = None,
    only: str | None = None,
    random: Random | None = None,
    tell: Callable[[Delivered], None] = lambda _: None,
) -> Round:
    """Send what waits, each letter once; a letter that is refused stops no other, a relay that is down stops the round.

    With `only`, a Message-ID, no letter but that one is touched. `clock` is asked before each step, since a round may
    last; `owner` names this process in the leases; `readdress` gives a letter the address that its reader has now. When
    `stop` is set the letter in hand is finished and the rest given back.
    """
    jitter = random or Random()  # noqa: S311 (spreads retries, guards nothing)
    letters: list[Delivered] = []
    stopped = None
    try:
        with channel() as out:
            while batch := store.claim(now=clock(), owner=owner, limit=_BATCH, lease=_LEASE, only=only):
                for delivery in batch:
                    if stop is not None and stop.is_set():
                        return Round(letters=tuple(letters), stopped="asked to stop")
                    result = _send(delivery, out, store, address_of, readdress, clock, jitter)
                    tell(result)
                    letters.append(result)
    except Deferred as error:  # the relay's own trouble: every letter waits, none of their attempts is counted
        stopped = str(error)
    finally:
        store.release(owner)
    return Round(letters=tuple(letters), stopped=stopped)


def _send(
    delivery: Delivery,
    out: Channel,
    store: Store,
    address_of: AddressOf,
    readdress: Callable[[bytes, Mailbox], bytes],
    clock: Callable[[], datetime],
    jitter: Random,
) -> Delivered:
    """One letter; whatever happens is in the store before this returns. Raises Deferred where the relay is at fault."""
    result = Delivered(subscriber=delivery.subscriber, message_id=delivery.envelope.message_id, outcome="sent")
    mailbox = address_of(delivery)
    if mailbox is None:
        store.cancelled(delivery.id, delivery.epoch, clock(), words="the reader has left")
        return replace(result, outcome="cancelled", words="the reader has left")
    envelope = delivery.envelope
    if envelope.recipient != mailbox.wire:
        envelope = replace(envelope, recipient=mailbox.wire, message=readdress(envelope.message, mailbox))
    try:
        words = out.send(envelope, at_dot=lambda: _pass_the_dot(store, delivery, clock()))
    except InDoubt as error:
        store.in_doubt(delivery.id, delivery.epoch, clock(), words=str(error))
        return replace(result, outcome="in doubt", words=str(error))
    except Rejected as error:
        store.failed_delivery(
            delivery.id, delivery.epoch, clock(), words=str(error), code=error.code, enhanced=error.enhanced
        )
        return replace(result, outcome="failed", words=str(error))
    except Deferred as error:
        if error.relay:
            raise
        now = clock()
        later = retry_at(delivery.attempts, now, error.retry_after, jitter.random())
        store.deferred(
            delivery.id, delivery.epoch, now, next_at=later, words=str(error), code=error.code, enhanced=error.enhanced
        )
        return replace(result, outcome="deferred", words=str(error))
    except _LeaseLost as error:
        return replace(result, outcome="left", words=str(error))
    store.sent(delivery.id, delivery.epoch, clock(), words=words)
    return replace(result, words=words)


def _pass_the_dot(store: Store, delivery: Delivery, now: datetime) -> None:
    """Up to here a letter may be sent again; from here on only its answer tells."""
    if not store.at_dot(delivery.id, delivery.epoch, now):
        raise _LeaseLost("it took too long; another process sends this letter")


class _LeaseLost(DeliveryError):
    """This process may not finish the letter that it began."""
