"""What came back into a Maildir, as mail servers and mail programs leave it."""

from __future__ import annotations

import os
from mailbox import Maildir as StandardMaildir
from pathlib import Path

import pytest

from digest.bounces import mailbox
from digest.bounces.mailbox import MailboxMessage
from digest.errors import ConfigError, MailboxError


def put(folder: Path, name: str, message: bytes = b"Subject: one\n\n1\n", *, age: int = 0) -> Path:
    """A message that came `age` seconds before the newest."""
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(message)
    os.utime(path, (1_800_000_000 - age,) * 2)
    return path


def read(folder: Path, largest: int = 1_000) -> list[MailboxMessage]:
    with mailbox.open_mailbox(f"maildir:{folder}", largest=largest) as box:
        return list(box.messages())


def names(folder: Path) -> list[str]:
    return [received.id for received in read(folder)]


def test_what_is_new_comes_oldest_first(tmp_path: Path) -> None:
    put(tmp_path, "new/b", b"B\r\n\xff", age=20)
    put(tmp_path, "new/c", b"C", age=30)
    put(tmp_path, "new/a", b"A", age=10)
    assert read(tmp_path) == [
        MailboxMessage(id="c", message=b"C"),
        MailboxMessage(id="b", message=b"B\r\n\xff"),
        MailboxMessage(id="a", message=b"A"),
    ]


def test_what_is_done_lies_in_cur_as_seen_and_comes_no_more(tmp_path: Path) -> None:
    put(tmp_path, "new/1.M2P3.host,S=9")
    with mailbox.open_mailbox(f"maildir:{tmp_path}") as box:
        for received in box.messages():
            box.done(received)
            box.done(received)
    assert [path.name for path in (tmp_path / "cur").iterdir()] == ["1.M2P3.host,S=9:2,S"]
    assert names(tmp_path) == []
    assert [message.get_flags() for message in StandardMaildir(tmp_path)] == ["S"]


def test_what_a_mail_program_has_only_listed_comes_under_the_same_name(tmp_path: Path) -> None:
    put(tmp_path, "new/1")
    before = names(tmp_path)
    (tmp_path / "new/1").rename(tmp_path / "cur/1:2,FT")
    assert names(tmp_path) == before == ["1"]
    with mailbox.open_mailbox(f"maildir:{tmp_path}") as box:
        box.done(next(box.messages()))
    assert [path.name for path in (tmp_path / "cur").iterdir()] == ["1:2,FST"]


def test_what_others_move_or_take_while_it_is_read(tmp_path: Path) -> None:
    for age, name in enumerate(("four", "three", "two", "one")):
        put(tmp_path, f"new/{name}", age=age)
    with mailbox.open_mailbox(f"maildir:{tmp_path}") as box:
        messages = box.messages()
        first = next(messages)
        (tmp_path / "new/one").unlink()
        (tmp_path / "new/two").unlink()
        (tmp_path / "new/three").rename(tmp_path / "cur/three:2,")
        (tmp_path / "new/four").rename(tmp_path / "cur/four:2,S")
        assert [received.id for received in messages] == ["three"]
        box.done(first)
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == ["four:2,S", "three:2,"]


def test_done_by_another_run(tmp_path: Path) -> None:
    put(tmp_path, "cur/1")
    with mailbox.open_mailbox(f"maildir:{tmp_path}") as box:
        box.done(MailboxMessage(id="1", message=b""))
        box.done(MailboxMessage(id="../new/2", message=b""))
    assert [path.name for path in (tmp_path / "cur").iterdir()] == ["1:2,S"]


def test_a_large_message_is_cut(tmp_path: Path) -> None:
    put(tmp_path, "new/1", b"x" * 5_000)
    assert [len(received.message) for received in read(tmp_path)] == [1_000]


def test_what_is_no_message_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "new/1")
    put(tmp_path, "new/.hidden")
    put(tmp_path, "tmp/half")
    (tmp_path / "new/folder").mkdir()
    (tmp_path / "new/link").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "new/pipe")
    assert names(tmp_path) == ["1"]


def test_a_name_that_is_no_text_can_be_stored_and_marked(tmp_path: Path) -> None:
    put(tmp_path, "new/1")
    os.rename(os.fsencode(tmp_path / "new/1"), os.fsencode(tmp_path) + b"/new/1.\xff")
    with mailbox.open_mailbox(f"maildir:{tmp_path}") as box:
        received = next(box.messages())
        assert received.id.encode("utf-8") == rb"1.\xff"
        box.done(received)
    assert os.listdir(os.fsencode(tmp_path / "cur")) == [b"1.\xff:2,S"]


def test_a_folder_that_is_no_maildir(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no Maildir: there is no folder new/"):
        read(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    put(tmp_path, "new/1")
    with mailbox.open_mailbox(f"maildir:{tmp_path}") as box:
        (tmp_path / "new/1").unlink()
        (tmp_path / "new").rmdir()
        with pytest.raises(ConfigError, match="cannot be read or marked: No such file"):
            list(box.messages())


def test_a_disk_that_fails_is_asked_again_later(tmp_path: Path) -> None:
    put(tmp_path, "new/1")
    with mailbox.open_mailbox(f"maildir:{tmp_path}") as box:
        messages = box.messages()
        received = next(messages)
        (tmp_path / "cur").rmdir()
        (tmp_path / "cur").symlink_to("cur")  # too many levels
        with pytest.raises(MailboxError, match="cannot be read now"):
            box.done(received)
