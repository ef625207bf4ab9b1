"""Tolerant MIME parser of bounce messages: header fields and parts of any bytes, in bounded time.

The standard library's parser raises on some broken fields, and its time is not bounded. Bounces need little: header
fields, leaf parts in their order, and the text of each.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import quopri
import re
from dataclasses import dataclass, field

_READ = 2_000_000  # bytes of a message with LF line ends; the report comes before the returned letter
_HEAD = 200_000  # characters of a header
_TEXT = 200_000  # characters of a part's text
_LINE = 4_000  # characters of a line
_DEPTH = 6  # of nested multiparts
_PARTS = 40

_NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw-unicode-escape", "undefined"})  # slow, or no text
_FIELD = re.compile(r"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)", re.S)
_PARAMETER = re.compile(r';\s*([\w*-]{1,40})\s*=\s*(?:"([^"]{0,200})"|([^\s;"]{1,200}))')
_ENCODED = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]{0,20})?\?([BbQq])\?([^?\s]{0,2000})\?=")


@dataclass(frozen=True, slots=True)
class MimeHeader:
    """A header section: values by lower-case field names."""

    fields: dict[str, list[str]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The first value of this name, or an empty text."""
        return self.fields.get(name, [""])[0]

    def all(self, *names: str) -> list[str]:
        return [value for name in names for value in self.fields.get(name, [])]

    def __contains__(self, name: str) -> bool:
        return name in self.fields


@dataclass(frozen=True, slots=True)
class MimePart:
    """A leaf part: its header and its decoded text."""

    head: MimeHeader
    kind: str  # "text/plain"
    text: str


@dataclass(frozen=True, slots=True)
class ParsedMail:
    head: MimeHeader
    kind: str
    parts: tuple[MimePart, ...]


def parse_mail(message: bytes) -> ParsedMail:
    """Parse a message with line ends of any kind; raises nothing."""
    text = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n")[:_READ].replace(b"\0", b"").decode("latin-1")
    head, body = divided(text.lstrip("\n"))
    parts: list[MimePart] = []
    _walk(head, body, 0, parts)
    return ParsedMail(head, _kind(head), tuple(parts))


def divided(text: str) -> tuple[MimeHeader, str]:
    """The header section and the body of a message; the header is empty if the text begins with an empty line."""
    top, _, body = text.partition("\n\n")
    return (head_of(top), body) if not top.startswith("\n") else (MimeHeader(), text)


def head_of(text: str) -> MimeHeader:
    """The fields of a header section, unfolded; other lines are skipped."""
    fields: dict[str, list[str]] = {}
    for line in unfolded(text[:_HEAD]):
        found = _FIELD.match(line)
        if found:
            fields.setdefault(found[1].lower(), []).append(found[2].strip())
    return MimeHeader(fields)


def unfolded(text: str) -> list[str]:
    """Lines joined with their continuation lines (RFC 5322 section 2.2.3)."""
    lines: list[list[str]] = []
    for line in text.split("\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1].append(line.strip())
        else:
            lines.append([line])
    return [" ".join(pieces)[:_LINE] for pieces in lines]


def words_of(value: str) -> str:
    """A field's value with encoded-words decoded (RFC 2047)."""
    value = re.sub(r"\?=\s+=\?", "?==?", value[:_LINE])
    return _ENCODED.sub(_word, _utf8(value))


def _word(found: re.Match[str]) -> str:
    raw = found[3].encode("ascii", "replace")
    data = _base64(raw) if found[2] in "Bb" else quopri.decodestring(raw.replace(b"_", b" "))
    return _decoded(data, found[1])


def _kind(head: MimeHeader) -> str:
    named = re.split(r"[;\s]", head.get("content-type").strip(), maxsplit=1)[0].lower()
    return named or "text/plain"


def _parameter(head: MimeHeader, name: str) -> str:
    for found in _PARAMETER.finditer(";" + head.get("content-type").partition(";")[2]):
        if found[1].lower() == name:
            return found[2] or found[3] or ""
    return ""


def _walk(head: MimeHeader, body: str, depth: int, parts: list[MimePart]) -> None:
    boundary = _boundary(head, body) if depth < _DEPTH else ""
    if not boundary:
        if len(parts) < _PARTS:
            parts.append(_leaf(head, body))
        return
    pieces = ("\n" + body).split("\n--" + boundary, _PARTS)
    if len(pieces) == 1 and len(parts) < _PARTS:
        parts.append(_leaf(MimeHeader(), body))  # the boundary never comes: all of it is text
    elif pieces[0].strip() and "mime" not in pieces[0].lower():
        parts.append(_leaf(MimeHeader(), pieces[0]))
    for piece in pieces[1:]:
        if piece.startswith("--") or len(parts) >= _PARTS:
            break
        rest = piece.partition("\n")[2]
        _walk(*divided(rest), depth + 1, parts)


def _boundary(head: MimeHeader, body: str) -> str:
    """The boundary of a multipart; guessed from the body if the header lacks it."""
    if _kind(head).startswith("multipart/") and (named := _parameter(head, "boundary")):
        return named.rstrip()
    if _kind(head).startswith("multipart/") or "content-type" not in head:
        found = re.match(r"\s{0,200}--([^\s]{8,80})\nContent-", body, re.I)
        return found[1] if found else ""
    return ""


def _leaf(head: MimeHeader, body: str) -> MimePart:
    kind = _kind(head)
    raw = body[: 4 * _TEXT].encode("latin-1", "replace")
    coding = head.get("content-transfer-encoding").strip().lower()
    if coding == "base64":
        raw = _base64(raw)
    elif coding == "quoted-printable":
        raw = quopri.decodestring(raw)
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = _decoded(raw, _parameter(head, "charset"))[:_TEXT]
    return MimePart(head, kind, _bounded(unmarked(text) if kind == "text/html" else text))


def _bounded(text: str) -> str:
    return "\n".join(line[:_LINE] for line in text.split("\n"))


def _base64(raw: bytes) -> bytes:
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    try:
        return base64.b64decode(clean + b"=" * (-len(clean) % 4))
    except (binascii.Error, ValueError):
        return raw


def _decoded(raw: bytes, charset: str) -> str:
    """The text in the declared charset, else in UTF-8, else as Latin-1, which never fails."""
    for name in (charset.strip().strip("'\""), "utf-8"):
        try:
            if name and codecs.lookup(name).name not in _NO_CHARSETS:
                return raw.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return raw.decode("latin-1")


def _utf8(text: str) -> str:
    """Text decoded as Latin-1, decoded again as UTF-8 if it is valid (RFC 6532)."""
    return text if text.isascii() else _decoded(text.encode("latin-1", "replace"), "utf-8")


_BLOCKS = frozenset("p br div tr td li ul ol table h1 h2 h3 h4 h5 h6 hr pre blockquote body title dd dt".split())


def unmarked(text: str) -> str:
    """The text of an HTML page, a line for each block element; in one pass, in linear time."""
    pieces: list[str] = []
    hidden = ""
    first, *rest = text.split("<")
    pieces.append(first)
    for piece in rest:
        tag, closed, after = piece.partition(">")
        name = re.match(r"/?([a-zA-Z0-9!]{0,20})", tag)
        name_of = name[1].lower() if name else ""
        if hidden:
            hidden = "" if tag.startswith("/") and name_of == hidden else hidden
            pieces.append(after if not hidden else "")
            continue
        if not closed or not name_of:
            pieces.append("<" + piece)
            continue
        hidden = name_of if name_of in ("style", "script") else ""
        pieces.append("" if hidden else ("\n" if name_of in _BLOCKS else "") + after)
    return html.unescape("".join(pieces)).replace("\xa0", " ")
