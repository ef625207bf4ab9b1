"""What lines of a Postfix log say of a letter: taken by the queue manager, or only begun; and when they were made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.postfix_log import LetterTrace
from digest.mail.postfix_log.lines import LogLineCollector, line_time, match_line
from tests.support.postfix_log import begun, line, old, taken
from tests.support.postfix_log_keys import KEY, OTHER
from tests.support.store_samples import NOW

QUEUE = "62C612B7C6C"


def traces(lines: Iterable[str], *keys: str) -> dict[str, LetterTrace]:
    reader = LogLineCollector(keys or (KEY,))
    for each in lines:
        reader.take(each.encode() + b"\n")
    return reader.traces()


@pytest.mark.parametrize("iso", [False, True])
@pytest.mark.parametrize("queue", [QUEUE, "4jWydL4J88zPVlP"])
def test_a_letter_that_was_taken(queue: str, iso: bool) -> None:
    found = traces(taken(KEY, queue, iso=iso))
    assert found == {KEY: LetterTrace(queue_id=queue, taken=True, status=b"status=sent (250 2.0.0 Ok)")}


@pytest.mark.parametrize(
    "status",
    ["deferred (connect to mx: Connection refused)", "bounced (host mx said: 550 5.1.1 nobody (in reply to RCPT))", ""],
)
def test_a_letter_that_was_taken_counts_whatever_came_of_it(status: str) -> None:
    trace = traces(taken(KEY, status=status))[KEY]
    assert (trace.taken, trace.status) == (True, f"status={status}".encode() if status else b"")


def test_the_last_status_counts() -> None:
    expired = line(f"{QUEUE}: from=<b@example.org>, status=expired, returned to sender", service="qmgr")
    later = [line(f"{QUEUE}: to=<a@b.c>, relay=none, dsn=4.4.1, status=deferred (again)", service="smtp"), expired]
    assert traces([*taken(KEY, status="deferred (once)"), later[0]])[KEY].status == b"status=deferred (again)"
    assert traces([*taken(KEY, status="deferred (once)"), *later])[KEY].status == b"status=expired, returned to sender"


def test_a_beginning_alone_is_no_acceptance() -> None:
    lost = line("lost connection after DATA (92 bytes) from localhost[127.0.0.1]")
    assert traces([*begun(KEY), lost]) == {KEY: LetterTrace(queue_id=QUEUE, taken=False)}


def test_one_that_is_held_or_refused_is_not_taken() -> None:
    held = line(f"{QUEUE}: hold: header Subject: x from localhost; message-id={KEY} (queue active)", service="cleanup")
    assert traces([held]) == {}
    assert not traces([held, *begun(KEY)])[KEY].taken


def test_a_queue_id_that_is_given_anew_is_another_letter() -> None:
    """The first one's client vanished; a moment later its queue id is that of a letter that is taken."""
    assert traces([*begun(KEY), *taken(OTHER)]) == {KEY: LetterTrace(queue_id=QUEUE, taken=False)}
    nameless = [each for each in taken(OTHER) if "message-id" not in each]
    assert traces([*begun(KEY), *nameless]) == {KEY: LetterTrace(queue_id=QUEUE, taken=False)}
    unannounced = [each for each in taken(OTHER) if "client=" not in each]
    assert traces([*begun(KEY), *unannounced]) == {KEY: LetterTrace(queue_id=QUEUE, taken=False)}
    by_hand = [each.replace("client=localhost[127.0.0.1]", "uid=0 from=<root>") for each in nameless]
    assert not traces([*begun(KEY), *by_hand])[KEY].taken


def test_letters_that_come_at_the_same_time_are_told_apart() -> None:
    one, two = taken(KEY, "AAAAAA11"), begun(OTHER, "BBBBBB22")
    mixed = [each for pair in zip(one, [*two, *[line("x")] * (len(one) - len(two))], strict=True) for each in pair]
    found = traces(mixed, KEY, OTHER)
    assert (found[KEY].taken, found[OTHER].taken) == (True, False)


def test_a_second_try_that_was_taken_counts_and_not_the_first() -> None:
    assert traces([*begun(KEY, "AAAAAA11"), *taken(KEY, "BBBBBB22")])[KEY].queue_id == "BBBBBB22"


def test_a_letter_that_comes_back_from_a_filter_has_a_second_queue_id() -> None:
    filtered = taken(KEY, "AAAAAA11", status="")
    back = taken(KEY, "BBBBBB22", status="deferred (busy)")
    done = line("AAAAAA11: to=<a@b.c>, relay=127.0.0.1:10024, dsn=2.0.0, status=sent (250 as BBBBBB22)", service="smtp")
    assert traces([*filtered, *back, done])[KEY] == LetterTrace(
        queue_id="AAAAAA11", taken=True, status=b"status=deferred (busy)"
    )


@pytest.mark.parametrize(
    "forged",
    [
        f"to=<ada@example.org>, {QUEUE}: from=<x>, size=1, nrcpt=1 (queue active)",
        f"warning: {QUEUE}: from=<x>, size=1, nrcpt=1 (queue active)",
        f"{QUEUE}: to=<x>, from=<x>, size=1, nrcpt=1 (queue active)",
    ],
)
def test_words_of_others_within_a_line_are_not_the_queue_manager_s(forged: str) -> None:
    assert not traces([*begun(KEY), line(forged, service="qmgr"), line(forged)])[KEY].taken
    assert traces([each.replace("postfix/cleanup", "postfix/smtpd") for each in taken(KEY)]) == {}
    real = f"{QUEUE}: from=<x>, size=1, nrcpt=1 (queue active)"
    assert not traces([*begun(KEY), line(real, service="smtpd")])[KEY].taken
    assert not traces([*begun(KEY), f"{old(NOW)} relay qmgr[1]: {real}"])[KEY].taken


def test_a_message_id_is_that_one_and_no_longer_one() -> None:
    assert traces([*taken("<ada.1@example.org>x"), *taken("<ada.1@example.or>"), *taken(KEY.upper())]) == {}


@pytest.mark.parametrize("name", ["postfix", "postfix-out", "postfix/submission", "mail.relay/in"])
def test_any_name_that_postfix_may_have(name: str) -> None:
    assert traces([each.replace("postfix/", f"{name}/") for each in taken(KEY)])[KEY].taken


def test_a_log_that_dropped_lines_says_so() -> None:
    reader = LogLineCollector([KEY])
    reader.take(line("x").encode())
    assert not reader.gaps
    reader.take(b"Nov 20 07:30:00 relay rsyslogd: imjournal: 812 messages lost due to rate-limiting\n")
    assert reader.gaps


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([*(each.encode() for each in taken(KEY)), b"\n", b"\0", b": ", QUEUE.encode(), b"message-id="]),
)


@given(st.lists(st.lists(PIECES, max_size=6).map(b"".join), max_size=12))
def test_no_bytes_raise(lines: list[bytes]) -> None:
    reader = LogLineCollector([KEY])
    for each in lines:
        reader.take(each)
        if found := match_line(each):
            line_time(found, NOW, UTC)
    assert set(reader.traces()) <= {KEY}


# --------------------------------------------------------------------------------------------------------------- times


def at(stamp: str, latest: datetime = NOW, zone: str = "UTC") -> datetime | None:
    found = match_line(f"{stamp} relay postfix/smtpd[1]: x".encode())
    assert found
    return line_time(found, latest, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("stamp", "meant"),
    [
        ("2026-11-20T07:30:00+00:00", NOW),
        ("2026-11-20T07:30:00Z", NOW),
        ("2026-11-20T08:30:00.123456+01:00", NOW),
        ("2026-11-20T02:30:00.1-0500", NOW),
        ("Nov 20 07:30:00", NOW),
        ("Nov  2 07:30:00", NOW - timedelta(days=18)),
        ("Dec 31 23:59:59", datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("Nov 20 07:30:01", datetime(2025, 11, 20, 7, 30, 1, tzinfo=UTC)),
        ("Nov 31 07:30:00", None),
        ("Nvo 20 07:30:00", None),
        ("Nov 20 25:30:00", None),
        ("2026-13-20T07:30:00Z", None),
        ("2026-11-20T07:30:00+99:00", None),
        ("0001-01-01T00:00:00+23:00", None),
    ],
)
def test_when_a_line_was_written(stamp: str, meant: datetime | None) -> None:
    found = at(stamp)
    assert (found and found.replace(microsecond=0)) == meant


def test_a_stamp_without_a_zone_is_of_the_machine_s() -> None:
    assert at("Nov 20 08:30:00", zone="Europe/Vienna") == NOW
    assert at("Nov 20 02:30:00", zone="America/New_York") == NOW


def test_an_hour_that_comes_twice_tells_no_time() -> None:
    assert at("Oct 25 02:30:00", zone="Europe/Vienna") is None
    assert at("Oct 25 03:00:00", zone="Europe/Vienna") == datetime(2026, 10, 25, 2, tzinfo=UTC)


def test_the_year_turns_within_a_log() -> None:
    january = datetime(2027, 1, 1, 6, tzinfo=UTC)
    assert at("Dec 31 23:59:59", january) == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert at("Jan  1 00:00:01", january) == datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)
