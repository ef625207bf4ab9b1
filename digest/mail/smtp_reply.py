"""What an SMTP reply (RFC 5321 code, RFC 3463 status, text) means for a letter: sent, deferred or failed, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from digest.mail.refusal import judge_refusal, reason_of
from digest.mail.refusal.reasons import BounceReason
from digest.mail.retry import requested_wait

SmtpPhase = Literal["CONNECT", "AUTH", "MAIL", "RCPT", "DATA", "DOT"]
"""Step of the SMTP session that a reply belongs to: before any letter, a command, or the final dot."""


class ReplyReason(StrEnum):
    """Subject of a reply, by RFC 3463 code and by the words that servers use."""

    TAKEN = "taken"
    RELAY = "relay"
    SENDER_LIMIT = "sender limit"
    THROTTLED = "throttled"
    GREYLISTED = "greylisted"
    FULL = "mailbox full"
    NO_ADDRESS = "no such address"
    DISABLED = "mailbox disabled"
    POLICY = "policy"
    TOO_LARGE = "too large"
    PROTOCOL = "protocol"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyVerdict:
    """Meaning of a reply for the letter."""

    outcome: Literal["sent", "deferred", "failed"]
    reason: ReplyReason
    relay: bool  # the relay or its settings are at fault: the letter waits, and the try is not counted
    words: str  # for the operator
    retry_after: timedelta | None = None  # wait that the server asks for


LIMIT_REACHED = "the relay has sent for us what its limit allows: it is asked again later"
"""Words about a relay that passes by itself, and rests until then."""

_WORDS = {
    ReplyReason.TAKEN: "the server took the letter",
    ReplyReason.RELAY: "the relay does not take letters from us now: look at `smtp:` and `sender:` in digest.yaml",
    ReplyReason.SENDER_LIMIT: LIMIT_REACHED,
    ReplyReason.THROTTLED: "the server wants fewer letters at a time",
    ReplyReason.GREYLISTED: "the server asks senders whom it does not know to come again",
    ReplyReason.FULL: "the reader's mailbox is full",
    ReplyReason.NO_ADDRESS: "there is no such address: look at `email:` of this reader",
    ReplyReason.DISABLED: "this mailbox is disabled: ask the reader",
    ReplyReason.POLICY: "the server does not trust the sender; this is not the reader's fault: "
    "look at SPF, DKIM and DMARC",
    ReplyReason.TOO_LARGE: "the letter is too large for the server",
    ReplyReason.PROTOCOL: "the server did not understand what was said to it",
    ReplyReason.OTHER: "the server gave no reason that is known here",
}
# Subject and detail of an enhanced code; the class digit is ignored, since servers send "421 5.7.32".
_DETAILS = {
    "1.1": ReplyReason.NO_ADDRESS,
    "1.2": ReplyReason.NO_ADDRESS,
    "1.3": ReplyReason.NO_ADDRESS,
    "1.6": ReplyReason.NO_ADDRESS,
    "1.7": ReplyReason.RELAY,  # the sender's address, which is ours
    "1.8": ReplyReason.RELAY,
    "1.10": ReplyReason.NO_ADDRESS,
    "2.1": ReplyReason.DISABLED,
    "2.2": ReplyReason.FULL,
    "2.3": ReplyReason.TOO_LARGE,
    "3.4": ReplyReason.TOO_LARGE,
    "7.28": ReplyReason.THROTTLED,
}
_GREY = re.compile(r"gr[ea]y.?list|try again (in|after|later)|come back|retry in", re.I)
_THROTTLE = re.compile(
    r"\brate\b|throttl|too (many|much|fast)|server (is )?(too )?busy|deferred due to|TSS0\d|HCM1|BS02|connection limit",
    re.I,
)
_FULL = re.compile(r"full|quota|(?<!system )storage|no space", re.I)
_NOBODY = re.compile(
    r"(user|recipient|mailbox|address|account)\b.*"
    r"(unknown|not found|(does not|doesn't) exist|disabled|inactive|invalid)"
    r"|(unknown|no such|invalid|nonexistent) (local )?(user|recipient|mailbox|address|account|person)",
    re.I,
)
_POLICY = re.compile(
    r"spam|block|black ?list|polic|dmarc|dkim|\bspf\b|reputation|\bptr\b|reverse dns|unsolicited", re.I
)
_RELAYING = re.compile(
    r"relay(ing)? (access )?(is )?(denied|not permitted|prohibited)|unable to relay|not owned"
    r"|authentication (is )?required"
    r"|sender address rejected|sender verif",  # most servers report at RCPT what they refuse of MAIL
    re.I,
)
_SENDER = re.compile(r"\bsender\b", re.I)
_OF_ADDRESS = frozenset({"1.1", "1.10", "4.1"})  # enhanced codes that may speak of the address
_VAGUE = frozenset({"", "0.0", "1.0", "5.0"})
_READ = 1000  # characters of a reply that are examined; servers may write without end


def classify_reply(code: int, enhanced: str | None, text: str, phase: SmtpPhase) -> ReplyVerdict:
    """The meaning of a reply. A letter fails only by a 5xx that speaks of its address; all others wait.

    A refusal of the sender, of its network or of its routing, or one without a reason, may pass: the letter waits until
    it is too late and is merged. A refusal at CONNECT or AUTH, and the relay's limit, concern the relay.
    """
    if code < 300:
        return ReplyVerdict(outcome="sent", reason=ReplyReason.TAKEN, relay=False, words=_WORDS[ReplyReason.TAKEN])
    text = text[:_READ]
    reason = _reason(code, enhanced or "", text, phase)
    relay = (
        reason in (ReplyReason.RELAY, ReplyReason.PROTOCOL, ReplyReason.SENDER_LIMIT)
        or code == 421
        or phase in ("CONNECT", "AUTH")
    )
    failed = code >= 500 and not relay and _blames_address(code, enhanced or "", text, phase)
    if failed and reason != ReplyReason.DISABLED:
        reason = ReplyReason.NO_ADDRESS
    asks = reason in (ReplyReason.GREYLISTED, ReplyReason.THROTTLED, ReplyReason.SENDER_LIMIT)
    return ReplyVerdict(
        outcome="failed" if failed else "deferred",
        reason=reason,
        relay=relay,
        words=_WORDS[reason],
        retry_after=requested_wait(text) if asks and not failed else None,
    )


def _blames_address(code: int, enhanced: str, text: str, phase: SmtpPhase) -> bool:
    """Whether a 5xx says that there is no such mailbox, or that it is disabled."""
    detail = enhanced.partition(".")[2]
    judged = judge_refusal(f"{code} {enhanced} {text}", phase=phase)
    if detail == "2.1":
        return judged.reason in (BounceReason.DISABLED, BounceReason.NO_ADDRESS, BounceReason.FILTERED)
    return judged.hard and (detail in _OF_ADDRESS or (detail in _VAGUE and judged.reason != BounceReason.NO_HOST))


def _reason(code: int, enhanced: str, text: str, phase: SmtpPhase) -> ReplyReason:
    if code < 400:
        return ReplyReason.PROTOCOL
    if reason_of(f"{enhanced} {text}") is BounceReason.SENDER_LIMIT:
        return ReplyReason.SENDER_LIMIT
    detail = _DETAILS.get(enhanced.partition(".")[2])
    if code < 500:
        return _passing(code, detail, text, phase)
    return _lasting(code, detail, enhanced, text, phase)


def _passing(code: int, detail: ReplyReason | None, text: str, phase: SmtpPhase) -> ReplyReason:
    if _THROTTLE.search(text):
        return ReplyReason.THROTTLED
    if detail:
        return detail
    if code == 421 or phase in ("CONNECT", "AUTH"):
        return ReplyReason.RELAY
    if _GREY.search(text):
        return ReplyReason.GREYLISTED
    return ReplyReason.FULL if code == 452 and _FULL.search(text) else ReplyReason.OTHER


def _lasting(code: int, detail: ReplyReason | None, enhanced: str, text: str, phase: SmtpPhase) -> ReplyReason:
    if phase in ("CONNECT", "AUTH") or code in (530, 534, 535) or _RELAYING.search(text):
        return ReplyReason.RELAY
    if detail == ReplyReason.TOO_LARGE or (code == 552 and detail is None and not _FULL.search(text)):
        return ReplyReason.TOO_LARGE
    if phase == "MAIL":
        return ReplyReason.RELAY
    if detail:
        return detail
    if code in (500, 502, 503, 504):
        return ReplyReason.PROTOCOL
    if enhanced.partition(".")[2].startswith("7.") or _POLICY.search(text):
        return ReplyReason.POLICY
    if _NOBODY.search(text) and not _SENDER.search(text):
        return ReplyReason.NO_ADDRESS
    return ReplyReason.FULL if _FULL.search(text) else ReplyReason.OTHER
