"""The states of a letter in the outbox."""

from __future__ import annotations

from digest.mail.delivery_state import DeliveryState


def test_states_are_words_that_a_person_reads() -> None:
    assert {str(state) for state in DeliveryState} == {
        "ready", "leased", "sent", "in doubt", "deferred", "failed", "suppressed", "cancelled",
        "merged", "poison",
    }  # fmt: skip
