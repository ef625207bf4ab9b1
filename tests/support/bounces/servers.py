"""What mail servers write in plain words, one of each."""

from __future__ import annotations

from tests.support.bounces.forms import ADA, BOB, LETTER, Sample, daemon

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

SERVERS = (
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
)
