"""The Maildir channel: a letter is written to tmp and moved to new; the same letter a second time changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from digest.errors import Deferred
from digest.mail.envelope import Envelope, NextEnvelope, SendReceipt, no_next


class MaildirChannel:
    """A folder with tmp, new and cur (https://cr.yp.to/proto/maildir.html), made when it is first entered."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def send(self, envelope: Envelope, at_dot: Callable[[], None], following: NextEnvelope = no_next) -> SendReceipt:
        """Store one letter with the line ends of this system. Raises Deferred where the folder cannot be written.

        The name comes from the Message-ID and the recipient, so a repetition after a crash finds the letter there.
        """
        name = sha256(f"{envelope.message_id}\0{envelope.recipient}".encode()).hexdigest()[:32] + ".morning-papers"
        draft, place = self._folder / "tmp" / name, self._folder / "new" / name
        with self._faults(relay=True):
            self._make()
            there = self._has(name)
            if not there:
                _write(draft, envelope.message.replace(b"\r\n", os.linesep.encode("ascii")))
        at_dot()
        if there:
            return SendReceipt(words=f"{name} was there already")
        with self._faults(relay=False):
            draft.rename(place)
            _sync(place.parent)
        return SendReceipt(words=f"stored as new/{name}")

    @contextmanager
    def _faults(self, *, relay: bool) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Deferred(f"{self._folder}: {error.strerror}", relay=relay) from error

    def _make(self) -> None:
        for part in ("tmp", "new", "cur"):
            (self._folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _has(self, name: str) -> bool:
        """Whether the letter is in new, or in cur: a mail client moves it there and adds flags behind a colon."""
        return (self._folder / "new" / name).exists() or any((self._folder / "cur").glob(f"{name}*"))


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make a rename outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
