"""What a message that came back means, for every format."""

from __future__ import annotations

import pytest

from digest.bounces.parse import BounceKind, parse_bounce
from tests.support.bounces.forms import ADA, LETTER, Sample, daemon, failed, feedback, report
from tests.support.bounces.samples import SAMPLES


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_format_is_read(sample: Sample) -> None:
    bounce = parse_bounce(sample.message)
    assert (bounce.kind, bounce.addresses, bounce.reason) == (sample.kind, sample.addresses, sample.reason), bounce


def test_a_report_says_which_letter_of_which_envelope_came_back_and_what_was_said() -> None:
    bounce = parse_bounce(report(failed("5.1.1", "550 5.1.1 No\x07 such\x1b[31m user")).encode())
    assert bounce.envelope_id == "issue+17=x"
    assert bounce.message_id == "<issue-17@journal.example>"
    assert bounce.sent_to == ("papers+7f3a@journal.example",)
    assert bounce.words == "550 5.1.1 No such [31m user"
    (recipient,) = bounce.recipients
    assert (recipient.address, recipient.status, recipient.code, recipient.hard) == (ADA, "5.1.1", 550, True)
    assert bounce.status == "5.1.1"


def test_the_envelope_s_address_comes_before_the_header_s() -> None:
    message = (
        "To: list@journal.example\nEnvelope-To: c@journal.example\nX-Original-To: b@journal.example\n"
        "Delivered-To: a+token@journal.example\n\nhello"
    )
    names = [address.partition("@")[0] for address in parse_bounce(message.encode()).sent_to]
    assert names == ["a+token", "b", "c", "list"]


@pytest.mark.parametrize(
    "body",
    [
        "<ada@reader.example>: 550 no\n\n" + LETTER,
        "<ada@reader.example>: 550 no\n\n----- Original message -----\n\n" + LETTER,
        "<ada@reader.example>: 550 no\n\nThe header was:\n\n" + LETTER,
    ],
)
def test_the_letter_is_named_also_where_it_was_returned_inline(body: str) -> None:
    assert parse_bounce(daemon(body).encode()).message_id == "<issue-17@journal.example>"


def test_a_report_that_a_filter_hands_on_is_read() -> None:
    inner = report(failed("5.1.1", "550 5.1.1 No such user"))
    outer = (
        "From: filter@journal.example\nTo: papers@journal.example\nSubject: FW\nContent-Type: multipart/mixed; "
        'boundary="out"\n\n'
        f"--out\nContent-Type: text/plain\n\nSee below.\n\n--out\nContent-Type: message/rfc822\n\n{inner}\n--out--\n"
    )
    bounce = parse_bounce(outer.encode())
    assert (bounce.kind, bounce.addresses) == (BounceKind.HARD, (ADA,))
    assert bounce.sent_to == ("papers@journal.example", "papers+7f3a@journal.example")


def test_a_second_bounce_of_one_recipient_is_one() -> None:
    bounce = parse_bounce(report(failed("5.1.1", "550 5.1.1 No") + "\n" + failed("5.1.1", "550 5.1.1 No")).encode())
    assert bounce.addresses == (ADA,)


def test_charsets_that_lie_or_do_not_exist_do_not_matter() -> None:
    for charset in ("utf-8", "no-such-charset", "punycode", "undefined", "zlib", "", '"'):
        message = daemon(
            "<ada@reader.example>: 552 5.2.2 Mailbox full ü\n", more=f"Content-Type: text/plain; charset={charset}\n"
        )
        assert parse_bounce(message.encode("latin-1")).addresses == (ADA,)


def test_where_the_letter_had_several_recipients_and_nobody_says_which_one_failed_none_is_named() -> None:
    body = "Your message could not be delivered: 550 5.1.1 User unknown.\n\n--- Original message follows ---\n\n"
    several = LETTER.replace("To: Ada <ada@reader.example>", "To: ada@reader.example, bob@reader.example")
    bounce = parse_bounce(daemon(body + several).encode())
    assert (bounce.kind, bounce.addresses) == (BounceKind.SOFT, ())


def test_a_complaint_about_a_report_is_a_complaint() -> None:
    inner = report(failed("5.1.1", "550 5.1.1 No such user"))
    outer = feedback("Feedback-Type: abuse\nOriginal-Rcpt-To: ada@reader.example\n").replace(LETTER, inner)
    assert parse_bounce(outer.encode()).kind == BounceKind.COMPLAINT


def test_the_relays_own_words_say_nothing_of_the_letter() -> None:
    """Postfix names the command that was refused; a server whose words nobody knows is told by its code."""
    body = (
        "<ada@reader.example>: host mx.reader.example[192.0.2.9] said: 550 5.1.1 nobody of\n"
        "    that name (in reply to RCPT TO command)\n"
    )
    bounce = parse_bounce(daemon(body).encode())
    assert (bounce.kind, bounce.reason) == ("hard", "no such address")
