"""DKIM signatures of letters, and their keys (RFC 6376, 8301, 8463).

Relaxed canonicalization of header and body, no `l=`. From, Subject and the headers of one-click unsubscribing are
oversigned, so that none can be added (RFC 6376 section 5.4.2). The same letter gives the same signature.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from digest.mail.quoted_printable import relaxed_lines

SIGNATURE_LIFETIME = timedelta(days=21)
"""Validity of a signature (`x=`): delivery may take some days, and receivers may verify again later."""

_SIGNED = (
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Owner",
    "List-Help",
    "Feedback-ID",
    "CFBL-Address",
    "CFBL-Feedback-ID",
    "Auto-Submitted",
    "Precedence",
    "X-Auto-Response-Suppress",
)
_OVERSIGNED = ("From", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post")
_SMALLEST = 2048  # bits; RFC 8301 requires 1024, receivers want this
_FIELDS = re.compile(rb"\r\n(?![ \t])")
_RUNS = re.compile(rb"[ \t]+")
_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")

DkimKey = RSAPrivateKey | Ed25519PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A private key of a domain, with the selector under which DNS holds its public key. Raises ValueError."""

    domain: str  # in A-labels
    selector: str
    key: DkimKey = field(repr=False)

    def __post_init__(self) -> None:
        if not _SELECTOR.fullmatch(self.selector):
            raise ValueError("a selector is letters, digits, dots and hyphens, such as papers2026")
        if isinstance(self.key, RSAPrivateKey) and self.key.key_size < _SMALLEST:
            raise ValueError(f"an RSA key of {self.key.key_size} bits is too short: {_SMALLEST} at least")

    @property
    def algorithm(self) -> str:
        """The value of the tag `a=`."""
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    @property
    def record_name(self) -> str:
        """The DNS name of the public key."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The text of the TXT record of the public key (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
        public = self.key.public_key()
        if isinstance(self.key, RSAPrivateKey):
            encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={b64encode(encoded).decode()}"
        encoded = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={b64encode(encoded).decode()}"

    def sign(self, data: bytes) -> bytes:
        """The signature of canonicalized data."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), SHA256())
        return self.key.sign(sha256(data).digest())  # RFC 8463 section 3: of the hash


def sign_message(message: bytes, signers: Sequence[Signer]) -> bytes:
    """The message with one DKIM-Signature for each key; signatures that it had are removed.

    The signing time is that of the Date header, so that the same letter has the same signature.
    """
    if not signers:
        return message
    head, _, body = message.partition(b"\r\n\r\n")
    return sign_header(head, relaxed_body(body), signers) + b"\r\n\r\n" + body


def sign_header(head: bytes, lines: bytes, signers: Sequence[Signer]) -> bytes:
    """The header section with signatures; `lines` are the body in relaxed form."""
    if not signers:
        return head
    fields = [each for each in _FIELDS.split(head) if not each.lower().startswith(b"dkim-signature:")]
    digest = b64encode(sha256(_ended(lines)).digest()).decode()
    named = {name.lower(): (name, each) for each in fields for name in [each.partition(b":")[0].decode("ascii")]}
    at = parsedate_to_datetime(named["date"][1].partition(b":")[2].decode("ascii").strip())
    own = [_signature(signer, named, digest, at) for signer in signers]
    return b"\r\n".join((*own, *fields))


def _signature(signer: Signer, fields: dict[str, tuple[str, bytes]], body: str, at: datetime) -> bytes:
    """The DKIM-Signature header; `h=` names the present headers, and the oversigned ones once more."""
    names = [name for name in _SIGNED if name.lower() in fields]
    begun = int(at.timestamp())
    tags = (
        f"v=1; a={signer.algorithm}; c=relaxed/relaxed; d={signer.domain};",
        f" s={signer.selector}; t={begun}; x={begun + int(SIGNATURE_LIFETIME.total_seconds())};",
        *_folded("h=", ":".join((*names, *_OVERSIGNED)), ";"),
        f" bh={body};",
    )
    unsigned = f"DKIM-Signature: {tags[0]}" + "".join(f"\r\n{tag}" for tag in tags[1:]) + "\r\n b="
    data = b"".join(relaxed_field(fields[name.lower()][1]) + b"\r\n" for name in names)
    signature = b64encode(signer.sign(data + relaxed_field(unsigned.encode()))).decode()
    return (unsigned + "\r\n ".join(_pieces(signature, 72))).encode()


def _folded(tag: str, value: str, end: str) -> Iterator[str]:
    """A tag whose value is a colon-separated list, folded into lines of less than 78 characters."""
    line = f" {tag}"
    for word in re.findall(r"[^:]+:?", value):
        if len(line) + len(word) > 75:
            yield line
            line = "  "
        line += word
    yield line + end


def _pieces(text: str, size: int) -> list[str]:
    return [text[begin : begin + size] for begin in range(0, len(text), size)]


def relaxed_field(field_: bytes) -> bytes:
    """A header field in relaxed form (RFC 6376 section 3.4.2)."""
    name, _, value = field_.partition(b":")
    return name.strip(b" \t").lower() + b":" + _RUNS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def relaxed_body(body: bytes) -> bytes:
    """A body in relaxed form (RFC 6376 section 3.4.4)."""
    return _ended(relaxed_lines(body))


def _ended(lines: bytes) -> bytes:
    """The body without empty lines at its end."""
    bare = lines.rstrip(b" ").rstrip(b"\r\n")
    return bare + b"\r\n" if bare else b""


# -- keys ---------------------------------------------------------------------


def load_private_key(pem: str) -> DkimKey:
    """The private key of a PEM file. Raises ValueError, whose text holds no part of the file."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("no private key in PEM form without a password: `digest dkim-keygen` makes one") from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("neither an RSA key nor an Ed25519 key")
    return key


def generate_key(*, ed25519: bool = False) -> DkimKey:
    return Ed25519PrivateKey.generate() if ed25519 else generate_private_key(65537, _SMALLEST)


def private_key_pem(key: DkimKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def dns_zone_line(signer: Signer) -> str:
    """The line for a zone file, with the text in strings of at most 255 characters (RFC 1035 section 3.3)."""
    pieces = " ".join(f'"{piece}"' for piece in _pieces(signer.record, 250))
    return f"{signer.record_name}. IN TXT ( {pieces} )"
