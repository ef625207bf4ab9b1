"""Letters are added to the outbox, a notice once for its key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.store import Store
from tests.support.store_samples import NOW, envelope

DAY = timedelta(days=1)


def test_a_notice_is_added_once_for_its_key_and_expires_without_a_trace(store: Store) -> None:
    letter = replace(envelope("ada"), message_id="<confirm@example.org>")
    more = {"subscriber": "ada", "kind": "confirmation", "now": NOW, "expires": NOW + DAY}
    assert store.outbox.add_notice("confirm/ada", letter, **more)  # type: ignore[arg-type]
    assert not store.outbox.add_notice("confirm/ada", replace(letter, message_id="<other@example.org>"), **more)  # type: ignore[arg-type]
    (delivery,) = store.outbox.claim(now=NOW, owner="one", limit=9, lease=DAY)
    assert (delivery.kind, delivery.subscription, delivery.envelope) == ("confirmation", "", letter)
    store.outbox.release([(delivery.id, delivery.epoch)], now=NOW)
    assert store.merging.expire(now=NOW + DAY) == []
    assert store.outbox.count_by_state() == {"merged": 1}
