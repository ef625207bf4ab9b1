"""Letters onto the screen."""

from __future__ import annotations

import io

import pytest

from digest.delivery.channels.console import ConsoleChannel
from digest.mail.envelope import Envelope

LETTER = (
    b"From: Morning Papers <p@example.net>\r\nTo: ada@example.org\r\nSubject: =?utf-8?q?2_papers=3A_Br=C3=BCcken?=\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Gr=C3=BC=C3=9Fe\r\n=1B[31mred=1B[0m=07\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>never shown</p>\r\n--b--\r\n"
)


def shown(message: bytes) -> str:
    out = io.StringIO()
    envelope = Envelope(sender="p@example.net", recipient="ada@example.org", message=message, message_id="<1@e>")
    with ConsoleChannel(out) as channel:
        assert channel.send(envelope, lambda: None).words == "printed"
    return out.getvalue()


def test_the_text_part_is_shown_readable_and_harmless() -> None:
    text = shown(LETTER)
    assert text.splitlines()[:5] == [
        "From: Morning Papers <p@example.net>",
        "To: ada@example.org",
        "Subject: 2 papers: Brücken",
        "",
        "Grüße",
    ]
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "never shown" not in text


def test_a_letter_without_text_says_so() -> None:
    assert "no text part" in shown(b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n")


def test_if_the_dot_cannot_be_recorded_nothing_is_printed() -> None:
    def stop() -> None:
        raise RuntimeError("lease lost")

    out = io.StringIO()
    envelope = Envelope(sender="p@example.net", recipient="ada@example.org", message=LETTER, message_id="<1@e>")
    with pytest.raises(RuntimeError):
        ConsoleChannel(out).send(envelope, stop)
    assert out.getvalue() == ""
