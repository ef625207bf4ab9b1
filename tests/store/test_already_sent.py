"""What counts as sent is derived from the issues and from what became of their letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from digest.errors import DigestError
from digest.mail.delivery_state import ENDED_UNSENT, DeliveryState
from digest.store import NewIssue, SentPapers, Store
from digest.store import tables as t
from digest.store.issue_contents import IssueEntry
from tests.support.store_samples import (
    NOW,
    SINCE,
    already_sent,
    contents_of,
    envelope,
    keep,
    preprint,
    publication,
    subscribe,
)

DAY = timedelta(days=1)
LONG_AGO = SINCE - timedelta(days=999)


def set_state(store: Store, state: DeliveryState) -> None:
    with store.writing() as connection:
        connection.execute(update(t.delivery).values(state=state, next_at=None))


def papers_of(store: Store, reader: str = "ada", since: datetime = LONG_AGO) -> SentPapers:
    return store.already_sent.since([reader], since, given_back_since=since)[reader]


def one_letter(store: Store, **more: object) -> NewIssue:
    keep(store, preprint(), preprint("2611.00002"))
    (row,) = subscribe(store, "ada")
    written = publication(row, told=[(1, "new"), (2, "new")], **more)
    assert store.issues.publish(written)
    return written


def test_what_was_sent_is_shared_by_all_subscriptions_of_a_reader(store: Store) -> None:
    keep(store, preprint(), preprint("2611.00002"))
    keep(store, preprint("2611.00003"), now=SINCE)
    ada, _ = subscribe(store, "ada", "bob")
    store.issues.publish(publication(ada, told=[(1, "new"), (2, "new"), (3, "new"), (1, "withdrawn")]))
    assert already_sent(store, "ada") == {(1, "new"), (1, "withdrawn"), (2, "new"), (3, "new")}
    assert already_sent(store, "bob") == set()
    assert store.already_sent.had({2: ["ada", "bob"], 3: ["bob"], 99: ["ada"]}) == {("ada", 2)}


@pytest.mark.parametrize("state", DeliveryState)
def test_papers_count_as_sent_until_their_letter_has_ended_otherwise(store: Store, state: DeliveryState) -> None:
    one_letter(store)
    set_state(store, state)
    ended = state in ENDED_UNSENT
    assert already_sent(store, "ada") == (set() if ended else {(1, "new"), (2, "new")})
    assert papers_of(store).given_back.keys() == ({(1, "new"), (2, "new")} if ended else set())
    assert store.already_sent.had({1: ["ada"]}) == (set() if ended else {("ada", 1)})


@pytest.mark.parametrize("state", [DeliveryState.SENT, *sorted(ENDED_UNSENT)])
def test_pruning_changes_nothing_of_what_counts(store: Store, state: DeliveryState) -> None:
    one_letter(store)
    set_state(store, state)
    before = already_sent(store, "ada")
    assert store.retention.prune(before=NOW + DAY).letters == 1
    assert store.outbox.count_by_state() == {}
    assert already_sent(store, "ada") == before
    copy = store.web_copies.get("ada", "Sparse", "scheduled", "2026-11-20T07:30")
    assert copy
    assert len(copy.behind) == 2


def test_an_issue_counts_while_one_of_its_ways_goes_on(store: Store) -> None:
    one_letter(store)
    with store.writing() as connection:
        row = connection.execute(t.delivery.select()).mappings().one()
        chat = {**row, "id": None, "way": "chat", "message_id": "<chat@x>", "state": DeliveryState.SENT}
        connection.execute(t.delivery.insert(), {key: chat[key] for key in chat if key != "id"})
        connection.execute(update(t.delivery).where(t.delivery.c.way == "mail").values(state=DeliveryState.FAILED))
    assert already_sent(store, "ada") == {(1, "new"), (2, "new")}
    with store.writing() as connection:
        connection.execute(update(t.delivery).values(state=DeliveryState.FAILED))
    assert already_sent(store, "ada") == set()


def test_an_issue_by_hand_counts_where_that_was_asked_for(store: Store) -> None:
    one_letter(store, recorded=False, kind="manual")
    assert papers_of(store) == SentPapers()
    with store.writing() as connection:
        connection.execute(update(t.issue).values(recorded=True))
    assert already_sent(store, "ada") == {(1, "new"), (2, "new")}


def test_a_cancelled_letter_gives_its_papers_back_unless_they_are_to_count(store: Store) -> None:
    one_letter(store)
    [number] = [row.id for row in store.outbox.unsent()]
    decided = store.outbox.decide([number], DeliveryState.CANCELLED, now=NOW, words="cancel, by hand")
    assert decided[number].is_done
    assert already_sent(store, "ada") == set()
    store.outbox.decide([number], DeliveryState.READY, now=NOW, words="retry, by hand")
    store.outbox.decide([number], DeliveryState.CANCELLED, now=NOW, words="cancel, by hand", keep_told=True)
    assert already_sent(store, "ada") == {(1, "new"), (2, "new")}


def test_a_letter_is_not_sent_after_all_once_another_issue_has_one_of_its_papers(store: Store) -> None:
    first = one_letter(store)
    [number] = [row.id for row in store.outbox.unsent()]
    set_state(store, DeliveryState.FAILED)
    later = replace(first, slot="later", envelope=envelope("ada2"), contents=contents_of(told=[(2, "new")]), number=2)
    assert store.issues.publish(later)
    decision = store.outbox.decide([number], DeliveryState.READY, now=NOW, words="retry, by hand")[number]
    assert not decision.is_done
    assert str(decision) == "is failed, and stays so: its papers came with another issue (Sparse, later)"
    assert store.outbox.count_by_state() == {"failed": 1, "ready": 1}
    assert already_sent(store, "ada") == {(2, "new")}


def test_an_issue_with_papers_of_a_letter_that_is_sent_after_all_is_not_kept(store: Store) -> None:
    """Between reading what counts and writing the next issue an operator has the first letter sent again."""
    first = one_letter(store)
    [number] = [row.id for row in store.outbox.unsent()]
    set_state(store, DeliveryState.FAILED)
    taken_up = papers_of(store).given_back[2, "new"]
    store.outbox.decide([number], DeliveryState.READY, now=NOW, words="retry, by hand")
    later = replace(first, slot="later", envelope=envelope("ada2"), given_back=taken_up)
    other = replace(first, slot="other", envelope=envelope("ada3"), contents=())
    assert store.issues.publish_all([later, other]) == [False, True]
    assert store.outbox.count_by_state() == {"ready": 2}


def test_who_had_the_paper_of_the_first_day_is_found_among_four_hundred_issues(store: Store) -> None:
    """Only the issues that can hold it are read."""
    days = 400
    keep(store, *(preprint(f"26{11 + n // 90_000}.{n % 90_000:05d}", title=f"Paper number {n}") for n in range(days)))
    rows = subscribe(store, "ada", "bob")
    for day in range(days):
        at = NOW + day * DAY
        for row in rows:
            contents = [IssueEntry(day + 1, "new", "Sparse")] if row.subscriber == "ada" or day else []
            store.issues.publish(
                publication(
                    row,
                    slot=f"day {day}",
                    created=at,
                    number=day + 1,
                    contents=contents,
                    envelope=envelope(f"{row.subscriber}{day}"),
                    expires=at + DAY,
                )
            )
    last = NOW + (days - 1) * DAY
    with store.writing() as connection:  # what cannot be unpacked is not read, else this would fail
        c = t.issue.c
        between = (c.highest > 1) & (c.created < last - 20 * DAY)
        connection.execute(update(t.issue).where(between).values(contents=b"\xff"))
    assert store.already_sent.had({1: ["ada", "bob"]}) == {("ada", 1)}
    recent = store.already_sent.since(["ada", "bob"], last - 2 * DAY, given_back_since=last - 14 * DAY)
    assert [len(papers.sent) for papers in recent.values()] == [3, 3]
    with pytest.raises(DigestError, match="newer version"):
        already_sent(store, "ada")
