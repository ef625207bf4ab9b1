"""Lines of a letter's body as they go on the wire (quoted-printable), and as a signature sees them (relaxed).

Most of a letter stands in other letters too: a stretch of such lines is encoded once, for all of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from digest.text import strip_controls

_PIECE = 73  # characters of a quoted-printable line: two more for a guarded first one, one for a soft break
_PIECES = re.compile(rb".{1,73}(?<!=)(?<!=.)", re.S)  # never ends inside =XX
_PLAIN = re.compile("[ -~\xa0-\xac\xae-\u02ff\u2010-\u2027]*")  # Latin, dashes, quotes: all seen, each composed (NFC)
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


class BodyLines:
    """Whole lines of text; their forms are made when they are first asked for, and kept."""

    __slots__ = ("_relaxed", "_size", "_wire", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._wire: bytes | None = None
        self._relaxed: bytes | None = None
        self._size: int | None = None

    @property
    def wire(self) -> bytes:
        if self._wire is None:
            self._wire = quoted_printable(self.text)
        return self._wire

    @property
    def relaxed(self) -> bytes:
        if self._relaxed is None:
            self._relaxed = relaxed_lines(self.wire)
        return self._relaxed

    @property
    def size(self) -> int:
        """Bytes when it is decoded, with lines that end in CRLF."""
        if self._size is None:
            self._size = len(self.text.encode("utf-8", "replace")) + self.text.count("\n")
        return self._size


class FrameLines(BodyLines):
    """Lines of a letter's frame: most of them stand in all letters, some in this one alone."""

    __slots__ = ()

    @property
    def wire(self) -> bytes:
        if self._wire is None:
            self._wire = b"".join(map(_known_line, self.text.splitlines()))
        return self._wire


def join_text(stretches: Iterable[BodyLines]) -> str:
    return "".join([each.text for each in stretches])


def quoted_printable(text: str) -> bytes:
    """RFC 2045 section 6.7: lines of at most 76; none begins with a dot or `From ` (RFC 2049, 3) or ends in a blank."""
    return b"".join(map(_quoted_line, text.splitlines()))


def _quoted_line(text: str) -> bytes:
    if (text.isascii() and text.isprintable()) or _PLAIN.fullmatch(text):  # nothing to compose, nothing to take out
        safe = text.encode()
    else:
        safe = unicodedata.normalize("NFC", strip_controls(text)).encode()
    safe = safe.replace(b"=", b"=3D")
    if not safe.isascii():
        safe = _NOT_ASCII.sub(lambda found: _escaped(found[0]), safe)
    if safe.endswith((b" ", b"\t")):
        safe = safe[:-1] + b"=%02X" % safe[-1]
    if len(safe) <= _PIECE:
        return _guarded(safe) + b"\r\n"
    pieces: list[bytes] = _PIECES.findall(safe)
    line = b"=\r\n".join(pieces)
    if b"\n." in line or b"\nFrom " in line:
        line = b"=\r\n".join(map(_guarded, pieces))
    return _guarded(line) + b"\r\n"


@lru_cache(maxsize=1 << 12)
def _known_line(text: str) -> bytes:
    return _quoted_line(text)


@lru_cache(maxsize=1 << 12)
def _escaped(run: bytes) -> bytes:
    return b"=" + run.hex("=").upper().encode()


def _guarded(line: bytes) -> bytes:
    """What a mailbox file or SMTP could take for its own is escaped."""
    return b"=%02X" % line[0] + line[1:] if line.startswith((b".", b"From ")) else line


def relaxed_lines(lines: bytes) -> bytes:
    """Whole lines in relaxed form, but for empty ones at the end of a body (RFC 6376 section 3.4.4)."""
    if b"\t" in lines:
        lines = lines.replace(b"\t", b" ")
    while b"  " in lines:
        lines = lines.replace(b"  ", b" ")
    return lines.replace(b" \r\n", b"\r\n")
