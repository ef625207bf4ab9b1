"""Issues: one for each slot, kept whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from digest.store import Store
from tests.support.store_samples import NOW, SINCE, SLOT, already_sent, envelope, keep, preprint, publication, subscribe

TOMORROW = NOW + timedelta(days=1)


def test_an_issue_its_papers_its_letter_and_the_schedule_are_kept_together(store: Store) -> None:
    keep(store, preprint("2611.00001"), preprint("2611.00002"))
    (row,) = subscribe(store, "ada")
    items = [(2, "arxiv:2611.00002", "new", "Sparse models"), (1, "arxiv:2611.00001", "new", "Sparse models")]
    assert store.issues.publish(publication(row, items=items, told=[(1, "new"), (2, "new")]))
    (issue,) = store.issues.latest("ada")
    assert issue.papers == ("arxiv:2611.00002", "arxiv:2611.00001")
    assert (issue.slot, issue.number, issue.state, issue.since, issue.until) == (SLOT, 1, "composed", SINCE, NOW)
    assert already_sent(store, "ada") == {(1, "new"), (2, "new")}
    assert [letter.message_id for letter in store.outbox.unsent()] == [envelope("ada").message_id]
    assert store.subscriptions.due(NOW) == []
    assert store.subscriptions.due(TOMORROW)[0].number == 2


def test_a_slot_has_one_issue(store: Store) -> None:
    (row,) = subscribe(store, "ada")
    assert store.issues.publish(publication(row))
    again = publication(row, envelope=envelope("again"), next_due=NOW + timedelta(days=2))
    assert not store.issues.publish(again)
    assert len(store.issues.latest()) == len(store.outbox.unsent()) == 1
    assert store.subscriptions.due(TOMORROW) == []  # the clock went on all the same


def test_two_composers_at_once_make_one_issue(store: Store) -> None:
    (row,) = subscribe(store, "ada")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: store.issues.publish(publication(row)), range(4)))
    assert made.count(True) == 1
    assert len(store.outbox.unsent()) == 1


def test_a_quiet_issue_is_recorded_and_not_sent(store: Store) -> None:
    (row,) = subscribe(store, "ada")
    assert store.issues.publish(publication(row, envelope=None))
    assert [issue.state for issue in store.issues.latest()] == ["quiet"]
    assert store.outbox.unsent() == []
    (row,) = store.subscriptions.due(TOMORROW)
    assert (row.cursor, row.number) == (NOW, 1)  # a number is for a letter


def test_an_issue_by_hand_changes_no_schedule(store: Store) -> None:
    keep(store, preprint())
    (row,) = subscribe(store, "ada")
    by_hand = publication(row, due=None, kind="manual", slot=NOW.isoformat(), told=())
    assert store.issues.publish(by_hand)
    assert store.subscriptions.due(NOW) == [row]
    assert already_sent(store, "ada") == frozenset()
    assert store.issues.publish(publication(row, envelope=envelope("ada2")))


def test_a_crash_in_the_middle_leaves_nothing(store: Store) -> None:
    (row,) = subscribe(store, "ada")
    twice = publication(row, slot="another", told=[(1, "new")])  # with the Message-ID of the first
    with pytest.raises(IntegrityError):
        store.issues.publish_all([publication(row), twice])
    assert store.issues.latest() == []
    assert store.outbox.unsent() == []
    assert store.subscriptions.due(NOW) == [row]


def test_issues_are_listed_newest_first(store: Store) -> None:
    ada, bob = subscribe(store, "ada", "bob")
    store.issues.publish(publication(ada))
    store.issues.publish(publication(bob, created=TOMORROW))
    assert [issue.subscriber for issue in store.issues.latest()] == ["bob", "ada"]
    assert [issue.subscriber for issue in store.issues.latest(limit=1)] == ["bob"]
    assert [issue.subscriber for issue in store.issues.latest("ada")] == ["ada"]


def test_many_issues_are_kept_at_once_and_a_slot_that_has_one_stops_no_other(store: Store) -> None:
    keep(store, preprint())
    ada, bob, eve = subscribe(store, "ada", "bob", "eve")
    told = {"items": [(1, "arxiv:2611.00001", "new", "Sparse")], "told": [(1, "new")]}
    assert store.issues.publish(publication(bob, **told))
    quiet = publication(eve, envelope=None)
    assert store.issues.publish_all([publication(ada, **told), publication(bob, **told), quiet]) == [True, False, True]
    assert [already_sent(store, reader) for reader in ("ada", "bob", "eve")] == [{(1, "new")}, {(1, "new")}, set()]
    assert store.outbox.count_by_state() == {"ready": 2}
    assert [row.number for row in store.subscriptions.due(TOMORROW)] == [2, 2, 1]  # a quiet issue has no number


def test_the_hook_in_the_transaction_is_called_for_letters_alone(store: Store) -> None:
    ada, bob = subscribe(store, "ada", "bob")
    asked = list[object]()
    store.issues.publish_all([publication(ada, envelope=None)], asked.append)
    assert not asked
    store.issues.publish_all([publication(bob)], asked.append)
    assert len(asked) == 1
