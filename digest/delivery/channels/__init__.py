"""The registry of channels, the ways out for letters: one scheme of a URL under `smtp:`, one line in CHANNELS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from digest.config import ChannelKind, Relay
from digest.delivery.channels.console import ConsoleChannel
from digest.delivery.channels.maildir import MaildirChannel
from digest.delivery.channels.smtp import SmtpChannel
from digest.mail.envelope import Envelope, NextEnvelope, SendReceipt, no_next


class Channel(Protocol):
    """One way out, held open over many letters: `with channel: channel.send(...)`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, envelope: Envelope, at_dot: Callable[[], None], following: NextEnvelope = no_next) -> SendReceipt:
        """Hand one letter over; the other side's words, without any address.

        `at_dot` is called once, right before the step that cannot be taken back; if it raises, nothing was sent.
        `following` may be asked once, before `at_dot`, for the letter that is sent next: it is announced in one breath
        with the end of this one.
        Raises Rejected (never), Deferred (later; relay=True where it is not this letter's fault, only before `at_dot`)
        or InDoubt.
        """
        ...


def _smtp(relay: Relay) -> SmtpChannel:
    user, password = (each.get_secret_value() if each else None for each in (relay.user, relay.password))
    return SmtpChannel(str(relay), user=user, password=password)


def _maildir(relay: Relay) -> MaildirChannel:
    return MaildirChannel(Path(relay.path))


def _console(relay: Relay) -> ConsoleChannel:
    return ConsoleChannel()


CHANNELS: Mapping[str, ChannelKind] = {
    "console": ChannelKind(open=_console),  # console:
    "maildir": ChannelKind(open=_maildir, path=True),  # maildir:letters, maildir:/var/mail/papers
    "smtp": ChannelKind(open=_smtp, port=25, login="on this machine", log=True),  # clear text
    "smtp+starttls": ChannelKind(open=_smtp, port=587, login="encrypted", log=True),
    "smtps": ChannelKind(open=_smtp, port=465, login="encrypted", log=True),
}
