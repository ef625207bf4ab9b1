"""The outbox: each letter has one sender at a time, and what came of it is never guessed."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from digest.delivery import Delivery, State
from digest.store import Store
from tests.store.samples import NOW, envelope, queue

LEASE = timedelta(minutes=15)
LATER = NOW + timedelta(hours=1)


def claim(store: Store, owner: str = "one", now: object = NOW, limit: int = 50) -> list[Delivery]:
    return store.claim(now=now, owner=owner, limit=limit, lease=LEASE)  # type: ignore[arg-type]


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
    chosen = store.claim(now=NOW, owner="one", limit=50, lease=LEASE, only=envelope("bob").message_id)
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
from digest.store import Store
with Store.open(sys.argv[1]) as store:
    now = datetime.fromisoformat(sys.argv[2])
    while batch := store.claim(now=now, owner=sys.argv[3], limit=3, lease=timedelta(minutes=15)):
        for letter in batch:
            assert store.at_dot(letter.id, letter.epoch, now)
            assert store.sent(letter.id, letter.epoch, now, words="250 ok")
            print(letter.id)
"""


def test_two_processes_send_each_letter_once(store: Store, store_url: str) -> None:
    queue(store, *(f"reader{number}" for number in range(40)))
    command = [sys.executable, "-c", _PROCESS, store_url, NOW.isoformat()]
    processes = [subprocess.Popen([*command, owner], stdout=subprocess.PIPE, text=True) for owner in ("one", "two")]
    said = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(map(int, said[0] + said[1])) == list(range(1, 41))
    assert store.counts() == {"sent": 40}


def test_a_sent_letter_leaves_the_outbox(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    assert store.at_dot(letter.id, letter.epoch, NOW)
    assert store.sent(letter.id, letter.epoch, NOW, words="250 2.0.0 ok")
    assert store.outbox() == []
    assert claim(store, now=LATER) == []
    assert store.counts() == {"sent": 1}


def test_a_deferred_letter_comes_again_when_its_time_has_come(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    store.deferred(
        letter.id, letter.epoch, NOW, next_at=LATER, words="451 greylisted\x07\x00", code=451, enhanced="4.7.1"
    )
    (row,) = store.outbox()
    assert (row.state, row.reason, row.next_at, row.attempts) == (State.DEFERRED, "451 greylisted", LATER, 1)
    assert claim(store, now=LATER - timedelta(seconds=1)) == []
    (again,) = claim(store, now=LATER)
    assert (again.attempts, again.envelope) == (1, letter.envelope)
    assert again.epoch > letter.epoch


def test_a_try_that_was_the_relays_fault_is_not_counted(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    store.deferred(letter.id, letter.epoch, NOW, next_at=LATER, words="421 busy", counted=False)
    assert store.outbox()[0].attempts == 0


def test_a_refused_letter_stays_with_the_servers_words(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    store.failed_delivery(letter.id, letter.epoch, NOW, words="550 5.1.1 no such user", code=550, enhanced="5.1.1")
    assert [(row.state, row.reason) for row in store.outbox()] == [(State.FAILED, "550 5.1.1 no such user")]
    assert claim(store, now=LATER) == []


def test_a_cancelled_letter_is_neither_sent_nor_waiting(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    assert store.cancelled(letter.id, letter.epoch, NOW, words="the reader has left")
    assert store.outbox() == []
    assert store.counts() == {"cancelled": 1}


def test_a_lease_that_ran_out_before_the_dot_puts_the_letter_back(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    (again,) = claim(store, owner="two", now=LATER)
    assert not store.at_dot(letter.id, letter.epoch, LATER)
    assert not store.sent(letter.id, letter.epoch, LATER, words="250 ok")
    assert store.at_dot(again.id, again.epoch, LATER)


def test_a_lease_that_ran_out_after_the_dot_leaves_the_letter_in_doubt(store: Store) -> None:
    queue(store, "ada", "bob")
    ada, _ = claim(store)
    assert store.at_dot(ada.id, ada.epoch, NOW)
    assert [letter.subscriber for letter in claim(store, owner="two", now=LATER)] == ["bob"]
    (row,) = store.outbox(in_doubt=True)
    assert (row.subscriber, row.state, row.message_id) == ("ada", State.IN_DOUBT, envelope("ada").message_id)
    assert len(store.outbox()) == 2


def test_the_dot_is_refused_when_the_lease_is_over(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    assert not store.at_dot(letter.id, letter.epoch, NOW + LEASE)


def test_a_letter_whose_line_broke_at_the_dot_is_in_doubt(store: Store) -> None:
    queue(store, "ada")
    (letter,) = claim(store)
    store.at_dot(letter.id, letter.epoch, NOW)
    assert store.in_doubt(letter.id, letter.epoch, NOW, words="the line broke")
    assert [row.reason for row in store.outbox(in_doubt=True)] == ["the line broke"]
    assert claim(store, now=LATER) == []


def test_what_is_given_back_can_be_claimed_at_once(store: Store) -> None:
    queue(store, "ada", "bob")
    ada, bob = claim(store)
    store.at_dot(ada.id, ada.epoch, NOW)
    store.release("somebody else")
    assert claim(store, owner="two") == []
    store.release("one")
    assert [letter.subscriber for letter in claim(store, owner="two")] == ["bob"]
    assert not store.sent(bob.id, bob.epoch, NOW, words="250 ok")
    assert store.sent(ada.id, ada.epoch, NOW, words="250 ok")  # at the dot it was still ours


def test_the_letters_of_a_dead_process_are_freed_at_once(store: Store) -> None:
    queue(store, "ada", "bob", "cleo")
    ada, _ = claim(store, owner="dead", limit=2)
    claim(store, owner="alive")
    store.at_dot(ada.id, ada.epoch, NOW)
    store.recover(lambda owner: owner == "dead", now=NOW)
    assert [letter.subscriber for letter in claim(store, owner="new")] == ["bob"]
    assert [row.subscriber for row in store.outbox(in_doubt=True)] == ["ada"]
    assert store.counts() == {"leased": 2, "in doubt": 1}
