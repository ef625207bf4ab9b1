"""Quoted-printable encoding of a letter's body (RFC 2045), and its relaxed form for DKIM, shared between letters.

How this works. The body of a part is a sequence of runs (`BodyLines`), each of whole lines. A run encodes itself when
its bytes are first asked for and keeps them, so a run that stands in many letters costs one encoding. That is why
letters are assembled from runs, and not from one text. Whole lines make it exact: the encoding and the relaxed form of
a line depend on nothing outside the line, so the joined forms of runs are the form of the joined runs.

- Wire form: NFC, no control, bidi or zero-width characters; octets beyond ASCII, `=` and a final blank are `=XX`.
- A line of more than 73 octets is cut by soft breaks (`=` CRLF), never within `=XX`. A piece that begins with a dot or
  with `From ` has its first octet escaped, which makes a line of at most 73 + 2 + 1 = 76 octets (`_PIECE`).
- Relaxed form: the wire form with each run of blanks as one space and none before CRLF. DKIM hashes encoded octets, so
  `=3D`, `=20` and soft breaks stay as they are. mail/dkim.py drops the empty lines at the end of the whole body.

::

    text                  wire                          relaxed (hashed by DKIM)
    "Größe:  a=b \n"      Gr=C3=B6=C3=9Fe:  a=3Db=20    Gr=C3=B6=C3=9Fe: a=3Db=20
    ".bib\n"              =2Ebib                        =2Ebib
    "aaa…(73)…. and\n"    aaa…(73)…=                    aaa…(73)…=
                          =2E and                       =2E and

    the HTML part of a letter     object                       shared by
    before the first card         FrameLines (cached lines)    each line by all letters, the run by none
    a card of a paper             BodyLines                    the letters with this card (render/card_cache.py)
    links of a reader to it       BodyLines                    none: signed for one reader
    between two cards             FrameLines (_between)        letters with the same lines there (render/renderer.py)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from digest.text import strip_controls

_PIECE = 73  # octets of a line: an escaped first octet adds two, a soft break one; 76 is the limit of RFC 2045
_PIECES = re.compile(rb".{1,73}(?<!=)(?<!=.)", re.S)  # never ends inside =XX
_PLAIN = re.compile("[ -~\xa0-\xac\xae-\u02ff\u2010-\u2027]*")  # Latin, dashes, quotes: printable and in NFC already
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


class BodyLines:
    """A run of whole lines of text; its wire form, relaxed form and size are computed at first use and kept."""

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
        """Octets of the decoded text in UTF-8, with CRLF at the end of each line."""
        if self._size is None:
            self._size = len(self.text.encode("utf-8", "replace")) + self.text.count("\n")
        return self._size


class FrameLines(BodyLines):
    """Lines around the cards of a letter, encoded one by one through a cache: most of them stand in all letters."""

    __slots__ = ()

    @property
    def wire(self) -> bytes:
        if self._wire is None:
            self._wire = b"".join(map(_known_line, self.text.splitlines()))
        return self._wire


def join_text(runs: Iterable[BodyLines]) -> str:
    """The text of runs of whole lines."""
    return "".join([each.text for each in runs])


def quoted_printable(text: str) -> bytes:
    """Encode text (RFC 2045 section 6.7) in lines of at most 76 octets that end in CRLF.

    No line begins with a dot or `From ` (RFC 2049 section 3), and none ends in a blank.
    """
    return b"".join(map(_quoted_line, text.splitlines()))


def _quoted_line(text: str) -> bytes:
    if (text.isascii() and text.isprintable()) or _PLAIN.fullmatch(text):  # in NFC and without control characters
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
    """Escape the first octet of a line that an mbox file (`From `) or SMTP (a dot) would take for its own syntax."""
    return b"=%02X" % line[0] + line[1:] if line.startswith((b".", b"From ")) else line


def relaxed_lines(lines: bytes) -> bytes:
    """Relaxed canonicalization of whole lines (RFC 6376 section 3.4.4); empty lines at the end of a body are kept."""
    if b"\t" in lines:
        lines = lines.replace(b"\t", b" ")
    while b"  " in lines:
        lines = lines.replace(b"  ", b" ")
    return lines.replace(b" \r\n", b"\r\n")
