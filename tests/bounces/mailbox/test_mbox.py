"""What came back into an mbox, whoever wrote it, and onto standard input."""

from __future__ import annotations

import io
import re
from hashlib import sha256
from mailbox import mbox as standard_mbox
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces import mailbox
from digest.bounces.mailbox import MailboxMessage
from digest.errors import ConfigError, MailboxError

ENVELOPE = b"From MAILER-DAEMON Thu Jul 30 06:00:00 2026\n"


def read(path: Path, largest: int = 1_000_000) -> list[MailboxMessage]:
    with mailbox.open_mailbox(f"mbox:{path}", largest=largest) as box:
        return list(box.messages())


def written(tmp_path: Path, data: bytes) -> list[bytes]:
    path = tmp_path / "box"
    path.write_bytes(data)
    return [received.message for received in read(path)]


def reader(data: bytes, largest: int = 1_000_000) -> list[MailboxMessage]:
    with mailbox.open_mailbox("-", stdin=io.BytesIO(data), largest=largest) as box:
        messages = list(box.messages())
        for received in messages:
            box.done(received)
        return messages


# ---------------------------------------------------------------------------------------------------------------- mbox

LINES = st.lists(
    st.one_of(
        st.sampled_from([b"", b"From ", b"From here on", b">From ", b">>From x", b"From", b" From ", b"\r", b"\xff"]),
        st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")),
    ),
    min_size=1,
    max_size=8,
)
MESSAGES = st.lists(LINES.map(lambda lines: b"Subject: x\n" + b"\n".join(lines) + b"\n"), max_size=5)


@given(MESSAGES)
def test_mboxrd_reads_back_as_it_was(messages: list[bytes]) -> None:
    """The form that quotes every >From: nothing is lost."""
    quoted = [re.sub(rb"(?m)^(>*From )", rb">\1", message) for message in messages]
    assert _back(quoted) == messages


@given(MESSAGES)
def test_mboxo_reads_back_where_it_can(messages: list[bytes]) -> None:
    """The form that quotes From alone: a >From that was there before cannot be told from a quoted one."""
    messages = [re.sub(rb"(?m)^>+(?=From )", b"", message) for message in messages]
    assert _back([re.sub(rb"(?m)^From ", b">From ", message) for message in messages]) == messages


def _back(quoted: list[bytes]) -> list[bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "box"
        path.write_bytes(b"".join(ENVELOPE + message + b"\n" for message in quoted))
        return [received.message for received in read(path)]


def test_a_box_of_the_standard_library(tmp_path: Path) -> None:
    box = standard_mbox(tmp_path / "box")
    box.add(b"Subject: one\n\nFrom here\n\nFrom there\n")
    box.add(b"Subject: two\n\nend\n")
    box.close()
    assert [received.message for received in read(tmp_path / "box")] == [
        b"Subject: one\n\nFrom here\n\nFrom there\n",
        b"Subject: two\n\nend\n",
    ]


def test_a_message_is_named_by_its_bytes_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(ENVELOPE + b"Subject: one\n\n1\n\n")
    path.chmod(0o400)
    with mailbox.open_mailbox(f"mbox:{path}") as box:
        received = next(box.messages())
        box.done(received)
    assert received.id == sha256(b"Subject: one\n\n1\n").hexdigest()
    assert [again.id for again in read(path)] == [received.id]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_only_an_empty_line_ends_a_message(tmp_path: Path, line_end: bytes) -> None:
    one = b"Subject: x\nFrom nobody\n\n\n>From me\n".replace(b"\n", line_end)
    box = (ENVELOPE + b"%s\n" + ENVELOPE + b"Subject: y\n").replace(b"\n", line_end) % one
    assert written(tmp_path, b"\n" + box) == [one.replace(b">From", b"From"), b"Subject: y" + line_end]


def test_lines_longer_than_a_part_are_read_in_parts(tmp_path: Path) -> None:
    long = b"x" * 65_536 + b"From y" * 30_000 + b"\n"
    one, two = b"Subject: x\n\n" + long, b"Subject: y\n\n" + b"z" * 65_535 + b"\n"
    box = b"From " + long + one + b"\n" + ENVELOPE + two + b"\n"
    assert written(tmp_path, box) == [one, two]


def test_a_large_message_is_cut_and_named_by_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(b"".join(ENVELOPE + b"x\n" * 1_000 + end + b"\n" for end in (b"1\n", b"2\n")))
    one, two = read(path, largest=100)
    assert one.message == two.message == b"x\n" * 50
    assert one.id == sha256(b"x\n" * 1_000 + b"1\n").hexdigest() != two.id


def test_a_message_that_is_being_written_is_never_named_as_a_whole_one(tmp_path: Path) -> None:
    first, last = b"Subject: one\n\n1\n", b"Subject: two\n\nFrom\n\nend\n"
    whole = ENVELOPE + first + b"\n" + ENVELOPE + last + b"\n"
    path = tmp_path / "box"
    names = {sha256(first).hexdigest(), sha256(last).hexdigest()}
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        for received in read(path):
            is_whole = received.message in (first, last)
            assert (received.id in names) == is_whole
            assert whole[:end].endswith(b"\n") or received.message != last
    assert [received.message for received in read(path)] == [first, last]


def test_what_is_no_mbox(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; make an empty one"):
        read(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="no such file"):
        read(tmp_path)
    with pytest.raises(ConfigError, match='does not begin with "From "'):
        written(tmp_path, b"Subject: a letter\n\nFrom me\n")
    assert written(tmp_path, b"") == []
    with mailbox.open_mailbox(f"mbox:{tmp_path / 'box'}") as box:
        (tmp_path / "box").unlink()
        with pytest.raises(ConfigError, match="cannot be read: No such file"):
            list(box.messages())
        (tmp_path / "box").symlink_to("box")  # too many levels
        with pytest.raises(MailboxError, match="cannot be read now"):
            list(box.messages())


# ------------------------------------------------------------------------------------------------------ standard input


@pytest.mark.parametrize("before", [b"", ENVELOPE, b"From " + b"x" * 200_000 + b"\n"])
def test_one_message_a_run(before: bytes) -> None:
    message = b"Subject: one\r\n\r\nFrom me\r\n\r\nFrom you\r\n>From us, no end of line"
    assert reader(before + message) == [MailboxMessage(id=sha256(message).hexdigest(), message=message)]


@pytest.mark.parametrize("nothing", [b"", ENVELOPE, b"From "])
def test_nothing_said(nothing: bytes) -> None:
    assert reader(nothing) == []


def test_a_large_message_is_read_to_its_end() -> None:
    stream = io.BytesIO(b"x" * 300_000)
    with mailbox.open_mailbox("-", stdin=stream, largest=10) as box:
        assert [received.message for received in box.messages()] == [b"x" * 10]
    assert stream.tell() == 300_000


class Broken(io.BytesIO):
    def readline(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_stream_that_breaks() -> None:
    with mailbox.open_mailbox("-", stdin=Broken()) as box, pytest.raises(MailboxError, match="standard input"):
        list(box.messages())
