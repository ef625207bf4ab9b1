"""The bytes of a letter, by a small strict serialiser: the standard library's breaks List-*, Subject and addresses.

What it must not do, and `email.policy` does: write a long List-Unsubscribe as encoded-words (python/cpython#85725),
decode an encoded-word of a title into a new header (CVE-2024-6923), join two encoded-words without a space
(cpython#144156), write lines of quoted-printable over 76 characters, put encoded-words into an address.
Everything is written as 7-bit lines that end in CRLF; only an address whose local part is not ASCII needs SMTPUTF8.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from digest.errors import ConfigError
from digest.text import strip_controls

_LINE = 78  # RFC 5322 section 2.1.1: should; 998 is a must
_URI = 900  # longest URI of a header: it cannot be folded, and a line may have 998 octets
_ENCODED = re.compile(r"=\?|[^ -~]")  # what a header may not carry as it is
_URI_CHARACTERS = re.compile(r"[!#-;=?-Z\[\]_a-z~]+")  # RFC 3986, and no < > "
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_TOKEN = 60  # a longer word of a header could not be folded below 78
_PIECE = 73  # characters of a quoted-printable line: two more for a guarded first one, one for a soft break
_PIECES = re.compile(rb".{1,73}(?<!=)(?<!=.)", re.S)  # never ends inside =XX
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
_DOT_ATOM_ID = re.compile(r"<[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>")


class AddressError(ConfigError):
    """An address that no mail can go to; says why, and keeps the address out of its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A person or a list that mail comes from or goes to (RFC 5322 section 3.4). Raises AddressError."""

    name: str = ""
    address: str
    wire: str = field(init=False)  # local part as it is, domain in A-labels
    needs_smtputf8: bool = field(init=False)  # the local part is not ASCII: RFC 6531

    def __post_init__(self) -> None:
        try:
            checked = validate_email(self.address, check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError as error:
            raise AddressError(f"no mail address: {error}") from None
        object.__setattr__(self, "wire", f"{checked.local_part}@{checked.ascii_domain}")
        object.__setattr__(self, "needs_smtputf8", not checked.local_part.isascii())

    @property
    def domain(self) -> str:
        return self.wire.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How a reader's mail program sees the list that a letter belongs to: RFC 2919, 2369, 8058, 9477. URIs are bare."""

    id: str  # a host name: letters, digits, hyphens and dots
    name: str = ""
    unsubscribe: Sequence[str] = ()  # to an https one a mail program may POST; it goes first
    owner: str | None = None
    help: str | None = None
    feedback_id: str | None = None  # "issue:kind:stream:sender", no personal data
    complaints: Mailbox | None = None  # RFC 9477; the letter is to be signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of text beside the letter (RFC 2183)."""

    name: str  # letters, digits, dots and hyphens, which every program can read
    type: str  # "application/x-bibtex"
    text: str


def build(
    *,
    sender: Mailbox,
    to: Mailbox,
    subject: str,
    text: str | Sequence[str],
    html: str | Sequence[str] | None = None,
    message_id: str,
    date: datetime,
    reply_to: Mailbox | None = None,
    listing: Listing | None = None,
    attachment: Attachment | None = None,
) -> bytes:
    """A whole message, ready for DATA except for dot-stuffing; the same arguments give the same bytes.

    Text and HTML may come in stretches of whole lines. `date` is aware and kept on retries. Names, subject and bodies
    may hold anything: controls and bidi overrides are taken out. Raises ValueError for an empty subject, a naive date,
    and a Message-ID or URI that no header can hold.
    """
    if not (clean_subject := _one_line(subject)):
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
    body = _alternative(text, html, message_id) if html is not None else _part("plain", text)
    body = _mixed(body, attachment, message_id) if attachment else body
    return "\r\n".join(headers).encode() + b"\r\n" + body


def readdress(message: bytes, to: Mailbox) -> bytes:
    """The same letter to another address: nothing but the To header is replaced."""
    head, blank, body = message.partition(b"\r\n\r\n")
    headers = re.split(rb"\r\n(?![ \t])", head)
    line = _mailbox("To", to).encode()
    return b"\r\n".join(line if header.startswith(b"To:") else header for header in headers) + blank + body


def message_id(issue: str, subscriber: str, domain: str) -> str:
    """A Message-ID of this issue to this reader: the same at every retry, and no other letter's (RFC 5322, 3.6.4)."""
    return f"<{_fingerprint(issue, subscriber)}@{domain}>"


def mailto(address: str, subject: str = "") -> str:
    """A mailto URI (RFC 6068)."""
    return f"mailto:{quote(address, safe='@')}" + (f"?subject={quote(subject, safe='')}" if subject else "")


def _fingerprint(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


def _list_headers(listing: Listing, message_id: str) -> Iterator[str]:
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
    """A folded header; a line breaks only between two tokens, and the first token stays beside the name."""
    lines: list[str] = []
    line = f"{name}:"
    for position, token in enumerate(tokens):
        if position and len(line) + 1 + len(token) > _LINE:
            lines.append(line)
            line = ""
        line += f" {token}"
    return "\r\n".join([*lines, line])


def _one_line(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(strip_controls(text).split()))


def _unstructured(header: str, text: str) -> list[str]:
    """A subject as it is where that is safe, else all of it in encoded-words."""
    words = text.split(" ")
    if _ENCODED.search(text) or max(map(len, words)) > _TOKEN:
        return _encoded_words(header, text)
    return words


def _phrase(header: str, name: str) -> list[str]:
    """A display name as a quoted-string or, where long or not plain ASCII, as encoded-words (RFC 2047 section 5)."""
    clean = _one_line(name)
    if not clean:
        return []
    quoted = '"' + re.sub(r'(["\\])', r"\\\1", clean) + '"'
    return _encoded_words(header, clean) if _ENCODED.search(clean) or len(quoted) > _TOKEN else [quoted]


def _encoded_words(header: str, text: str) -> list[str]:
    """B-encoded words for lines of at most 76 characters (RFC 2047 section 2), each of whole characters."""
    room = (76 - len(header) - len(": =?utf-8?B??=")) // 4 * 3  # bytes beside the header's name; then of a whole line
    words, chunk = [], b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > room:
            words.append(chunk)
            chunk, room = b"", 45
        chunk += encoded
    return [f"=?utf-8?B?{b64encode(word).decode()}?=" for word in (*words, chunk)]


def _alternative(text: str | Sequence[str], html: str | Sequence[str], message_id: str) -> bytes:
    """Both parts, plain first (RFC 2046 section 5.1.4). The boundary holds `=_`, which quoted-printable never does."""
    boundary = f"=_{_fingerprint(message_id)}"
    line = f"--{boundary}".encode()
    return b"\r\n".join(
        (
            f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"'.encode(),
            b"",
            line,
            _part("plain", text),  # the line break before a boundary is the boundary's: the text keeps its own
            line,
            _part("html", html),
            line + b"--",
            b"",
        )
    )


def _mixed(body: bytes, attachment: Attachment, message_id: str) -> bytes:
    """The letter, and its file behind it (RFC 2046 section 5.1.3)."""
    if not _FILE.fullmatch(attachment.name):
        raise ValueError("a file's name is letters, digits, dots and hyphens")
    boundary = f"=_{_fingerprint(message_id, attachment.name)}"
    line = f"--{boundary}".encode()
    head = (
        f"Content-Type: {attachment.type}; charset=utf-8\r\n"
        f'Content-Disposition: attachment; filename="{attachment.name}"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return b"\r\n".join(
        (
            f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"'.encode(),
            b"",
            line,
            body,
            line,
            head.encode() + quoted_printable(attachment.text),
            line + b"--",
            b"",
        )
    )


def _part(subtype: str, text: str | Sequence[str]) -> bytes:
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
        + (quoted_printable(text) if isinstance(text, str) else b"".join(map(_quoted_stretch, text)))
    )


@lru_cache(maxsize=1 << 15)
def _quoted_stretch(lines: str) -> bytes:
    """Whole lines, encoded; what all cards of a paper share is the same in many letters."""
    return quoted_printable(lines)


def quoted_printable(text: str) -> bytes:
    """RFC 2045 section 6.7: lines of at most 76; none begins with a dot or `From ` (RFC 2049, 3) or ends in a blank."""
    return b"".join(map(_quoted_line, text.splitlines()))


def _quoted_line(text: str) -> bytes:
    if text.isascii() and text.isprintable():  # as most are: nothing to compose, nothing to take out
        safe = text.encode()
    else:
        safe = unicodedata.normalize("NFC", strip_controls(text)).encode()
    safe = safe.replace(b"=", b"=3D")
    if not safe.isascii():
        safe = _NOT_ASCII.sub(_escaped, safe)
    if safe.endswith((b" ", b"\t")):
        safe = safe[:-1] + b"=%02X" % safe[-1]
    if len(safe) <= _PIECE:
        return _guarded(safe) + b"\r\n"
    return b"=\r\n".join(map(_guarded, _PIECES.findall(safe))) + b"\r\n"


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"=" + found[0].hex("=").upper().encode()


def _guarded(piece: bytes) -> bytes:
    """What a mailbox file or SMTP could take for its own is escaped."""
    return b"=%02X" % piece[0] + piece[1:] if piece.startswith((b".", b"From ")) else piece
