"""Late letters are merged: their papers come with the next issue, and nothing is sent twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.mail.envelope import LeasedDelivery
from digest.store import Store
from tests.support.store_samples import NOW, SINCE, already_sent, envelope, keep, preprint, publication, subscribe

DAY = timedelta(days=1)


def publish(store: Store, reader: str = "ada", **more: object) -> None:
    keep(store, preprint())
    (row,) = [row for row in subscribe(store, reader) if row.subscriber == reader]
    assert store.issues.publish(publication(row, told=[(1, "new")], expires=NOW + DAY, **more))


def claim(store: Store) -> LeasedDelivery:
    (letter,) = store.outbox.claim(now=NOW, owner="one", limit=9, lease=DAY)
    return letter


def cursor(store: Store) -> object:
    return [row.cursor for row in store.subscriptions.due(NOW + 9 * DAY)]


def test_a_letter_that_waits_when_the_next_is_due_is_merged_into_it(store: Store) -> None:
    publish(store)
    (merged,) = store.merging.supersede([("ada", "Sparse")], now=NOW + DAY)
    assert (merged.subscriber, merged.subscription) == ("ada", "Sparse")
    assert already_sent(store, "ada") == frozenset()
    assert cursor(store) == [SINCE]
    assert store.outbox.count_by_state() == {"merged": 1}
    assert store.outbox.claim(now=NOW + DAY, owner="one", limit=9, lease=DAY) == []


def test_what_another_issue_sent_stays_sent(store: Store) -> None:
    keep(store, preprint())
    (row,) = subscribe(store, "ada")
    told = envelope("ada")
    store.issues.publish(publication(row, told=[(1, "new")], slot="one", envelope=replace(told, message_id="<one@x>")))
    letter = claim(store)
    store.outbox.record_results(
        [
            DeliveryAttempt(
                delivery=letter.id, epoch=letter.epoch, state=DeliveryState.SENT, words="", began=NOW, ended=NOW
            )
        ]
    )
    store.issues.publish(publication(row, told=[(1, "new")], slot="two", envelope=replace(told, message_id="<two@x>")))
    assert len(store.merging.supersede([("ada", "Sparse")], now=NOW)) == 1
    assert already_sent(store, "ada") == {(1, "new")}


def test_a_leased_letter_or_one_that_may_have_arrived_is_not_merged(store: Store) -> None:
    publish(store)
    letter = claim(store)
    assert store.merging.supersede([("ada", "Sparse")], now=NOW + DAY) == []
    doubt = DeliveryAttempt(
        delivery=letter.id,
        epoch=letter.epoch,
        state=DeliveryState.IN_DOUBT,
        words="",
        began=NOW,
        ended=NOW,
        next_at=NOW + DAY,
    )
    store.outbox.record_results([doubt])
    assert store.merging.supersede([("ada", "Sparse")], now=NOW + DAY) == []
    assert store.merging.expire(now=NOW + 9 * DAY) == []
    assert already_sent(store, "ada") == {(1, "new")}


def doubtful(store: Store, *, put_off: bool = False) -> LeasedDelivery:
    """A letter that may have arrived, in hand once more; or put off when it was tried so."""
    publish(store)
    letter = claim(store)
    again = DeliveryAttempt(
        delivery=letter.id,
        epoch=1,
        state=DeliveryState.IN_DOUBT,
        words="",
        began=NOW,
        ended=NOW,
        next_at=NOW,
        phase="DOT",
    )
    store.outbox.record_results([again])
    letter = claim(store)
    if put_off:
        store.outbox.record_results([replace(again, epoch=2, state=DeliveryState.DEFERRED)])
    return letter


def test_a_letter_that_may_have_arrived_is_not_tried_for_ever(store: Store) -> None:
    doubtful(store, put_off=True)
    assert store.merging.expire(now=NOW) == []
    assert store.outbox.count_by_state() == {"deferred": 1}
    assert store.merging.expire(now=NOW + DAY) == []
    (row,) = store.outbox.unsent(in_doubt=True)
    assert (row.next_at, row.reason) == (None, "it may have arrived, and could not be sent once more in its time")
    assert already_sent(store, "ada") == {(1, "new")}


def test_a_withdrawn_letter_that_may_have_arrived_stays_in_doubt(store: Store) -> None:
    letter = doubtful(store)
    assert store.merging.withdraw(letter.id, letter.epoch - 1, "paused", now=NOW) == []
    assert store.outbox.count_by_state() == {"leased": 1}
    assert store.merging.withdraw(letter.id, letter.epoch, "the reader pauses", now=NOW) == []
    (row,) = store.outbox.unsent(in_doubt=True)
    assert (row.next_at, row.reason) == (None, "it may have arrived, and the reader pauses")
    assert already_sent(store, "ada") == {(1, "new")}
    assert store.outbox.expire_leases(lambda _: (), now=NOW + 9 * DAY, retry_at=NOW) == 0


def test_other_readers_and_subscriptions_keep_their_letters(store: Store) -> None:
    publish(store)
    assert store.merging.supersede([("ada", "Other"), ("ben", "Sparse")], now=NOW) == []
    assert store.outbox.count_by_state() == {"ready": 1}


def test_a_letter_expires_in_its_time(store: Store) -> None:
    publish(store)
    assert store.merging.expire(now=NOW + DAY - timedelta(seconds=1)) == []
    assert len(store.merging.expire(now=NOW + DAY)) == 1
    assert store.merging.expire(now=NOW + DAY) == []
    assert already_sent(store, "ada") == frozenset()


def test_an_alert_that_came_too_late_wakes_again(store: Store) -> None:
    keep(store, preprint())
    (row,) = subscribe(store, "ada")
    store.issues.publish(
        publication(row, kind="alert", told=[(1, "new")], seen=row.newest, next_due=None, next_slot=None, expires=NOW)
    )
    assert store.subscriptions.due(NOW) == []
    assert len(store.merging.expire(now=NOW)) == 1
    assert [due.subscriber for due in store.subscriptions.due(NOW)] == ["ada"]


def test_a_letter_is_withdrawn_by_the_holder_of_its_lease(store: Store) -> None:
    publish(store)
    letter = claim(store)
    assert store.merging.withdraw(letter.id, letter.epoch + 1, "paused", now=NOW) == []
    assert len(store.merging.withdraw(letter.id, letter.epoch, "paused", now=NOW)) == 1
    assert store.outbox.count_by_state() == {"merged": 1}
