"""Interface of bounce mailboxes: a message, the protocol of a mailbox, and a buffer for a message that is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from types import TracebackType
from typing import Protocol, Self

LARGEST = 1_000_000  # bytes read of one message; the report comes before the returned letter


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxMessage:
    """One message of a mailbox."""

    id: str  # unique in the mailbox and stable over connections
    message: bytes  # headers and body, cut after `largest` bytes


class BounceMailbox(Protocol):
    """A mailbox of bounces, open within a `with` block: `with box: for message in box.messages(): …`.

    The caller stores the ids of processed messages: if the connection is lost before `done`, the same message comes
    again with the same id.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def messages(self) -> Iterator[MailboxMessage]:
        """The messages that are not marked as done, oldest first, one in memory at a time.

        Raises ConfigError (wrong settings) or MailboxError (temporary); messages before the error are valid.
        """
        ...

    def done(self, message: MailboxMessage) -> None:
        """Mark a message as done, if the mailbox can; nothing is ever deleted. Raises as `messages` does."""
        ...


class MessageBuffer:
    """Buffer of a message that is read: keeps its first `largest` bytes, and a hash of all bytes."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._kept = bytearray()
        self._hash = sha256()
        self.empty = True

    def add(self, data: bytes) -> None:
        """Append bytes."""
        self.empty = self.empty and not data
        self._kept += data[: self._largest - len(self._kept)]
        self._hash.update(data)

    def message(self) -> MailboxMessage:
        """The message so far; its id is the SHA-256 of all its bytes, including those that were cut."""
        return MailboxMessage(id=self._hash.hexdigest(), message=bytes(self._kept))
