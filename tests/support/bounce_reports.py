"""A bounce (RFC 3464) and a complaint (RFC 5965) as mail servers send them."""

from __future__ import annotations


def report(
    to: str,
    *,
    status: str = "5.1.1",
    action: str = "failed",
    words: str = "550 5.1.1 no such mailbox here",
    reader: str = "ada",
) -> bytes:
    """A report as a mail server writes it (RFC 3464)."""
    return f"""From: MAILER-DAEMON@relay.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x

It could not be delivered.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; {reader}@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--x
Content-Type: text/rfc822-headers

From: Papers <papers@example.org>
To: {reader}@example.org
Message-ID: <{reader}.1120@example.org>
Subject: 7 papers

--x--
""".replace("\n", "\r\n").encode()


def complaint(token: str) -> bytes:
    """What a mailbox provider tells (RFC 5965): the reader called it spam."""
    return f"""From: fbl@provider.example
To: complaints@example.org
Subject: Spam report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="x"

--x

Somebody called it spam.
--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1
Version: 1
Original-Mail-From: <{token}>

--x
Content-Type: message/rfc822

From: Papers <papers@example.org>
Message-ID: <ada.1120@example.org>
Subject: 7 papers

Seven.
--x--
""".replace("\n", "\r\n").encode()
