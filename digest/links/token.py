"""Signed links: who may do what by following one, fixed in form so that the oldest letter can still be answered.

A token is the form's number, the content in base64url, a dot, and the signature (HMAC-SHA-256, base64url)::

    1W3sic3Vic2NyaWJlciI6ImFkYSJ9XQ.43mleBE0VhwHkZtF…

The content is a JSON list of the payload and, for links that grow old, the second of its signing (since 1970).

An address to which bounces of one letter go holds a shorter one, in letters that survive any mail server (`stamp`).

Each purpose and each form signs with a key of its own, so no token serves for another purpose. A payload is small and
readable by anyone: ids, and a counter that the store raises to revoke what was sent before; never an address.
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
    """A link that is not ours, not for this, or too old; says nothing of what was wrong with it."""


class TokenExpired(TokenError):
    """A link that we made for this, and that has grown old: who holds it may be sent a new one, to their mailbox."""

    def __init__(self, purpose: str, payload: Payload) -> None:
        self.purpose = purpose
        self.payload = dict(payload)
        super().__init__("this link has grown old: ask for a new one")


def sign(purpose: str, payload: Payload, keys: Sequence[str], *, at: datetime | None = None) -> str:
    """The token, of letters, digits, "-", "_" and one "."; the last of the keys signs.

    `at` is for purposes whose links grow old (confirm: 48 hours); those for unsubscribing never do.
    """
    content = [dict(payload)] if at is None else [dict(payload), int(at.timestamp())]
    return _FORM + _signer(purpose, tuple(keys)).sign(base64_encode(_JSON.encode(content))).decode("ascii")


def verify(
    purpose: str, token: str, keys: Sequence[str], *, max_age: timedelta | None = None, now: datetime | None = None
) -> dict[str, str | int]:
    """The payload of a token that any of the keys signed for this purpose; not older than `max_age` at `now`.

    Raises TokenError; TokenExpired where nothing but its age is wrong.
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
    """A name that nobody can guess, of 16 small letters and digits (80 bits): the same for the same parts and key.

    It proves nothing by itself: whoever gives it out keeps it beside what it names.
    """
    content = "\0".join((f"digest/{_FORM}/{purpose}", *parts)).encode("utf-8")
    return _lettered(hmac.digest(keys[-1].encode("utf-8"), content, hashlib.sha256)[:_PROOF])


_NUMBER = 5  # octets: a million million deliveries
_PROOF = 10  # octets of the proof: 80 bits, and each guess costs a mail


def stamp(number: int, message_id: str, keys: Sequence[str]) -> str:
    """What the bounce address of a delivery holds: its number and a proof in 24 small letters and digits (base32).

    The proof is over the Message-ID too, so a number that is given anew after a restore proves nothing of another
    letter.
    """
    raw = number.to_bytes(_NUMBER, "big") + _proof(number, message_id, keys[-1])
    return _lettered(raw)


def stamped(text: str) -> int | None:
    """The number that a stamp names, proved by nothing yet; None where it is no stamp."""
    try:
        raw = base64.b32decode(text.upper())
    except ValueError:
        return None
    return int.from_bytes(raw[:_NUMBER], "big") if len(raw) == _NUMBER + _PROOF else None


def is_stamp(text: str, number: int, message_id: str, keys: Sequence[str]) -> bool:
    """Whether any of the keys made this stamp for that delivery."""
    return any(hmac.compare_digest(text.lower(), stamp(number, message_id, [key])) for key in keys)


def _lettered(raw: bytes) -> str:
    """In small letters and digits (base32), without filling."""
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
    """Base64 leaves bits of the last character unused; without this, two tokens would have one signature."""
    signature = token.rpartition(".")[2]
    return base64_encode(base64_decode(signature)).decode("ascii") == signature


@lru_cache(maxsize=64)
def _signer(purpose: str, keys: tuple[str, ...]) -> Signer:
    if not keys or not all(keys):
        raise ValueError("links are signed with a secret, which is missing")
    return Signer(list(keys), salt=f"digest/{_FORM}/{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)
