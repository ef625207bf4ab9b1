"""The journal: how far each letter of this process has come, in a file that outlives the process.

A line is written right before a letter is announced (M, with its Message-ID and its papers), right before its final dot
(D), and after the reply: taken (K), connection lost (L), or returned to us otherwise (R)::

    morning-papers journal 2 <ledger> <boot id>
    1c291ca3 M 812 3 <a1b2…@example.org> ZXQ3b1dh…
    8fb2d1c0 D 812 3
    77a6f5e9 K 812 3

(checksum, number of the delivery, epoch of its lease; mail.journal_entry has the form of the papers). Version 1 is read
too: it has neither checksums nor papers. One `write` a line: what is written outlives a killed process; every few
milliseconds it is also flushed to outlast a power cut. While its process lives the file is locked (flock), so whoever
obtains the lock knows that the process is gone, whatever its number or machine is called.
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
from typing import cast

from digest.delivery.checked_lines import with_checksum, without_checksum
from digest.errors import Deferred, DigestError
from digest.mail.journal_entry import JournalContent, JournalEntry, JournalMark, split_marks
from digest.process import boot_of

_HEAD = re.compile(r"morning-papers journal (?P<version>[12]) (?P<ledger>\S+) (?P<boot>\S+)")
_LINE = re.compile(
    r"(?P<mark>[MDKLR]) (?P<delivery>[0-9]{1,18}) (?P<epoch>[0-9]{1,18})"
    r"(?: (?P<key><\S{1,998}>)(?: (?P<papers>[\w-]+))?)?"
)
_NO_BOOT = "-"
_FLUSH = 0.05  # seconds of lines that a power cut may take
_TORN = "~\n"  # ends the remains of a line that could not be written whole
_OPEN, _CLOSED, _UNREADABLE = ".open", ".closed", ".unreadable"


class JournalError(Deferred):
    """The journal cannot be written, so nothing is sent."""

    def __init__(self, what: str) -> None:
        super().__init__(what, relay=True)


class Journal:
    """The journal of this process, made by `begin`. Threads may share it."""

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
        """A new journal in `folder`, locked. Raises JournalError where none can be written."""
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
            journal._put(f"morning-papers journal 2 {ledger} {boot_id() or _NO_BOOT}", is_head=True)
        except JournalError:  # it holds nothing yet
            journal.abandon()
            path.unlink(missing_ok=True)
            raise
        return journal

    @property
    def name(self) -> str:
        """The owner of the leases of this process."""
        return self._path.name.removesuffix(_OPEN)

    def announce(self, delivery: int, epoch: int, message_id: str, papers: str = "") -> None:
        """Note that this letter is begun (M), and which papers it holds (journal_entry.paper_mark of each)."""
        self._put(f"M {delivery} {epoch} {message_id} {papers}".rstrip())

    def dot(self, delivery: int, epoch: int) -> None:
        """Note that the final dot of this letter is sent next (D)."""
        self._put(f"D {delivery} {epoch}")

    def taken(self, delivery: int, epoch: int) -> None:
        """Note that the relay has taken this letter (K). Does not raise: without K the letter is in doubt, not lost."""
        with suppress(JournalError):
            self._put(f"K {delivery} {epoch}")

    def lost(self, delivery: int, epoch: int) -> None:
        """Note that the connection was lost at this letter's dot (L): the next process sends it once more."""
        with suppress(JournalError):
            self._put(f"L {delivery} {epoch}")

    def returned(self, delivery: int, epoch: int) -> None:
        """Note that this letter is with us again (R): refused, deferred, or not begun after all."""
        with suppress(JournalError):
            self._put(f"R {delivery} {epoch}")

    def close(self) -> None:
        """Close the file; call this only once the store knows all that it says."""
        self._end()
        with suppress(OSError):
            self._path.rename(self._path.with_suffix(_CLOSED))
        os.close(self._handle)

    def abandon(self) -> None:
        """Leave the file as a killed process does: the next process reads it."""
        self._end()
        os.close(self._handle)

    def _end(self) -> None:
        self._ended.set()
        self._dirty.set()
        self._flusher.join()

    def _put(self, line: str, *, is_head: bool = False) -> None:
        """Append a whole line; after a torn one (disk full) the next write ends its remains first."""
        text = line.encode("ascii", "replace")
        data = (text if is_head else with_checksum(text)) + b"\n"
        with self._lock:
            try:
                # a torn line may look like a whole one with a smaller epoch
                written = os.write(self._handle, _TORN.encode() + data if self._torn else data)
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
            with suppress(OSError):  # the next line tells of a disk that fails
                os.fdatasync(self._handle) if hasattr(os, "fdatasync") else os.fsync(self._handle)
            self._ended.wait(_FLUSH)


@dataclass(frozen=True, slots=True)
class OrphanedJournal:
    """The journal of a process that is gone, locked by us until it is closed, released or set aside."""

    record: JournalContent
    _path: Path
    _handle: int

    def close(self) -> None:
        """Close it: the store knows all of it now."""
        with suppress(OSError):
            self._path.rename(self._path.with_suffix(_CLOSED))
        os.close(self._handle)

    def release(self) -> None:
        """Leave it as it was, for the next process."""
        os.close(self._handle)

    def set_aside(self) -> Path:
        """Keep a spoilt one under another name, for a person; where it is now."""
        aside = self._path.with_suffix(_UNREADABLE)
        self._path.rename(aside)
        os.close(self._handle)
        return aside


def orphaned_journals(folder: Path) -> Iterator[OrphanedJournal]:
    """The open journals whose processes are gone, oldest first, of every database; each is locked while it is read."""
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
        if not path.exists():
            os.close(handle)
            continue
        yield OrphanedJournal(_read(path), path, handle)


def closed_journals(folder: Path) -> Iterator[JournalContent]:
    """The closed journals that are still kept, oldest first, of every database."""
    for path in _named(folder, _CLOSED):
        yield _read(path)


@dataclass(frozen=True, slots=True)
class LiveJournal:
    """The open journal of a process that may live."""

    record: JournalContent
    touched: datetime  # when it was last written


def live_journal(folder: Path, name: str) -> LiveJournal | None:
    """The open journal of that name, read without its lock."""
    path = folder / f"{name}{_OPEN}"
    try:
        touched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
    return LiveJournal(_read(path), touched)


def closed_names(folder: Path) -> list[str]:
    """The names of the closed journals, without reading them."""
    return [path.name.removesuffix(_CLOSED) for path in _named(folder, _CLOSED)]


def delete_closed(folder: Path, before: datetime) -> int:
    """Delete closed journals last written before that moment; how many."""
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


def _read(path: Path) -> JournalContent:
    """The last entry of each letter; of a spoilt journal what can be read.

    A torn last line counts as not written where the machine went down since. While it is up what was written stays
    written, so then somebody has spoilt the file.
    """
    try:
        text = path.read_bytes().decode("ascii", "replace")
    except OSError:
        text = ""
    first, *lines = text.split("\n")
    head = _HEAD.fullmatch(first)
    is_first_version = head is not None and head["version"] == "1"
    now = boot_id()
    same_boot = head is not None and now is not None and now == head["boot"]
    rest = lines.pop().strip("\0") if lines else ""
    is_whole = head is not None and not (rest and same_boot)
    last: dict[int, JournalEntry] = {}
    for line in lines:
        found = _entry(line, has_checksum=not is_first_version)
        if found is None:  # version 1 cannot tell a spoilt line from a torn one
            is_whole = is_whole and (is_first_version or line.endswith(_TORN.rstrip()))
            continue
        known = last.get(found.delivery)
        key = found.message_id or (known.message_id if known else "")
        last[found.delivery] = replace(found, message_id=key, papers=found.papers or (known.papers if known else ()))
    return JournalContent(
        name=path.name.removesuffix(path.suffix),
        ledger=head["ledger"] if head else "",
        same_boot=same_boot,
        entries=tuple(last.values()),
        is_whole=is_whole,
    )


def _entry(line: str, *, has_checksum: bool) -> JournalEntry | None:
    """The entry of a line; None where the line is torn or spoilt."""
    written = line.encode("ascii", "replace")
    text = without_checksum(written) if has_checksum else written
    found = _LINE.fullmatch(text.decode("ascii")) if text is not None else None
    if found is None:
        return None
    return JournalEntry(
        delivery=int(found["delivery"]),
        epoch=int(found["epoch"]),
        message_id=found["key"] or "",
        mark=cast(JournalMark, found["mark"]),
        papers=split_marks(found["papers"] or ""),
    )


def boot_id() -> str | None:
    """Identifies this boot and network: within it, bytes of a dead process that the kernel has still go out.

    A container that is gone took its network and those bytes with it.
    """
    return boot_of("net")


def _no_record(folder: Path, error: OSError) -> str:
    return f"{folder}: no record can be kept there ({error.strerror}), so nothing is sent: mend that"
