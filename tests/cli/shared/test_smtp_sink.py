"""The sink of the demo, written to by our own channel."""

from __future__ import annotations

import smtplib
from pathlib import Path

import pytest

from digest.cli.shared.smtp_sink import SmtpSink, run_smtp_sink
from digest.delivery.channels.smtp import SmtpChannel
from digest.errors import Deferred
from digest.mail.envelope import Envelope

LETTER = (
    b"From: p@example.net\r\nTo: ada@example.org\r\nSubject: 7 papers: 2 by Yunhua Zhou\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n.\r\n..dots\xc3\xa9\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>hello</p>\r\n--b--\r\n"
)


def envelope(recipient: str = "ada@example.org", message: bytes = LETTER) -> Envelope:
    return Envelope(sender="p@example.net", recipient=recipient, message=message, message_id="<1@e>")


def nothing() -> None:
    """A no-op for the callback at the dot."""


def test_each_letter_is_kept_byte_for_byte_and_readable(tmp_path: Path) -> None:
    with run_smtp_sink(tmp_path / "demo") as sink, SmtpChannel(sink.url) as channel:
        assert channel.send(envelope(), nothing).words == "250 2.0.0 kept as 01-ada-7-papers.eml"
        channel.send(envelope("ben.lee+x@example.org"), nothing)
        channel.send(envelope("jörg@example.org"), nothing)
    assert sorted(path.name for path in (tmp_path / "demo").glob("*.eml")) == [
        "01-ada-7-papers.eml",
        "02-ben-lee-x-7-papers.eml",
        "03-jörg-7-papers.eml",
    ]
    first = sink.letters[0]
    assert (first.sender, first.recipients, first.message) == ("p@example.net", ("ada@example.org",), LETTER)
    assert first.eml.read_bytes() == LETTER
    assert first.html is not None
    assert first.html.read_text("utf-8").strip() == "<p>hello</p>"
    assert first.text is not None
    assert first.text.read_text("utf-8").splitlines() == [".", "..dotsé"]


def test_numbers_go_on_after_what_lies_there(tmp_path: Path) -> None:
    (tmp_path / "07-old.eml").write_bytes(b"")
    assert SmtpSink(tmp_path).keep("", ("ada@example.org",), LETTER).eml.name == "08-ada-7-papers.eml"


@pytest.mark.parametrize("subject", ["../../etc/passwd", "", "a/b\\c", "x" * 500, "=?utf-8?q?=2E=2E=2Fup?="])
def test_no_subject_leads_out_of_the_folder(tmp_path: Path, subject: str) -> None:
    caught = SmtpSink(tmp_path / "in").keep("", (f"{subject}@example.org",), f"Subject: {subject}\r\n\r\n".encode())
    assert caught.eml.parent == tmp_path / "in"
    assert caught.eml.exists()
    assert caught.html is None


def test_a_folder_that_cannot_be_written_is_said_to_the_sender(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        run_smtp_sink(tmp_path / "file") as sink,
        SmtpChannel(sink.url) as channel,
        pytest.raises(Deferred, match="cannot keep the letter"),
    ):
        channel.send(envelope(), nothing)
    assert sink.letters == []


def test_it_speaks_with_others_too(tmp_path: Path) -> None:
    with run_smtp_sink(tmp_path) as sink, smtplib.SMTP("127.0.0.1", sink.port) as other:
        other.sendmail("p@example.net", ["ada@example.org"], LETTER)
    assert sink.letters[0].message == LETTER
