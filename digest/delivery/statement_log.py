"""The statement log: what people told us (leaving, pauses, suppressions …), in a file that outlives the database.

It stands beside the journals, one file for each database, and is written before the change is committed::

    morning-papers statements 1 <random id>
    5e0d21aa 2026-12-01T07:30:00+00:00 leave {"subscriber":"ada","subscription":"","why":"the reader asked to"}

(checksum, time, kind, values). Addresses are hashed, but for the new one of a move, which nothing else would know after
a restore; it is overwritten with "~" when that reader is deleted.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from zlib import crc32

from digest.delivery.checked_lines import with_checksum, without_checksum
from digest.errors import DigestError
from digest.store import AppendedStatements, NotedStatements, Statement, StatementKind

_SUFFIX = ".statements"
_HEAD = re.compile(rb"morning-papers statements 1 ([0-9a-f]{32})")
_KINDS = frozenset(get_args(StatementKind))
_LARGE = 256 * 1024
"""A log of more bytes is rewritten at start where that halves it."""


class StatementFile:
    """The log of one database in the folder of its journals; other processes of this machine may write it too."""

    def __init__(self, folder: Path, ledger: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = folder / f"{ledger}{_SUFFIX}"
        self._clock = clock

    def read(self, known: Mapping[str, int]) -> NotedStatements | None:
        """What is beyond the offset that is `known` for its id; None where there is no log, or an empty one."""
        data = _content(self._path)
        if not data:
            return None
        log = _id_of(data)
        start, end = known.get(log, 0), data.rfind(b"\n") + 1
        cut = start > end
        found = list(_lines(data[0 if cut else start : end]))
        statements = [each for each in found if each]
        return NotedStatements(log=log, end=end, statements=statements, spoilt=len(found) - len(statements) + cut)

    def append(self, statements: Sequence[Statement]) -> AppendedStatements:
        """Write these and flush them to the disk, all or none."""
        text = b"".join(_line(each, self._clock()) for each in statements)
        with self._locked() as handle:
            start = os.fstat(handle).st_size
            before = _content(self._path)
            if not before:
                before = _head()
                text = before + text
            elif not before.endswith(b"\n"):  # the remains of a process that was killed
                text = b"\n" + text
            try:
                if os.write(handle, text) < len(text):
                    raise OSError(28, "the disk is full")
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, start)
                raise
            for each in statements:
                if each.kind == "forget":
                    self._blank(before, each.values["subscriber"])
            return AppendedStatements(log=_id_of(before), start=start, end=start + len(text))

    def others(self) -> Sequence[Statement]:
        """What the logs of other databases in this folder hold, oldest first."""
        files = [path for path in self._path.parent.glob(f"*{_SUFFIX}") if path != self._path]
        found = [each for path in files for each in _lines(_content(path)) if each]
        return sorted(found, key=lambda each: each.at or self._clock())

    def shorten(self) -> AppendedStatements | None:
        """Rewrite a large log with the last statement of each thing alone, under a new id."""
        if not self._path.exists() or self._path.stat().st_size <= _LARGE:
            return None
        with self._locked():
            data = _content(self._path)
            last = {_subject(each): each for each in _lines(data) if each}
            order = sorted(last.values(), key=lambda each: each.at or self._clock())
            head = _head()
            text = head + b"".join(_line(each, self._clock()) for each in order)
            if len(text) > len(data) // 2:
                return None
            draft = self._path.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(handle)
            draft.rename(self._path)
        return AppendedStatements(log=_id_of(head), start=0, end=len(text))

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, opened for appending and locked against other processes. Raises DigestError for every OSError."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            while True:
                handle = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX)
                    if not self._path.exists() or not os.path.samestat(os.fstat(handle), self._path.stat()):
                        continue  # another process has just rewritten it
                    yield handle
                    return
                finally:
                    os.close(handle)
        except OSError as error:
            raise DigestError(f"{self._path}: cannot be written ({error.strerror}), so nothing was changed") from error

    def _blank(self, data: bytes, subscriber: str) -> None:
        """Overwrite the addresses to which a reader had moved."""
        with self._path.open("r+b") as file:
            offset = 0
            for line in data.splitlines(keepends=True):
                said = _statement(line.rstrip(b"\n"))
                if said and said.kind == "move" and said.values.get("subscriber") == subscriber:
                    file.seek(offset)
                    file.write(b"~" * (len(line) - 1))
                offset += len(line)
            file.flush()
            os.fsync(file.fileno())


def _head() -> bytes:
    return f"morning-papers statements 1 {secrets.token_hex(16)}\n".encode("ascii")


def _id_of(data: bytes) -> str:
    """The random id in the head; a checksum where the head is spoilt, so that it is an unknown log."""
    first = data.partition(b"\n")[0]
    found = _HEAD.fullmatch(first)
    return found[1].decode("ascii") if found else f"{crc32(first):08x}"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise DigestError(f"{path}: cannot be read ({error.strerror}): it says who gets no letters") from error


def _lines(data: bytes) -> Iterator[Statement | None]:
    """The statements of whole lines; None for one that is spoilt."""
    for line in data.split(b"\n"):
        if line.strip(b"~") and not _HEAD.fullmatch(line):
            yield _statement(line)


def _line(statement: Statement, now: datetime) -> bytes:
    at = (statement.at or now).isoformat(timespec="seconds")
    text = f"{at} {statement.kind} {json.dumps(dict(statement.values), separators=(',', ':'))}".encode("ascii")
    return with_checksum(text) + b"\n"


def _statement(line: bytes) -> Statement | None:
    text = without_checksum(line)
    if text is None:
        return None
    try:
        at, kind, values = text.decode("ascii").split(" ", 2)
        found = json.loads(values)
        if kind not in _KINDS or not isinstance(found, dict):
            return None
        return Statement(kind=kind, values=found, at=datetime.fromisoformat(at))  # type: ignore[arg-type]
    except ValueError:
        return None


def _subject(statement: Statement) -> tuple[object, ...]:
    """What a statement is about: of two about the same thing the later one holds."""
    kind, values = statement.kind, statement.values
    topic = {"back": "leave", "unmute": "mute", "lift": "suppress"}.get(kind, kind)
    names = {"suppress": ("address",)}.get(topic, ("subscriber", "subscription", "term", "old"))
    return (topic, *(values.get(name) for name in names))
