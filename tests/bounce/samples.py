"""Messages that came back, one of each format; formats are the servers', addresses and letters are ours."""

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


QMAIL = (
    """\
Hi. This is the qmail-send program at mx.journal.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

{}
--- Below this line is a copy of the message.

"""
    + LETTER
)
EXIM = (
    """\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

{}
------ This is a copy of the message, including all the headers. ------

"""
    + LETTER
)
SENDMAIL = (
    """\
The original message was received at Fri, 20 Nov 2026 07:30:00 GMT
from journal.example [192.0.2.1]

   ----- The following addresses had permanent fatal errors -----
<ada@reader.example>
    (reason: {0})

   ----- Transcript of session follows -----
... while talking to mx.reader.example.:
>>> {1}
<<< {0}
550 5.1.1 <ada@reader.example>... User unknown

   ----- Original message follows -----

"""
    + LETTER
)
OPENSMTPD = (
    """\
    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

{}
    Below is a copy of the original message:

"""
    + LETTER
)
DRAGONFLY = (
    """\
This is the DragonFly Mail Agent v0.13 at mx.journal.example.

There was an error delivering your mail to <ada@reader.example>.

mx.reader.example [192.0.2.9] did not like our {}:
{}

Message headers follow.

"""
    + LETTER
)

REPORTS = (
    Sample(
        "unknown",
        "hard",
        (ADA,),
        "no such address",
        report(failed("5.1.1", "550 5.1.1 <ada@reader.example>: User unknown")),
    ),
    Sample(
        "unknown at RCPT",
        "hard",
        (ADA,),
        "no such address",
        report(
            failed("5.0.0", "550 <ada@reader.example>: no such user"),
            "<ada@reader.example>: host mx.reader.example[192.0.2.9] said: 550 <ada@reader.example>: no such "
            "user (in reply to RCPT\n    TO command)",
        ),
    ),
    Sample(
        "unknown after DATA",
        "soft",
        (ADA,),
        "filtered",
        report(
            failed("5.0.0", "550 Unknown user ada@reader.example"),
            "<ada@reader.example>: host mx.reader.example[192.0.2.9] said: 550 Unknown user ada@reader.example "
            "(in reply to end of DATA command)",
        ),
    ),
    Sample("unknown, by policy", "soft", (ADA,), "filtered", report(failed("5.7.1", "550 5.7.1 User unknown"))),
    Sample("full", "soft", (ADA,), "mailbox full", report(failed("5.2.2", "552 5.2.2 Mailbox full"))),
    Sample(
        "full, called unknown",
        "soft",
        (ADA,),
        "mailbox full",
        report(failed("5.1.1", "550 5.1.1 The mailbox is over quota")),
    ),
    Sample("disabled", "soft", (ADA,), "disabled", report(failed("5.2.1", "550 5.2.1 This account is disabled"))),
    Sample(
        "DMARC",
        "soft",
        (ADA,),
        "policy",
        report(failed("5.7.26", "550-5.7.26 not accepted due to the domain's DMARC policy")),
    ),
    Sample("spam", "soft", (ADA,), "spam", report(failed("5.7.1", "554 5.7.1 This looks like spam"))),
    Sample("listed", "soft", (ADA,), "policy", report(failed("5.1.1", "550 192.0.2.1 is listed at a block list"))),
    Sample(
        "relaying", "soft", (ADA,), "policy", report(failed("5.1.1", "550 <ada@reader.example>: Relay access denied"))
    ),
    Sample(
        "sender unknown",
        "soft",
        (ADA,),
        "policy",
        report(failed("5.1.8", "553 5.1.8 Sender address rejected: Domain not found")),
    ),
    Sample(
        "too large", "soft", (ADA,), "too large", report(failed("5.3.4", "552 5.3.4 Message size exceeds fixed limit"))
    ),
    Sample(
        "expired",
        "soft",
        (ADA,),
        "expired",
        report(failed("4.4.1", "connect to mx.reader.example: Connection timed out")),
    ),
    Sample("greylisted", "soft", (ADA,), "throttled", report(failed("4.2.0", "450 4.2.0 Greylisted, try again later"))),
    Sample("unknown for now", "soft", (ADA,), "no such address", report(failed("4.1.1", "450 4.1.1 User unknown"))),
    Sample(
        "delayed",
        "soft",
        (ADA,),
        "no such address",
        report(failed("5.1.1", "550 5.1.1 User unknown", action="delayed")),
    ),
    Sample(
        "no host",
        "hard",
        (ADA,),
        "no such host",
        report(failed("5.4.4", "Host or domain name not found. Name service error")),
    ),
    Sample(
        "null MX",
        "hard",
        (ADA,),
        "no such host",
        report(failed("5.1.10", "Domain reader.example does not accept mail (nullMX)")),
    ),
    Sample(
        "host for now",
        "soft",
        (ADA,),
        "no such host",
        report(failed("4.4.3", "Host or domain name not found, try again")),
    ),
    Sample("delivered", "none", (ADA,), "delivered", report(failed("2.0.0", "250 2.0.0 Ok", action="delivered"))),
    Sample("relayed", "none", (ADA,), "delivered", report(failed("2.0.0", "250 2.0.0 Ok", action="relayed"))),
    Sample(
        "one of two",
        "hard",
        (BOB, ADA),
        "no such address",
        report(failed("5.2.2", "552 5.2.2 Mailbox full", BOB) + "\n" + failed("5.1.1", "550 5.1.1 No such user")),
    ),
    Sample(
        "one delivered",
        "soft",
        (ADA,),
        "mailbox full",
        report(failed("2.0.0", "250 Ok", BOB, "delivered") + "\n" + failed("5.2.2", "552 5.2.2 Mailbox full")),
    ),
    Sample(
        "no diagnostic",
        "hard",
        (ADA,),
        "no such host",
        report(
            "Final-Recipient: rfc822; ada@reader.example\nAction: failed\nStatus: 5.0.0\n",
            "ada@reader.example: Domain does not exist",
        ),
    ),
    Sample(
        "international",
        "hard",
        ("zoë@reader.example",),
        "no such address",
        report("Final-Recipient: utf-8; zo\\x{EB}@reader.example\nAction: failed\nStatus: 5.1.1\n").replace(
            "message/delivery-status", "message/global-delivery-status"
        ),
    ),
    Sample(
        "headers only",
        "hard",
        (ADA,),
        "no such address",
        report(failed("5.1.1", "550 5.1.1 No such user"), returned="text/rfc822-headers"),
    ),
)
PROSE = (
    Sample(
        "qmail",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            QMAIL.format(
                "<ada@reader.example>:\n192.0.2.9 does not like recipient.\nRemote host said: 550 5.1.1 No such "
                "user here\n"
                "Giving up on 192.0.2.9.\n"
            ),
            subject="failure notice",
        ),
    ),
    Sample(
        "qmail, full",
        "soft",
        (ADA,),
        "mailbox full",
        daemon(QMAIL.format("<ada@reader.example>:\nuser is over quota\n"), subject="failure notice"),
    ),
    Sample(
        "qmail, no host",
        "hard",
        (ADA,),
        "no such host",
        daemon(
            QMAIL.format("<ada@reader.example>:\nSorry, I couldn't find any host named reader.example. (#5.1.2)\n"),
            subject="failure notice",
        ),
    ),
    Sample(
        "qmail, local",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            QMAIL.format("<ada@reader.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n"),
            subject="failure notice",
        ),
    ),
    Sample(
        "qmail, expired",
        "soft",
        (ADA,),
        "expired",
        daemon(
            QMAIL.format(
                "<ada@reader.example>:\nI'm not going to try again; this message has been in the queue too long.\n"
            ),
            subject="failure notice",
        ),
    ),
    Sample(
        "qmail, two",
        "hard",
        (ADA, BOB),
        "no such address",
        daemon(
            QMAIL.format(
                "<ada@reader.example>:\n192.0.2.9 does not like recipient.\nRemote host said: 552 5.2.2 Mailbox "
                "full\n\n"
                "<bob@reader.example>:\n192.0.2.9 does not like recipient.\nRemote host said: 550 5.1.1 No such user\n"
            ),
            subject="failure notice",
        ),
    ),
    Sample(
        "exim",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            EXIM.format(
                "  ada@reader.example\n    host mx.reader.example [192.0.2.9]\n    SMTP error from remote mail "
                "server after RCPT TO:<ada@reader.example>:\n"
                "    550 no such mailbox\n"
            ),
            subject="Mail delivery failed: returning message to sender",
            more="Auto-Submitted: auto-replied\nX-Failed-Recipients: ada@reader.example\n",
        ),
    ),
    Sample(
        "exim, unroutable",
        "hard",
        (ADA,),
        "no such host",
        daemon(
            EXIM.format("  ada@reader.example\n    Unrouteable address\n"),
            subject="Mail delivery failed: returning message to sender",
        ),
    ),
    Sample(
        "exim, after data",
        "soft",
        (ADA,),
        "spam",
        daemon(
            EXIM.format(
                "  ada@reader.example\n    host mx.reader.example [192.0.2.9]\n    SMTP error from remote mail "
                "server after end of data:\n"
                "    554 rejected as spam\n"
            ),
            subject="Mail delivery failed: returning message to sender",
        ),
    ),
    Sample(
        "exim, retry",
        "soft",
        (ADA,),
        "expired",
        daemon(
            EXIM.format("  ada@reader.example\n    retry timeout exceeded\n"),
            subject="Mail delivery failed: returning message to sender",
        ),
    ),
    Sample(
        "sendmail",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            SENDMAIL.format("550 5.1.1 User unknown", "RCPT To:<ada@reader.example>"),
            subject="Returned mail: see transcript for details",
        ),
    ),
    Sample(
        "sendmail, filter",
        "soft",
        (ADA,),
        "filtered",
        daemon(
            SENDMAIL.replace("550 5.1.1 <ada", "554 5.0.0 <ada")
            .replace("... User unknown", "... Service unavailable")
            .format("550 Unknown user", "DATA"),
            subject="Returned mail: see transcript for details",
        ),
    ),
    Sample(
        "sendmail 5",
        "hard",
        (ADA,),
        "no such host",
        daemon(
            "   ----- Transcript of session follows -----\n550 reader.example (smtp)... 550 Host unknown\n"
            "554 <ada@reader.example>... 550 Host unknown (Authoritative answer from name server)\n\n"
            "   ----- Unsent message follows -----\n" + LETTER,
            subject="Returned mail: Host unknown",
        ),
    ),
    Sample(
        "opensmtpd",
        "hard",
        (ADA, BOB),
        "no such address",
        daemon(
            OPENSMTPD.format(
                "ada@reader.example: 550 5.1.1 <ada@reader.example>... User unknown\nbob@reader.example: 552 "
                "5.2.2 Mailbox full\n"
            ),
            subject="Delivery status notification: error",
        ),
    ),
    Sample(
        "dragonfly",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            DRAGONFLY.format("RCPT TO", "550 5.1.1 <ada@reader.example>: Recipient address rejected: User unknown"),
            subject="Mail delivery failed",
        ),
    ),
    Sample(
        "dragonfly, policy",
        "soft",
        (ADA,),
        "policy",
        daemon(
            DRAGONFLY.format("final DATA", "554 5.7.9 Message not accepted for policy reasons"),
            subject="Mail delivery failed",
        ),
    ),
    Sample(
        "postfix, no report",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            "This is the mail system at host mx.journal.example.\n\nI'm sorry to have to inform you that your "
            "message could not\nbe delivered.\n\n"
            "<ada@reader.example>: host mx.reader.example[192.0.2.9] said: 550 5.1.1\n    <ada@reader.example>: "
            "Recipient address rejected: User unknown (in reply to\n    RCPT TO command)\n"
        ),
    ),
    Sample(
        "courier",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            "This is a delivery status notification from mx.journal.example,\nrunning the Courier mail server, "
            "version 1.0.\n\nThe original message was received on Fri, 20 Nov 2026 07:30:00 +0000\nfrom "
            "journal.example\n\n"
            "---------------------------------------------------------------------------\n\n                    "
            "       UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n"
            "<ada@reader.example>:\n    mx.reader.example [192.0.2.9]:\n<<< RCPT TO:<ada@reader.example>\n550 "
            "5.1.1 User unknown.\n\n",
            subject="NOTICE: mail delivery status.",
        ),
    ),
    Sample(
        "provider",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            "Sorry, we were unable to deliver your message to the following address.\n\n<ada@reader.example>:\n"
            "Remote host said:\n550 5.1.1 unknown user\n [RCPT_TO]\n\n"
            "--- Below this line is a copy of the message.\n\n" + LETTER,
            subject="Failure Notice",
        ),
    ),
    Sample(
        "provider, host",
        "soft",
        (ADA,),
        "expired",
        daemon(
            "Delivery to the following recipient failed permanently:\n\n     ada@reader.example\n\nTechnical "
            "details of permanent failure:\n"
            "The recipient server did not accept our requests to connect.\n\n----- Original message -----\n\n" + LETTER,
            subject="Delivery Status Notification (Failure)",
        ),
    ),
    Sample(
        "directory",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            "Your message\n\n  To:      papers@journal.example\n  Subject: 3 papers\n  Sent:    Fri, 20 Nov "
            "2026 07:30:00 +0000\n\ndid not reach the following recipient(s):\n\n"
            "ada@reader.example on Fri, 20 Nov 2026 07:30:01 +0000\n    The recipient name is not recognized\n  "
            "  MSEXCH:IMS:READER:HQ:MAIL 0 (000C05A6) Unknown Recipient\n",
            subject="Undeliverable: 3 papers",
        ),
    ),
    Sample(
        "notes",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            "------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\n"
            "ada@reader.example\n\n------- Returned Message --------\n\n" + LETTER,
            subject="DELIVERY FAILURE: User not listed in public Name & Address Book",
        ),
    ),
    Sample(
        "Japanese, full",
        "soft",
        (ADA,),
        "mailbox full",
        daemon(
            "次のあて先へのメッセージはエラーのため送信できませんでした。\nメールボックスが一杯です。\n\n<ada@reader.example>\n",
            subject="=?utf-8?B?44Ko44Op44O86YCa55+l?=",
            more="Content-Type: text/plain; charset=utf-8\n",
        ),
    ),
    Sample(
        "the letter's own recipient",
        "soft",
        (ADA,),
        "mailbox full",
        daemon(
            "Your message could not be delivered: the mailbox is full.\n\n--- Original message follows ---\n\n" + LETTER
        ),
    ),
    Sample(
        "HTML",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            "<html><style>p{color:red}</style><body><p>Delivery has failed to these "
            "recipients:</p><p>ada@reader.example</p>"
            "<p>550 5.1.1 &lt;ada@reader.example&gt; User unknown</p></body></html>\n",
            more="Content-Type: text/html; charset=utf-8\n",
        ),
    ),
    Sample(
        "base64",
        "soft",
        (ADA,),
        "mailbox full",
        daemon(
            "PGFkYUByZWFkZXIuZXhhbXBsZT46IDU1MiA1LjIuMiBNYWlsYm94IGZ1bGwK\n", more="Content-Transfer-Encoding: base64\n"
        ),
    ),
    Sample(
        "no MIME",
        "hard",
        (ADA,),
        "no such address",
        daemon("Reporting-MTA: dns; mx.journal.example\n\n" + failed("5.1.1", "550 5.1.1 User unknown")),
    ),
    Sample(
        "JSON",
        "hard",
        (ADA,),
        "no such address",
        'From: no-reply@sns.provider.example\nTo: papers@journal.example\nSubject: Notification\n\n{"Type": '
        '"Notification", "Message": '
        '"{\\"notificationType\\":\\"Bounce\\",\\"bounce\\":{\\"bounceType\\":\\"Permanent\\",\\"bouncedRecipients\\":[{\\"emailAddress\\":'
        '\\"ada@reader.example\\",\\"status\\":\\"5.1.1\\",\\"diagnosticCode\\":\\"smtp; 550 5.1.1 user '
        'unknown\\"}]}}"}\n',
    ),
)
COMPLAINTS = (
    Sample(
        "abuse",
        "complaint",
        (ADA,),
        "complaint",
        feedback("Feedback-Type: abuse\nOriginal-Rcpt-To: <ada@reader.example>\n"),
    ),
    Sample("abuse, of the letter", "complaint", (ADA,), "complaint", feedback("Feedback-Type: abuse\n")),
    Sample(
        "opt-out",
        "complaint",
        (ADA,),
        "opt-out",
        feedback("Feedback-Type: opt-out\nRemoval-Recipient: ada@reader.example\n"),
    ),
    Sample(
        "not the reader's",
        "none",
        (ADA,),
        "authentication",
        feedback("Feedback-Type: auth-failure\nOriginal-Rcpt-To: ada@reader.example\n"),
    ),
    Sample(
        "older",
        "complaint",
        (ADA,),
        "complaint",
        "From: staff@provider.example\nTo: papers@journal.example\nSubject: complaint about message from "
        "192.0.2.1\nX-HmXmrOriginalRecipient: ada@reader.example\n"
        'Content-Type: multipart/mixed; boundary="edge"\n\n--edge\nContent-Type: message/rfc822\n\n'
        + LETTER
        + "\nThree papers.\n--edge--\n",
    ),
    Sample(
        "unsubscribe",
        "complaint",
        (ADA,),
        "opt-out",
        "From: ada@reader.example\nTo: unsubscribe+7f3a@journal.example\nSubject: unsubscribe\n\n",
    ),
)
ANSWERS = (
    Sample(
        "away",
        "autoreply",
        (ADA,),
        "autoreply",
        person("I am away until Monday.", subject="Re: 3 papers", more="Auto-Submitted: auto-replied\n"),
    ),
    Sample(
        "away, by subject",
        "autoreply",
        (ADA,),
        "autoreply",
        person("I am away. Write to bob@reader.example.", subject="Out of Office: 3 papers"),
    ),
    Sample(
        "away, in German", "autoreply", (ADA,), "autoreply", person("Ich bin nicht da.", subject="Abwesenheitsnotiz")
    ),
    Sample(
        "older field",
        "autoreply",
        (ADA,),
        "autoreply",
        person("Thank you.", subject="Hello", more="X-Autoreply: yes\n"),
    ),
    Sample(
        "precedence",
        "autoreply",
        (ADA,),
        "autoreply",
        person("Thank you.", subject="Hello", more="Precedence: auto_reply\n"),
    ),
    Sample(
        "challenge",
        "autoreply",
        (ADA,),
        "autoreply",
        person("Follow this link.", subject="Please confirm your message"),
    ),
    Sample(
        "gone, by a person's machine",
        "autoreply",
        (ADA,),
        "autoreply",
        person(
            "This address is no longer in use. 550 unknown user. Write to bob@reader.example.",
            subject="Automatic reply: 3 papers",
            more="Return-Path: <>\nAuto-Submitted: auto-replied\n",
        ),
    ),
)
NOTHING = (
    Sample("a letter", "none", (), None, person("Thank you for the paper on minors.", subject="Re: 3 papers")),
    Sample(
        "a question about a bounce",
        "none",
        (),
        None,
        person(
            "What does this mean?\n\n> Final-Recipient: rfc822; bob@reader.example\n> Action: failed\n> Status: "
            "5.1.1\n",
            subject="Re: Undelivered mail",
        ),
    ),
    Sample(
        "a list's letter",
        "none",
        (),
        None,
        person("550 is a number.", subject="On failure", more="List-Id: <minors.example>\nPrecedence: list\n"),
    ),
    Sample("nothing", "none", (), None, ""),
)
SAMPLES = (*REPORTS, *PROSE, *COMPLAINTS, *ANSWERS, *NOTHING)
