"""Replay of a dead process's journal: what was sent, what is in doubt, and what is ready again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.mail.envelope import LeasedDelivery
from digest.mail.journal_entry import JournalContent, JournalEntry, JournalMark
from digest.store import PendingRequest, ReaderRow, Store
from tests.support.store_samples import NOW, envelope, publication, queue, subscribe

LATER = NOW + timedelta(minutes=15)


def claim(store: Store, owner: str = "dead") -> list[LeasedDelivery]:
    return store.outbox.claim(now=NOW, owner=owner, limit=50, lease=timedelta(minutes=30))


def entry(letter: LeasedDelivery, mark: JournalMark) -> JournalEntry:
    return JournalEntry(delivery=letter.id, epoch=letter.epoch, message_id=letter.envelope.message_id, mark=mark)


def record(store: Store, *entries: JournalEntry, same_boot: bool = True, name: str = "dead") -> JournalContent:
    return JournalContent(name=name, ledger=store.journals.database_id(), same_boot=same_boot, entries=entries)


def replay(store: Store, *entries: JournalEntry, same_boot: bool = True) -> bool:
    return store.journals.replay(record(store, *entries, same_boot=same_boot), now=NOW, retry_at=LATER)


def test_each_letter_is_where_the_journal_says(store: Store) -> None:
    queue(store, "ada", "ben", "cleo", "dora", "emmy")
    ada, ben, cleo, dora, _ = claim(store)
    assert replay(store, entry(ada, "K"), entry(ben, "D"), entry(cleo, "M"), entry(dora, "R"))
    assert store.outbox.count_by_state() == {"sent": 1, "in doubt": 1, "ready": 3}
    (row,) = store.outbox.unsent(in_doubt=True)
    assert (row.subscriber, row.next_at) == ("ben", None)  # the machine still sent what it had
    assert sorted(letter.subscriber for letter in claim(store, "new")) == ["cleo", "dora", "emmy"]


def test_after_another_boot_what_was_handed_over_is_sent_once_more(store: Store) -> None:
    queue(store, "ada")
    (ada,) = claim(store)
    assert replay(store, entry(ada, "D"), same_boot=False)
    assert [row.next_at for row in store.outbox.unsent(in_doubt=True)] == [LATER]


def test_a_letter_that_three_processes_died_of_is_set_aside(store: Store) -> None:
    queue(store, "ada", "ben")
    for _ in range(3):
        ada, _ = sorted(claim(store), key=lambda letter: letter.subscriber)
        assert replay(store, entry(ada, "M"))
    assert store.outbox.count_by_state() == {"poison": 1, "ready": 1}
    (row,) = [row for row in store.outbox.unsent() if row.state == DeliveryState.POISON]
    assert "3 times" in str(row.reason)


def test_a_journal_is_read_twice_without_harm(store: Store) -> None:
    queue(store, "ada", "ben")
    ada, ben = claim(store)
    assert replay(store, entry(ada, "K"), entry(ben, "M"))
    assert replay(store, entry(ada, "K"), entry(ben, "M"))
    (again,) = claim(store, "new")
    assert again.subscriber == "ben"
    assert store.outbox.count_by_state() == {"sent": 1, "leased": 1}


@pytest.mark.parametrize("mark", ["M", "R", "D", "K"])
@pytest.mark.parametrize("same_boot", [True, False])
def test_a_deleted_reader_does_not_make_the_database_look_older(
    store: Store, mark: JournalMark, same_boot: bool
) -> None:
    asked = PendingRequest(id="x", kind="sign-up", address="web-ada@example.org", at=NOW, expires=LATER)
    store.readers.add_pending(asked, [], most=1, within=timedelta(days=1), now=NOW)
    reader = ReaderRow(id="web-ada", address="web-ada@example.org", document={}, created=NOW)
    assert store.readers.admit("x", lambda *_: (reader, ()), now=NOW)
    queue(store, "web-ada", "ben")
    letters = sorted(claim(store), key=lambda letter: letter.subscriber)
    sent = [
        DeliveryAttempt(delivery=letters[1].id, epoch=1, state=DeliveryState.SENT, words="ok", began=NOW, ended=NOW)
    ]
    if mark == "K":
        store.outbox.record_results(sent)
    assert store.readers.delete("web-ada")
    queue(store, "cleo")  # whose letter has a number of its own
    assert replay(store, entry(letters[1], mark), entry(letters[0], "R"), same_boot=same_boot)
    assert store.outbox.count_by_state() == {"ready": 2, "sent" if mark == "K" else "cancelled": 1}
    assert all(letter.subscriber != "web-ada" for letter in claim(store, "new"))


def test_of_a_stalled_process_taken_letters_are_sent_and_nothing_else_changes(store: Store) -> None:
    queue(store, "ada", "ben", "cleo")
    ada, ben, cleo = claim(store)
    other = replace(entry(cleo, "K"), message_id="<of another database@x>")
    store.journals.record_taken(record(store, entry(ada, "K"), entry(ben, "D"), other), now=NOW)
    assert store.outbox.count_by_state() == {"sent": 1, "leased": 2}
    assert store.journals.not_closed(["dead"]) == ["dead"]  # its journal is still its own


def test_a_late_journal_takes_no_letter_from_its_new_owner(store: Store) -> None:
    queue(store, "ada")
    (ada,) = claim(store)
    assert store.outbox.expire_leases(lambda _: (), now=NOW + timedelta(hours=1), retry_at=LATER) == 1
    assert store.outbox.claim(now=NOW + timedelta(hours=1), owner="new", limit=1, lease=timedelta(hours=1))
    assert replay(store, entry(ada, "D"))
    assert store.outbox.count_by_state() == {"leased": 1}


def test_a_database_that_is_older_than_the_journal_is_not_touched(store: Store) -> None:
    queue(store, "ada")
    (ada,) = claim(store)
    assert not replay(store, replace(entry(ada, "K"), epoch=ada.epoch + 1))
    assert not replay(store, replace(entry(ada, "K"), delivery=99))
    assert not replay(store, replace(entry(ada, "K"), message_id="<another@example.org>"))
    assert store.outbox.count_by_state() == {"leased": 1}


def test_a_confirmed_restore_sends_nothing_again(store: Store) -> None:
    queue(store, "ada")
    sent = JournalEntry(delivery=7, epoch=1, message_id=envelope("ada").message_id, mark="K")
    lost = JournalEntry(delivery=8, epoch=1, message_id=envelope("ben").message_id, mark="K")
    store.journals.replay_after_restore(record(store, sent, lost, name="before"), now=NOW)
    assert store.outbox.count_by_state() == {"sent": 1}
    due = subscribe(store, "ada", "ben")
    assert store.issues.publish(publication(next(row for row in due if row.subscriber == "ben")))
    assert store.outbox.count_by_state() == {"sent": 2}
    assert store.journals.not_closed(["before", "other"]) == ["other"]


@pytest.mark.parametrize("mark", ["M", "D", "K", "R"])
def test_an_entry_without_a_message_id_is_matched_by_id(store: Store, mark: JournalMark) -> None:
    queue(store, "ada")
    (ada,) = claim(store)
    assert replay(store, replace(entry(ada, mark), message_id=""))
