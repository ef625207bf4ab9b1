"""Bounce mailboxes: Maildir, mbox, an IMAP folder, standard input; one URL scheme and one line in MAILBOXES each.

Only `digest.bounces.mailbox.session` opens a socket.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from digest.bounces.mailbox.base import LARGEST, BounceMailbox, MailboxMessage
from digest.bounces.mailbox.imap import ImapMailbox
from digest.bounces.mailbox.maildir import MaildirMailbox
from digest.bounces.mailbox.mbox import MboxMailbox
from digest.bounces.mailbox.session import ImapTimeouts
from digest.bounces.mailbox.stdin import StandardInput
from digest.errors import ConfigError

__all__ = ["LARGEST", "MAILBOXES", "BounceMailbox", "ImapTimeouts", "MailboxMessage", "open_mailbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxOptions:
    """What a mailbox may need beside its URL."""

    user: str | None
    password: str | None
    largest: int  # bytes
    context: ssl.SSLContext | None
    waits: ImapTimeouts
    stdin: BinaryIO | None


class MailboxOpener(Protocol):
    """Makes a mailbox from its URL without reading or connecting. Raises ConfigError."""

    def __call__(self, url: str, options: MailboxOptions) -> BounceMailbox: ...


def _maildir(url: str, options: MailboxOptions) -> BounceMailbox:
    return MaildirMailbox(_path(url), largest=options.largest)


def _mbox(url: str, options: MailboxOptions) -> BounceMailbox:
    return MboxMailbox(_path(url), largest=options.largest)


def _imap(url: str, options: MailboxOptions) -> BounceMailbox:
    return ImapMailbox(
        url,
        user=options.user,
        password=options.password,
        largest=options.largest,
        context=options.context,
        waits=options.waits,
    )


def _stdin(url: str, options: MailboxOptions) -> BounceMailbox:
    return StandardInput(options.stdin, largest=options.largest)


MAILBOXES: Mapping[str, MailboxOpener] = {
    "-": _stdin,
    "imap": _imap,  # imap://localhost/INBOX, without TLS
    "imap+starttls": _imap,
    "imaps": _imap,  # imaps://mail.example.org/Bounces
    "maildir": _maildir,  # maildir:bounces, maildir:/var/mail/bounces
    "mbox": _mbox,  # mbox:/var/mail/bounces
}


def open_mailbox(
    url: str,
    *,
    user: str | None = None,
    password: str | None = None,
    largest: int = LARGEST,
    context: ssl.SSLContext | None = None,
    waits: ImapTimeouts | None = None,
    stdin: BinaryIO | None = None,
) -> BounceMailbox:
    """The mailbox of a URL. Raises ConfigError, whose text repeats nothing of the URL.

    `largest` is the maximum of bytes read of one message. `context` replaces the TLS context with the system's
    certificate authorities; `stdin` replaces standard input.
    """
    scheme = url.partition(":")[0]
    if scheme not in MAILBOXES or (scheme == "-" and url != "-"):
        ways = "maildir:PATH, mbox:PATH, imaps://HOST/FOLDER, imap+starttls://HOST/FOLDER, imap://localhost/FOLDER or -"
        raise ConfigError(f"that is no mailbox: write {ways}")
    options = MailboxOptions(
        user=user, password=password, largest=largest, context=context, waits=waits or ImapTimeouts(), stdin=stdin
    )
    return MAILBOXES[scheme](url, options)


def _path(url: str) -> Path:
    scheme, _, rest = url.partition(":")
    if not rest:
        raise ConfigError(f"expected {scheme}:PATH")
    return Path(rest)
