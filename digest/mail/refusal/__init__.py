"""The verdict on a refusal, hard or soft, by reply codes, enhanced codes (RFC 3463) and the words of servers.

The one judge of what a relay says at RCPT and of what a bounce says later. The three reasons of a hard bounce need more
than words: an enhanced code about the address (RFC 3463 section 3.2), or a refusal of the recipient itself (RCPT). "No
such user" after DATA means a content filter, and 5.7.x is never the reader's fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from digest.mail.address import ADDRESS
from digest.mail.refusal.phase import phase_in
from digest.mail.refusal.reasons import BounceReason
from digest.mail.refusal.words import TABLE

_READ = 4_000  # characters of a text that are examined
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,2})\.(\d{1,3})(?![\d.]*\.\d)(?!\d)")
_CODE = re.compile(r"(?<![\d.#:/-])([245][0-7]\d)(?=[\s:;,-]|$)")
_LINK = re.compile(r"(?:https?://|www\.)\S{1,500}", re.I)
_ADDRESS = re.compile(ADDRESS)

# Prefixes of some servers that would be mistaken for a reason.
_IN_REPLY = re.compile(r"\(in reply to [A-Z -]{1,30}(?: command)?\)", re.I)  # Postfix's own words
_PREFIX = re.compile(r"recipient(?: address)? rejected: (?=\w)", re.I)
# Texts of directory look-ups of the address, which happen before DATA.
_DIRECTORY = re.compile(
    r"000C05A6|RESOLVER\.ADR|RecipNotFound|not listed in (?:public|the|domino|.{0,20}directory)", re.I
)
_NOT_FOUND = re.compile(r"\*\* ?address not found ?\*\*", re.I)
_AGAIN = re.compile(r"found[,.] try again|try again later|temporar|timed? ?out|servfail|will (?:be )?retr", re.I)
# Words of the program that holds the mailboxes.
_AT_HOME = re.compile(r"mail\.local: unknown user|delivery error: dd this user doesn't have", re.I)
_PLAINLY = re.compile(
    r"\b55[013][ -](?:<[^>\s]*>:? )?(?:\w+,? ){0,2}(?:no|unknown|user|mailbox|recipient|account|invalid)\b", re.I
)
# Exchange Online's words for a mailbox that its directory does not know; 5.4.1 alone is a matter of routing.
_ACCESS_DENIED = re.compile(r"\b5\.4\.1\b.{0,40}recipient address rejected: access denied", re.I)
_NO_MAIL = frozenset({521, 556})  # RFC 7504: the host accepts no mail
_HARD = frozenset({BounceReason.NO_ADDRESS, BounceReason.NO_HOST, BounceReason.MOVED})

# Subject and detail of an enhanced code, RFC 3463 and its registry (RFC 5248).
_DETAILS = {
    "1.0": BounceReason.OTHER,
    "1.1": BounceReason.NO_ADDRESS,
    "1.2": BounceReason.NO_HOST,
    "1.4": BounceReason.NO_ADDRESS,
    "1.6": BounceReason.MOVED,
    "1.10": BounceReason.NO_HOST,
    "2.0": BounceReason.FILTERED,
    "2.1": BounceReason.DISABLED,
    "2.2": BounceReason.FULL,
    "2.3": BounceReason.TOO_LARGE,
    "3.1": BounceReason.SYSTEM,
    "3.2": BounceReason.NO_HOST,  # system not accepting network messages
    "3.4": BounceReason.TOO_LARGE,
    "4.1": BounceReason.EXPIRED,
    "4.2": BounceReason.NETWORK,
    "4.4": BounceReason.NETWORK,
    "4.6": BounceReason.NETWORK,
    "4.7": BounceReason.EXPIRED,
    "7.28": BounceReason.THROTTLED,
}
_OF_ADDRESS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "1.351"})
_OF_SENDER = frozenset({"1.7", "1.8"})
_VAGUE = frozenset({"0.0", "2.1", "3.0", "5.0", "5.1", "5.4"})  # used for any error, also for unknown users
_SUBJECTS = {
    "3": BounceReason.SYSTEM,
    "4": BounceReason.NETWORK,
    "5": BounceReason.OTHER,
    "6": BounceReason.CONTENT,
    "7": BounceReason.POLICY,
}


@dataclass(frozen=True, slots=True)
class RefusalJudgement:
    """Judgement of the texts about one recipient."""

    status: str | None
    code: int | None
    reason: BounceReason
    hard: bool


def judge_refusal(
    said: str, status: str = "", around: str = "", formal: bool = False, phase: str = ""
) -> RefusalJudgement:
    """Judge one recipient by the server's reply (`said`), the `Status:` field, and the text around them.

    `formal`: the texts are of RFC 3464 fields, where a reply without a phase is mostly a refusal at RCPT. `phase`: the
    SMTP command that was refused; empty: as the texts say. In doubt the verdict is soft.
    """
    said = said[:_READ]
    statuses = [found[0] for found in _STATUS.finditer(_LINK.sub(" ", f"{status} {said}"))]
    code = _code_in(said)
    best = _best(statuses)
    if _ACCESS_DENIED.search(" ".join(said.split())):
        return RefusalJudgement(best, code, BounceReason.NO_ADDRESS, True)
    reason = _by_words(said) or (BounceReason.NO_HOST if code in _NO_MAIL else _by_status(best))
    passing = (best or "5").startswith("4") or (code is not None and code < 500)
    if reason in _HARD and not passing:
        told = f"{said}\n{around}"
        reason = _sure(reason, _details(statuses), told, formal and bool(code), phase or phase_in(told))
    return RefusalJudgement(best, code, reason, reason in _HARD and not passing)


def reason_of(said: str) -> BounceReason | None:
    """The reason by the words alone; None if no pattern matches."""
    return _by_words(said[:_READ])


@lru_cache(maxsize=64)  # one message often has the same text for many recipients
def _by_words(said: str) -> BounceReason | None:
    plain = _ADDRESS.sub(" ", _LINK.sub(" ", " ".join(said.split())))
    plain = _IN_REPLY.sub(" ", _PREFIX.sub(" ", plain))
    return next((reason for reason, words in TABLE if words.search(plain)), None)


def _by_status(status: str | None) -> BounceReason:
    if not status:
        return BounceReason.OTHER
    detail = status.partition(".")[2]
    return _DETAILS.get(detail) or _SUBJECTS.get(detail.partition(".")[0], BounceReason.OTHER)


def _best(statuses: list[str]) -> str | None:
    """The first enhanced code other than X.0.0, which says nothing; else the first."""
    telling = [status for status in statuses if not status.endswith(".0.0")]
    return next(iter(telling or statuses), None)


def _code_in(said: str) -> int | None:
    found = _CODE.search(said)
    return int(found[1]) if found and found[1][0] in "45" else None


def _details(statuses: list[str]) -> set[str]:
    return {one.partition(".")[2] for one in statuses if one.startswith("5")}


def _sure(reason: BounceReason, details: set[str], told: str, formal: bool, phase: str) -> BounceReason:
    """The hard reason if there is proof; else a soft one, such as FILTERED ("no such user" after DATA)."""
    if phase in ("MAIL", "CONNECT") or details & _OF_SENDER:
        return BounceReason.POLICY
    if reason is BounceReason.NO_HOST:
        return BounceReason.NETWORK if _AGAIN.search(told[:_READ]) else reason
    if any(detail.startswith("7.") for detail in details):
        return BounceReason.FILTERED
    if details & _OF_ADDRESS:
        return reason
    if (_NOT_FOUND.search(told) and not _CODE.search(told)) or _AT_HOME.search(told):
        return reason
    said_plainly = formal and not phase and (details == {"5.0"} or (details == {"0.0"} and _PLAINLY.search(told)))
    refused = phase == "RCPT" or _DIRECTORY.search(told) or said_plainly
    return reason if refused and details <= _VAGUE else BounceReason.FILTERED
