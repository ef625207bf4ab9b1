"""Reads a log and its rotated files (`.1`, `-20261120`, `.gz`), from a point in time on."""

from __future__ import annotations

import errno
import gzip
import os
import re
import stat
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from io import BufferedIOBase
from pathlib import Path

from digest.mail.postfix_log.lines import LetterTrace, LogLineCollector, line_time, match_line, match_timestamp

_LONGEST = 8_192  # bytes of a line; syslog's limit is far below
_NEAR = 65_536  # bytes at which the bisection ends
_TRIES = 50  # lines in a row without a timestamp that are skipped
_SLACK = timedelta(hours=2)  # clock changes put lines out of order by so much
_ROTATED = re.compile(r"(?:\.(?P<number>[0-9]{1,5})|-(?P<day>[0-9]{8}(?:-?[0-9]{1,10})?))(?:\.gz)?")
_APART = timedelta(minutes=10)  # from a file's last line to its mtime; time zones differ by at least 15 minutes
_YEARLESS = timedelta(days=1)  # a timestamp without a year may be that much later than its file's mtime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSearch:
    """Result of a search: what the log has of the letters, and the period that it covers."""

    traces: dict[str, LetterTrace] = field(default_factory=dict)  # by Message-ID
    since: datetime | None = None  # time of the first line of Postfix that was read
    until: datetime | None = None  # time of its last line
    whole: bool = True  # all files were read, no lines were dropped, and the time zone is known
    faults: tuple[str, ...] = ()  # unreadable files, with the reason

    def covers(self, since: datetime, until: datetime) -> bool:
        """Whether the log certainly covers this period: Postfix wrote lines before and after it."""
        if self.since is None or self.until is None or not self.whole:
            return False
        return self.since < since and until + timedelta(seconds=1) < self.until  # timestamps are whole seconds


def unreadable_reason(path: Path) -> str | None:
    """The reason why a log cannot be read; None: it can."""
    try:
        with _open(path):
            return None
    except OSError as error:
        return _why(path, error)


def search_log(path: Path, keys: Collection[str], since: datetime, *, zone: tzinfo | None = None) -> LogSearch:
    """Search a log and its rotated files for letters with these Message-IDs from `since` on; raises nothing.

    Files last written before `since` are not opened; an uncompressed file is read from a line near `since` on.
    """
    lines, faults, sure = LogLineCollector(keys), list[str](), True
    since -= _SLACK
    parts, began = _parts(path, since, faults)
    ended: datetime | None = None
    for part in parts:
        try:
            with _open(part) as file:
                written = _written(part)
                latest, before = written + _YEARLESS, None
                if part.suffix != ".gz":
                    known = _in_zone(_last(file), written, zone)
                    before = _seek(file, since, latest, zone) if known else None
                    sure = sure and known
                lines.first = lines.last = None
                for line in _lines(file):
                    lines.take(line)
        except (OSError, EOFError, zlib.error) as error:
            faults.append(_why(part, error))
            continue
        began = began or before or _moment(lines.first, latest, zone)
        ended = _moment(lines.last, latest, zone) or ended
    return LogSearch(
        traces=lines.traces(),
        since=began,
        until=ended,
        whole=sure and not (faults or lines.gaps),
        faults=tuple(faults),
    )


def _parts(path: Path, since: datetime, faults: list[str]) -> tuple[list[Path], datetime | None]:
    """The log and its rotated files back to `since`, oldest first, and the mtime of the next older file."""
    found = [path]
    try:
        for part in _rotated(path):
            if (written := _written(part)) < since:
                return found[::-1], written
            found.append(part)
    except OSError as error:  # a file was rotated at this moment
        faults.append(_why(path.parent, error))
    return found[::-1], None


def _rotated(path: Path) -> list[Path]:
    """The rotated files of a log, newest first: by number, else by day and hour."""
    found = {}
    for part in path.parent.iterdir():
        name = _ROTATED.fullmatch(part.name.removeprefix(path.name)) if part.name.startswith(path.name) else None
        if name:
            day = (name["day"] or "0").replace("-", "").ljust(20, "0")
            found[part] = (int(name["number"] or 0), -int(day))
    return sorted(found, key=lambda part: (found[part], part.name))


def _written(part: Path) -> datetime:
    """The mtime of a file, which gzip keeps."""
    return datetime.fromtimestamp(part.stat().st_mtime, UTC)


def _open(part: Path) -> BufferedIOBase:
    """Open a log file, compressed or not. Raises OSError, also if it is no regular file."""
    handle = os.open(part, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # opening a FIFO would block
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file")
    file = os.fdopen(handle, "rb")
    return _Unpacked(file) if part.suffix == ".gz" else file


class _Unpacked(gzip.GzipFile):
    """A gzip file that closes its compressed file too."""

    def __init__(self, packed: BufferedIOBase) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()


def _lines(file: BufferedIOBase) -> Iterator[bytes]:
    """The complete lines of a file, without too long ones and without a last line that has no end yet."""
    begins = True
    while part := file.readline(_LONGEST):
        ends = part.endswith(b"\n")
        if begins and ends:
            yield part
        begins = ends


def _last(file: BufferedIOBase) -> re.Match[bytes] | None:
    """The last line with a timestamp; seeks back to the beginning of the file."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - _NEAR))
    found = [line for line in map(match_timestamp, _lines(file)) if line]
    file.seek(0)
    return found[-1] if found else None


def _in_zone(last: re.Match[bytes] | None, written: datetime, zone: tzinfo | None) -> bool:
    """Whether timestamps without a zone are in the zone that we assume; a log may be written in another zone.

    The last line was written at the file's mtime. If the two disagree, no part of the file is skipped.
    """
    if last is None or last["iso"]:
        return True
    told = line_time(last, written + _YEARLESS, zone)
    return told is not None and abs(written - told) < _APART


def _seek(file: BufferedIOBase, since: datetime, latest: datetime, zone: tzinfo | None) -> datetime | None:
    """Seek by bisection to the beginning of a line older than `since`; returns the time of that line.

    None: the position is the beginning of the file.
    """
    low, told = 0, None
    high = file.seek(0, os.SEEK_END)
    while high - low > _NEAR:
        middle = (low + high) // 2
        place, written = _next(file, middle, latest, zone)
        if written is not None and written < since and place < high:
            low, told = place, written
        else:
            high = middle
    file.seek(low)
    return told


def _next(file: BufferedIOBase, place: int, latest: datetime, zone: tzinfo | None) -> tuple[int, datetime | None]:
    """The position and the time of the next line with a timestamp."""
    file.seek(place)
    file.readline(_LONGEST)  # the rest of the current line
    for _ in range(_TRIES):
        place = file.tell()
        if not (line := file.readline(_LONGEST)):
            break
        if written := _moment(match_line(line), latest, zone):
            return place, written
    return place, None


def _moment(line: re.Match[bytes] | None, latest: datetime, zone: tzinfo | None) -> datetime | None:
    return line_time(line, latest, zone) if line else None


def _why(path: Path, error: Exception) -> str:
    """A sentence about an unreadable file, with the remedy if there is one."""
    if isinstance(error, PermissionError):
        return f"{path} cannot be read: give this user the right to read it, mostly by the group adm"
    if isinstance(error, FileNotFoundError):
        return f"{path} cannot be read: there is no such file; `postconf maillog_file` or the rules of syslog tell"
    said = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged"
    return f"{path} cannot be read: {said}"
