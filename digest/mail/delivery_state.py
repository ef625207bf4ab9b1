"""The states of a letter in the outbox, what a person may change them to, and the record of one delivery attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    READY = "ready"
    LEASED = "leased"  # a process is sending it now
    SENT = "sent"
    IN_DOUBT = "in doubt"  # the line broke between the letter's end and the answer to it
    DEFERRED = "deferred"
    FAILED = "failed"
    SUPPRESSED = "suppressed"  # the address takes no letters, as earlier ones have shown
    CANCELLED = "cancelled"
    MERGED = "merged"  # it came too late: its papers are told in the next issue
    POISON = "poison"  # whoever began to send it died, again and again


WAITING_STATES = frozenset({DeliveryState.READY, DeliveryState.DEFERRED})
"""The states of a letter that nobody has in hand and that was never handed over."""


MANUAL_TRANSITIONS: Mapping[DeliveryState, tuple[DeliveryState, ...]] = {
    DeliveryState.READY: (
        DeliveryState.DEFERRED,
        DeliveryState.IN_DOUBT,
        DeliveryState.FAILED,
        DeliveryState.SUPPRESSED,
        DeliveryState.CANCELLED,
        DeliveryState.POISON,
    ),
    DeliveryState.CANCELLED: (
        DeliveryState.READY,
        DeliveryState.DEFERRED,
        DeliveryState.IN_DOUBT,
        DeliveryState.FAILED,
        DeliveryState.SUPPRESSED,
        DeliveryState.POISON,
    ),
    DeliveryState.SENT: (DeliveryState.IN_DOUBT, DeliveryState.POISON),
}
"""What a person may make of a letter, and from which states."""


NEXT_STEPS: Mapping[DeliveryState, str] = {
    DeliveryState.READY: "goes out with the next round: {deliver}",
    DeliveryState.LEASED: "a process is sending it now",
    DeliveryState.DEFERRED: "is tried again by itself; now: {retry}",
    DeliveryState.IN_DOUBT: "nobody knows whether it arrived. Ask the reader, or look for its Message-ID in the "
    "relay's log; then {presume}, or {retry}",
    DeliveryState.FAILED: "was refused for good. Mend what the reason says, then {retry}",
    DeliveryState.SUPPRESSED: "its address gets no letters: {suppressions} says why, and lifts it; then {retry}",
    DeliveryState.POISON: "whoever sent it died, three times: look at it ({show}), then {retry}",
    DeliveryState.CANCELLED: "is never sent, as somebody decided; {retry} sends it after all",
}
"""What to do about a letter, by its state; each door puts in how it does that."""


def describe_transition(before: DeliveryState | None, state: DeliveryState) -> str:
    """What came of the decision that a letter, which was `before`, be in `state`."""
    among = MANUAL_TRANSITIONS[state]
    if before is None:
        return "no such letter"
    if before in among:
        return f"was {before}, is {state}"
    return f"is {before}, and stays so: only what is {' or '.join(among)} can be made {state}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """What came of one try, for the ledger."""

    delivery: int
    epoch: int
    state: DeliveryState
    words: str
    began: datetime
    ended: datetime
    next_at: datetime | None = None  # when it is tried again
    counted: bool = True  # False where the relay was at fault, and not the letter
    phase: str | None = None
    code: int | None = None
    enhanced: str | None = None
    relay: str | None = None
    queue_id: str | None = None
