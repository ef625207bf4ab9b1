"""The phase record: what is written outlives a process, a torn line counts as not written, a lock tells who lives."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery import journal as journals
from digest.delivery.journal import Journal, JournalError
from digest.mail.journal_entry import JournalEntry, join_marks, paper_mark
from tests.support.store_samples import NOW

KEY = "<a1@example.org>"


def begin(folder: Path, ledger: str = "ours") -> Journal:
    return Journal.begin(folder, ledger, now=NOW)


def left(folder: Path) -> list[tuple[JournalEntry, ...]]:
    found = []
    for each in journals.orphaned_journals(folder):
        found.append(each.record.entries)
        each.release()
    return found


def test_the_last_word_on_each_letter_is_what_counts(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    for number in (1, 2, 3, 4):
        journal.announce(number, 7, KEY)
    journal.dot(1, 7)
    journal.taken(1, 7)
    journal.dot(2, 7)
    journal.returned(4, 7)
    assert left(tmp_path) == []  # its process lives
    journal.abandon()
    [entries] = left(tmp_path)
    assert {entry.delivery: entry.mark for entry in entries} == {1: "K", 2: "D", 3: "M", 4: "R"}
    assert {(entry.epoch, entry.message_id) for entry in entries} == {(7, KEY)}


def test_a_record_that_was_told_is_kept_and_not_read_again(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    journal.close()
    assert left(tmp_path) == []
    assert journals.closed_names(tmp_path) == [journal.name]
    [record] = journals.closed_journals(tmp_path)
    assert (record.ledger, record.same_boot) == ("ours", True)
    assert journals.delete_closed(tmp_path, NOW - timedelta(days=9999)) == 0
    assert journals.delete_closed(tmp_path, NOW + timedelta(days=9999)) == 1
    assert journals.closed_names(tmp_path) == []


def test_a_killed_process_leaves_its_lines_and_no_lock(tmp_path: Path) -> None:
    program = (
        "import os, sys, signal; from datetime import datetime, UTC; from pathlib import Path\n"
        "from digest.delivery.journal import Journal\n"
        "journal = Journal.begin(Path(sys.argv[1]), 'ours', now=datetime.now(UTC))\n"
        "journal.announce(1, 1, '<a1@example.org>'); journal.dot(1, 1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == -9
    [(entry,)] = left(tmp_path)
    assert entry.mark == "D"


def test_a_line_that_the_full_disk_has_torn_is_none_although_it_looks_whole(tmp_path: Path) -> None:
    """Of "K 812 31" there is room for "K 812 3", which is another lease's; then there is room again."""
    program = (
        "import os, resource, sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from digest.delivery.journal import Journal\n"
        "folder = Path(sys.argv[1]); journal = Journal.begin(folder, 'ours', now=datetime.now(UTC))\n"
        "journal.announce(812, 31, '<a1@example.org>'); journal.dot(812, 31)\n"
        "size, (_, most) = next(folder.iterdir()).stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size + 16, most)); journal.taken(812, 31)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)); journal.announce(813, 1, '<a2@example.org>')\n"
        "journal.abandon()"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert "K 812 3~" in next(tmp_path.iterdir()).read_text()
    [entries] = left(tmp_path)
    assert {(entry.delivery, entry.epoch, entry.mark) for entry in entries} == {(812, 31, "D"), (813, 1, "M")}


@given(cut=st.integers(0, 400))
def test_cut_anywhere_it_never_tells_more_than_was_written(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = begin(folder)
    journal.announce(12, 3, KEY)
    journal.dot(12, 3)
    journal.taken(12, 3)
    journal.abandon()
    [file] = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:cut])
    marks = [entry.mark for entries in left(folder) for entry in entries]
    written = whole[:cut].count(b"\n")
    assert marks == ([] if written < 2 else ["MDK"[written - 2]])


@given(junk=st.binary(max_size=200))
def test_no_junk_in_a_record_is_too_odd(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = begin(folder)
    journal.abandon()
    [file] = folder.iterdir()
    file.write_bytes(file.read_bytes() + junk)
    assert len(left(folder)) == 1
    file.write_bytes(junk)
    [found] = journals.orphaned_journals(folder)
    assert not found.record.is_whole
    found.release()


@given(place=st.integers(0, 250), bit=st.integers(0, 7))
def test_a_flipped_bit_is_seen_and_says_nothing_that_was_not_written(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = begin(folder)
    for number in (12, 13):
        journal.announce(number, 3, KEY, paper_mark("ada", "arxiv:2611.00001", "new"))
        journal.dot(number, 3)
    journal.taken(12, 3)
    journal.abandon()
    [file] = folder.iterdir()
    whole = bytearray(file.read_bytes())
    place %= len(whole)
    whole[place] ^= 1 << bit
    file.write_bytes(whole)
    [found] = journals.orphaned_journals(folder)
    # of the head only the form can be checked
    assert not found.record.is_whole or place < whole.index(b"\n")
    assert {(entry.delivery, entry.epoch) for entry in found.record.entries} <= {(12, 3), (13, 3)}
    found.release()


def test_the_papers_of_a_letter_come_back(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    marks = [paper_mark("ada", f"arxiv:2611.{number:05}", "new") for number in range(40)]
    journal.announce(12, 3, KEY, join_marks(marks))
    journal.dot(12, 3)
    journal.abandon()
    [[entry]] = left(tmp_path)
    assert entry.papers == tuple(marks)
    assert len(set(marks)) == 40


def test_a_journal_without_checksums_is_read(tmp_path: Path) -> None:
    lines = "morning-papers journal 1 ours boot\nM 812 3 <a1@example.org>\nD 812 3\nK 81"
    (tmp_path / "20261119T000000-1-aaaaaa.open").write_text(lines)
    [[entry]] = left(tmp_path)
    assert entry == JournalEntry(delivery=812, epoch=3, message_id="<a1@example.org>", mark="D")


def test_where_no_record_can_be_kept_nothing_is_begun(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="nothing is sent") as raised:
        begin(tmp_path / "file")
    assert raised.value.relay


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is played by /dev/full")
def test_a_full_disk_is_told_before_the_dot_and_forgiven_after_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "x.open", os.open("/dev/full", os.O_WRONLY))
    with pytest.raises(JournalError, match="No space left"):
        journal.announce(1, 1, KEY)
    with pytest.raises(JournalError):
        journal.dot(1, 1)
    journal.taken(1, 1)
    journal.returned(1, 1)
    journal.abandon()


def test_after_another_boot_it_is_said_so(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    journal.abandon()
    [file] = tmp_path.iterdir()
    file.write_text(file.read_text().replace(str(journals.boot_id()), "another-boot"))
    [found] = journals.orphaned_journals(tmp_path)
    assert not found.record.same_boot
    found.close()
    assert left(tmp_path) == []


def test_a_live_record_can_be_looked_at(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    journal.announce(1, 1, KEY)
    alive = journals.live_journal(tmp_path, journal.name)
    assert alive is not None
    assert [entry.mark for entry in alive.record.entries] == ["M"]
    assert journals.live_journal(tmp_path, "nobody") is None
    journal.close()
    assert journals.live_journal(tmp_path, journal.name) is None
