"""The ways out of the house; one scheme of an address, one line in CHANNELS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

from digest.delivery.channels.console import ConsoleChannel
from digest.delivery.channels.maildir import MaildirChannel
from digest.delivery.channels.smtp import SmtpChannel
from digest.errors import ConfigError
from digest.mail.outcome import Envelope, Following, Receipt, no_other


class Channel(Protocol):
    """One way out, held open over many letters: `with channel: channel.send(...)`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, envelope: Envelope, at_dot: Callable[[], None], following: Following = no_other) -> Receipt:
        """Hand one letter over; the other side's words, without any address.

        `at_dot` is called once, right before the step that cannot be taken back; if it raises, nothing was sent.
        `following` may be asked once, before `at_dot`, for the letter that is sent next: it is announced in one breath
        with the end of this one.
        Raises Rejected (never), Deferred (later; relay=True where it is not this letter's fault, only before `at_dot`)
        or InDoubt.
        """
        ...


class Opener(Protocol):
    """Makes a channel from its address; nothing is connected yet. Raises ConfigError."""

    def __call__(self, url: str, user: str | None, password: str | None) -> Channel: ...


def _smtp(url: str, user: str | None, password: str | None) -> Channel:
    return SmtpChannel(url, user=user, password=password)


def _maildir(url: str, user: str | None, password: str | None) -> Channel:
    parts = urlsplit(url)
    return MaildirChannel(Path(parts.netloc + parts.path))


def _console(url: str, user: str | None, password: str | None) -> Channel:
    return ConsoleChannel()


CHANNELS: Mapping[str, Opener] = {
    "console": _console,  # console:
    "maildir": _maildir,  # maildir:letters, maildir:///var/mail/papers
    "smtp": _smtp,
    "smtp+starttls": _smtp,
    "smtps": _smtp,
}


def open(url: str, user: str | None = None, password: str | None = None) -> Channel:  # noqa: A001, reads channels.open
    """The channel of an address. Raises ConfigError, which names the scheme and never the rest."""
    scheme = urlsplit(url).scheme
    if scheme not in CHANNELS:
        raise ConfigError(f"{scheme!r} is no channel: write one of {', '.join(sorted(CHANNELS))}")
    return CHANNELS[scheme](url, user, password)
