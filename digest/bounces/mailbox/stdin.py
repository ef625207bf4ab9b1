"""What a mail server hands over on standard input: one message a run, as from a pipe or a .forward file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

from digest.bounces.mailbox.piece import MailboxMessage, MessageBuffer
from digest.errors import MailboxError

_PART = 65_536


class StandardInput:
    """One message, named by the SHA-256 of its bytes; a line "From …" before its header is taken off."""

    def __init__(self, stream: BinaryIO | None, *, largest: int) -> None:
        self._stream = stream
        self._largest = largest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The stream is not ours to close."""

    def pieces(self) -> Iterator[MailboxMessage]:
        """The message, or none where nothing is said. Raises MailboxError, on which a mail server tries again.

        It is read to its end also beyond `largest`: a server that cannot write all calls the delivery failed.
        """
        stream = self._stream or sys.stdin.buffer
        draft = MessageBuffer(self._largest)
        try:
            part = stream.readline(_PART)
            if part.startswith(b"From "):
                while part and not part.endswith(b"\n"):
                    part = stream.readline(_PART)
                part = stream.read(_PART)
            while part:
                draft.add(part)
                part = stream.read(_PART)
        except OSError as error:
            raise MailboxError(f"standard input cannot be read: {error.strerror}") from None
        if not draft.empty:
            yield draft.piece()

    def done(self, piece: MailboxMessage) -> None:
        """Nothing: the exit code tells the mail server."""
