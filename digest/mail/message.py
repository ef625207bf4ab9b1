"""Serialises a letter as a MIME message; a small strict serialiser, as the standard library's breaks some headers.

Faults of `email.policy` that it avoids: a long List-Unsubscribe as encoded-words (python/cpython#85725), an
encoded-word of a title decoded into a new header (CVE-2024-6923), two encoded-words joined without a space
(cpython#144156), quoted-printable lines of over 76 characters, encoded-words within an address.
The output is 7-bit lines that end in CRLF; only an address whose local part is not ASCII needs SMTPUTF8.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from digest.errors import ConfigError
from digest.mail.quoted_printable import BodyLines
from digest.text import one_line

_LINE = 78  # RFC 5322 section 2.1.1: SHOULD; 998 is the MUST
_URI = 900  # longest URI of a header: it cannot be folded, and a line may have 998 octets
_ENCODED = re.compile(r"=\?|[^ -~]")  # text that a header can hold as encoded-words alone
_URI_CHARACTERS = re.compile(r"[!#-;=?-Z\[\]_a-z~]+")  # RFC 3986, and no < > "
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_TOKEN = 60  # a longer word of a header could not be folded below 78
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:[._+-][a-z0-9]+)*")
_LONGEST = 200  # a shorter address is within the limits of RFC 5321 section 4.5.3.1 in any case
_DOT_ATOM_ID = re.compile(r"<[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>")


class AddressError(ConfigError):
    """An invalid mail address; the text says why, without the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A mailbox: address and display name of a sender or recipient (RFC 5322 section 3.4). Raises AddressError."""

    name: str = ""
    address: str
    wire: str = field(init=False)  # local part unchanged, domain in A-labels
    needs_smtputf8: bool = field(init=False)  # the local part is not ASCII: RFC 6531

    def __post_init__(self) -> None:
        local, _, domain = self.address.rpartition("@")
        try:
            # the fast path of most addresses: only the domain is checked
            if _PLAIN_LOCAL.fullmatch(local) and len(self.address) <= _LONGEST:
                domain = _ascii_domain(domain)
            else:
                checked = validate_email(self.address, check_deliverability=False, globally_deliverable=False)
                local, domain = checked.local_part, checked.ascii_domain
        except EmailNotValidError as error:
            raise AddressError(f"no mail address: {error}") from None
        object.__setattr__(self, "wire", f"{local}@{domain}")
        object.__setattr__(self, "needs_smtputf8", not local.isascii())

    @property
    def domain(self) -> str:
        return self.wire.rpartition("@")[2]


@lru_cache(maxsize=1 << 12)
def _ascii_domain(domain: str) -> str:
    """The domain in A-labels, cached: most readers are at a few domains."""
    return validate_email(f"x@{domain}", check_deliverability=False, globally_deliverable=False).ascii_domain


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHeaders:
    """Values of the List-* headers, Feedback-ID and CFBL (RFC 2919, 2369, 8058, 9477); URIs without angle brackets."""

    id: str  # a host name: letters, digits, hyphens and dots
    name: str = ""
    unsubscribe: Sequence[str] = ()  # mailto and https URIs; an https one is for one-click POST and is written first
    owner: str | None = None
    help: str | None = None
    feedback_id: str | None = None  # "issue:kind:stream:sender", no personal data
    complaints: Mailbox | None = None  # CFBL-Address (RFC 9477), which requires a DKIM signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A text file attached to the letter (RFC 2183)."""

    name: str  # letters, digits, dots and hyphens, which need no encoding
    type: str  # "application/x-bibtex"
    text: str


def build_message(
    *,
    sender: Mailbox,
    to: Mailbox,
    subject: str,
    text: str | Sequence[BodyLines],
    html: str | Sequence[BodyLines] | None = None,
    message_id: str,
    date: datetime,
    reply_to: Mailbox | None = None,
    listing: ListHeaders | None = None,
    attachment: Attachment | None = None,
    sign: Callable[[bytes, bytes], bytes] | None = None,
) -> bytes:
    """A complete message, ready for DATA except for dot-stuffing; the same arguments give the same bytes.

    Text and HTML may be given as runs of whole lines. `date` is aware and the same on retries. Names, subject and
    bodies may hold any text: control characters and bidi overrides are removed. `sign` returns the header section with
    signatures, given that section and the body's lines in relaxed form. Raises ValueError for an empty subject, a
    naive date, and an invalid Message-ID or URI.
    """
    if not (clean_subject := _header_text(subject)):
        raise ValueError("a letter needs a subject")
    if not _DOT_ATOM_ID.fullmatch(message_id):
        raise ValueError("a Message-ID is <letters.and.digits@domain>")
    if date.tzinfo is None:
        raise ValueError("the date of a letter is aware")
    headers = [
        _header("Date", [format_datetime(date.astimezone(UTC).replace(microsecond=0))]),
        _mailbox("From", sender),
        _mailbox("To", to),
        *([_mailbox("Reply-To", reply_to)] if reply_to else ()),
        _header("Subject", _unstructured("Subject", clean_subject)),
        _header("Message-ID", [message_id]),
        *(_list_headers(listing, message_id) if listing else ()),
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
    ]
    body = _part("plain", text)
    if html is not None:
        body = _alternative(body, _part("html", html), message_id)
    if attachment:
        body = _mixed(body, attachment, message_id)
    head = "\r\n".join(headers).encode() + b"\r\n" + body.head.removesuffix(b"\r\n")
    return b"".join((sign(head, body.relaxed) if sign else head, b"\r\n\r\n", body.wire))


def readdress(message: bytes, to: Mailbox) -> bytes:
    """Replace the To header of a message, and nothing else."""
    head, blank, body = message.partition(b"\r\n\r\n")
    headers = re.split(rb"\r\n(?![ \t])", head)
    line = _mailbox("To", to).encode()
    return b"\r\n".join(line if header.startswith(b"To:") else header for header in headers) + blank + body


def message_id(issue: str, subscriber: str, domain: str) -> str:
    """The Message-ID of this issue to this reader, unique and the same at every retry (RFC 5322 section 3.6.4)."""
    return f"<{_fingerprint(issue, subscriber)}@{domain}>"


def mailto(address: str, subject: str = "") -> str:
    """A mailto URI (RFC 6068)."""
    return f"mailto:{quote(address, safe='@')}" + (f"?subject={quote(subject, safe='')}" if subject else "")


def _fingerprint(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


def _list_headers(listing: ListHeaders, message_id: str) -> Iterator[str]:
    if not _HOST.fullmatch(listing.id):
        raise ValueError("a List-Id is letters, digits, hyphens and dots")
    yield _header("List-Id", [*_phrase("List-Id", listing.name), f"<{listing.id}>"])
    if leave := sorted(listing.unsubscribe, key=lambda uri: not uri.startswith("https:")):
        yield _header("List-Unsubscribe", [f"{_angle(uri)}," for uri in leave[:-1]] + [_angle(leave[-1])])
    if any(uri.startswith("https:") for uri in leave):
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"  # RFC 8058 section 3.1
    if listing.owner:
        yield _header("List-Owner", [_angle(listing.owner)])
    if listing.help:
        yield _header("List-Help", [_angle(listing.help)])
    if listing.feedback_id:
        yield _header("Feedback-ID", [_uri(listing.feedback_id)])
    if listing.complaints:
        yield _header("CFBL-Address", [f"{listing.complaints.wire};", "report=arf"])
        yield _header("CFBL-Feedback-ID", [message_id[1:].rpartition("@")[0]])


def _angle(uri: str) -> str:
    return f"<{_uri(uri)}>"


def _uri(uri: str) -> str:
    if len(uri) > _URI or not _URI_CHARACTERS.fullmatch(uri):
        raise ValueError(f"no URI for a header: at most {_URI} characters of RFC 3986, percent-encoded")
    return uri


def _mailbox(name: str, mailbox: Mailbox) -> str:
    return _header(name, [*_phrase(name, mailbox.name), f"<{mailbox.wire}>"])


def _header(name: str, tokens: Iterable[str]) -> str:
    """A header folded between tokens; the first token stays on the line of the name."""
    lines: list[str] = []
    line = f"{name}:"
    for position, token in enumerate(tokens):
        if position and len(line) + 1 + len(token) > _LINE:
            lines.append(line)
            line = ""
        line += f" {token}"
    return "\r\n".join([*lines, line])


def _header_text(text: str) -> str:
    return unicodedata.normalize("NFC", one_line(text))


def _unstructured(header: str, text: str) -> list[str]:
    """An unstructured value: unchanged if it is plain ASCII with short words, else in encoded-words as a whole."""
    words = text.split(" ")
    if _ENCODED.search(text) or max(map(len, words)) > _TOKEN:
        return _encoded_words(header, text)
    return words


def _phrase(header: str, name: str) -> list[str]:
    """A display name as a quoted-string or, if long or not plain ASCII, as encoded-words (RFC 2047 section 5)."""
    clean = _header_text(name)
    if not clean:
        return []
    quoted = '"' + re.sub(r'(["\\])', r"\\\1", clean) + '"'
    return _encoded_words(header, clean) if _ENCODED.search(clean) or len(quoted) > _TOKEN else [quoted]


def _encoded_words(header: str, text: str) -> list[str]:
    """B-encoded words for lines of at most 76 characters (RFC 2047 section 2); no character is split."""
    available = (76 - len(header) - len(": =?utf-8?B??=")) // 4 * 3  # bytes on the header's first line
    words, chunk = [], b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > available:
            words.append(chunk)
            chunk, available = b"", 45
        chunk += encoded
    return [f"=?utf-8?B?{b64encode(word).decode()}?=" for word in (*words, chunk)]


@dataclass(frozen=True, slots=True)
class _Entity:
    """A MIME entity: its Content-* headers, and its body in runs of whole lines."""

    head: bytes  # whole lines
    body: Sequence[BodyLines | bytes]  # bytes: boundaries and headers, whose wire form is relaxed already

    @property
    def wire(self) -> bytes:
        return b"".join([each if isinstance(each, bytes) else each.wire for each in self.body])

    @property
    def relaxed(self) -> bytes:
        return b"".join([each if isinstance(each, bytes) else each.relaxed for each in self.body])


def _alternative(text: _Entity, html: _Entity, message_id: str) -> _Entity:
    """multipart/alternative, plain text first (RFC 2046 section 5.1.4)."""
    return _several("alternative", _fingerprint(message_id), (text, html))


def _mixed(letter: _Entity, attachment: Attachment, message_id: str) -> _Entity:
    """multipart/mixed of the letter and its attachment (RFC 2046 section 5.1.3)."""
    if not _FILE.fullmatch(attachment.name):
        raise ValueError("a file's name is letters, digits, dots and hyphens")
    head = (
        f"Content-Type: {attachment.type}; charset=utf-8\r\n"
        f'Content-Disposition: attachment; filename="{attachment.name}"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n"
    )
    file = _Entity(head.encode(), [BodyLines(attachment.text)])
    return _several("mixed", _fingerprint(message_id, attachment.name), (letter, file))


def _several(subtype: str, mark: str, parts: Sequence[_Entity]) -> _Entity:
    """A multipart entity. The boundary contains `=_`, which never occurs in quoted-printable.

    The CRLF before a boundary belongs to the boundary (RFC 2046 section 5.1.1), so it is written beside the part's own.
    """
    boundary = f"=_{mark}"
    body = list[BodyLines | bytes]()
    for number, part in enumerate(parts):
        body.append(b"%s--%s\r\n%s\r\n" % (b"\r\n" if number else b"", boundary.encode(), part.head))
        body += part.body
    body.append(b"\r\n--%s--\r\n" % boundary.encode())
    return _Entity(f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n'.encode(), body)


def _part(subtype: str, text: str | Sequence[BodyLines]) -> _Entity:
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    return _Entity(head.encode(), [BodyLines(text)] if isinstance(text, str) else text)
