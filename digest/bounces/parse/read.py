"""Parses a bounce message as complaint, delivery status notification, report in plain text, or automatic reply."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

from digest.bounces.parse.addresses import addresses_in, is_daemon
from digest.bounces.parse.answering import answering, answers_by_subject, answers_for_someone
from digest.bounces.parse.feedback import Complaint, complaint_of
from digest.bounces.parse.fields import DsnRecipient, DsnReport, report_of
from digest.bounces.parse.mime import MimeHeader, MimePart, ParsedMail, parse_mail, words_of
from digest.bounces.parse.notice import BounceText, notice_of
from digest.bounces.parse.notification import notified
from digest.bounces.parse.prose import RecipientText, in_header, recipients_in
from digest.bounces.parse.values import Bounce, BounceKind, BounceRecipient
from digest.mail.refusal import RefusalJudgement, judge_refusal, reason_of
from digest.mail.refusal.phase import phase_in
from digest.mail.refusal.reasons import BounceReason

_SENT_TO = ("delivered-to", "x-original-to", "envelope-to", "to")
_DONE = ("delivered", "relayed", "expanded", "deliverable")
_WORDS = 500
_REPLIES = 10  # SMTP replies of one recipient that are examined; more are repetitions
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)[ \-:]|(?<![\d.])([45]\.\d\.\d)")
_REJECTED = re.compile(r"was automatically rejected:\s{0,9}(.{1,300})")
_DAEMON = re.compile(r"mailer[-_. ]?daemon|mail.{0,12}deliver|^\s*<>|delivery (?:sub)?system", re.I)
_OFFICE = re.compile(r"post.?master|administrator|mailer-?daemon|\bmdaemon@", re.I)
_LETTER = re.compile(
    r"(?:message|e-?mail|mail|letter)\b[^.]{0,160}?(?:could|can|was|has)(?: ?not|n't) (?:be|been)?[ \n]?deliver"
    r"|no such user|unable to deliver (?:the |your )?(?:message|mail)|user unknown",
    re.I,
)
_SUBJECT = re.compile(  # counts from any sender
    r"undeliver|deliver(?:y|ed)?.{0,20}(?:fail|status|notif|problem|error|delay|warning)|fail(?:ure|ed).{0,20}(?:notice|deliver|mail)"
    r"|returned (?:mail|e-?mail|to sender|message)|return(?:ing|ed)? (?:message )?to sender|mail (?:system )?error"
    r"|could not be delivered|can(?:not|'t) (?:be )?deliver|non.?deliver|unable to deliver|not delivered|error sending"
    r"|delivery (?:report|notification|incomplete)|mail failed|unzustellbar|配信|エラー|送信できません|не доставлен",
    re.I,
)
_LOOSE = re.compile(  # counts from a mail system alone
    r"failure|rejected|bounce|mail status|message status|errors from|not member|reject mail|loop alert|warning: "
    r"|problem|transcript of session|mailbox|no such|user unknown|unknown user|\berror\b",
    re.I,
)
_ANSWER = re.compile(r"\s*(?:re|aw|antw|sv|vs|odp|ynt|res|fwd?|wg|tr|rv|enc|回复|答复|转发)(?:\[\d+\])?\s*[:：]", re.I)
_QUOTED = re.compile(r"^[ \t]*>(?!>>).*$", re.M)  # what a person answers to
_CODED = re.compile(r"(?<![\d.])[45]\d\d[ -]")
_FAILED = re.compile(
    r"\b[45]\d\d[ -]|undeliver|not (?:be )?(?:deliver|reach|sent)|fail|unable|error|unknown|reject|returned"
    r"|could(?: not|n't)"
    r"|できません|no such|full|invalid|bounce|wasn't able|permanent|trouble",
    re.I,
)


def parse_bounce(message: bytes) -> Bounce:
    """Parse a message to the return address: RFC 3464, 3834, 5965, and the formats of many servers.

    Any bytes give a Bounce, in bounded time: at most two megabytes are read.
    """
    mail = parse_mail(message)
    outer = _read(mail)
    if outer.kind == BounceKind.COMPLAINT or report_of(mail).recipients:
        return outer
    sure = any(one.reason is not BounceReason.OTHER for one in outer.recipients)
    inner = next((found for part in mail.parts if (found := _handed_on(part, formal=sure))), None)
    return replace(inner, sent_to=tuple(dict.fromkeys(outer.sent_to + inner.sent_to))) if inner else outer


def _handed_on(part: MimePart, formal: bool) -> Bounce | None:
    """A report in an attached message, as filters forward it; with `formal` one with RFC 3464 fields alone."""
    if part.kind != "message/rfc822":
        return None
    inner = parse_mail(part.text.encode("utf-8", "replace"))
    if not any(is_daemon(address) for address in addresses_in(words_of(inner.head.get("from")))):
        return None
    if formal and not report_of(inner).recipients:
        return None
    found = _read(inner)
    return found if found.recipients and found.kind in (BounceKind.HARD, BounceKind.SOFT) else None


def _read(mail: ParsedMail) -> Bounce:
    notice = notice_of(mail)
    kind, report = notified(mail)
    complaint = complaint_of(mail, notice)
    if kind == "complaint":
        complaint = Complaint(tuple(status.address for status in report.recipients), BounceReason.COMPLAINT, "")
    if complaint:
        return _complained(mail, notice, complaint)
    report = report if report.recipients else report_of(mail)
    if report.recipients:
        return _reported(mail, notice, report)
    if _looks_returned(mail, notice):
        said = _said(mail, notice)
        if said or _DAEMON.search(words_of(mail.head.get("from"))) or _CODED.search(notice.words):
            return _told(mail, notice, report, said)
    if answers_for_someone(mail):
        return _answered(mail, notice)
    return Bounce(kind=BounceKind.NONE, sent_to=_sent_to(mail.head))


def _looks_returned(mail: ParsedMail, notice: BounceText) -> bool:
    """Whether a message is a bounce: the fewer signs of a mail system it has, the more its text must show a failure."""
    head = mail.head
    sender, subject = words_of(head.get("from")), words_of(head.get("subject"))
    daemon = "x-failed-recipients" in head or bool(_DAEMON.search(sender))
    path = head.get("return-path").strip()
    system = daemon or path == "<>" or bool(_OFFICE.search(f"{sender} {path}")) or "x-mlserver" in head
    named = bool(_SUBJECT.search(subject)) or (system and bool(_LOOSE.search(subject)))
    words = notice.words if daemon or path == "<>" else _QUOTED.sub("", notice.words)
    telling = notice.returned.fields or _LETTER.search(words)
    if not (system or (named and telling and not _ANSWER.match(subject))):
        return False
    if not daemon and answers_by_subject(mail):
        return False
    if not _FAILED.search(words):
        return "x-failed-recipients" in head or (named and reason_of(words) is not None)
    said = daemon or _CODED.search(words) or (notice.returned.fields and reason_of(words))
    return named or (not answers_for_someone(mail) and bool(said))


def _said(mail: ParsedMail, notice: BounceText) -> list[RecipientText]:
    failed = in_header(mail.head.all("x-failed-recipients"))
    letter = in_header(notice.returned.all("to")) or in_header(
        notice.returned.all("x-envelope-to", "cc", "delivered-to")
    )
    own = in_header(mail.head.all(*_SENT_TO, "from")) + in_header(notice.returned.all("from", "return-path", "sender"))
    return recipients_in(notice.words, own, failed, letter)


def _reported(mail: ParsedMail, notice: BounceText, report: DsnReport) -> Bounce:
    """A Bounce from RFC 3464 fields; the text of the report helps where the fields give no reason."""
    judged: list[tuple[DsnRecipient, RefusalJudgement]] = []
    prose = {said.address.lower(): said.words for said in _said(mail, notice)}
    for status in report.recipients:
        judged.append((status, _judged(status, prose.get(status.address.lower(), ""), notice, len(report.recipients))))
    failed = [(status, judgement) for status, judgement in judged if status.action not in _DONE]
    recipients = tuple(
        replace(_recipient(status.address, judgement), delayed=status.action == "delayed")
        for status, judgement in failed or judged
    )
    if not failed:
        recipients = tuple(
            BounceRecipient(
                address=one.address, status=one.status, code=one.code, reason=BounceReason.DELIVERED, hard=False
            )
            for one in recipients
        )
    words = next((status.diagnostic for status, _ in failed if status.diagnostic), notice.words)
    return _bounce(mail, notice, report, recipients, words, kind=None if failed else BounceKind.NONE)


def _judged(status: DsnRecipient, prose: str, notice: BounceText, number: int) -> RefusalJudgement:
    around = prose.strip() or (notice.words if number == 1 else "")
    said = " ".join([*_REJECTED.findall(around), status.diagnostic])
    judgement = judge_refusal(said, status.status, around, formal=True)
    if reason_of(said) is None and around.strip():
        more = judge_refusal(f"{status.diagnostic} {_told_in(around)}", status.status, around, formal=True)
        judgement = more if more.reason is not BounceReason.OTHER else judgement
    if status.action == "delayed":
        return RefusalJudgement(judgement.status, judgement.code, judgement.reason, False)
    return judgement


def _told(mail: ParsedMail, notice: BounceText, report: DsnReport, said: list[RecipientText]) -> Bounce:
    """A Bounce from the text of a report alone."""
    recipients = []
    common = _told_in(notice.words)
    for one in said:
        own = _told_in(one.words)
        vague = len(said) == 1 and not _REPLY.search(own) and _REPLY.search(common)
        told = own if reason_of(own) and not vague else common
        judgement = judge_refusal(told, around=one.words if phase_in(one.words) else notice.words)
        recipients.append((_recipient(one.address, judgement), told))
    words = next((told for one, told in recipients if one.hard), recipients[0][1] if recipients else common)
    return _bounce(mail, notice, report, tuple(one for one, _ in recipients), words, kind=None)


def _told_in(words: str) -> str:
    """The first quoted SMTP reply that gives a reason, its lines joined; the whole text if none does."""
    groups: list[list[str]] = []
    for line in words.split("\n")[:400]:
        found = _REPLY.search(line[:300])
        if found and groups and groups[-1][0] == (found[1] or found[2]):
            groups[-1].append(line[:2_000])
        elif found:
            groups.append([found[1] or found[2], line[:2_000]])
        elif groups and line.strip() and groups[-1][0]:
            groups[-1].append(line[:2_000])
        elif groups:
            groups[-1][0] = ""  # an empty line ends a reply
    told = ("\n".join(group[1:]) for group in groups)
    return next((one for one in islice(told, _REPLIES) if reason_of(one)), words)


def _recipient(address: str, judgement: RefusalJudgement) -> BounceRecipient:
    return BounceRecipient(
        address=address, status=judgement.status, code=judgement.code, reason=judgement.reason, hard=judgement.hard
    )


def _bounce(
    mail: ParsedMail,
    notice: BounceText,
    report: DsnReport,
    recipients: tuple[BounceRecipient, ...],
    words: str,
    kind: BounceKind | None,
) -> Bounce:
    worst = next((one for one in recipients if one.hard), recipients[0] if recipients else None)
    return Bounce(
        kind=kind or (BounceKind.HARD if worst and worst.hard else BounceKind.SOFT),
        recipients=recipients,
        status=worst.status if worst else None,
        reason=worst.reason if worst else BounceReason.OTHER,
        envelope_id=report.envelope_id,
        message_id=_message_id(notice.returned),
        sent_to=_sent_to(mail.head),
        words=clean(words),
    )


def _complained(mail: ParsedMail, notice: BounceText, complaint: Complaint) -> Bounce:
    about = complaint.reason in (BounceReason.COMPLAINT, BounceReason.OPT_OUT)
    return Bounce(
        kind=BounceKind.COMPLAINT if about else BounceKind.NONE,
        recipients=tuple(
            BounceRecipient(address=address, status=None, code=None, reason=complaint.reason, hard=False)
            for address in complaint.addresses
        ),
        reason=complaint.reason,
        message_id=_message_id(notice.returned),
        sent_to=_sent_to(mail.head),
        words=clean(complaint.said or notice.words),
    )


def _answered(mail: ParsedMail, notice: BounceText) -> Bounce:
    return Bounce(
        kind=BounceKind.AUTOREPLY,
        recipients=tuple(
            BounceRecipient(address=address, status=None, code=None, reason=BounceReason.AUTOREPLY, hard=False)
            for address in answering(mail)
        ),
        reason=BounceReason.AUTOREPLY,
        sent_to=_sent_to(mail.head),
        words=clean(notice.words),
    )


def _message_id(returned: MimeHeader) -> str | None:
    return next((value[:500] for value in returned.all("message-id") if value), None)


def _sent_to(head: MimeHeader) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for value in head.all(*_SENT_TO) for address in addresses_in(value)))[:20]


def clean(words: str) -> str:
    """One line without control characters, of at most _WORDS characters."""
    seen = "".join(letter if letter.isprintable() else " " for letter in words[: 10 * _WORDS])
    return " ".join(seen.split())[:_WORDS]
