"""A log and its older parts, plain and packed: read from where it matters, and what cannot be read is told."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail import postfix_log as maillog
from digest.mail.postfix_log import LogSearch
from tests.support.postfix_log import begun, idle, line, taken, write
from tests.support.postfix_log_keys import KEY, OTHER
from tests.support.store_samples import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def look(path: Path, *keys: str, since: datetime = NOW) -> LogSearch:
    return maillog.search_log(path, keys or (KEY,), since, zone=UTC)


def queue_ids(path: Path, *keys: str, since: datetime = NOW) -> dict[str, str]:
    return {key: trace.queue_id for key, trace in look(path, *keys, since=since).traces.items()}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "mail.log"


@pytest.mark.parametrize("iso", [False, True])
def test_a_log_tells_of_a_letter_and_of_what_it_covers(log: Path, iso: bool) -> None:
    write(log, [*idle(NOW - HOUR, iso=iso), *taken(KEY, iso=iso), *idle(NOW + HOUR, iso=iso)])
    found = look(log)
    assert found.traces[KEY].taken
    assert (found.since, found.until, found.whole) == (NOW - HOUR, NOW + HOUR, True)
    assert found.covers(NOW, NOW + HOUR / 2)
    assert not found.covers(NOW - HOUR, NOW)
    assert not found.covers(NOW, NOW + HOUR)


def test_a_log_of_others_covers_nothing(log: Path) -> None:
    write(log, ["Nov 20 06:00:00 relay dovecot: imap(ada): x", "Nov 20 09:00:00 relay dovecot: imap(ada): x"])
    assert not look(log).covers(NOW, NOW)


@pytest.mark.parametrize("name", ["mail.log.1", "mail.log.1.gz", "mail.log-20261120", "mail.log-20261120.gz"])
def test_a_letter_stands_in_an_older_part(log: Path, name: str) -> None:
    write(log.with_name(name), [*idle(NOW - HOUR), *taken(KEY)], last=NOW)
    write(log, idle(NOW + HOUR))
    found = look(log)
    assert found.traces[KEY].taken
    assert found.covers(NOW - HOUR / 2, NOW + HOUR / 2)


def test_a_letter_that_lies_across_two_parts(log: Path) -> None:
    lines = taken(KEY)
    write(log.with_name("mail.log.1"), lines[:3], last=NOW)
    write(log, lines[3:])
    assert look(log).traces[KEY].taken


def test_parts_are_read_in_their_order_and_none_that_is_too_old(log: Path) -> None:
    for number in (1, 2, 10):
        at = NOW - number * DAY
        write(log.with_name(f"mail.log.{number}"), [*idle(at - HOUR), *taken(KEY, f"AAAAAA{number:02}", at)], last=at)
    write(log.with_name("mail.log.11.gz"), [], last=NOW - 12 * DAY)
    write(log, idle(NOW))
    write(log.with_name("mail.log.old"), taken(KEY, "BBBBBB"))
    write(log.with_name("mail.login"), taken(KEY, "CCCCCC"))
    assert queue_ids(log, since=NOW - 2 * DAY - HOUR) == {KEY: "AAAAAA02"}
    found = look(log, since=NOW - 2 * DAY - HOUR)
    assert found.since == NOW - 10 * DAY  # when the part before was last written
    assert queue_ids(log, since=NOW - 40 * DAY) == {KEY: "AAAAAA10"}
    assert queue_ids(log) == {}


def test_parts_of_one_day_are_read_in_their_order(log: Path) -> None:
    lines = taken(KEY)
    for name, part in (("2026112006", lines[:2]), ("2026112007.gz", lines[2:3]), ("2026112008", lines[3:])):
        write(log.with_name(f"mail.log-{name}"), part, last=NOW)
    write(log, [])
    assert look(log).traces[KEY].taken


def test_what_is_older_is_skipped_by_halves(log: Path) -> None:
    """Two days of lines; that they are not read shows by a letter before that is not found."""
    lines = idle(*(NOW - timedelta(seconds=10 * number) for number in range(20_000, 0, -1)))
    write(log, [*taken(OTHER, "AAAAAA11", NOW - 3 * DAY), *lines, *taken(KEY), *idle(NOW + HOUR)])
    found = look(log, KEY, OTHER)
    assert set(found.traces) == {KEY}
    assert found.since
    assert NOW - 5 * HOUR < found.since < NOW - 2 * HOUR
    assert set(look(log, KEY, OTHER, since=NOW - 3 * DAY).traces) == {KEY, OTHER}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_a_log_in_another_zone_than_ours_is_read_whole_and_covers_nothing(log: Path, zone: str) -> None:
    """As where a container has a zone of its own: a letter may seem to be of long ago."""
    many = idle(*(NOW - timedelta(seconds=number) for number in range(3_000, 0, -1)))
    write(log, [*many, *taken(KEY), *many, *idle(NOW + HOUR)])
    found = maillog.search_log(log, [KEY], NOW + 9 * HOUR, zone=ZoneInfo(zone))
    assert found.traces[KEY].taken
    assert not found.whole
    assert look(log).whole
    write(log, [*idle(NOW - HOUR, iso=True), *taken(KEY, iso=True), *idle(NOW + HOUR, iso=True)])
    assert maillog.search_log(log, [KEY], NOW, zone=ZoneInfo(zone)).covers(NOW, NOW + HOUR / 2)


def test_lines_without_a_time_do_not_mislead_the_halving(log: Path) -> None:
    noise = ["no line of any log at all, and quite long too"] * 3_000
    write(log, [*idle(NOW - DAY), *noise, *taken(KEY), *noise, *idle(NOW + HOUR)])
    assert look(log).traces[KEY].taken


def test_a_line_that_is_being_written_and_one_without_end_are_none(log: Path) -> None:
    lines = taken(KEY)
    write(log, [*lines[:3], "x" * 81_920 + lines[3]])
    assert not look(log).traces[KEY].taken
    log.write_text("\n".join(lines[:4]))
    assert not look(log).traces[KEY].taken
    log.write_text("\r\n".join([*lines, ""]))
    assert look(log).traces[KEY].taken


def test_the_year_is_that_of_the_file(log: Path) -> None:
    year = timedelta(days=365)
    write(log.with_name("mail.log.1"), taken(KEY, at=NOW), last=NOW - year)
    write(log, [*idle(NOW - HOUR), *begun(OTHER), *idle(NOW + HOUR)])
    assert queue_ids(log, KEY) == {}
    assert look(log, since=NOW - year).since == NOW - year


def test_a_log_that_dropped_lines_covers_nothing(log: Path) -> None:
    lost = "Nov 20 07:31:00 relay rsyslogd: imjournal: 812 messages lost due to rate-limiting"
    write(log, [*idle(NOW - HOUR), lost, *idle(NOW + HOUR)])
    assert not look(log).covers(NOW, NOW + HOUR / 2)


def test_a_part_that_is_damaged_is_told_and_the_others_are_read(log: Path) -> None:
    packed = write(log.with_name("mail.log.1.gz"), idle(*[NOW] * 5_000), last=NOW)
    packed.write_bytes(packed.read_bytes()[:-20])
    os.utime(packed, (NOW.timestamp(), NOW.timestamp()))
    write(log, [*taken(KEY), *idle(NOW + HOUR)])
    found = look(log)
    assert found.traces[KEY].taken
    assert not found.covers(NOW, NOW + HOUR / 2)
    (fault,) = found.faults
    assert fault.startswith(f"{packed} cannot be read: ")


def test_a_log_that_cannot_be_read_says_why(log: Path) -> None:
    assert "there is no such file" in str(maillog.unreadable_reason(log))
    assert "there is no such file" in look(log).faults[0]
    assert "there is no such file" in look(log / "in" / "no" / "folder").faults[-1]
    log.mkdir()
    assert "it is no file" in str(maillog.unreadable_reason(log))
    log.rmdir()
    os.mkfifo(log)  # nobody writes to it, and nobody may wait for that
    assert "it is no file" in look(log).faults[0]
    log.unlink()
    write(log, [line("x")])
    assert maillog.unreadable_reason(log) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_log_that_we_may_not_read_names_the_mend(log: Path) -> None:
    write(log, taken(KEY)).chmod(0)
    assert "group adm" in str(maillog.unreadable_reason(log))
    assert "group adm" in look(log).faults[0]


@given(st.binary(max_size=2_000), st.booleans(), st.booleans())
def test_no_bytes_make_a_look_raise(data: bytes, packed: bool, well: bool) -> None:
    with TemporaryDirectory() as folder:
        log = Path(folder) / "mail.log"
        log.write_bytes(data)
        (Path(folder) / "mail.log.1.gz").write_bytes(gzip.compress(data) if well else data)
        (Path(folder) / "mail.log.2").write_bytes(data if packed else "\n".join(taken(KEY)).encode() + data)
        maillog.search_log(log, [KEY], NOW - 9 * DAY)
