"""Web copies of issues: papers in the letter, papers behind "+ n more", and the issues before and after."""

from __future__ import annotations

from datetime import timedelta

from digest.store import Store
from tests.support.store_samples import NOW, SLOT, envelope, keep, preprint, publication, subscribe

DAY = timedelta(days=1)


def items(*numbers: int) -> list[tuple[int, str, str, str]]:
    return [(number, f"arxiv:2611.0000{number}", "new", "Sparse") for number in numbers]


def told(*numbers: int) -> list[tuple[int, str]]:
    return [(number, "new") for number in numbers]


def test_an_issue_has_what_it_showed_in_order_and_what_was_behind_the_limit(store: Store) -> None:
    keep(store, *(preprint(f"2611.0000{n}", published=NOW - timedelta(hours=n)) for n in range(1, 6)))
    (row,) = subscribe(store, "ada")
    assert store.issues.publish(publication(row, items=items(3, 1), told=told(3, 1, 4, 2)))
    copy = store.web_copies.get("ada", "Sparse", "scheduled", SLOT)
    assert copy is not None
    assert [(each.paper, each.section, each.event) for each in copy.shown] == [
        ("arxiv:2611.00003", "Sparse", "new"),
        ("arxiv:2611.00001", "Sparse", "new"),
    ]
    assert [each.paper for each in copy.behind] == ["arxiv:2611.00004", "arxiv:2611.00002"]
    assert (copy.number, copy.created, copy.before, copy.after) == (1, NOW, None, None)


def test_an_issue_that_was_not_kept_has_no_web_copy(store: Store) -> None:
    (row,) = subscribe(store, "ada")
    store.issues.publish(publication(row))
    assert store.web_copies.get("ada", "Sparse", "manual", SLOT) is None
    assert store.web_copies.get("bob", "Sparse", "scheduled", SLOT) is None
    assert store.web_copies.get("ada", "Sparse", "scheduled", "2026-11-21T07:30") is None


def test_what_another_issue_or_another_reader_was_told_is_not_behind_this_one(store: Store) -> None:
    keep(store, *(preprint(f"2611.0000{n}") for n in range(1, 5)))
    ada, bob = subscribe(store, "ada", "bob")
    store.issues.publish(publication(ada, items=items(1), told=told(1, 2)))
    store.issues.publish(publication(bob, items=items(1), told=told(1, 2, 3)))
    store.issues.publish(
        publication(
            ada, slot="later", items=items(4), told=told(4), envelope=envelope("ada2"), created=NOW + DAY, number=2
        )
    )
    first, second = (store.web_copies.get("ada", "Sparse", "scheduled", slot) for slot in (SLOT, "later"))
    assert first
    assert second
    assert [each.paper for each in first.behind] == ["arxiv:2611.00002"]
    assert second.behind == ()
    assert (first.after, second.before, second.after) == (("scheduled", "later"), ("scheduled", SLOT), None)


def test_a_work_of_which_two_things_were_told_stands_there_once(store: Store) -> None:
    keep(store, preprint("2611.00001"), preprint("2611.00002"))
    keep(store, preprint("2611.00001", version=2, updated=NOW), preprint("2611.00002", version=2, updated=NOW))
    (row,) = subscribe(store, "ada")
    both = [(1, "new"), (1, "revised v2"), (2, "new"), (2, "revised v2")]
    store.issues.publish(publication(row, items=items(1), told=both))
    copy = store.web_copies.get("ada", "Sparse", "scheduled", SLOT)
    assert copy is not None
    assert [(each.paper, each.event) for each in copy.behind] == [("arxiv:2611.00002", "revised v2")]


def test_quiet_issues_are_skipped(store: Store) -> None:
    (row,) = subscribe(store, "ada")
    for number, slot in enumerate(("a", "b", "c")):
        letter = None if slot == "b" else envelope(f"ada{slot}")
        store.issues.publish(publication(row, slot=slot, created=NOW + number * DAY, envelope=letter))
    copy = store.web_copies.get("ada", "Sparse", "scheduled", "c")
    assert copy is not None
    assert copy.before == ("scheduled", "a")
    assert [issue.slot for issue in store.issues.latest("ada", letters=True)] == ["c", "a"]
    assert [issue.slot for issue in store.issues.latest("ada", 1, subscription="Sparse")] == ["c"]
    assert store.issues.latest("ada", subscription="Dense") == []


def test_what_was_told_lately_comes_newest_issue_first_up_to_a_number(store: Store) -> None:
    keep(store, *(preprint(f"2611.0000{n}") for n in range(1, 7)))
    (row,) = subscribe(store, "ada")
    store.issues.publish(publication(row, items=items(1, 2), told=told(1, 2, 3)))
    store.issues.publish(
        publication(row, slot="b", created=NOW + DAY, items=items(5, 4), told=told(4, 5), envelope=envelope("ada2"))
    )
    lately = [(each.paper[-1], each.at) for each in store.web_copies.recent_papers("ada", "Sparse", 4)]
    assert lately == [("5", NOW + DAY), ("4", NOW + DAY), ("1", NOW), ("2", NOW)]
    assert len(store.web_copies.recent_papers("ada", "Sparse", 60)) == 5
    assert store.web_copies.recent_papers("ada", "Dense", 60) == []


def test_the_copy_of_a_letter_that_came_too_late_has_all_that_it_told(store: Store) -> None:
    keep(store, preprint("2611.00001"), preprint("2611.00002"))
    (row,) = subscribe(store, "ada")
    store.issues.publish(publication(row, items=items(1), told=told(1, 2), expires=NOW + DAY))
    assert store.merging.expire(now=NOW + DAY)
    copy = store.web_copies.get("ada", "Sparse", "scheduled", SLOT)
    assert copy is not None
    assert [each.paper for each in copy.behind] == ["arxiv:2611.00002"]


def test_one_reader_s_share_of_what_is_known_of_all(store: Store) -> None:
    subscribe(store, "ada", "bob")
    for reader in ("ada", "bob"):
        store.unsubscribes.add(reader, "Sparse", "so", now=NOW)
        store.preferences.mute(reader, "dense", now=NOW)
        store.preferences.pause(reader, NOW.date(), now=NOW)
        store.preferences.renew_links(reader)
        store.suppressions.add(f"{reader}@example.org", "by hand", now=NOW)
    assert store.unsubscribes.list_all("ada") == {("ada", "Sparse"): "so"}
    assert store.subscriptions.next_due("ada") == {("ada", "Sparse"): NOW}
    preferences = store.preferences.get("ada")
    assert (preferences.pauses, preferences.mutes, preferences.links) == (
        {"ada": NOW.date()},
        {"ada": ("dense",)},
        {"ada": 1},
    )
    assert len(store.preferences.get().mutes) == 2
    assert [each.address for each in store.suppressions.list_all("ada@example.org")] == ["ada@example.org"]
