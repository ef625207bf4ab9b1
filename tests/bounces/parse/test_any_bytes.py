"""Whatever arrives is read: nothing is raised, nothing is slow, and line ends change nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.bounces.parse import Bounce, BounceKind, parse_bounce
from tests.support.bounces.forms import Sample, daemon
from tests.support.bounces.samples import SAMPLES

SOME = st.sampled_from(SAMPLES)
HEAD = b"From: MAILER-DAEMON@mx.journal.example\nReturn-Path: <>\nSubject: Undelivered mail\n"
REPORT = HEAD + b"Content-Type: message/delivery-status\n\n"
SECONDS = 3.0  # of two megabytes; generous, for machines under load


def sound(bounce: Bounce) -> None:
    """What holds of every answer."""
    assert len(bounce.words) <= 500
    assert bounce.words == "" or bounce.words.isprintable()
    assert len(bounce.recipients) <= 1_000
    assert all("\n" not in address and "@" in address for address in bounce.addresses)
    assert (bounce.kind == BounceKind.HARD) == any(one.hard for one in bounce.recipients)


@given(st.binary(max_size=2_000))
@example(b"\r\n\r\n--\r\n")
def test_any_bytes_are_read(message: bytes) -> None:
    sound(parse_bounce(message))
    sound(parse_bounce(HEAD + b"\n" + message))
    sound(parse_bounce(REPORT + b"Final-Recipient: rfc822; " + message))


@given(SOME, st.data())
def test_a_message_that_was_cut_is_read(sample: Sample, data: st.DataObject) -> None:
    message = sample.message
    sound(parse_bounce(message[: data.draw(st.integers(0, len(message)))]))


@given(SOME, st.data())
def test_a_message_that_was_damaged_is_read(sample: Sample, data: st.DataObject) -> None:
    message = sample.message
    start = data.draw(st.integers(0, len(message)))
    end = data.draw(st.integers(start, min(len(message), start + 200)))
    sound(parse_bounce(message[:start] + data.draw(st.binary(max_size=20)) + message[end:]))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_line_ends_change_nothing(sample: Sample) -> None:
    message = sample.message
    assert parse_bounce(message.replace(b"\n", b"\r\n")) == parse_bounce(message)
    assert parse_bounce(message.replace(b"\n", b"\r")) == parse_bounce(message)


@given(SOME, st.text(st.sampled_from(" \t>:<@.a5\n-="), max_size=60))
def test_line_ends_change_nothing_where_anything_stands_above(sample: Sample, above: str) -> None:
    message = (above + sample.text).encode()
    assert (
        parse_bounce(message.replace(b"\n", b"\r\n"))
        == parse_bounce(message)
        == parse_bounce(message.replace(b"\n", b"\r"))
    )


def nested(depth: int) -> bytes:
    return HEAD + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (i, i) for i in range(depth))


HOSTILE: dict[str, Callable[[], bytes]] = {
    "thirty megabytes on one line": lambda: HEAD + b"\n" + b"x" * 30_000_000,
    "thirty megabytes of a form": lambda: daemon("<ada@reader.example>: 550 no\n").encode() + b"y\n" * 15_000_000,
    "nothing but signs of addresses": lambda: HEAD + b"\n" + b"@" * 2_000_000,
    "addresses one in another": lambda: HEAD + b"\n" + (b"a" * 60 + b"@") * 30_000,
    "a domain without end": lambda: HEAD + b"\na@" + b"a." * 900_000,
    "many recipients": lambda: (
        REPORT + b"".join(b"Final-Recipient: rfc822; u%d@e.example\nStatus: 5.1.1\n\n" % i for i in range(20_000))
    ),
    "many recipients in words": lambda: (
        HEAD + b"\n" + b"".join(b"<u%d@e.example>: 550 nothing more is told\n" % i for i in range(20_000))
    ),
    "many recipients in replies": lambda: (
        HEAD + b"\n" + b"".join(b"550 recipient <u%d@e.example> \n" % i for i in range(20_000))
    ),
    "many in a header": lambda: (
        HEAD + b"X-Failed-Recipients: " + b", ".join(b"u%d@e.example" % i for i in range(20_000)) + b"\n\n550 no"
    ),
    "parts within parts": lambda: nested(5_000),
    "parts within parts, and much in them": lambda: nested(5_000) + b"y" * 1_500_000,
    "very many parts": lambda: HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nhello\n" * 200_000,
    "a boundary of nothing": lambda: HEAD + b'Content-Type: multipart/mixed; boundary=""\n\n--\n--\n--\n',
    "very many fields": lambda: b"X: y\n" * 400_000 + b"\nbody",
    "a field without end": lambda: b"X: y\n" + b" y\n" * 600_000 + b"\nbody",
    "a subject of encoded words": lambda: b"Subject: " + b"=?utf-8?q?a?= " * 150_000 + b"\n\nx",
    "a type of parameters": lambda: HEAD + b"Content-Type: multipart/mixed" + b"; a=b" * 400_000 + b"\n\nx",
    "quoted-printable": lambda: HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=41" * 600_000,
    "base64": lambda: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"QUFB" * 500_000,
    "base64 that is none": lambda: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"=" * 500_000 + b"A",
    "styles that never end": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<style" * 300_000,
    "entities": lambda: HEAD + b"Content-Type: text/html\n\n" + b"&#x41;&lt" * 200_000,
    "a slow charset": lambda: HEAD + b"Content-Type: text/plain; charset=punycode\n\na-" + b"zzzz" * 100_000,
    "blanks": lambda: HEAD + b"\n" + b" " * 1_900_000,
    "empty lines": lambda: HEAD + b"\n" * 1_900_000,
    "carriage returns": lambda: HEAD + b"\r" * 1_900_000,
    "quotes of quotes": lambda: HEAD + b"\n" + b"> " * 900_000,
    "replies": lambda: HEAD + b"\n" + b"550 user mailbox \n" * 100_000,
    "one reply": lambda: HEAD + b"\nu@x.example: 550 " + b"host domain user server " * 80_000,
    "headers in the words": lambda: HEAD + b"\n" + b"Subject: x\n y\n" * 100_000,
    "rules": lambda: HEAD + b"\n" + b"--" * 900_000,
    "JSON within JSON": lambda: HEAD + b'\n{"a":' + b"[" * 500_000 + b'"recipients"',
    "objects within objects": lambda: HEAD + b'\n{"recipients":' + b'{"a":' * 30_000,
    "a diagnosis without end": lambda: (
        REPORT + b"Final-Recipient: rfc822; a@b.example\nDiagnostic-Code: smtp; " + b"5.1.1 550-" * 100_000
    ),
    "an envelope's name without end": lambda: REPORT + b"Original-Envelope-Id: " + b"+2B" * 100_000,
    "no bytes but zero": lambda: b"\0" * 2_000_000,
    "bytes of no charset": lambda: b"\xff" * 2_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_slow(name: str) -> None:
    message = HOSTILE[name]()
    start = time.thread_time()  # of this thread's own work: how busy the machine is does not count
    bounce = parse_bounce(message)
    assert time.thread_time() - start < SECONDS
    sound(bounce)
