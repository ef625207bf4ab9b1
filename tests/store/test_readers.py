"""Readers who sign up: pending requests, confirmations, changes and deletion."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Literal

import pytest
from sqlalchemy import func, select

from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.mail.envelope import Envelope, LeasedDelivery
from digest.store import NOTICE, AddressChangeStatus, PendingRequest, ReaderDocument, ReaderRow, Store
from digest.store import tables as t
from tests.support.store_samples import NOW, envelope, publication, subscribe

DAY = timedelta(days=1)
LEASE = timedelta(minutes=5)
EVE: ReaderDocument = {"email": "Eve@example.org", "subscriptions": [{"name": "Sparse", "when": "daily 07:30"}]}


def pending(
    id_: str = "one",
    kind: Literal["sign-up", "address", "link"] = "sign-up",
    address: str = "eve@example.org",
    subscriber: str | None = None,
    **more: object,
) -> PendingRequest:
    whole = PendingRequest(id=id_, kind=kind, address=address, subscriber=subscriber, at=NOW, expires=NOW + 2 * DAY)
    document = {"email": address} if kind == "address" else EVE | {"email": address}
    return replace(whole, document=document, **more)  # type: ignore[arg-type]


def notice(to: str = "eve@example.org", number: str = "one") -> Envelope:
    return replace(envelope("eve"), recipient=to, message_id=f"<{number}.notice@example.org>")


def ask(store: Store, asked: PendingRequest, most: int = 3) -> bool:
    notices = [(f"{asked.id}/confirm", notice(asked.address, asked.id))]
    return store.readers.add_pending(asked, notices, most=most, within=DAY, now=asked.at)


def decide(asked: PendingRequest, row: ReaderRow | None, left: Collection[str]) -> tuple[ReaderRow, list[str]]:
    if row is None:
        row = ReaderRow(id=f"web-{asked.id}", address=asked.address, document=asked.document, created=NOW)
    return row, [each["name"] for each in asked.document["subscriptions"]]


def admitted(store: Store, id_: str = "one", address: str = "eve@example.org") -> ReaderRow:
    assert ask(store, pending(id_, address=address))
    row = store.readers.admit(id_, decide, now=NOW)
    assert row
    return row


def rows(store: Store, table: str) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(t.metadata.tables[table])) or 0


def claimed(store: Store) -> list[LeasedDelivery]:
    return store.outbox.claim(now=NOW, owner="one", limit=50, lease=LEASE)


def test_what_is_asked_for_is_kept_with_its_letter(store: Store) -> None:
    assert ask(store, pending())
    assert store.readers.get_pending("one") == pending()
    assert store.readers.get_pending("two") is None
    [letter] = claimed(store)
    assert (letter.kind, letter.subscriber, letter.recipient) == (NOTICE, "", "eve@example.org")
    assert store.readers.list_all() == []


def test_so_many_letters_a_day_and_what_is_refused_leaves_no_trace(store: Store) -> None:
    assert [ask(store, pending(f"{number}")) for number in range(5)] == [True] * 3 + [False] * 2
    assert ask(store, pending("other", address="other@example.org"))
    assert (rows(store, "pending"), rows(store, "delivery"), rows(store, "letter")) == (4, 4, 4)
    later = NOW + DAY
    assert ask(store, pending("later", at=later, expires=later + 2 * DAY))


def test_simultaneous_requests_are_limited_together(store: Store) -> None:
    together = Barrier(8)

    def one(number: int) -> bool:
        together.wait()
        return ask(store, pending(f"{number}"))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(8))) == 3


def test_what_has_long_expired_goes(store: Store) -> None:
    ask(store, pending())
    later = NOW + 4 * DAY
    ask(store, pending("later", address="other@example.org", at=later, expires=later + 2 * DAY))
    assert store.readers.get_pending("one") is None


def test_a_sign_up_is_confirmed_once_and_in_time(store: Store) -> None:
    before = store.readers.serial()
    row = admitted(store)
    assert store.readers.serial() == before + 1
    assert (
        store.readers.get(address="eve@example.org")
        == store.readers.get(id="web-one")
        == replace(row, serial=before + 1)
    )
    assert store.readers.admit("one", decide, now=NOW) is None
    done = store.readers.get_pending("one")
    assert done
    assert (done.done, done.subscriber) == (NOW, "web-one")
    ask(store, pending("late"))
    assert store.readers.admit("late", decide, now=NOW + 2 * DAY) is None
    ask(store, pending("link", kind="link", address="x@example.org"))
    assert store.readers.admit("link", decide, now=NOW) is None
    assert store.readers.admit("nothing", decide, now=NOW) is None
    assert len(store.readers.list_all()) == 1


def test_two_confirmations_at_once_make_one_reader(store: Store) -> None:
    ask(store, pending("one"))
    ask(store, pending("two"))
    together = Barrier(4)

    def one(id_: str) -> ReaderRow | None:
        together.wait()
        return store.readers.admit(id_, decide, now=NOW)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(one, ["one", "one", "two", "two"]))
    assert sum(row is not None for row in found) == 2
    assert len(store.readers.list_all()) == 1


def test_who_decides_otherwise_changes_nothing(store: Store) -> None:
    ask(store, pending())
    before = store.readers.serial()

    def refuse(*_: object) -> tuple[ReaderRow, list[str]]:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        store.readers.admit("one", refuse, now=NOW)
    assert (store.readers.serial(), store.readers.list_all()) == (before, [])
    assert store.readers.admit("one", decide, now=NOW)


def test_a_reader_who_unsubscribed_from_all_resubscribes_to_what_they_confirm_alone(store: Store) -> None:
    row = admitted(store)
    two = [*EVE["subscriptions"], {"name": "Dense", "when": "daily 07:30"}]
    store.readers.update_document(row.id, lambda document: document | {"subscriptions": two})
    store.unsubscribes.add(row.id, "", "they asked to", now=NOW)
    ask(store, pending("again"))
    seen: list[Collection[str]] = []

    def look(asked: PendingRequest, row: ReaderRow | None, left: Collection[str]) -> tuple[ReaderRow, list[str]]:
        seen.append(set(left))
        return decide(asked, row, left)

    store.readers.admit("again", look, now=NOW)
    assert seen == [{""}]
    assert store.unsubscribes.list_all() == {(row.id, "Dense"): "they asked to"}


def readdress(row: ReaderRow, asked: PendingRequest) -> ReaderRow:
    return replace(row, address=asked.address, document=row.document | asked.document)


def test_a_reader_moves_when_both_addresses_agree(store: Store) -> None:
    row = admitted(store)
    ask(store, pending("move", kind="address", address="new@example.org", subscriber=row.id))

    def agree(side: Literal["old", "new"]) -> AddressChangeStatus | None:
        return store.readers.confirm_address_change("move", side, readdress, now=NOW)

    assert [agree("new"), agree("new"), agree("old"), agree("old")] == ["half", "half", "done", None]
    found = store.readers.get(id=row.id)
    assert found
    assert (found.address, found.document["email"]) == ("new@example.org", "new@example.org")
    assert store.readers.get(address="eve@example.org") is None


def test_two_who_agree_at_one_moment_move_once(store: Store) -> None:
    row = admitted(store)
    ask(store, pending("move", kind="address", address="new@example.org", subscriber=row.id))
    together = Barrier(4)

    def one(side: Literal["old", "new"]) -> AddressChangeStatus | None:
        together.wait()
        return store.readers.confirm_address_change("move", side, readdress, now=NOW)

    sides: list[Literal["old", "new"]] = ["old", "new", "old", "new"]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, sides)).count("done") == 1


def test_an_address_that_is_another_s_by_now_is_not_taken(store: Store) -> None:
    row = admitted(store)
    ask(store, pending("move", kind="address", address="new@example.org", subscriber=row.id))
    admitted(store, "two", "new@example.org")
    assert store.readers.confirm_address_change("move", "old", readdress, now=NOW) == "half"
    assert store.readers.confirm_address_change("move", "new", readdress, now=NOW) == "taken"
    assert store.readers.confirm_address_change("move", "new", readdress, now=NOW) is None
    found = store.readers.get(id=row.id)
    assert found
    assert found.address == "eve@example.org"


def test_a_move_of_nobody_or_too_late_is_none(store: Store) -> None:
    row = admitted(store)
    ask(store, pending("move", kind="address", address="new@example.org", subscriber=row.id))
    assert store.readers.confirm_address_change("move", "old", readdress, now=NOW + 2 * DAY) is None
    assert store.readers.confirm_address_change("one", "old", readdress, now=NOW) is None
    serial = store.readers.serial()
    assert [
        store.readers.confirm_address_change("move", "old", readdress, now=NOW),
        store.readers.admit("one", decide, now=NOW),
    ] == ["half", None]
    assert store.readers.serial() == serial  # no directory has to refresh
    store.readers.delete(row.id)
    assert store.readers.confirm_address_change("move", "old", readdress, now=NOW) is None


def test_a_change_is_whole_or_none(store: Store) -> None:
    row = admitted(store)
    changed = store.readers.update_document(row.id, lambda document: document | {"name": "Eve"})
    assert changed
    assert changed.document == row.document | {"name": "Eve"}
    assert store.readers.update_document("web-nobody", lambda document: document) is None

    def fail(document: ReaderDocument) -> ReaderDocument:
        document["name"] = "Mallory"
        raise ValueError

    before = store.readers.serial()
    with pytest.raises(ValueError):  # noqa: PT011
        store.readers.update_document(row.id, fail)
    found = store.readers.get(id=row.id)
    assert found
    assert (found.document["name"], store.readers.serial()) == ("Eve", before)


def test_changes_at_one_moment_follow_each_other(store: Store) -> None:
    """Nothing is lost, the number grows with each, and who looks since a number sees all that came after it."""
    row = admitted(store)
    together, begun = Barrier(2), store.readers.serial()

    def add(worker: int) -> None:
        together.wait()
        for number in range(20):
            store.readers.update_document(row.id, lambda document, name=f"{worker}-{number}": document | {name: True})  # type: ignore[misc]

    def look() -> list[int]:
        seen = list[int]()
        while not seen or seen[-1] < begun + 40:
            serial = store.readers.serial()
            found = store.readers.list_all(serial - 1)
            assert len(found) == 1
            assert found[0].serial >= serial
            seen.append(serial)
        return seen

    with ThreadPoolExecutor(3) as pool:
        watched = pool.submit(look)
        list(pool.map(add, range(2)))
        assert sorted(watched.result()) == watched.result()
    found = store.readers.get(id=row.id)
    assert found
    assert len(found.document.keys() - EVE.keys()) == 40
    assert store.readers.serial() == begun + 40


def test_a_deleted_reader_is_deleted_whole(store: Store) -> None:
    row, other = admitted(store), admitted(store, "two", "other@example.org")
    for due in subscribe(store, row.id, other.id):
        assert store.issues.publish(publication(due))
    for reader in (row.id, other.id):
        store.unsubscribes.add(reader, "Sparse", "why", now=NOW)
        store.preferences.pause(reader, NOW.date(), now=NOW)
        store.preferences.mute(reader, "gpt", now=NOW)
        store.preferences.renew_links(reader)
        store.preferences.save_opinion(reader, "arxiv:1", True, now=NOW)
        store.answers.save(reader, "Wei Li", "arxiv:1", True, now=NOW)
    ask(store, pending("move", kind="address", address="new@example.org", subscriber=row.id))
    store.suppressions.add("eve@example.org", "a complaint", now=NOW)
    before = {name: rows(store, name) for name in t.metadata.tables}
    serial = store.readers.serial()
    assert store.readers.delete(row.id)
    assert store.readers.serial() == serial + 1
    assert not store.readers.delete(row.id)
    assert store.readers.ids() == {other.id}
    with store.reading() as connection:
        everything = "\n".join(
            repr(tuple(each))
            for name, table in t.metadata.tables.items()
            if name != "suppression"
            for each in connection.execute(select(table))
        )
    assert row.id not in everything
    assert "eve" not in everything.casefold()
    for name in ("departure", "pause", "mute", "links", "opinion", "answer", "reader", "issue", "subscription"):
        assert rows(store, name) == before[name] - 1, name
    assert rows(store, "suppression") == 1
    assert [letter.subscriber for letter in claimed(store) if letter.kind != NOTICE] == [other.id]


def end(letter: LeasedDelivery, state: DeliveryState) -> DeliveryAttempt:
    return DeliveryAttempt(delivery=letter.id, epoch=letter.epoch, state=state, words="250 ok", began=NOW, ended=NOW)


@pytest.mark.parametrize("lapsed", [False, True])
@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.READY, DeliveryState.IN_DOUBT])
def test_a_leased_letter_while_its_reader_is_deleted(store: Store, state: DeliveryState, lapsed: bool) -> None:
    row, other = admitted(store), admitted(store, "two", "other@example.org")
    for due in subscribe(store, row.id, other.id):
        assert store.issues.publish(publication(due))
    letters = claimed(store)
    assert len(letters) == 4
    if lapsed:
        assert store.outbox.expire_leases(lambda owner: [], now=NOW + 2 * LEASE, retry_at=NOW + 3 * LEASE) == 4
    assert store.readers.delete(row.id)
    with store.outbox.send_guard() as guard:
        held = {letter.subscriber: guard.check(letter, letter.recipient).is_leased for letter in letters}
    assert not held[row.id]
    assert held[other.id] is not lapsed
    store.outbox.record_results([end(letter, state) for letter in letters])
    with store.reading() as connection:
        left = connection.execute(select(t.delivery)).mappings().all()
    theirs = [each for each in left if each["subscriber"] != other.id and each["recipient"] != "other@example.org"]
    for each in theirs:
        assert (each["recipient"], each["sender"], each["domain"], each["issue_id"]) == ("", "", "", None)
        assert each["state"] == DeliveryState.CANCELLED
    again = store.outbox.claim(now=NOW + DAY, owner="two", limit=50, lease=LEASE)
    assert {letter.recipient for letter in again} <= {"other@example.org", f"{other.id}@example.org"}
