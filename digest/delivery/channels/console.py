"""The console channel: prints From, To, Subject and the text of each letter, for a first try."""

from __future__ import annotations

import sys
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self, TextIO

from digest.mail.envelope import Envelope, NextEnvelope, SendReceipt, no_next
from digest.text import strip_controls


class ConsoleChannel:
    """Prints to `out`, by default the standard output of the moment."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def send(self, envelope: Envelope, at_dot: Callable[[], None], following: NextEnvelope = no_next) -> SendReceipt:
        """Print one letter; no control sequence of it reaches the terminal."""
        letter = message_from_bytes(envelope.message, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        out = self._out or sys.stdout
        head = [f"{name}: {strip_controls(str(letter[name] or ''))}" for name in ("From", "To", "Subject")]
        text = [strip_controls(line) for line in _text(letter).splitlines()]
        at_dot()
        out.write("\n".join([*head, "", *text, "", ""]))
        out.flush()
        return SendReceipt(words="printed")


def _text(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    return str(part.get_content()) if part is not None else "(this letter has no text part)"
