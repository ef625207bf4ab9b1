"""What a box holds and how it is asked: one message, and the shape that every box has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from types import TracebackType
from typing import Protocol, Self

LARGEST = 1_000_000  # bytes of one message; a bounce says all it knows before the letter that it carries back


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxMessage:
    """One message in the box."""

    id: str  # names it within its box for good, also after a new connection
    message: bytes  # as it lies there, headers and body, cut after the box's `largest` bytes


class BounceMailbox(Protocol):
    """One place where mail comes back, held open while it is read: `with box: for piece in box.pieces(): …`.

    Whoever reads keeps the ids of what has been dealt with: between dealing and `done` the connection may be lost, and
    then the same piece comes again under the same id.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def pieces(self) -> Iterator[MailboxMessage]:
        """What is not marked as done, oldest first, one in memory at a time; what vanished meanwhile is left out.

        Raises ConfigError (the settings must be mended) or MailboxError (later). What came before it is good.
        """
        ...

    def done(self, piece: MailboxMessage) -> None:
        """Mark a piece as dealt with, where the box can; nothing is ever deleted. Raises as `pieces` does."""
        ...


class MessageBuffer:
    """A message while it is read: its first `largest` bytes, and a hash of all of them."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._kept = bytearray()
        self._hash = sha256()
        self.empty = True

    def add(self, data: bytes) -> None:
        """Take some bytes more."""
        self.empty = self.empty and not data
        self._kept += data[: self._largest - len(self._kept)]
        self._hash.update(data)

    def piece(self) -> MailboxMessage:
        """The message so far, named by the SHA-256 of its bytes, also of those that were cut."""
        return MailboxMessage(id=self._hash.hexdigest(), message=bytes(self._kept))
