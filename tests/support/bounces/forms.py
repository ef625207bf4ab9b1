"""The forms in which messages come back; the forms are the servers', addresses and letters are ours."""

from __future__ import annotations

from dataclasses import dataclass

ADA, BOB = "ada@reader.example", "bob@reader.example"
LETTER = """\
Return-Path: <papers+7f3a@journal.example>
Received: from journal.example by mx.journal.example; Fri, 20 Nov 2026 07:30:00 +0000
Message-ID: <issue-17@journal.example>
Date: Fri, 20 Nov 2026 07:30:00 +0000
From: Papers <papers@journal.example>
To: Ada <ada@reader.example>
Subject: 3 papers on graph minors
"""


@dataclass(frozen=True)
class Sample:
    name: str
    kind: str
    addresses: tuple[str, ...]
    reason: str | None
    text: str

    @property
    def message(self) -> bytes:
        return self.text.encode()


def daemon(body: str, *, subject: str = "Undelivered Mail Returned to Sender", more: str = "") -> str:
    """A mail system's message in plain words."""
    return (
        "Return-Path: <>\nDelivered-To: papers+7f3a@journal.example\nFrom: MAILER-DAEMON@mx.journal.example\n"
        f"To: papers+7f3a@journal.example\nSubject: {subject}\n{more}\n{body}"
    )


def report(fields: str, words: str = "Your letter came back.", *, returned: str = "message/rfc822") -> str:
    """A report for machines (RFC 3464), with the letter it returns."""
    return daemon(
        f"--edge\nContent-Type: text/plain; charset=utf-8\n\n{words}\n\n--edge\nContent-Type: "
        f"message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.journal.example\nOriginal-Envelope-Id: issue+2B17+3Dx\n\n{fields}\n"
        f"--edge\nContent-Type: {returned}\n\n{LETTER}\nThree papers.\n--edge--\n",
        more='Content-Type: multipart/report; report-type=delivery-status; boundary="edge"\n',
    )


def failed(status: str, said: str, address: str = ADA, action: str = "failed") -> str:
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n"


def feedback(fields: str) -> str:
    """A report of abuse (RFC 5965)."""
    return (
        "From: fbl@provider.example\nTo: papers@journal.example\nSubject: FW: 3 papers\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="edge"\n\n'
        "--edge\nContent-Type: text/plain\n\nA reader complained.\n\n--edge\nContent-Type: message/feedback-report\n\n"
        f"User-Agent: Loop/1.0\nVersion: 1\n{fields}\n--edge\nContent-Type: message/rfc822\n\n{LETTER}\nThree "
        f"papers.\n--edge--\n"
    )


def person(body: str, *, subject: str, more: str = "") -> str:
    return f"From: Ada <ada@reader.example>\nTo: papers@journal.example\nSubject: {subject}\n{more}\n{body}\n"
