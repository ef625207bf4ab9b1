"""Letters in doubt: the period of the hand-over, and a relay's log that settles one for good."""

from __future__ import annotations

from digest.mail.delivery_state import DeliveryState
from digest.mail.journal_entry import JournalContent, JournalEntry
from digest.store import InDoubtLetter, Store
from tests.support.in_doubt_letters import LATER, MINUTE, claim, lost
from tests.support.store_samples import NOW, queue


def vouch(store: Store, doubt: InDoubtLetter) -> bool:
    return store.in_doubt.confirm_sent(
        doubt, now=LATER, words="its log\nhas it", relay="smtp://localhost:25", queue_id="62C612B7C6C"
    )


def tries(store: Store) -> list[tuple[str, str | None, str]]:
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT state, queue_id, words FROM attempt ORDER BY id")
        return [(row[0], row[1], row[2]) for row in rows]


def test_nothing_is_in_doubt(store: Store) -> None:
    queue(store, "ada")
    claim(store)
    assert store.in_doubt.list_all() == []


def test_a_lost_connection_has_its_relay_and_time(store: Store) -> None:
    queue(store, "ada", "ben")
    ada, _ = claim(store)
    store.outbox.record_results([lost(ada)])
    (doubt,) = store.in_doubt.list_all()
    assert (doubt.subscriber, doubt.message_id, doubt.next_at) == ("ada", "<ada.1@example.org>", LATER)
    assert (doubt.relay, doubt.since, doubt.until) == ("smtp://localhost:25", NOW + MINUTE, NOW + 2 * MINUTE)


def test_of_a_dead_sender_only_the_letter_s_age_is_known(store: Store) -> None:
    queue(store, "ada")
    (ada,) = claim(store, "dead")
    handed = JournalEntry(delivery=ada.id, epoch=ada.epoch, message_id=ada.message_id, mark="D")
    record = JournalContent(name="dead", ledger=store.journals.database_id(), same_boot=True, entries=(handed,))
    assert store.journals.replay(record, now=LATER, retry_at=LATER + 15 * MINUTE)
    (doubt,) = store.in_doubt.list_all()
    assert (doubt.relay, doubt.since, doubt.until, doubt.next_at) == (None, NOW, LATER, None)


def test_the_first_doubt_about_a_letter_may_be_the_one_that_was_wrong(store: Store) -> None:
    queue(store, "ada")
    for _ in range(2):
        (ada,) = claim(store)
        store.outbox.record_results([lost(ada)])
    (doubt,) = store.in_doubt.list_all()
    assert doubt.since == NOW


def test_a_relays_log_settles_it_for_good(store: Store) -> None:
    queue(store, "ada", "ben")
    ada, ben = claim(store)
    store.outbox.record_results([lost(ada), lost(ben, later=False)])
    first, second = store.in_doubt.list_all()
    assert vouch(store, first)
    assert vouch(store, second)
    assert not vouch(store, first)
    assert store.outbox.count_by_state() == {"sent": 2}
    assert store.in_doubt.list_all() == []
    assert claim(store) == []
    assert tries(store)[2:] == [("sent", "62C612B7C6C", "its log has it")] * 2


def test_a_letter_that_is_being_sent_again_is_not_changed(store: Store) -> None:
    queue(store, "ada")
    (ada,) = claim(store)
    store.outbox.record_results([lost(ada)])
    (doubt,) = store.in_doubt.list_all()
    (again,) = claim(store, "another")
    assert not vouch(store, doubt)
    store.outbox.record_results([lost(again, later=False)])
    assert not vouch(store, doubt)  # it is in doubt again, and not for the same reason
    assert store.outbox.count_by_state() == {"in doubt": 1}
    assert len(tries(store)) == 2


def test_a_decision_of_a_person_stays(store: Store) -> None:
    queue(store, "ada")
    (ada,) = claim(store)
    store.outbox.record_results([lost(ada)])
    (doubt,) = store.in_doubt.list_all()
    store.outbox.decide([doubt.id], DeliveryState.CANCELLED, now=LATER, words="cancel, by hand")
    assert not vouch(store, doubt)
    assert store.outbox.count_by_state() == {"cancelled": 1}
