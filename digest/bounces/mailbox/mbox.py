"""mbox mailbox: reads one file of messages (RFC 4155) from its beginning, and writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from digest.bounces.mailbox.base import MailboxMessage, MessageBuffer
from digest.errors import ConfigError, MailboxError

_PART = 65_536  # bytes read of a line at once
_QUOTED = re.compile(rb">+From ")


class MboxMailbox:
    """A file of messages, each after a "From " line; it cannot mark messages, so all of them come every time.

    A message's id is the SHA-256 of its bytes, without the "From " line and with ">From " unquoted.
    """

    def __init__(self, file: Path, *, largest: int) -> None:
        self._file = file
        self._largest = largest

    def __enter__(self) -> Self:
        """Raises ConfigError if there is no such file: a mistyped path would stay empty unnoticed."""
        if not self._file.is_file():
            raise ConfigError(f"{self._file} is no mbox: there is no such file; make an empty one if none has come yet")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close: the file is open only while it is read."""

    def messages(self) -> Iterator[MailboxMessage]:
        """All messages, in the order of the file. Raises ConfigError or MailboxError.

        The last message is left out while its last line is incomplete, as it is being written. A message read when
        only some of its lines were written comes again with another id once it is complete.
        """
        try:
            with self._file.open("rb") as file:
                yield from self._split(file)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise ConfigError(f"{self._file} cannot be read: {error.strerror}") from None
        except OSError as error:
            raise MailboxError(f"{self._file} cannot be read now: {error.strerror}") from None

    def done(self, message: MailboxMessage) -> None:
        """Nothing: the caller remembers the id."""

    def _split(self, file: BinaryIO) -> Iterator[MailboxMessage]:
        draft: MessageBuffer | None = None
        blank = b"\n"  # an empty line that may be the separator before a "From " line
        begins, envelope = True, False  # at the start of a line; within a "From " line longer than _PART
        while part := file.readline(_PART):
            if begins and blank and part.startswith(b"From "):
                if draft and not draft.empty:
                    yield draft.message()
                draft, blank, envelope = MessageBuffer(self._largest), b"", True
            elif draft is None and part.strip() and not _begun(part):
                raise ConfigError(f'{self._file} is no mbox: it does not begin with "From "')
            elif draft and not envelope:
                if blank:
                    draft.add(blank)
                blank = part if begins and part in (b"\n", b"\r\n") else b""
                if not blank:
                    draft.add(_unquoted(part) if begins else part)
            begins = part.endswith(b"\n")
            envelope = envelope and not begins
        if draft and begins and not draft.empty:
            yield draft.message()


def _begun(line: bytes) -> bool:
    """Whether the first line may be a "From " line that is being written."""
    return b"From ".startswith(line)


def _unquoted(line: bytes) -> bytes:
    return line[1:] if _QUOTED.match(line) else line
