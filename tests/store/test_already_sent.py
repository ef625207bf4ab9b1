"""What a reader was already sent is kept for the reader, whatever subscription sent it."""

from __future__ import annotations

from digest.store import Store
from tests.support.store_samples import SINCE, keep, preprint, publication, subscribe


def test_what_was_sent_is_shared_by_all_subscriptions_of_a_reader(store: Store) -> None:
    keep(store, preprint(), preprint("2611.00002"))
    keep(store, preprint("2611.00003"), now=SINCE)
    ada, _ = subscribe(store, "ada", "bob")
    store.issues.publish(publication(ada, told=[(1, "new"), (2, "new"), (3, "new"), (1, "withdrawn")]))
    assert store.already_sent.of_reader("ada") == {(1, "new"), (1, "withdrawn"), (2, "new"), (3, "new")}
    assert store.already_sent.of_reader("ada", [2, 3, 99]) == {(2, "new"), (3, "new")}
    assert store.already_sent.of_reader("bob") == frozenset()
    assert store.already_sent.of_readers_since(["ada", "bob"], since=SINCE) == {
        "ada": {(1, "new"), (1, "withdrawn"), (2, "new")},
        "bob": frozenset(),
    }
