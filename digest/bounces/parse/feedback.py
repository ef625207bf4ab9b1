"""Recognises complaints: abuse reports (RFC 5965), older provider formats, and mail to the unsubscribe address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.bounces.parse.addresses import addresses_in, is_daemon, tidy
from digest.bounces.parse.mime import MimeHeader, ParsedMail, head_of, words_of
from digest.bounces.parse.notice import BounceText
from digest.mail.refusal.reasons import BounceReason

_OPT_OUT = re.compile(r"opt-?out", re.I)
_NO_COMPLAINT = frozenset({"auth-failure", "dmarc", "virus", "not-spam"})
_SUBJECT = re.compile(r"\bcomplaint about message from\b|\b(?:abuse|spam|feedback|complaint) report\b", re.I)
_STAFF = re.compile(r"(?:staff|scomp|fbl|feedback|feedbackloop|abuse|complaints?)[\w.+-]{0,40}@", re.I)
_LEAVE = re.compile(r"\s*(?:re:\s*)?unsubscribe\s*", re.I)
_LEAVE_ADDRESS = re.compile(r"unsubscribe|opt-?out|leave", re.I)
_TO = ("original-rcpt-to", "removal-recipient", "x-hmxmroriginalrecipient", "x-apparently-to")


@dataclass(frozen=True, slots=True)
class Complaint:
    addresses: tuple[str, ...]
    reason: BounceReason
    said: str


def complaint_of(mail: ParsedMail, notice: BounceText) -> Complaint | None:
    """The complaint of a reader or their provider, or None. The reason AUTHENTICATION is no complaint of a reader."""
    report = next((head_of(part.text) for part in mail.parts if part.kind == "message/feedback-report"), None)
    if report is None:
        report = _older(mail, notice)
    if report is None:
        return _leaving(mail)
    told = report.get("feedback-type").lower()
    reason = BounceReason.COMPLAINT
    if told in _NO_COMPLAINT:
        reason = BounceReason.AUTHENTICATION if told != "not-spam" else BounceReason.OTHER
    elif _OPT_OUT.match(told):
        reason = BounceReason.OPT_OUT
    return Complaint(_who(report, notice.returned), reason, f"Feedback-Type: {told}" if told else "")


def _older(mail: ParsedMail, notice: BounceText) -> MimeHeader | None:
    """The header of a report in an older format: a returned letter under a typical subject, or inline fields."""
    sender = mail.head.get("from")
    subject = words_of(mail.head.get("subject"))
    if "x-hmxmroriginalrecipient" in mail.head or (_SUBJECT.search(subject) and _STAFF.search(sender)):
        return mail.head if notice.returned.fields else None
    inline = next((part for part in mail.parts if "feedback-type:" in part.text.lower()[:5_000]), None)
    if inline is not None and re.search(r"^feedback-type:", inline.text[:5_000], re.I | re.M):
        return head_of(inline.text[:5_000])
    return None


def _who(report: MimeHeader, returned: MimeHeader) -> tuple[str, ...]:
    """The recipients of the letter: by the report's fields, else by the letter's."""
    for values in (report.all(*_TO), returned.all(*_TO), returned.all("to", "delivered-to")):
        found = [address for value in values for address in addresses_in(value)]
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def _leaving(mail: ParsedMail) -> Complaint | None:
    """An unsubscribe mail to the List-Unsubscribe address, which mail programs write for their user."""
    to = [tidy(found) for found in addresses_in(mail.head.get("to"))]
    if not (_LEAVE.fullmatch(words_of(mail.head.get("subject"))) and any(_LEAVE_ADDRESS.search(found) for found in to)):
        return None
    who = tuple(address for address in addresses_in(mail.head.get("from"))[:1] if not is_daemon(address))
    return Complaint(who, BounceReason.OPT_OUT, "unsubscribe") if who else None
