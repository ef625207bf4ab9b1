"""Signed tokens (HMAC-SHA-256): one format for links and bounce addresses, stable so that old letters keep working.

A token is the format's number, the content in base64url, a dot, and the signature (HMAC-SHA-256, base64url)::

    1W3sic3Vic2NyaWJlciI6ImFkYSJ9XQ.43mleBE0VhwHkZtF…

The content is a JSON list of the payload and, for links that expire, the time of signing (Unix seconds).

The bounce address of a letter (VERP) holds a shorter one, in characters that survive any mail server (`stamp`).

Each purpose and each format signs with its own derived key, so no token serves another purpose. A payload is small and
readable by anyone: ids, and a number that the store increments to revoke earlier links; never an address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from digest.errors import DigestError

Payload = Mapping[str, str | int]

_FORM = "1"
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class TokenError(DigestError):
    """The token is forged, for another purpose, or expired; the message does not say which."""


class TokenExpired(TokenError):
    """The token is valid but expired: a new link may be sent to the mailbox of its reader."""

    def __init__(self, purpose: str, payload: Payload) -> None:
        self.purpose = purpose
        self.payload = dict(payload)
        super().__init__("this link has grown old: ask for a new one")


def sign(purpose: str, payload: Payload, keys: Sequence[str], *, at: datetime | None = None) -> str:
    """Sign a payload with the last of the keys; the token consists of letters, digits, "-", "_" and one ".".

    `at` is the time of signing, for purposes whose links expire (confirm: 48 hours); unsubscribe links never do.
    """
    content = [dict(payload)] if at is None else [dict(payload), int(at.timestamp())]
    return _FORM + _signer(purpose, tuple(keys)).sign(base64_encode(_JSON.encode(content))).decode("ascii")


def verify(
    purpose: str, token: str, keys: Sequence[str], *, max_age: timedelta | None = None, now: datetime | None = None
) -> dict[str, str | int]:
    """The payload of a token that any of the keys signed for this purpose; not older than `max_age` at `now`.

    Raises TokenError; TokenExpired if only its age is wrong.
    """
    payload, *issued = _content(purpose, token, keys)
    if max_age is not None:
        assert now is not None, "an age is reckoned from now"
        if not issued or now.timestamp() < issued[0]:
            raise TokenError("this link has grown old: ask for a new one")
        if now.timestamp() - issued[0] > max_age.total_seconds():
            raise TokenExpired(purpose, payload)
    return dict(payload)


def short(purpose: str, parts: Sequence[str], keys: Sequence[str]) -> str:
    """An unguessable id of 16 lower-case letters and digits (80 bits), deterministic in its parts and the key.

    It carries no data: the caller stores it with what it identifies.
    """
    content = "\0".join((f"digest/{_FORM}/{purpose}", *parts)).encode("utf-8")
    return _lettered(hmac.digest(keys[-1].encode("utf-8"), content, hashlib.sha256)[:_PROOF])


_NUMBER = 5  # octets: 10^12 deliveries
_PROOF = 10  # octets of the MAC: 80 bits, and each guess costs a mail


def stamp(number: int, message_id: str, keys: Sequence[str]) -> str:
    """The token in the bounce address of a delivery: its number and a MAC, 24 lower-case letters and digits (base32).

    The MAC covers the Message-ID too: after a restored backup a number may be used again, for another letter.
    """
    raw = number.to_bytes(_NUMBER, "big") + _proof(number, message_id, keys[-1])
    return _lettered(raw)


def stamped(text: str) -> int | None:
    """The delivery number in a stamp, not verified yet; None if it is malformed."""
    try:
        raw = base64.b32decode(text.upper())
    except ValueError:
        return None
    return int.from_bytes(raw[:_NUMBER], "big") if len(raw) == _NUMBER + _PROOF else None


def is_stamp(text: str, number: int, message_id: str, keys: Sequence[str]) -> bool:
    """Whether the stamp of that delivery was made with any of the keys."""
    return any(hmac.compare_digest(text.lower(), stamp(number, message_id, [key])) for key in keys)


def _lettered(raw: bytes) -> str:
    """Base32 in lower case, without padding."""
    return base64.b32encode(raw).decode("ascii").lower().rstrip("=")


def _proof(number: int, message_id: str, key: str) -> bytes:
    content = f"digest/{_FORM}/bounce\0{number}\0{message_id}".encode()
    return hmac.digest(key.encode("utf-8"), content, hashlib.sha256)[:_PROOF]


def _content(purpose: str, token: str, keys: Sequence[str]) -> Any:
    try:
        if not token.startswith(_FORM) or not _canonical(token):
            raise BadData("another form")
        return json.loads(base64_decode(_signer(purpose, tuple(keys)).unsign(token[len(_FORM) :])))
    except BadData:
        raise TokenError("this link is not valid") from None


def _canonical(token: str) -> bool:
    """Base64 ignores some bits of the last character; without this check several spellings of a token would verify."""
    signature = token.rpartition(".")[2]
    return base64_encode(base64_decode(signature)).decode("ascii") == signature


@lru_cache(maxsize=64)
def _signer(purpose: str, keys: tuple[str, ...]) -> Signer:
    if not keys or not all(keys):
        raise ValueError("links are signed with a secret, which is missing")
    return Signer(list(keys), salt=f"digest/{_FORM}/{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)
