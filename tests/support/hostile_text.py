"""Hostile strings for headers and bodies, and a message as Python's parser reads it."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

HOSTILE = (
    "=?utf-8?q?a=0ABcc: x?=",
    "one\r\nBcc: x@example.org",
    "nul\0 and \x85 and \u2028 and \u2029",
    "lone \ud800 surrogate",
    "\u202egnp.exe",
    "x" * 10_000,
    "word " * 2_000,
    "</table><script>alert(1)</script>",
    "Über die Ölförderung " * 9,
    "深度学习" * 40,
    "👩‍🔬 and e\u0301",
    '"quoted" \\ and <angled> (commented), ; @',
)


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)
