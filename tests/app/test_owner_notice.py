"""The owner's notices: one a day at most, one when all is well again, and one for two processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from digest.app.conditions import Condition
from digest.app.owner_notice import OwnerNotices, next_notice
from digest.mail.delivery_state import DeliveryAttempt, DeliveryState
from digest.store import Store
from digest.store.attention import SentNotice
from tests.support.route_reader import FACTORY
from tests.support.store_samples import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TROUBLE = Condition(kind="relay", name="smtp://a:25", words="535 5.7.8 no", since=NOW - DAY, command="digest doctor")
SOURCE = Condition(kind="source", name="acme", words="404", since=None, command="digest sources")


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{tmp_path}/digest.db"
    with Store.open(url) as opened:
        yield opened


def close(store: Store, state: DeliveryState) -> None:
    """What becomes of the newest notice."""
    last = store.attention.last_notice()
    assert last
    [letter] = store.outbox.claim(now=last.created, owner="a", limit=1, lease=HOUR)
    assert letter.id == last.id
    attempt = DeliveryAttempt(delivery=letter.id, epoch=letter.epoch, state=state, words="", began=NOW, ended=NOW)
    store.outbox.record_results([attempt])


def test_one_a_day_and_one_when_all_is_well(store: Store) -> None:
    notices = OwnerNotices(store, FACTORY)
    assert not notices.write([], now=NOW)
    assert notices.write([TROUBLE], now=NOW)
    close(store, DeliveryState.SENT)
    assert not notices.write([TROUBLE, SOURCE], now=NOW + HOUR)
    assert not notices.untold([TROUBLE])
    assert notices.write([TROUBLE, SOURCE], now=NOW + DAY)
    close(store, DeliveryState.SENT)
    assert notices.write([], now=NOW + DAY + HOUR)
    assert not notices.write([], now=NOW + DAY + 2 * HOUR)
    assert not notices.write([SOURCE], now=NOW + DAY + 3 * HOUR)  # it is told tomorrow, and by /readyz at once
    assert notices.untold([SOURCE]) == [SOURCE]
    assert notices.write([SOURCE], now=NOW + 2 * DAY)


def test_two_processes_write_one(store: Store) -> None:
    """Both look before either has written."""
    last = store.attention.last_notice()
    assert next_notice([TROUBLE], last, NOW) == "trouble"
    assert OwnerNotices(store, FACTORY).write([TROUBLE], now=NOW)
    key = "owner/trouble/0"
    envelope = FACTORY.plain_notice("a", "b", key="another", date=NOW)
    assert not store.outbox.add_notice(key, envelope, subscriber="", kind="notice", now=NOW)
    assert len(store.outbox.unsent()) == 1


def test_what_no_relay_takes_stays_untold(store: Store) -> None:
    notices = OwnerNotices(store, FACTORY)
    assert notices.untold([TROUBLE]) == [TROUBLE]
    notices.write([TROUBLE], now=NOW)
    assert notices.untold([TROUBLE]) == [TROUBLE]
    assert notices.untold([]) == []
    close(store, DeliveryState.SUPPRESSED)
    assert notices.untold([TROUBLE]) == [TROUBLE]
    assert not notices.write([], now=NOW + HOUR)  # nobody heard of trouble, so nobody waits for its end


def test_a_notice_of_the_future_counts_for_nothing(store: Store) -> None:
    notices = OwnerNotices(store, FACTORY)
    assert notices.write([TROUBLE], now=NOW + 10 * DAY)
    close(store, DeliveryState.SENT)
    assert notices.write([TROUBLE], now=NOW)
    assert not notices.write([TROUBLE], now=NOW + HOUR)


def test_it_says_what_since_when_and_where_to_look(store: Store) -> None:
    OwnerNotices(store, FACTORY).write([TROUBLE, SOURCE], now=NOW)
    [row] = store.outbox.unsent()
    assert row.recipient == FACTORY.owner.wire
    [letter] = store.outbox.claim(now=NOW, owner="a", limit=9, lease=HOUR)
    message = message_from_bytes(letter.message, policy=default)
    assert message["Subject"] == f"{FACTORY.service}: 2 things need you"
    assert message.get_content_type() == "text/plain"
    text = message.get_content().replace("\r\n", "\n")
    assert f"relay smtp://a:25 since {NOW - DAY:%Y-%m-%d %H:%M} UTC: 535 5.7.8 no\n  digest doctor\n" in text
    assert "source acme: 404\n  digest sources\n" in text


@pytest.mark.parametrize("hour", [0, 1, 23])
def test_the_hour_of_a_daily_job_may_move_a_little(hour: int) -> None:
    morning = NOW.replace(hour=hour, minute=30)
    last = SentNotice(id=1, key="trouble/0", created=morning, state=DeliveryState.SENT)
    assert next_notice([TROUBLE], last, morning + DAY - timedelta(minutes=9)) == "trouble"
    assert next_notice([TROUBLE], last, morning + 19 * HOUR) is None
