"""The outbox: each letter has one owner at a time, and its result is never guessed."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from digest.limits import BackOff
from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.mail.envelope import LeasedDelivery
from digest.store import Store
from digest.store import tables as t
from tests.support.store_samples import NOW, envelope, queue

LEASE = timedelta(minutes=15)
LATER = NOW + timedelta(hours=1)


def claim(store: Store, owner: str = "one", now: object = NOW, limit: int = 50) -> list[LeasedDelivery]:
    return store.outbox.claim(now=now, owner=owner, limit=limit, lease=LEASE)  # type: ignore[arg-type]


def test_a_claimed_letter_has_the_bytes_that_were_queued(store: Store) -> None:
    queue(store, "ada")
    (delivery,) = claim(store)
    assert delivery.envelope == envelope("ada")
    assert (delivery.subscriber, delivery.kind, delivery.attempts) == ("ada", "scheduled", 0)
    assert delivery.created == NOW


def test_a_letter_has_one_owner(store: Store) -> None:
    queue(store, *(f"reader{number:02}" for number in range(5)))
    first, second = claim(store, limit=3), claim(store, owner="two")
    assert [letter.subscriber for letter in first] == ["reader00", "reader01", "reader02"]
    assert [letter.subscriber for letter in second] == ["reader03", "reader04"]
    assert claim(store, owner="three") == []


def test_one_letter_alone_can_be_claimed(store: Store) -> None:
    queue(store, "ada", "bob")
    chosen = store.outbox.claim(now=NOW, owner="one", limit=50, lease=LEASE, only=envelope("bob").message_id)
    assert [letter.subscriber for letter in chosen] == ["bob"]


def test_threads_that_claim_at_once_share_the_letters(store: Store) -> None:
    queue(store, *(f"reader{number}" for number in range(60)))
    with ThreadPoolExecutor(6) as pool:
        shares = list(pool.map(lambda owner: claim(store, owner=str(owner), limit=10), range(6)))
    taken = [letter.id for share in shares for letter in share]
    assert len(taken) == len(set(taken))
    assert all(len(share) <= 10 for share in shares)


_PROCESS = """
import sys
from datetime import datetime, timedelta
from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.store import Store
with Store.open(sys.argv[1]) as store:
    now = datetime.fromisoformat(sys.argv[2])
    while batch := store.outbox.claim(now=now, owner=sys.argv[3], limit=3, lease=timedelta(minutes=15)):
        for letter in batch:
            ids = {"delivery": letter.id, "epoch": letter.epoch}
            sent = DeliveryAttempt(**ids, state=DeliveryState.SENT, words="250 ok", began=now, ended=now)
            store.outbox.record_results([sent])
            print(letter.id)
"""


def test_two_processes_send_each_letter_once(store: Store, store_url: str) -> None:
    queue(store, *(f"reader{number}" for number in range(40)))
    command = [sys.executable, "-c", _PROCESS, store_url, NOW.isoformat()]
    processes = [subprocess.Popen([*command, owner], stdout=subprocess.PIPE, text=True) for owner in ("one", "two")]
    said = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(map(int, said[0] + said[1])) == list(range(1, 41))
    assert store.outbox.count_by_state() == {"sent": 40}


def close(store: Store, letter: LeasedDelivery, state: DeliveryState, words: str = "", **more: object) -> None:
    values = {"delivery": letter.id, "epoch": letter.epoch, "began": NOW, "ended": NOW} | more
    store.outbox.record_results([DeliveryAttempt(state=state, words=words, **values)])  # type: ignore[arg-type]


def tries(store: Store) -> list[tuple[object, ...]]:
    columns = (t.attempt.c.delivery_id, t.attempt.c.state, t.attempt.c.phase, t.attempt.c.relay, t.attempt.c.queue_id)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(t.attempt.c.id))]


def test_a_sent_letter_leaves_the_outbox_and_its_try_is_kept(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    close(store, letter, DeliveryState.SENT, "250 2.0.0 ok", phase="DOT", relay="smtp://relay:25", queue_id="4XYZ")
    assert store.outbox.unsent() == []
    assert claim(store, now=LATER) == []
    assert store.outbox.count_by_state() == {"sent": 1}
    assert tries(store) == [(letter.id, "sent", "DOT", "smtp://relay:25", "4XYZ")]


def test_a_deferred_letter_comes_again_when_its_time_has_come(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    close(store, letter, DeliveryState.DEFERRED, "451 greylisted\x07\x00", next_at=LATER, code=451, enhanced="4.7.1")
    (row,) = store.outbox.unsent()
    assert (row.state, row.reason, row.next_at, row.attempts) == (DeliveryState.DEFERRED, "451 greylisted", LATER, 1)
    assert claim(store, now=LATER - timedelta(seconds=1)) == []
    (again,) = claim(store, now=LATER)
    assert (again.attempts, again.envelope) == (1, letter.envelope)
    assert again.epoch > letter.epoch


def test_a_try_that_was_the_relays_fault_is_not_counted(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    close(store, letter, DeliveryState.DEFERRED, "421 busy", next_at=LATER, counted=False)
    assert store.outbox.unsent()[0].attempts == 0


def test_a_refused_letter_stays_with_the_servers_words(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    close(store, letter, DeliveryState.FAILED, "550 5.1.1 no such user", code=550, enhanced="5.1.1")
    assert [(row.state, row.reason) for row in store.outbox.unsent()] == [
        (DeliveryState.FAILED, "550 5.1.1 no such user")
    ]
    assert claim(store, now=LATER) == []


def test_a_cancelled_letter_is_neither_sent_nor_waiting(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    close(store, letter, DeliveryState.CANCELLED, "the reader has left", counted=False)
    assert store.outbox.unsent() == []
    assert store.outbox.count_by_state() == {"cancelled": 1}


def test_a_letter_in_doubt_waits_for_its_second_try_or_for_ever(store: Store) -> None:
    queue(store, "ada", "bob")
    ada, bob = claim(store)
    close(store, ada, DeliveryState.IN_DOUBT, "the line broke", next_at=LATER)
    close(store, bob, DeliveryState.IN_DOUBT, "presumed sent")
    assert claim(store, now=NOW) == []
    (again,) = claim(store, now=LATER)
    assert (again.subscriber, again.doubts) == ("ada", 1)
    assert [row.subscriber for row in store.outbox.unsent(in_doubt=True)] == ["bob"]


def lapse(store: Store, handed_over: object, now: object = LATER) -> int:
    return store.outbox.expire_leases(lambda _: handed_over, now=now, retry_at=LATER + LEASE)  # type: ignore[arg-type, return-value]


def test_a_lease_that_ran_out_puts_the_letter_back_and_fences_its_last_owner(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    assert lapse(store, (), now=NOW) == 0
    assert lapse(store, ()) == 1
    (again,) = claim(store, owner="two", now=LATER)
    close(store, letter, DeliveryState.FAILED, "550 too late")
    assert store.outbox.unsent()[0].state == DeliveryState.LEASED
    assert store.outbox.renew([(letter.id, letter.epoch)], until=LATER + LEASE) == set()
    assert store.outbox.renew([(again.id, again.epoch)], until=LATER + LEASE) == {(again.id, again.epoch)}


def test_a_lease_that_ran_out_after_the_dot_leaves_the_letter_in_doubt_until_its_owner_tells(store: Store) -> None:
    queue(store, "ada", "bob")
    ada, _ = claim(store)
    assert lapse(store, [(ada.id, ada.epoch)]) == 2
    assert [letter.subscriber for letter in claim(store, owner="two", now=LATER)] == ["bob"]
    assert [(row.subscriber, row.next_at) for row in store.outbox.unsent(in_doubt=True)] == [("ada", LATER + LEASE)]
    close(store, ada, DeliveryState.SENT, "250 ok")
    assert store.outbox.count_by_state() == {"leased": 1, "sent": 1}


def test_of_a_machine_that_is_gone_the_letter_in_hand_is_in_doubt_and_no_other(store: Store) -> None:
    """Its journal cannot be read: the dot stands in the database."""
    queue(store, "ada", "bob", "eve")
    ada, _, _ = claim(store)
    assert store.outbox.mark_dot((ada.id, ada.epoch))
    assert not store.outbox.mark_dot((ada.id, ada.epoch - 1))
    assert lapse(store, ()) == 3
    assert [row.subscriber for row in store.outbox.unsent(in_doubt=True)] == ["ada"]
    assert store.outbox.count_by_state() == {"in doubt": 1, "ready": 2}
    assert not store.outbox.mark_dot((ada.id, ada.epoch))


def test_an_owner_that_is_alive_keeps_its_letters_whatever_the_clock_says(store: Store) -> None:
    queue(store, "ada")
    claim(store)
    assert lapse(store, None) == 0


def test_a_released_letter_can_be_claimed_at_once(store: Store) -> None:
    queue(store, "ada", "bob")
    ada, bob = claim(store)
    store.outbox.release([(bob.id, bob.epoch), (ada.id, ada.epoch - 1)], now=NOW)
    assert [letter.subscriber for letter in claim(store, owner="two")] == ["bob"]
    close(store, bob, DeliveryState.SENT, "250 ok")
    assert store.outbox.count_by_state() == {"leased": 2}


def test_letters_to_a_domain_with_an_open_circuit_breaker_wait(store: Store) -> None:
    queue(store, "ada")
    store.breakers.record_failure(
        "domain", "example.org", now=NOW, words="450 slow down", back_off=BackOff((timedelta(minutes=30),))
    )
    assert claim(store) == []
    assert [letter.subscriber for letter in claim(store, now=LATER)] == ["ada"]


@pytest.mark.parametrize(
    "before", [DeliveryState.FAILED, DeliveryState.IN_DOUBT, DeliveryState.POISON, DeliveryState.CANCELLED]
)
def test_a_person_may_have_a_letter_sent_again(store: Store, before: DeliveryState) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    close(store, letter, before, "whatever")
    assert store.outbox.decide([letter.id], DeliveryState.READY, now=LATER, words="by hand")[letter.id].is_done
    assert [again.id for again in claim(store, now=LATER)] == [letter.id]


def test_a_letter_that_a_person_sends_again_does_not_expire_at_once(store: Store) -> None:
    """It would be merged into the next issue instead."""
    queue(store, "ada")
    with store.writing() as connection:
        connection.execute(update(t.delivery).values(expires=NOW + timedelta(minutes=1)))
    (letter,) = claim(store)
    close(store, letter, DeliveryState.FAILED, "550 no")
    store.outbox.decide([letter.id], DeliveryState.READY, now=LATER, words="by hand")
    store.merging.expire(now=LATER + timedelta(hours=23))
    assert store.outbox.count_by_state() == {"ready": 1}


def test_a_sent_letter_counts_although_its_lease_has_expired(store: Store) -> None:
    """As long as nobody else has begun to send it."""
    queue(store, "ada")
    (letter,) = claim(store)
    assert store.outbox.expire_leases(lambda _: (), now=LATER + timedelta(days=1), retry_at=LATER) == 1
    assert store.outbox.count_by_state() == {"ready": 1}
    close(store, letter, DeliveryState.SENT, "250 ok")
    assert store.outbox.count_by_state() == {"sent": 1}


def test_a_leased_letter_is_not_changed_by_a_person(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    decisions = store.outbox.decide([letter.id, 99], DeliveryState.CANCELLED, now=NOW, words="by hand")
    assert (decisions[letter.id].before, decisions[99].before) == (DeliveryState.LEASED, None)
    assert not any(decision.is_done for decision in decisions.values())
    assert store.outbox.count_by_state() == {"leased": 1}
