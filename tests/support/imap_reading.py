"""An IMAP box read as whoever deals with what comes back reads it."""

from __future__ import annotations

import ssl
import traceback

import pytest

from digest.bounces import mailbox
from digest.bounces.mailbox import BounceMailbox, ImapTimeouts, MailboxMessage
from digest.errors import DigestError
from tests.support.imap_server import ImapServer

QUICK = ImapTimeouts(connect=2, silence=2, step=5, farewell=0.5)
ONE, TWO = b"Subject: one\r\n\r\n\xff1)\r\n", b"Subject: two\r\n\r\n* 1 FETCH (UID 9)\r\n"
BOX = {4: ONE, 7: TWO}


def at(
    server: ImapServer,
    scheme: str = "imap",
    folder: str = "",
    *,
    user: str | None = "ada",
    password: str | None = "s3cret",
    largest: int = 1_000_000,
    context: ssl.SSLContext | None = None,
    waits: ImapTimeouts = QUICK,
) -> BounceMailbox:
    return mailbox.open_mailbox(
        f"{scheme}://127.0.0.1:{server.port}/{folder}",
        user=user,
        password=password,
        largest=largest,
        context=context,
        waits=waits,
    )


def read(box: BounceMailbox) -> list[MailboxMessage]:
    with box:
        return list(box.messages())


def deal(box: BounceMailbox, remembered: dict[str, bytes]) -> None:
    """What whoever reads does: remember, then mark."""
    with box:
        for received in box.messages():
            remembered[received.id] = received.message
            box.done(received)


def told(kind: type[DigestError], box: BounceMailbox, mark: bool = False) -> str:
    """What a person is told, and not a word of the login or a message."""
    with pytest.raises(kind) as raised:
        deal(box, {}) if mark else read(box)
    words = "".join(traceback.format_exception(raised.value))
    for secret in ("ada", "s3cret", "Subject"):
        assert secret not in words
    return str(raised.value)
