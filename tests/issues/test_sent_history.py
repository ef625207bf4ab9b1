"""What a letter that did not go out held comes with another issue of its reader; what went out does not come again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from digest.issues import Issue
from digest.issues.compose import compose
from digest.mail.delivery_state import ENDED_UNSENT, DeliveryState
from digest.mail.envelope import Envelope
from digest.papers import Paper
from digest.rules import parse
from digest.store import Store
from digest.store import tables as t
from digest.subscriptions import Rule, Schedule, Subscriber, Subscription, TrendingSection
from tests.support.store_samples import NOW, already_sent, envelope, keep, preprint

DAY = timedelta(days=1)


def subscription(name: str, when: str = "daily 07:30", *, rule: str = "routing", **more: object) -> Subscription:
    plain = Subscription(name=name, when=Schedule.parse(when), rules=(Rule(title=rule, query=parse(rule)),))
    return replace(plain, **more)  # type: ignore[arg-type]


def reader(*subscriptions: Subscription) -> Subscriber:
    return Subscriber(id="ada", email="ada@example.org", timezone=ZoneInfo("UTC"), subscriptions=subscriptions)


class Letters:
    """A letter factory that records, by subscription, the papers of each issue."""

    def __init__(self) -> None:
        self.issues: list[tuple[str, set[str]]] = []

    def __call__(self, issue: Issue) -> Envelope:
        self.issues.append((issue.subscription, {item.paper.key for item in issue.items}))
        return replace(envelope(f"ada{len(self.issues)}"), recipient=issue.subscriber.email)


def set_state(store: Store, state: DeliveryState, *, name: str | None = None) -> None:
    """Give the letters that wait this state, of all subscriptions or of one."""
    mine = t.delivery.c.issue_id.in_(
        t.issue.select().with_only_columns(t.issue.c.id).where(t.issue.c.subscription == name)
    )
    with store.writing() as connection:
        ready = update(t.delivery).where(t.delivery.c.state == "ready")
        connection.execute((ready if name is None else ready.where(mine)).values(state=state, next_at=None))


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.mark.parametrize("state", sorted(ENDED_UNSENT))
def test_what_a_letter_held_that_did_not_go_out_comes_with_another_subscription(
    store: Store, letters: Letters, state: DeliveryState
) -> None:
    """Days later, when the window of the other one has passed it."""
    ada = reader(subscription("A"), subscription("B", "daily 19:00"))
    keep(store, preprint("2611.00001"))
    compose([ada], store, letters, now=NOW)
    for day in range(4):  # B gets nothing: the paper was told by A
        compose([ada], store, letters, now=NOW + day * DAY + DAY / 2)
    set_state(store, state, name="A")
    keep(store, preprint("2611.00002"), now=NOW + 3 * DAY)
    store.unsubscribes.add("ada", "A", "one-click", now=NOW + 3 * DAY)
    compose([ada], store, letters, now=NOW + 5 * DAY)
    assert letters.issues[0] == ("A", {"arxiv:2611.00001"})
    assert letters.issues[-1] == ("B", {"arxiv:2611.00001", "arxiv:2611.00002"})
    set_state(store, DeliveryState.SENT)
    before = len(letters.issues)
    compose([ada], store, letters, now=NOW + 6 * DAY)
    assert [papers for _, papers in letters.issues[before:]] in ([], [set()])


@pytest.mark.parametrize("state", sorted({*DeliveryState} - ENDED_UNSENT))
def test_what_went_out_or_may_go_out_does_not_come_again(store: Store, letters: Letters, state: DeliveryState) -> None:
    ada = reader(subscription("A"), subscription("B", "daily 19:00"))
    keep(store, preprint("2611.00001"))
    compose([ada], store, letters, now=NOW)
    set_state(store, state)
    compose([ada], store, letters, now=NOW + DAY / 2)
    assert [papers for _, papers in letters.issues if papers] == [{"arxiv:2611.00001"}]


def test_a_withdrawal_reaches_who_had_the_paper_a_year_ago_and_nobody_else(store: Store, letters: Letters) -> None:
    ada = reader(subscription("A"))
    keep(store, preprint("2511.00001"))
    compose([ada], store, letters, now=NOW)
    set_state(store, DeliveryState.SENT)
    ben = Subscriber(id="ben", email="ben@example.org", timezone=ZoneInfo("UTC"), subscriptions=(subscription("A"),))
    last = NOW + 400 * DAY
    compose([ada, ben], store, letters, now=last - DAY)
    gone = preprint("2511.00001", version=2, updated=last, changed=last, withdrawn=True, abstract="Withdrawn.")
    keep(store, gone, now=last - DAY / 2)
    results = compose([ada, ben], store, letters, now=last)
    assert {each.subscriber: each.papers for each in results} == {"ada": 1, "ben": 0}
    assert (1, "withdrawn") in already_sent(store, "ada")


def test_a_paper_that_the_reader_had_long_ago_does_not_trend(store: Store, letters: Letters) -> None:
    ada = reader(subscription("A"))
    keep(store, preprint("2611.00001"))
    compose([ada], store, letters, now=NOW)
    set_state(store, DeliveryState.SENT)
    later = NOW + 60 * DAY

    def voted(number: str, votes: int) -> Paper:
        return preprint(number, title="Other words", votes=votes, announced=later - DAY / 2)

    keep(store, voted("2611.00001", 99), voted("2611.00002", 5), now=later - DAY / 2)
    trending = subscription("T", rule="nothing", trending=TrendingSection())
    compose([reader(trending)], store, letters, now=later)
    assert letters.issues[-1] == ("T", {"arxiv:2611.00002"})


def test_a_reader_whose_file_was_renamed_is_the_same_reader(store: Store, letters: Letters) -> None:
    ada = reader(subscription("A"))
    keep(store, preprint("2611.00001"))
    compose([ada], store, letters, now=NOW)
    set_state(store, DeliveryState.SENT)
    store.preferences.mute("ada", "dense", now=NOW)
    keep(store, preprint("2611.00002"), now=NOW + DAY / 2)
    renamed = replace(ada, id="lovelace", email="Ada@example.org")
    compose([renamed], store, letters, now=NOW + DAY)
    assert letters.issues == [("A", {"arxiv:2611.00001"}), ("A", {"arxiv:2611.00002"})]
    assert [(issue.subscriber, issue.number) for issue in store.issues.latest()] == [("lovelace", 2), ("lovelace", 1)]
    assert store.preferences.get("lovelace").mutes == {"lovelace": ("dense",)}
    assert store.subscriptions.rename_readers({"lovelace": ("ada@example.org", ["A"])}) == {}


@pytest.mark.parametrize(
    "other",
    [
        {"id": "ben", "email": "ben@example.org"},
        {"id": "ben", "subscriptions": (subscription("Another"),)},
    ],
)
def test_another_address_or_another_subscription_is_another_reader(
    store: Store, letters: Letters, other: dict[str, object]
) -> None:
    ada = reader(subscription("A"))
    keep(store, preprint("2611.00001"))
    compose([ada], store, letters, now=NOW)
    set_state(store, DeliveryState.SENT)
    compose([replace(ada, **other)], store, letters, now=NOW + DAY)  # type: ignore[arg-type]
    assert [papers for _, papers in letters.issues] == [{"arxiv:2611.00001"}] * 2


def test_who_left_has_left_under_a_new_id_too(store: Store, letters: Letters) -> None:
    ada = reader(subscription("A"))
    keep(store, preprint("2611.00001"))
    compose([ada], store, letters, now=NOW)
    store.unsubscribes.add("ada", "A", "one-click", now=NOW)
    keep(store, preprint("2611.00002"), now=NOW + DAY / 2)
    assert compose([replace(ada, id="lovelace")], store, letters, now=NOW + DAY) == []
    assert store.unsubscribes.list_all() == {("lovelace", "A"): "one-click"}
