"""The phase record: how far each letter of this process has come, in a file that outlives the process.

A line is written right before a letter is announced (M, with its Message-ID), right before its final dot (D), right
after the other side took it (K), or the line was lost instead (L), or when it came back otherwise (R)::

    morning-papers journal 1 <ledger> <boot id>
    M 812 3 <a1b2…@example.org>
    D 812 3
    K 812 3

(number of the delivery, epoch of its lease). One `write` a line: what is written outlives a killed process; every few
milliseconds it is also made to outlast a power cut. While its process lives the file is locked, so whoever obtains the
lock knows that the process is gone, whatever its number or machine is called.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock, Thread

from digest.errors import Deferred, DigestError
from digest.mail.outcome import Entry, Record
from digest.process import boot_of

_HEAD = re.compile(r"morning-papers journal 1 (?P<ledger>\S+) (?P<boot>\S+)")
_LINE = re.compile(r"(?P<mark>[MDKLR]) (?P<delivery>[0-9]{1,18}) (?P<epoch>[0-9]{1,18})(?: (?P<key><\S{1,998}>))?")
_NO_BOOT = "-"
_FLUSH = 0.05  # seconds that a power cut may take from the record
_TORN = b"~\n"
_OPEN, _CLOSED = ".open", ".closed"


class JournalError(Deferred):
    """The record cannot be written, so nothing is sent."""

    def __init__(self, what: str) -> None:
        super().__init__(what, relay=True)


class Journal:
    """The record of this process; threads may share it. Made by `begin`, used as a context manager."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle
        self._lock = Lock()
        self._torn = False
        self._dirty = Event()
        self._ended = Event()
        self._flusher = Thread(target=self._flush, name="journal", daemon=True)
        self._flusher.start()

    @classmethod
    def begin(cls, folder: Path, ledger: str, *, now: datetime) -> Journal:
        """A new record in `folder`, locked. Raises JournalError where none can be written."""
        name = f"{now:%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(3)}"
        path = folder / f"{name}{_OPEN}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JournalError(_no_record(folder, error)) from error
        journal = cls(path, handle)
        try:
            journal._put(f"morning-papers journal 1 {ledger} {boot() or _NO_BOOT}")
        except JournalError:  # it holds nothing yet
            journal.abandon()
            path.unlink(missing_ok=True)
            raise
        return journal

    @property
    def name(self) -> str:
        """By which this process signs its leases."""
        return self._path.name.removesuffix(_OPEN)

    def announce(self, delivery: int, epoch: int, message_id: str) -> None:
        """This letter is begun."""
        self._put(f"M {delivery} {epoch} {message_id}")

    def dot(self, delivery: int, epoch: int) -> None:
        """The end of this letter is sent next."""
        self._put(f"D {delivery} {epoch}")

    def taken(self, delivery: int, epoch: int) -> None:
        """The other side has taken this letter. Does not raise: without this line the letter is in doubt, not lost."""
        with suppress(JournalError):
            self._put(f"K {delivery} {epoch}")

    def lost(self, delivery: int, epoch: int) -> None:
        """The line to the other side was lost at this letter's dot; so it is sent once more, whoever comes next."""
        with suppress(JournalError):
            self._put(f"L {delivery} {epoch}")

    def back(self, delivery: int, epoch: int) -> None:
        """This letter is with us again: refused, put off, or not begun after all."""
        with suppress(JournalError):
            self._put(f"R {delivery} {epoch}")

    def close(self) -> None:
        """Only once the store knows all that stands here."""
        self._end()
        with suppress(OSError):
            self._path.rename(self._path.with_suffix(_CLOSED))
        os.close(self._handle)

    def abandon(self) -> None:
        """Let go without a word, as a killed process does: the next one reads it."""
        self._end()
        os.close(self._handle)

    def _end(self) -> None:
        self._ended.set()
        self._dirty.set()
        self._flusher.join()

    def _put(self, line: str) -> None:
        """Whole, or with a mark that what stands before the next line is torn."""
        data = f"{line}\n".encode("ascii", "replace")
        with self._lock:
            try:
                # a torn line may look like a whole one of a smaller epoch, so it is spoilt
                written = os.write(self._handle, _TORN + data if self._torn else data)
            except OSError as error:
                raise JournalError(_no_record(self._path.parent, error)) from error
            whole = written == len(data) + (len(_TORN) if self._torn else 0)
            self._torn = not whole
        if not self._dirty.is_set():  # it is cleared before the flush, so what is written by now is flushed
            self._dirty.set()
        if not whole:
            raise JournalError(f"{self._path.parent}: the disk is full: make room; nothing is sent meanwhile")

    def _flush(self) -> None:
        while not self._ended.is_set():
            self._dirty.wait()
            self._dirty.clear()
            with suppress(OSError):  # a disk that cannot is told by the next line
                os.fdatasync(self._handle) if hasattr(os, "fdatasync") else os.fsync(self._handle)
            self._ended.wait(_FLUSH)


@dataclass(frozen=True, slots=True)
class Left:
    """A record whose process is gone; it is ours until `settle` or `leave`."""

    record: Record
    _path: Path
    _handle: int

    def settle(self) -> None:
        """The store knows all of it now."""
        with suppress(OSError):
            self._path.rename(self._path.with_suffix(_CLOSED))
        os.close(self._handle)

    def leave(self) -> None:
        """As it was, for the next one."""
        os.close(self._handle)


def left_behind(folder: Path, ledger: str) -> Iterator[Left]:
    """The records of this ledger whose processes are gone, oldest first; each locked while it is looked at."""
    for path in _named(folder, _OPEN):
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # its process lives
            os.close(handle)
            continue
        record = _read(path)
        if not path.exists() or record is None or record.ledger != ledger:  # another was quicker, or it is not ours
            os.close(handle)
            continue
        yield Left(record, path, handle)


def closed(folder: Path, ledger: str) -> Iterator[Record]:
    """The records of this ledger that are closed and still kept, oldest first."""
    for path in _named(folder, _CLOSED):
        record = _read(path)
        if record is not None and record.ledger == ledger:
            yield record


@dataclass(frozen=True, slots=True)
class Alive:
    """A record whose process may live."""

    record: Record
    touched: datetime  # when it was last written


def alive(folder: Path, name: str) -> Alive | None:
    """The open record of that name, without its lock."""
    path = folder / f"{name}{_OPEN}"
    try:
        touched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
    record = _read(path)
    return Alive(record, touched) if record else None


def names(folder: Path) -> list[str]:
    """The names of the closed records, without reading them."""
    return [path.name.removesuffix(_CLOSED) for path in _named(folder, _CLOSED)]


def forget(folder: Path, before: datetime) -> int:
    """Delete closed records that are older; how many."""
    old = [path for path in _named(folder, _CLOSED) if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _named(folder: Path, suffix: str) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == suffix)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DigestError(_no_record(folder, error)) from error


def _read(path: Path) -> Record | None:
    """None where the file is no journal of ours; a torn line counts as not written."""
    try:
        first, *lines = path.read_text("ascii", "replace").split("\n")[:-1] or [""]
    except OSError:
        return None
    head = _HEAD.fullmatch(first)
    if head is None:
        return None
    last: dict[int, Entry] = {}
    for found in map(_LINE.fullmatch, lines):
        if found:
            number, epoch = int(found["delivery"]), int(found["epoch"])
            known = last.get(number)
            key = found["key"] or (known.message_id if known else "")
            fresh = Entry(delivery=number, epoch=epoch, message_id=key, mark="M")
            last[number] = replace(fresh, mark=found["mark"])  # type: ignore[arg-type]
    now = boot()
    return Record(
        name=path.name.removesuffix(path.suffix),
        ledger=head["ledger"],
        same_boot=now is not None and now == head["boot"],
        entries=tuple(last.values()),
    )


def boot() -> str | None:
    """What this boot is called: bytes that were handed to its network go out although their process has died.

    Not so those of a container that has gone, with its network.
    """
    return boot_of("net")


def _no_record(folder: Path, error: OSError) -> str:
    return f"{folder}: no record can be kept there ({error.strerror}), so nothing is sent: mend that"
