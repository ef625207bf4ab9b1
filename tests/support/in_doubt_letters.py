"""Letters that a process has claimed and left in doubt."""

from __future__ import annotations

from datetime import timedelta

from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.mail.envelope import LeasedDelivery
from digest.store import Store
from tests.support.store_samples import NOW

MINUTE = timedelta(minutes=1)


LATER = NOW + 15 * MINUTE


def claim(store: Store, owner: str = "here") -> list[LeasedDelivery]:
    letters = store.outbox.claim(now=LATER, owner=owner, limit=50, lease=timedelta(minutes=30))
    return sorted(letters, key=lambda letter: letter.subscriber)


def lost(letter: LeasedDelivery, *, later: bool = True) -> DeliveryAttempt:
    """The line was lost at its dot."""
    return DeliveryAttempt(
        delivery=letter.id,
        epoch=letter.epoch,
        state=DeliveryState.IN_DOUBT,
        words="it hung up, after the letter was handed over",
        began=NOW + MINUTE,
        ended=NOW + 2 * MINUTE,
        next_at=LATER if later else None,
        relay="smtp://localhost:25",
    )
