"""Refused addresses of one delivery run: whether the reader's address is at fault, or the relay that refuses most.

A relay whose user table is away says "no such user" of everybody. So a letter whose address is refused is held until
the end of the run, and fails only if the refusal is a rare one and the address took no letter of late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.delivery.relay_limits import RelayPool, Route
from digest.errors import Rejected
from digest.mail.address import address_key
from digest.mail.bounce_score import HARD, LITTLE
from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.mail.envelope import LeasedDelivery
from digest.mail.retry import retry_at
from digest.mail.smtp_reply import ReplyReason
from digest.store import BounceEvidence, Store

LATELY = timedelta(days=30)
"""An address that took a letter within this time is not believed to be gone: its letter waits, and is asked again."""


@dataclass(frozen=True, slots=True)
class RefusedAddress:
    """A letter that was refused for its address; it stays leased until the end of the run."""

    delivery: LeasedDelivery
    recipient: str
    route: Route
    error: Rejected
    began: datetime


@dataclass(frozen=True, slots=True)
class RefusedAddresses:
    """The letters of one run that were refused for their addresses; the workers' threads share it."""

    store: Store
    relays: RelayPool
    clock: Callable[[], datetime]
    held: list[RefusedAddress] = field(default_factory=list)

    def hold(self, delivery: LeasedDelivery, recipient: str, route: Route, error: Rejected, began: datetime) -> None:
        """Keep a letter until the end of the run."""
        self.held.append(RefusedAddress(delivery, recipient, route, error, began))

    def decide(self) -> list[tuple[LeasedDelivery, DeliveryAttempt]]:
        """Record what becomes of the letters that were held; relays and domains that refuse most rest from now on."""
        self.relays.rest_refusing()
        now = self.clock()
        of_most = [self.relays.refuses_most(each.route, each.recipient) for each in self.held]
        judged = list(zip(self.held, of_most, strict=True))
        pairs = [(each.delivery.subscriber, each.recipient) for each, is_of_most in judged if not is_of_most]
        lately = self.store.bounces.received_since(pairs, now - LATELY)
        done = []
        for each, is_of_most in judged:
            why = "its server refuses most" if is_of_most else None
            if why is None and address_key(each.recipient) in lately:
                why = "yet the address took a letter in the last thirty days"
            done.append((each.delivery, self._attempt(each, why, now)))
        self.store.outbox.record_results([attempt for _, attempt in done])
        failed = [each for each, (_, attempt) in zip(self.held, done, strict=True) if _is_final(attempt)]
        self.store.bounces.add_evidence(_evidence(failed), now=now)
        return done

    def _attempt(self, each: RefusedAddress, why: str | None, now: datetime) -> DeliveryAttempt:
        state, words, later = DeliveryState.FAILED, str(each.error), None
        if why:
            state, words = DeliveryState.DEFERRED, f"{words}; {why}: it waits, and is asked again"
            later = retry_at(each.delivery.attempts, now, None, self.relays.jitter())
        return DeliveryAttempt(
            delivery=each.delivery.id,
            epoch=each.delivery.epoch,
            state=state,
            words=words,
            began=each.began,
            ended=now,
            next_at=later,
            phase=each.error.phase,
            code=each.error.code,
            enhanced=each.error.enhanced,
            relay=each.route.name,
        )


def _is_final(attempt: DeliveryAttempt) -> bool:
    return attempt.state == DeliveryState.FAILED


def _evidence(failed: Sequence[RefusedAddress]) -> list[BounceEvidence]:
    """A refusal at RCPT counts like the bounce that says the same."""
    return [
        BounceEvidence(
            address=address_key(each.recipient),
            kind="hard" if each.error.reason == ReplyReason.NO_ADDRESS else "soft",
            points=HARD if each.error.reason == ReplyReason.NO_ADDRESS else LITTLE,
            words=str(each.error),
            delivery=each.delivery.id,
        )
        for each in failed
        if each.error.phase == "RCPT"
    ]
