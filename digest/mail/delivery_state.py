"""The states of a letter in the outbox, what a person may change them to, and the record of one delivery attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """State of a letter in the outbox."""

    READY = "ready"
    LEASED = "leased"  # a process is sending it now
    SENT = "sent"
    IN_DOUBT = "in doubt"  # the connection broke between the final dot and the reply to it
    DEFERRED = "deferred"
    FAILED = "failed"
    SUPPRESSED = "suppressed"  # the address is suppressed, mostly after bounces
    CANCELLED = "cancelled"
    MERGED = "merged"  # it came too late: its papers stand in the next issue
    POISON = "poison"  # the processes that began to send it died, again and again


WAITING_STATES = frozenset({DeliveryState.READY, DeliveryState.DEFERRED})
"""States of a letter that no process has leased and no relay was given."""


ENDED_UNSENT = frozenset(
    {DeliveryState.CANCELLED, DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.MERGED}
)
"""States in which a delivery has ended and the letter did not go out: its papers do not count as sent."""


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
"""State that the operator may set (key) → states from which that is allowed."""


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
"""What the operator can do about a letter, by its state; command line and admin pages fill in {deliver}, {retry} …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of an operator's change of a letter."""

    before: DeliveryState | None  # None: no such letter
    state: DeliveryState  # that was asked for
    conflict: str | None = None  # why the letter cannot have it, though its state would allow it

    @property
    def is_done(self) -> bool:
        return self.conflict is None and self.before in MANUAL_TRANSITIONS[self.state]

    def __str__(self) -> str:
        if self.before is None:
            return "no such letter"
        if self.is_done:
            return f"was {self.before}, is {self.state}"
        if self.conflict:
            return f"is {self.before}, and stays so: {self.conflict}"
        among = " or ".join(MANUAL_TRANSITIONS[self.state])
        return f"is {self.before}, and stays so: only what is {among} can be made {self.state}"


def ends_unsent(state: DeliveryState, code: int | None, counted: bool) -> bool:
    """Whether a try ends a letter unsent, or was refused with a 5xx; one that may have arrived stays in doubt then."""
    refused = state == DeliveryState.DEFERRED and counted and code is not None and code >= 500
    return refused or state in (DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """Result of one delivery attempt, as the outbox records it."""

    delivery: int
    epoch: int
    state: DeliveryState
    words: str
    began: datetime
    ended: datetime
    next_at: datetime | None = None  # time of the next try
    counted: bool = True  # towards the letter's attempts; False where the relay was at fault
    phase: str | None = None
    code: int | None = None
    enhanced: str | None = None
    relay: str | None = None
    queue_id: str | None = None
