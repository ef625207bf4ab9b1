"""Tolerant parser of a message for the lint: no fault of a message hides another one, and none raises."""

from __future__ import annotations

import binascii
import quopri
import re
from base64 import b64decode
from dataclasses import dataclass
from functools import cached_property

from lxml import etree, html

_FIELD = re.compile(rb"([^\x00-\x20:]*):")
_URL = re.compile(r"(?:https?|mailto):[^\s<>\"]+")
_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?\s]*)\?=")


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One header field with its original bytes."""

    name: str  # as written
    raw: bytes  # after the colon, still folded

    @property
    def value(self) -> str:
        """The value, unfolded (RFC 5322 section 2.2.3) and stripped; bytes beyond ASCII as U+FFFD."""
        return re.sub(rb"\r?\n(?=[ \t])", b"", self.raw).decode("ascii", "replace").strip()

    @property
    def decoded(self) -> str:
        """The value with encoded-words decoded; white space between two of them is dropped (RFC 2047 section 6.2)."""
        joined = re.sub(r"(\?=)\s+(=\?)", r"\1\2", self.value)
        return _WORD.sub(lambda found: decoded_word(found) or "", joined)


@dataclass(frozen=True, slots=True)
class BodyPart:
    """A MIME part that is no multipart."""

    fields: tuple[HeaderField, ...]
    body: bytes  # still encoded

    def value(self, name: str) -> str:
        return next((field.value for field in self.fields if field.name.lower() == name), "")

    @property
    def kind(self) -> str:
        """Type and subtype; text/plain by default (RFC 2045 section 5.2)."""
        return self.value("content-type").partition(";")[0].strip().lower() or "text/plain"

    @property
    def is_attached(self) -> bool:
        return self.value("content-disposition").lower().startswith("attachment")

    @property
    def content(self) -> bytes:
        """The body, decoded as far as possible."""
        encoding = self.value("content-transfer-encoding").lower()
        if encoding == "quoted-printable":
            return quopri.decodestring(self.body)
        if encoding == "base64":
            try:
                return b64decode(self.body)
            except binascii.Error:
                return b""
        return self.body

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace").replace("\r\n", "\n")


class ParsedMessage:
    """A parsed message."""

    def __init__(self, message: bytes) -> None:
        self.raw = message
        self.head, _, self.body = _divided(message)
        self.fields = _fields(self.head)

    def all(self, name: str) -> list[HeaderField]:
        """All fields of this name, in their order."""
        return [field for field in self.fields if field.name.lower() == name.lower()]

    def first(self, name: str) -> HeaderField | None:
        return next(iter(self.all(name)), None)

    def value(self, name: str) -> str:
        field = self.first(name)
        return field.value if field else ""

    @cached_property
    def structure(self) -> list[tuple[str, str]]:
        """Each multipart type with its boundary, the outermost first."""
        return self._taken_apart[1]

    @cached_property
    def parts(self) -> list[BodyPart]:
        return self._taken_apart[0]

    @cached_property
    def _taken_apart(self) -> tuple[list[BodyPart], list[tuple[str, str]]]:
        multiparts: list[tuple[str, str]] = []
        return list(_parts(tuple(self.fields), self.body, multiparts, 0)), multiparts

    @cached_property
    def plain(self) -> BodyPart | None:
        return next((part for part in self.parts if part.kind == "text/plain" and not part.is_attached), None)

    @cached_property
    def page(self) -> BodyPart | None:
        return next((part for part in self.parts if part.kind == "text/html" and not part.is_attached), None)

    @cached_property
    def tree(self) -> html.HtmlElement | None:
        """The HTML part as a tree; None if there is none or it is empty."""
        if self.page is None:
            return None
        try:
            return html.document_fromstring(self.page.text.encode("utf-8", "replace"), parser=_PARSER)
        except (etree.ParserError, ValueError):
            return None

    @cached_property
    def links(self) -> list[str]:
        """The link targets of the HTML part, in order."""
        return [] if self.tree is None else [str(link) for link in self.tree.xpath("//a/@href")]

    @cached_property
    def urls(self) -> list[str]:
        """The URLs in the text part."""
        return [url.rstrip(".,;)") for url in _URL.findall(self.plain.text)] if self.plain else []


_PARSER = html.HTMLParser(encoding="utf-8", huge_tree=False)
_DEEPEST = 10


def decoded_word(found: re.Match[str]) -> str | None:
    """The text of an encoded-word; None if it cannot be decoded."""
    charset, encoding, text = found.groups()
    try:
        if encoding in "bB":
            return b64decode(text, validate=True).decode(charset)
        return quopri.decodestring(text.replace("_", " ").encode(), header=True).decode(charset)
    except (binascii.Error, ValueError, LookupError):
        return None


def encoded_words(value: str) -> list[re.Match[str]]:
    return list(_WORD.finditer(value))


def _divided(message: bytes) -> tuple[bytes, bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", message)
    return (message[: found.start()], found.group(), message[found.end() :]) if found else (message, b"", b"")


def _fields(head: bytes) -> list[HeaderField]:
    found = []
    for line in re.split(rb"\r?\n(?![ \t])", head):
        if match := _FIELD.match(line):
            found.append(HeaderField(match[1].decode("latin-1"), line[match.end() :]))
    return found


def _parts(
    fields: tuple[HeaderField, ...], body: bytes, multiparts: list[tuple[str, str]], depth: int
) -> list[BodyPart]:
    whole = BodyPart(fields, body)
    boundary = parameter(whole.value("content-type"), "boundary")
    if not whole.kind.startswith("multipart/") or not boundary or depth > _DEEPEST:
        return [whole]
    multiparts.append((whole.kind, boundary))
    pieces = re.split(rb"(?:^|\r?\n)--" + re.escape(boundary.encode()) + rb"(?:--)?[ \t]*(?:\r?\n|$)", body)
    found = []
    for piece in pieces[1:-1]:
        if piece.startswith((b"\r\n", b"\n")):  # a part without fields
            head, inner = b"", piece.lstrip(b"\r\n")
        else:
            head, _, inner = _divided(piece)
        found += _parts(tuple(_fields(head)), inner, multiparts, depth + 1)
    return found


def parameter(value: str, name: str) -> str:
    """The value of a parameter of a MIME field (RFC 2045 section 5.1), unquoted."""
    found = re.search(rf';\s*{re.escape(name)}=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', value, re.IGNORECASE)
    return "" if found is None else re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
