"""Who may see the admin's pages: whoever knows the token, or whom a proxy in front has let in and names."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

import structlog
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.config import Admin
from digest.limits import RateLimit

USER = "digest.user"
"""In the scope of a request: who asks; empty: whoever knows the token."""

OPEN = ("/healthz", "/readyz")
"""Machines look at these without a login; they say nothing but that the service lives."""

_CHALLENGE = 'Basic realm="Morning Papers", charset="UTF-8"'
_LONGEST_NAME = 200
_NOBODY = ("", "-", "(null)")  # as nginx and Apache write a user who is none


_GUESSES = RateLimit(10, timedelta(minutes=1))


class Throttle:
    """Who has failed too often of late. Kept in memory: a new start forgives all."""

    def __init__(self, limit: RateLimit = _GUESSES, peers: int = 10_000) -> None:
        self._limit, self._peers = limit, peers
        self._failed: dict[str, list[datetime]] = {}
        self._lock = Lock()

    def is_full(self, peer: str, now: datetime) -> bool:
        with self._lock:
            return not self._limit.remaining(len(self._recent(peer, now)))

    def failed(self, peer: str, now: datetime) -> None:
        with self._lock:
            recent = self._recent(peer, now)
            self._failed.pop(peer, None)
            while len(self._failed) >= self._peers:  # those who failed longest ago are forgotten first
                del self._failed[next(iter(self._failed))]
            self._failed[peer] = [*recent, now][-int(self._limit.count) :]

    def _recent(self, peer: str, now: datetime) -> list[datetime]:
        return [at for at in self._failed.get(peer, ()) if now - at < self._limit.per]


class Login:
    """Lets nobody past without a login, whatever they ask for; what was typed is neither logged nor kept."""

    def __init__(self, app: ASGIApp, *, admin: Callable[[], Admin | None], clock: Callable[[], datetime]) -> None:
        self._app, self._admin, self._clock = app, admin, clock
        self._throttle = Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # there are no websockets here, and the start of the app is asked by nobody
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        if scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        found = self._ask(scope)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        await self._app({**scope, USER: found}, receive, send)

    def _ask(self, scope: Scope) -> str | Response:
        """Who asks, or the answer to who may not."""
        admin, headers = self._admin(), Headers(scope=scope)
        if admin is None:  # the config was read anew, and has no admin any more
            return PlainTextResponse("these pages are closed\n", 403)
        if admin.user_header and (user := _named(headers.getlist(admin.user_header))):
            return user
        if admin.token is None:
            return PlainTextResponse("the proxy in front of these pages names nobody\n", 403)
        return self._by_token(admin.token.get_secret_value(), headers, _peer(scope))

    def _by_token(self, token: str, headers: Headers, peer: str) -> str | Response:
        now = self._clock()
        if self._throttle.is_full(peer, now):
            return PlainTextResponse("too many wrong tokens\n", 429, headers={"Retry-After": "60"})
        given = _given(headers.getlist("authorization"))
        if given is not None and _is_same(given, token.encode("utf-8")):
            return ""
        if given is not None:  # a browser asks for the first time without any
            self._throttle.failed(peer, now)
            structlog.get_logger("digest").warning("admin login refused", peer=peer)
        return PlainTextResponse("a login is needed\n", 401, headers={"WWW-Authenticate": _CHALLENGE})


def _named(values: list[str]) -> str:
    """Whom the proxy names; nobody where the header comes twice, since then somebody else wrote one of them."""
    name = values[0].strip()[:_LONGEST_NAME] if len(values) == 1 else ""
    is_blank = name in _NOBODY or (name.startswith("{") and name.endswith("}"))  # Caddy leaves {what it cannot fill}
    return "" if is_blank else name


def _given(values: list[str]) -> bytes | None:
    """The token that was sent, as Basic (RFC 7617; any user) or Bearer (RFC 6750); None: none was."""
    if not values:
        return None
    scheme, _, rest = values[0].partition(" ")
    if len(values) > 1 or scheme.casefold() not in ("basic", "bearer"):
        return b""
    raw = rest.strip().encode("latin-1")  # as the bytes came
    if scheme.casefold() == "bearer":
        return raw
    try:
        return base64.b64decode(raw, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _is_same(given: bytes, wanted: bytes) -> bool:
    """In a time that tells nothing, not even of the length."""
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(wanted).digest())


def _peer(scope: Scope) -> str:
    """The address that is connected; of IPv6 the network, of which one person has all addresses."""
    client = scope.get("client")
    host = client[0] if client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(address) if address.version == 4 else str(ipaddress.ip_network((host, 64), strict=False))
