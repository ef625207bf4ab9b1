"""What providers and other programs write in plain words, one of each."""

from __future__ import annotations

from tests.support.bounces.forms import ADA, LETTER, Sample, daemon, failed

PROVIDERS = (
    Sample(
        "directory, to several",
        "hard",
        (ADA,),
        "no such address",
        daemon(
            "Your message\n\n  To:      list@other.example\n  Cc:      carl@other.example\n  Subject: 3 papers\n"
            "  Sent:    Fri, 20 Nov 2026 07:30:00 +0000\n\ndid not reach the following recipient(s):\n\n"
            "ada@reader.example on Fri, 20 Nov 2026 07:30:01 +0000\n    The recipient name is not recognized\n"
            "    MSEXCH:IMS:READER:HQ:MAIL 0 (000C05A6) Unknown Recipient\n",
            subject="Undeliverable: 3 papers",
        ),
    ),
    Sample(
        "a server under another name",
        "soft",
        (ADA,),
        "filtered",
        daemon(
            "ada@reader.example - no such user here.\n\nThere is no user by that name at this server.\n",
            subject="Warning: ada@reader.example - User unknown!",
        )
        .replace("MAILER-DAEMON@", "MDaemon@")
        .replace("<>", "<MDaemon@mx.reader.example>"),
    ),
    Sample(
        "an address behind its type",
        "soft",
        (ADA,),
        "filtered",
        daemon(
            "Message could not be delivered to some recipients.\n\n\tRecipient: [SMTP:ada@reader.example]\n"
            "\tReason: Remote SMTP Server Returned: 550 mailbox unavailable\n",
            subject="Message Delivery Failure",
            more="Auto-Submitted: auto-replied\n",
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
