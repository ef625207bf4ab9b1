"""Maildir mailbox: reads unseen messages from new/ and cur/, and marks them as seen by the flag S in the file name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from digest.bounces.mailbox.base import MailboxMessage
from digest.errors import ConfigError, MailboxError

_MENDED_BY_YOU = (FileNotFoundError, NotADirectoryError, PermissionError)


class MaildirMailbox:
    """A Maildir (https://cr.yp.to/proto/maildir.html); a message's id is its unique name."""

    def __init__(self, folder: Path, *, largest: int) -> None:
        self._folder = folder
        self._largest = largest
        self._paths: dict[str, Path] = {}  # id -> path at the last listing

    def __enter__(self) -> Self:
        """Raises ConfigError if the folder is no Maildir; none is created, so that a mistyped path is noticed."""
        for part in ("new", "cur"):
            if not (self._folder / part).is_dir():
                raise ConfigError(f"{self._folder} is no Maildir: there is no folder {part}/ in it that we may open")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def messages(self) -> Iterator[MailboxMessage]:
        """The messages in new/, and those in cur/ without the flag S (a mail program moves messages that it lists).

        Oldest first by mtime, which a move does not change. Raises ConfigError or MailboxError.
        """
        with self._faults():
            self._paths = dict(self._unseen())
        for name in list(self._paths):
            with self._faults():
                message = self._read(name)
            if message is not None:
                yield MailboxMessage(id=name, message=message)

    def done(self, message: MailboxMessage) -> None:
        """Move a message to cur/ and add the flag S; nothing if it is gone or marked already."""
        with self._faults():
            place = self._place(message.id)
            flags = set(_flags(place.name)) if place else {"S"}
            if place and "S" not in flags:
                # no fsync: after a power failure the message comes again, and read_bounces() knows its id
                place.rename(self._folder / "cur" / f"{_unique(place.name)}:2,{''.join(sorted(flags | {'S'}))}")

    def _unseen(self) -> list[tuple[str, Path]]:
        found = []
        for part in ("new", "cur"):
            with os.scandir(self._folder / part) as entries:
                for entry in entries:
                    try:
                        # no symlinks or FIFOs: reading one might never end
                        ours = not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
                        if ours and "S" not in _flags(entry.name):
                            found.append((entry.stat().st_mtime_ns, _name(entry.name), Path(entry.path)))
                    except FileNotFoundError:
                        continue
        return [(name, path) for _, name, path in sorted(found)]

    def _read(self, name: str) -> bytes | None:
        """The first bytes of a message; None if it is gone, or marked as seen since by another program."""
        for _ in range(2):  # another program may move the file between look-up and open
            place = self._place(name)
            if place is None or "S" in _flags(place.name):
                return None
            try:
                with place.open("rb") as file:
                    return file.read(self._largest)
            except FileNotFoundError:
                continue
        return None

    def _place(self, name: str) -> Path | None:
        known = self._paths.get(name)
        if known and known.exists():
            return known
        for part in ("new", "cur"):
            with os.scandir(self._folder / part) as entries:
                for entry in entries:
                    if _name(entry.name) == name:
                        return Path(entry.path)
        return None

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except _MENDED_BY_YOU as error:
            raise ConfigError(f"{self._folder} cannot be read or marked: {error.strerror}") from None
        except OSError as error:
            raise MailboxError(f"{self._folder} cannot be read now: {error.strerror}") from None


def _unique(file_name: str) -> str:
    return file_name.partition(":")[0]


def _name(file_name: str) -> str:
    """The unique name as text that can be stored: invalid UTF-8 as backslash escapes."""
    return os.fsencode(_unique(file_name)).decode("utf-8", "backslashreplace")


def _flags(file_name: str) -> str:
    info = file_name.partition(":")[2]
    return info.removeprefix("2,") if info.startswith("2,") else ""
