"""What came back into a Maildir: read from new/ and cur/, and marked as seen by its name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from digest.bounces.mailbox.piece import MailboxMessage
from digest.errors import ConfigError, MailboxError

_MENDED_BY_YOU = (FileNotFoundError, NotADirectoryError, PermissionError)


class MaildirMailbox:
    """A folder with new and cur (https://cr.yp.to/proto/maildir.html); a message's id is its unique name."""

    def __init__(self, folder: Path, *, largest: int) -> None:
        self._folder = folder
        self._largest = largest
        self._seats: dict[str, Path] = {}  # id -> where it lay at the last listing

    def __enter__(self) -> Self:
        """Raises ConfigError where the folder is no Maildir; none is made, for a mistyped path would stay empty."""
        for part in ("new", "cur"):
            if not (self._folder / part).is_dir():
                raise ConfigError(f"{self._folder} is no Maildir: there is no folder {part}/ in it that we may open")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def pieces(self) -> Iterator[MailboxMessage]:
        """What lies in new/, and in cur/ without the flag S: a mail program moves what it has only listed.

        Oldest first by the time of the file, which a move does not change. Raises ConfigError or MailboxError.
        """
        with self._faults():
            self._seats = dict(self._unseen())
        for name in list(self._seats):
            with self._faults():
                message = self._read(name)
            if message is not None:
                yield MailboxMessage(id=name, message=message)

    def done(self, piece: MailboxMessage) -> None:
        """Move it to cur/ with the flag S beside those it has; where it is gone or marked already, nothing."""
        with self._faults():
            place = self._place(piece.id)
            flags = set(_flags(place.name)) if place else {"S"}
            if place and "S" not in flags:
                # not made to outlast a power cut: then it comes again, and whoever reads knows its id
                place.rename(self._folder / "cur" / f"{_unique(place.name)}:2,{''.join(sorted(flags | {'S'}))}")

    def _unseen(self) -> list[tuple[str, Path]]:
        found = []
        for part in ("new", "cur"):
            with os.scandir(self._folder / part) as entries:
                for entry in entries:
                    try:
                        # a link or a pipe is no message, and reading one might never end
                        ours = not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
                        if ours and "S" not in _flags(entry.name):
                            found.append((entry.stat().st_mtime_ns, _name(entry.name), Path(entry.path)))
                    except FileNotFoundError:
                        continue
        return [(name, path) for _, name, path in sorted(found)]

    def _read(self, name: str) -> bytes | None:
        """Its first bytes; None where it is gone, or has been seen by somebody else since."""
        for _ in range(2):  # a mail program may move it just now
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
        seat = self._seats.get(name)
        if seat and seat.exists():
            return seat
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
    """The unique name as text that can be stored: bytes that are no UTF-8 are spelled out."""
    return os.fsencode(_unique(file_name)).decode("utf-8", "backslashreplace")


def _flags(file_name: str) -> str:
    info = file_name.partition(":")[2]
    return info.removeprefix("2,") if info.startswith("2,") else ""
