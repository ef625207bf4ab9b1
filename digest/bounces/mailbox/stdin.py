"""Standard input as a mailbox: one message for each run, from a mail server's pipe or a .forward file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

from digest.bounces.mailbox.base import MailboxMessage, MessageBuffer
from digest.errors import MailboxError

_PART = 65_536


class StandardInput:
    """One message, whose id is the SHA-256 of its bytes; a "From " line before its header is dropped."""

    def __init__(self, stream: BinaryIO | None, *, largest: int) -> None:
        self._stream = stream
        self._largest = largest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing: the caller owns the stream."""

    def messages(self) -> Iterator[MailboxMessage]:
        """The message; nothing if the input is empty. Raises MailboxError, whose exit code makes a mail server retry.

        The input is read to its end, also beyond `largest`: a broken pipe would count as a failed delivery.
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
            yield draft.message()

    def done(self, message: MailboxMessage) -> None:
        """Nothing: the exit code is the answer to the mail server."""
