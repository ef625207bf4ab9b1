"""What was set aside: once each, however often, with its first and last time; and what the rows say of relays."""

from __future__ import annotations

from datetime import timedelta

from digest.errors import SetAside, reason_of
from digest.limits import BackOff
from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.store import Store
from tests.support.store_samples import NOW, queue

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_one_row_for_each_thing_with_its_newest_reason(store: Store) -> None:
    odd = SetAside.of("paper", "doi:10/\ud800\x00x", OverflowError("too large for ada@example.org\nand more"))
    assert odd.name.isprintable()
    assert odd.reason == "OverflowError: too large for …"
    store.set_aside.record([odd, SetAside("card", "doi:10/y", "a")], place="acme", now=NOW)
    store.set_aside.record([SetAside(odd.kind, odd.name, "else")], place="acme", now=NOW + HOUR)
    store.set_aside.record([SetAside(odd.kind, odd.name, "else")], place="other", now=NOW)
    rows = {(each.kind, each.place): each for each in store.set_aside.list_all(NOW - DAY)}
    assert set(rows) == {("paper", "acme"), ("paper", "other"), ("card", "acme")}
    row = rows["paper", "acme"]
    assert (row.since, row.last, row.reason) == (NOW, NOW + HOUR, "else")
    assert len(store.set_aside.list_all(NOW)) == 1
    store.set_aside.record([SetAside("card", "doi:10/y", "a")], place="acme", now=NOW + 2 * DAY)
    assert store.set_aside.list_all(NOW + DAY)[0].since == NOW + 2 * DAY
    store.retention.prune(before=NOW + 3 * DAY)
    assert store.set_aside.list_all(NOW - DAY) == []


def test_a_reason_is_one_short_line() -> None:
    assert reason_of(KeyError()) == "KeyError"
    assert len(reason_of(ValueError("x" * 10_000))) == 200


def test_since_when_a_relay_takes_nothing(store: Store) -> None:
    store.breakers.record_failure("relay", "a:25", now=NOW, words="no", back_off=BackOff((HOUR,)))
    assert store.attention.relays_failing_since(["a:25"]) == {}
    queue(store, "ada")
    for at, state in ((0, "sent"), (2, "ready"), (3, "ready")):
        [letter] = store.outbox.claim(now=NOW + at * HOUR, owner="me", limit=1, lease=HOUR)
        attempt = DeliveryAttempt(
            delivery=letter.id,
            epoch=letter.epoch,
            state=DeliveryState.READY,
            words="",
            began=NOW + at * HOUR,
            ended=NOW + at * HOUR,
            next_at=NOW + at * HOUR,
            relay="a:25" if state == "ready" else "b:25",
        )
        store.outbox.record_results([attempt])
    assert store.attention.relays_failing_since(["a:25", "b:25"]) == {"a:25": NOW + 2 * HOUR, "b:25": NOW}
    assert store.attention.stuck_letters()[DeliveryState.READY].count == 1
