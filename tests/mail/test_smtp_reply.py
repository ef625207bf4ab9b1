"""What SMTP replies mean for a letter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.smtp_reply import ReplyReason, SmtpPhase, classify_reply

PHASES = st.sampled_from(["CONNECT", "AUTH", "MAIL", "RCPT", "DATA", "DOT"])
ENHANCED = st.none() | st.from_regex(r"[245]\.[0-7]\.\d{1,2}", fullmatch=True)

REPLIES: list[tuple[int, str | None, str, SmtpPhase, str, ReplyReason]] = [
    (250, "2.0.0", "Ok: queued as 4TzX", "DOT", "sent", ReplyReason.TAKEN),
    (254, "4.7.1", "suppressed", "DOT", "sent", ReplyReason.TAKEN),
    # The relay
    (421, "4.3.2", "Service shutting down", "CONNECT", "deferred", ReplyReason.RELAY),
    (421, None, "closing", "RCPT", "deferred", ReplyReason.RELAY),
    (454, "4.7.0", "Temporary authentication failure", "AUTH", "deferred", ReplyReason.RELAY),
    (535, "5.7.8", "Username and password not accepted", "AUTH", "deferred", ReplyReason.RELAY),
    (530, "5.7.0", "Authentication required", "MAIL", "deferred", ReplyReason.RELAY),
    (554, None, "No SMTP service here", "CONNECT", "deferred", ReplyReason.RELAY),
    (550, "5.7.1", "Relaying denied", "RCPT", "deferred", ReplyReason.RELAY),
    (554, "5.7.1", "<ada@example.org>: Relay access denied", "RCPT", "deferred", ReplyReason.RELAY),
    (553, "5.7.1", "Sender address rejected: not owned by user", "MAIL", "deferred", ReplyReason.RELAY),
    (550, "5.1.8", "Sender unknown", "MAIL", "deferred", ReplyReason.RELAY),
    (550, "5.1.8", "<…>: Sender address rejected: Domain not found", "RCPT", "deferred", ReplyReason.RELAY),
    (450, "4.1.8", "<…>: Sender address rejected: Domain not found", "RCPT", "deferred", ReplyReason.RELAY),
    (550, "5.1.0", "<…>: Sender address rejected: User unknown in local table", "RCPT", "deferred", ReplyReason.RELAY),
    (
        550,
        None,
        "Sent: RCPT TO:<…> Response: 550 User unknown Sender verify failed",
        "RCPT",
        "deferred",
        ReplyReason.RELAY,
    ),
    # Later
    (450, "4.7.1", "Greylisted, try again in 300 seconds", "RCPT", "deferred", ReplyReason.GREYLISTED),
    (451, "4.7.1", "Graylisting in action, please come back later", "RCPT", "deferred", ReplyReason.GREYLISTED),
    (450, "4.2.0", "Recipient address rejected: Greylisted", "RCPT", "deferred", ReplyReason.GREYLISTED),
    (
        421,
        "4.7.28",
        "Our system has detected an unusual rate of unsolicited mail",
        "DOT",
        "deferred",
        ReplyReason.THROTTLED,
    ),
    (
        421,
        "4.7.0",
        "[TSS04] Messages from 192.0.2.1 temporarily deferred",
        "CONNECT",
        "deferred",
        ReplyReason.THROTTLED,
    ),
    (451, "4.7.500", "Server busy. Please try again later", "RCPT", "deferred", ReplyReason.THROTTLED),
    (450, "4.2.1", "The user is receiving mail at a rate that is too high", "RCPT", "deferred", ReplyReason.THROTTLED),
    (452, "4.2.2", "The recipient's inbox is out of storage space", "RCPT", "deferred", ReplyReason.FULL),
    (452, None, "Mailbox full", "RCPT", "deferred", ReplyReason.FULL),
    (451, "4.3.0", "Local error in processing", "DOT", "deferred", ReplyReason.OTHER),
    # Refusals that are not the address's: they may pass
    (552, "5.2.2", "Mailbox full", "RCPT", "deferred", ReplyReason.FULL),
    (552, None, "Quota exceeded for this mailbox", "RCPT", "deferred", ReplyReason.FULL),
    # Never
    (
        550,
        "5.1.1",
        "The email account that you tried to reach does not exist",
        "RCPT",
        "failed",
        ReplyReason.NO_ADDRESS,
    ),
    (550, "5.1.10", "Recipient not found", "RCPT", "failed", ReplyReason.NO_ADDRESS),
    (550, "5.2.1", "The account is disabled", "RCPT", "failed", ReplyReason.DISABLED),
    (550, None, "No such user here", "RCPT", "failed", ReplyReason.NO_ADDRESS),
    (551, None, "User unknown", "RCPT", "failed", ReplyReason.NO_ADDRESS),
    (501, "5.1.3", "Bad recipient address syntax", "RCPT", "deferred", ReplyReason.NO_ADDRESS),
    (550, "5.7.26", "Unauthenticated email is not accepted due to DMARC policy", "DOT", "deferred", ReplyReason.POLICY),
    (554, "5.7.1", "Message rejected as spam", "DOT", "deferred", ReplyReason.POLICY),
    (550, "5.7.25", "The sending address has no name", "DOT", "deferred", ReplyReason.POLICY),
    (554, None, "Blocked: your address is on a blocklist", "RCPT", "deferred", ReplyReason.POLICY),
    (550, "5.7.1", "Access denied: user unknown to our filter", "RCPT", "deferred", ReplyReason.POLICY),
    (550, None, "the account of the sender does not exist", "RCPT", "deferred", ReplyReason.OTHER),
    (552, "5.3.4", "Message size exceeds fixed limit", "MAIL", "deferred", ReplyReason.TOO_LARGE),
    (552, None, "Message too large", "DOT", "deferred", ReplyReason.TOO_LARGE),
    (554, None, "Transaction failed", "DOT", "deferred", ReplyReason.OTHER),
    (
        550,
        "5.4.1",
        "Recipient address rejected: Access denied. AS(2018)",
        "RCPT",
        "failed",
        ReplyReason.NO_ADDRESS,
    ),
    # ... and 5xx that do not speak of the address
    (550, "5.4.1", "no answer from host", "RCPT", "deferred", ReplyReason.OTHER),
    (550, "5.1.2", "Host unknown", "RCPT", "deferred", ReplyReason.NO_ADDRESS),
    (550, None, "User unknown", "DOT", "deferred", ReplyReason.NO_ADDRESS),
    (521, "5.3.2", "The host does not accept mail", "RCPT", "deferred", ReplyReason.OTHER),
    # The relay's limit for us
    (550, "5.4.5", "Daily user sending quota exceeded. x - gsmtp", "DOT", "deferred", ReplyReason.SENDER_LIMIT),
    (
        550,
        "5.1.90",
        "Your message can't be sent because you've reached your daily limit for message recipients",
        "RCPT",
        "deferred",
        ReplyReason.SENDER_LIMIT,
    ),
    (
        550,
        None,
        "User papers has exceeded its 24-hour sending limit. Messages to 25 recipients",
        "RCPT",
        "deferred",
        ReplyReason.SENDER_LIMIT,
    ),
    (
        554,
        "5.7.1",
        "<…>: Recipient address rejected: only 10 messages per day",
        "RCPT",
        "deferred",
        ReplyReason.SENDER_LIMIT,
    ),
    (450, "4.2.1", "You have exceeded your hourly sending limit", "MAIL", "deferred", ReplyReason.SENDER_LIMIT),
    (535, None, "Daily SMTP relay limit exceeded for user", "AUTH", "deferred", ReplyReason.SENDER_LIMIT),
    (552, "5.2.2", "The mailbox has exceeded its quota", "RCPT", "deferred", ReplyReason.FULL),
    # Out of step
    (503, "5.5.1", "Bad sequence of commands", "RCPT", "deferred", ReplyReason.PROTOCOL),
    (354, None, "Go ahead", "DOT", "deferred", ReplyReason.PROTOCOL),
    (500, None, "Command not recognised", "DATA", "deferred", ReplyReason.PROTOCOL),
]


@pytest.mark.parametrize(("code", "enhanced", "text", "phase", "outcome", "reason"), REPLIES)
def test_classify(
    code: int, enhanced: str | None, text: str, phase: SmtpPhase, outcome: str, reason: ReplyReason
) -> None:
    verdict = classify_reply(code, enhanced, text, phase)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Greylisted, try again in 300 seconds", 300),
        ("Greylisted: 5 minutes", 300),
        ("greylisted, come back in 1 hour", 3600),
        ("Greylisting for 00:04:58", None),
        ("Greylisted", None),
        ("Greylisted for 900000 s", 86400),
        ("Greylisted for 999999999999999 s", None),
        ("Greylisted, try again in 5 ſ", None),  # which is an s without regard to case, and no unit
    ],
)
def test_a_greylist_says_how_long(text: str, seconds: int | None) -> None:
    wait = classify_reply(450, "4.7.1", text, "RCPT").retry_after
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


def test_minutes_that_are_no_request_are_none() -> None:
    assert classify_reply(452, "4.2.2", "Mailbox full for 90 minutes", "RCPT").retry_after is None


@given(st.integers(200, 599), ENHANCED, st.text(max_size=200), PHASES)
def test_only_a_5xx_fails_a_letter(code: int, enhanced: str | None, text: str, phase: SmtpPhase) -> None:
    verdict = classify_reply(code, enhanced, text, phase)
    assert (verdict.outcome == "sent") == (code < 300)
    assert verdict.outcome != "failed" or (code >= 500 and not verdict.relay)
    assert verdict.words


@given(st.integers(300, 599), ENHANCED, st.text(max_size=200), st.sampled_from(["CONNECT", "AUTH"]))
def test_no_letter_fails_before_it_is_spoken_of(code: int, enhanced: str | None, text: str, phase: SmtpPhase) -> None:
    verdict = classify_reply(code, enhanced, text, phase)
    assert (verdict.outcome, verdict.relay) == ("deferred", True)
