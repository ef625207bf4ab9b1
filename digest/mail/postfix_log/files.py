"""Where the lines of a log are: the file itself and those that it was rotated into, `.1`, `-20261120` and `.gz` too."""

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

_LONGEST = 8_192  # bytes of a line; syslog cuts long before
_NEAR = 65_536  # bytes in which it is no use to look for a nearer beginning
_TRIES = 50  # lines in a row that may tell no time
_SLACK = timedelta(hours=2)  # a clock that was set, and an hour that came twice, put lines out of order
_ROTATED = re.compile(r"(?:\.(?P<number>[0-9]{1,5})|-(?P<day>[0-9]{8}(?:-?[0-9]{1,10})?))(?:\.gz)?")
_APART = timedelta(minutes=10)  # the last line of a file and its last write; zones are a quarter of an hour apart
_YEARLESS = timedelta(days=1)  # a stamp without a year may be that much later than its file


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSearch:
    """What a log says, and how much of the time it covers."""

    traces: dict[str, LetterTrace] = field(default_factory=dict)  # by Message-ID
    since: datetime | None = None  # Postfix was writing to it then already
    until: datetime | None = None  # and still then
    whole: bool = True  # all could be read, nobody dropped lines, and the stamps are of a zone that we know
    faults: tuple[str, ...] = ()  # files that cannot be read, and why

    def covers(self, since: datetime, until: datetime) -> bool:
        """Has it all of that time for certain, with lines of Postfix before it and after it?"""
        if self.since is None or self.until is None or not self.whole:
            return False
        return self.since < since and until + timedelta(seconds=1) < self.until  # stamps are of whole seconds


def unreadable_reason(path: Path) -> str | None:
    """Why a log cannot be read; None: it can."""
    try:
        with _open(path):
            return None
    except OSError as error:
        return _why(path, error)


def search_log(path: Path, keys: Collection[str], since: datetime, *, zone: tzinfo | None = None) -> LogSearch:
    """What a log and its older parts say of letters with these Message-IDs from `since` on; nothing raises.

    What was last written before that is not opened, and what is not packed is begun near it.
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
    """The file and its older parts back to `since`, oldest first, and when the part before those was last written."""
    found = [path]
    try:
        for part in _rotated(path):
            if (written := _written(part)) < since:
                return found[::-1], written
            found.append(part)
    except OSError as error:  # one is gone: it was rotated on at this moment
        faults.append(_why(path.parent, error))
    return found[::-1], None


def _rotated(path: Path) -> list[Path]:
    """The older parts of a log, newest first: by number, else by day and hour."""
    found = {}
    for part in path.parent.iterdir():
        name = _ROTATED.fullmatch(part.name.removeprefix(path.name)) if part.name.startswith(path.name) else None
        if name:
            day = (name["day"] or "0").replace("-", "").ljust(20, "0")
            found[part] = (int(name["number"] or 0), -int(day))
    return sorted(found, key=lambda part: (found[part], part.name))


def _written(part: Path) -> datetime:
    """When it was last written; who packs a file keeps that."""
    return datetime.fromtimestamp(part.stat().st_mtime, UTC)


def _open(part: Path) -> BufferedIOBase:
    """To be read. Raises OSError, also where nothing can be read to its end."""
    handle = os.open(part, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for its other end
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file")
    file = os.fdopen(handle, "rb")
    return _Unpacked(file) if part.suffix == ".gz" else file


class _Unpacked(gzip.GzipFile):
    """Closes the packed file too."""

    def __init__(self, packed: BufferedIOBase) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()


def _lines(file: BufferedIOBase) -> Iterator[bytes]:
    """Whole lines; one that is too long is none, and so is the last one while it is being written."""
    begins = True
    while part := file.readline(_LONGEST):
        ends = part.endswith(b"\n")
        if begins and ends:
            yield part
        begins = ends


def _last(file: BufferedIOBase) -> re.Match[bytes] | None:
    """The last line that tells a time; the file is at its beginning afterwards."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - _NEAR))
    found = [line for line in map(match_timestamp, _lines(file)) if line]
    file.seek(0)
    return found[-1] if found else None


def _in_zone(last: re.Match[bytes] | None, written: datetime, zone: tzinfo | None) -> bool:
    """Are stamps without a zone those of the zone that we take them for? A log may be written in another's.

    The last line tells, since it was written when its file was written last. Where they disagree, nothing is skipped.
    """
    if last is None or last["iso"]:
        return True
    told = line_time(last, written + _YEARLESS, zone)
    return told is not None and abs(written - told) < _APART


def _seek(file: BufferedIOBase, since: datetime, latest: datetime, zone: tzinfo | None) -> datetime | None:
    """Go to the beginning of a line before which all are older, by halves; when that line was written.

    None: to the file's beginning.
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
    """Where the next line begins that tells a time, and which."""
    file.seek(place)
    file.readline(_LONGEST)  # the rest of one
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
    """In words, with the mend where there is one."""
    if isinstance(error, PermissionError):
        return f"{path} cannot be read: give this user the right to read it, mostly by the group adm"
    if isinstance(error, FileNotFoundError):
        return f"{path} cannot be read: there is no such file; `postconf maillog_file` or the rules of syslog tell"
    said = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged"
    return f"{path} cannot be read: {said}"
