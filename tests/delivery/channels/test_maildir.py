"""Letters into a Maildir, read back by the standard library."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from digest.delivery.channels.maildir import MaildirChannel
from digest.errors import Deferred
from digest.mail.envelope import Envelope

LETTER = b"Subject: Papers\r\n\r\nOne.\r\n"


def envelope(recipient: str = "ada@example.org") -> Envelope:
    return Envelope(sender="p@example.net", recipient=recipient, message=LETTER, message_id="<1@example.net>")


def nothing() -> None:
    """A no-op for the callback at the dot."""


def test_a_letter_is_stored_for_any_mail_reader(tmp_path: Path) -> None:
    with MaildirChannel(tmp_path / "box") as channel:
        words = channel.send(envelope(), nothing).words
    letters = list(mailbox.Maildir(tmp_path / "box"))
    assert [letter["Subject"] for letter in letters] == ["Papers"]
    assert (tmp_path / "box" / words.removeprefix("stored as ")).read_bytes() == LETTER.replace(b"\r\n", b"\n")
    assert list((tmp_path / "box" / "tmp").iterdir()) == []


def test_the_same_letter_again_changes_nothing_even_when_it_was_read(tmp_path: Path) -> None:
    channel = MaildirChannel(tmp_path)
    name = channel.send(envelope(), nothing).words.removeprefix("stored as new/")
    assert channel.send(envelope(), nothing).words.endswith("there already")
    (tmp_path / "new" / name).rename(tmp_path / "cur" / f"{name}:2,S")
    channel.send(envelope(), nothing)
    assert list((tmp_path / "new").iterdir()) == []
    channel.send(envelope("ben@example.org"), nothing)
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_if_the_dot_cannot_be_recorded_nothing_is_delivered(tmp_path: Path) -> None:
    def stop() -> None:
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError):
        MaildirChannel(tmp_path).send(envelope(), stop)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_letters_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Deferred, match="file") as raised:
        MaildirChannel(tmp_path / "file").send(envelope(), nothing)
    assert raised.value.relay
