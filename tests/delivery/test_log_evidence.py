"""What the relays' logs know of letters in doubt: the evidence counts, its absence does not, and it costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from digest.delivery.channels import Channel
from digest.delivery.log_evidence import LogEvidence, RelayLogs, check_logs_first, search_logs
from digest.errors import InDoubt
from digest.mail.envelope import Envelope, NextEnvelope, SendReceipt, no_next
from digest.store import Store
from tests.support.in_doubt_letters import LATER, MINUTE, claim, lost
from tests.support.postfix_log import begun, idle, taken, write
from tests.support.store_samples import NOW, envelope, queue

RELAY = "smtp://localhost:25"  # as the store's samples have it
HOUR = timedelta(hours=1)
ADA = "<ada.1@example.org>"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "mail.log"


@pytest.fixture
def doubtful(store: Store) -> Store:
    """A letter was handed over a minute past half, and its line was lost at the next."""
    queue(store, "ada")
    (ada,) = claim(store)
    store.outbox.record_results([lost(ada)])
    return store


def asked(store: Store, logs: RelayLogs, *, now: datetime = LATER, lately: bool = False) -> LogEvidence:
    (word,) = search_logs(store, logs, now=now, lately=lately)
    return word


def utc(log: Path, *parts: list[str]) -> Path:
    """A log of lines that tell their zone, since these tests run in any."""
    return write(log, [each for lines in parts for each in lines])


AROUND = idle(NOW - HOUR, iso=True), idle(NOW + HOUR, iso=True)


def test_what_the_relay_has_taken_is_sent(doubtful: Store, log: Path) -> None:
    utc(log, taken(ADA, at=NOW + 2 * MINUTE, iso=True))
    word = asked(doubtful, {RELAY: log})
    assert word.sent
    assert word.words == "the relay's log has it: queue id 62C612B7C6C, status=sent (250 2.0.0 Ok)"
    assert doubtful.outbox.count_by_state() == {"sent": 1}
    with doubtful.reading() as connection:
        rows = connection.exec_driver_sql("SELECT state, relay, queue_id, words FROM attempt ORDER BY id").all()
    assert tuple(rows[-1]) == ("sent", RELAY, "62C612B7C6C", word.words)
    assert search_logs(doubtful, {RELAY: log}, now=LATER) == []


@pytest.mark.parametrize("status", ["deferred (mx.example.org refused ada@example.org)", ""])
def test_it_is_the_relay_s_from_the_moment_that_it_was_taken(doubtful: Store, log: Path, status: str) -> None:
    utc(log, taken(ADA, at=NOW + 2 * MINUTE, iso=True, status=status))
    word = asked(doubtful, {RELAY: log})
    assert word.sent
    assert word.words.endswith("status=deferred (mx.example.org refused <…>" if status else "in its queue")


def test_the_log_of_any_relay_may_have_it(doubtful: Store, log: Path) -> None:
    other = utc(log.with_name("other.log"), taken(ADA, at=NOW + 2 * MINUTE, iso=True))
    utc(log, *AROUND)
    assert asked(doubtful, {RELAY: log, "smtp://other:25": other, "smtps://far:465": None}).sent
    with doubtful.reading() as connection:
        assert "smtp://other:25" in connection.exec_driver_sql("SELECT relay FROM attempt").scalars().all()


def test_a_beginning_alone_leaves_it_in_doubt(doubtful: Store, log: Path) -> None:
    utc(log, AROUND[0], begun(ADA, at=NOW + 2 * MINUTE, iso=True), AROUND[1])
    word = asked(doubtful, {RELAY: log})
    assert not word.sent
    assert word.words == (
        "the relay's log has only its beginning (queue id 62C612B7C6C), and not that it was taken; it covers that time"
    )
    (row,) = doubtful.outbox.unsent(in_doubt=True)
    assert row.next_at == LATER  # sent once more, as before


def test_that_there_is_nothing_is_said_and_moves_nothing(doubtful: Store, log: Path) -> None:
    utc(log, *AROUND)
    word = asked(doubtful, {RELAY: log})
    assert not word.sent
    assert word.words == "the relay's log does not have it, and covers that time"
    assert [row.next_at for row in doubtful.outbox.unsent(in_doubt=True)] == [LATER]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_log_that_does_not_reach_around_says_so(doubtful: Store, log: Path, missing: int) -> None:
    utc(log, AROUND[1 - missing])
    assert asked(doubtful, {RELAY: log}).words.endswith("does not cover that time for certain")


def test_the_log_of_another_relay_covers_nothing(doubtful: Store, log: Path) -> None:
    utc(log, *AROUND)
    assert asked(doubtful, {RELAY: None, "smtp://other:25": log}).words == (
        "its relay has no log that can be read here"
    )
    assert asked(doubtful, {"smtp://one:25": None, "smtp://other:25": log}).words.endswith(
        "does not cover that time for certain"
    )


def test_a_log_that_cannot_be_read_is_told_and_nothing_is_lost(doubtful: Store, log: Path) -> None:
    word = asked(doubtful, {RELAY: log})
    assert word.words.startswith(f"the relay's log cannot tell: {log} cannot be read: there is no such file")
    assert doubtful.outbox.count_by_state() == {"in doubt": 1}
    assert [letter.subscriber for letter in claim(doubtful)] == ["ada"]


def test_a_round_asks_only_about_what_cannot_wait(doubtful: Store, log: Path) -> None:
    utc(log, *AROUND)
    assert len(search_logs(doubtful, {RELAY: log}, now=NOW + 3 * MINUTE, lately=True)) == 1
    assert len(search_logs(doubtful, {RELAY: log}, now=NOW + 9 * HOUR, lately=True)) == 1  # its time has come
    (ada,) = claim(doubtful)
    doubtful.outbox.record_results([lost(ada, later=False)])
    assert search_logs(doubtful, {RELAY: log}, now=NOW + 9 * HOUR, lately=True) == []
    assert len(search_logs(doubtful, {RELAY: log}, now=NOW + 9 * HOUR)) == 1


def test_without_a_log_or_a_doubt_nothing_is_asked(store: Store, log: Path) -> None:
    queue(store, "ada")
    assert search_logs(store, {RELAY: log}, now=NOW) == []
    (ada,) = claim(store)
    store.outbox.record_results([lost(ada)])
    assert search_logs(store, {RELAY: None}, now=NOW) == []
    store.close()
    assert search_logs(store, {}, now=NOW) == []


# ----------------------------------------------------------------------------------------------------- within one round


class Losing:
    """A way out that loses the line at the dot, as often as it is told to."""

    def __init__(self, times: int) -> None:
        self.sent: list[str] = []
        self._times = times

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, envelope: Envelope, at_dot: Callable[[], None], following: NextEnvelope = no_next) -> SendReceipt:
        at_dot()
        self.sent.append(envelope.message_id)
        if len(self.sent) <= self._times:
            raise InDoubt("it hung up, after the letter was handed over")
        return SendReceipt(words="250 Ok")


def sent(channel: Channel) -> SendReceipt:
    with channel:
        return channel.send(envelope("ada"), lambda: None)


def test_a_round_that_meets_a_doubtful_letter_again_asks_the_log_first(log: Path) -> None:
    utc(log, idle(NOW, iso=True))
    way = Losing(1)
    made = check_logs_first({RELAY: log, "console:": None}, lambda: NOW)
    first, second = made(lambda: way)(), made(lambda: way)()
    with pytest.raises(InDoubt):
        sent(first)
    utc(log, taken(ADA, at=NOW, iso=True))
    receipt = sent(second)  # the channels of a round know of one another
    assert (receipt.queue_id, receipt.words[:23]) == ("62C612B7C6C", "the relay's log has it:")
    assert way.sent == [ADA]


def test_what_the_log_does_not_have_is_sent(log: Path) -> None:
    utc(log, begun(ADA, at=NOW, iso=True))
    way = Losing(1)
    channel = check_logs_first({RELAY: log}, lambda: NOW)(lambda: way)()
    with pytest.raises(InDoubt):
        sent(channel)
    assert sent(channel).words == "250 Ok"
    assert way.sent == [ADA, ADA]


def test_a_letter_that_was_not_in_doubt_is_sent_without_a_look(log: Path) -> None:
    utc(log, taken(ADA, at=NOW, iso=True))
    way = Losing(0)
    assert sent(check_logs_first({RELAY: log}, lambda: NOW)(lambda: way)()).words == "250 Ok"
    opened: Channel = way
    assert check_logs_first({RELAY: None}, lambda: NOW)(lambda: opened)() is opened
