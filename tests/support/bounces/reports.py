"""Reports for machines (RFC 3464), one of each kind."""

from __future__ import annotations

from tests.support.bounces.forms import ADA, BOB, Sample, failed, report

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
