"""The verdict on refusals: the same words at RCPT and in a bounce, hard or soft."""

from __future__ import annotations

import pytest

from digest.mail.refusal import judge_refusal
from digest.mail.refusal.reasons import BounceReason


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        ("550 No user found", "5.0.0", BounceReason.NO_ADDRESS),
        ("550 sorry, no mailbox here by that name. (#5.1.1)", "", BounceReason.NO_ADDRESS),
        ("550 5.4.1 Recipient address rejected: Access denied. AS(2018)", "5.4.1", BounceReason.NO_ADDRESS),
        ("550 5.1.2 Host unknown (Name server: reader.example: host not found)", "5.1.2", BounceReason.NO_HOST),
        ("554 5.4.4 Unrouteable address", "5.4.4", BounceReason.NO_HOST),
        ("521 reader.example does not accept mail", "5.0.0", BounceReason.NO_HOST),
        ("521 nothing here", "5.0.0", BounceReason.NO_HOST),
        ("550 5.3.2 not now and never", "5.3.2", BounceReason.NO_HOST),
    ],
)
def test_hard(said: str, status: str, reason: BounceReason) -> None:
    judgement = judge_refusal(said, status, formal=True)
    assert (judgement.hard, judgement.reason) == (True, reason)


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        ("550 5.1.1 The account has been suspended", "5.1.1", BounceReason.DISABLED),
        ("421 4.4.0 Host not found", "5.4.7", BounceReason.NO_HOST),
        ("553 5.1.3 blocked: see our page", "5.1.3", BounceReason.POLICY),
        ("550 5.1.3 no reason given", "5.1.3", BounceReason.OTHER),
        ("550 the address refuse to receive mail", "5.0.0", BounceReason.FILTERED),
        ("550 5.4.5 Daily user sending quota exceeded", "5.4.5", BounceReason.SENDER_LIMIT),
        ("552 5.2.2 over quota", "5.2.2", BounceReason.FULL),
        ("550 5.7.1 user unknown to our filter", "5.7.1", BounceReason.FILTERED),
        ("550 5.4.1 no answer from host", "5.4.1", BounceReason.EXPIRED),
    ],
)
def test_soft(said: str, status: str, reason: BounceReason) -> None:
    judgement = judge_refusal(said, status, formal=True)
    assert (judgement.hard, judgement.reason) == (False, reason)


def test_no_such_user_after_the_letter_is_a_filter() -> None:
    assert judge_refusal("550 no such user", phase="RCPT").hard
    assert not judge_refusal("550 no such user", phase="DOT").hard
