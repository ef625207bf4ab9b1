"""Late letters: when an unsent letter is merged into the next issue, and how far its subscription then reads back.

A letter that may have arrived (its delivery was in doubt at least once) is never merged, because its papers would be
sent twice. Where it cannot wait any longer it stays in doubt until a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from digest.mail.delivery_state import WAITING_STATES, DeliveryState


def when_superseded(state: DeliveryState, doubts: int, kind: str) -> DeliveryState | None:
    """The new state of an unsent letter whose subscription is about to have its next issue; None: it stays as it is."""
    return DeliveryState.MERGED if kind == "scheduled" and state in WAITING_STATES and doubts == 0 else None


def when_expired(state: DeliveryState, doubts: int) -> DeliveryState | None:
    """The new state of an unsent letter whose time to be sent is over; None: it stays as it is."""
    if state in WAITING_STATES and doubts == 0:
        return DeliveryState.MERGED
    return DeliveryState.IN_DOUBT if state == DeliveryState.DEFERRED else None


def when_withdrawn(doubts: int) -> DeliveryState:
    """The new state of a leased letter whose reader does not want it now, but wants its papers later (a pause)."""
    return DeliveryState.MERGED if doubts == 0 else DeliveryState.IN_DOUBT


@dataclass(frozen=True, slots=True)
class ReadPosition:
    """Where a subscription reads on: the end of its last window, and the last serial that woke an alert."""

    cursor: datetime | None
    seen: int


def read_back(position: ReadPosition, since: datetime, *, first_serial: int | None) -> ReadPosition:
    """The position after an issue was merged whose window began at `since`.

    `first_serial` is the first arrival after `since` for an alert; None for a scheduled issue, or with no arrival.
    """
    if position.cursor is not None and position.cursor > since:
        position = replace(position, cursor=since)
    if first_serial is not None and position.seen >= first_serial:
        position = replace(position, seen=first_serial - 1)
    return position
