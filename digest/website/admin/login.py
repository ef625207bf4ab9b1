"""Login of the admin site: by token or by a proxy's user header; 10 wrong tokens a minute stop an address's guesses."""

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

USER_SCOPE_KEY = "digest.user"
"""Key of the ASGI scope: the user that the proxy names; empty for a login by token."""

UNAUTHENTICATED_PATHS = ("/healthz", "/readyz")
"""Health checks, which need no login."""

_CHALLENGE = 'Basic realm="Morning Papers", charset="UTF-8"'
_MAX_USER_LENGTH = 200
_NO_USER = ("", "-", "(null)")  # as nginx and Apache write a missing user


WRONG_TOKENS = RateLimit(10, timedelta(minutes=1))
"""Wrong tokens of one address or IPv6 network; beyond them the login answers 429 to all but the right one."""


class LoginThrottle:
    """Counts wrong tokens by address, in memory."""

    def __init__(self, limit: RateLimit = WRONG_TOKENS, max_peers: int = 10_000) -> None:
        self._limit, self._max_peers = limit, max_peers
        self._failed: dict[str, list[datetime]] = {}
        self._lock = Lock()

    def is_full(self, peer: str, now: datetime) -> bool:
        with self._lock:
            return not self._limit.remaining(len(self._recent(peer, now)))

    def record_failure(self, peer: str, now: datetime) -> None:
        with self._lock:
            recent = self._recent(peer, now)
            self._failed.pop(peer, None)
            while len(self._failed) >= self._max_peers:  # the oldest failures are dropped first
                del self._failed[next(iter(self._failed))]
            self._failed[peer] = [*recent, now][-int(self._limit.count) :]

    def _recent(self, peer: str, now: datetime) -> list[datetime]:
        return [at for at in self._failed.get(peer, ()) if now - at < self._limit.per]


class AdminLogin:
    """ASGI middleware that requires a login for every path but the health checks; wrong tokens are never logged."""

    def __init__(self, app: ASGIApp, *, admin: Callable[[], Admin | None], clock: Callable[[], datetime]) -> None:
        self._app, self._admin, self._clock = app, admin, clock
        self._throttle = LoginThrottle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # no websockets; lifespan events need no login
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        if scope["path"] in UNAUTHENTICATED_PATHS:
            await self._app(scope, receive, send)
            return
        found = self._authenticate(scope)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        await self._app({**scope, USER_SCOPE_KEY: found}, receive, send)

    def _authenticate(self, scope: Scope) -> str | Response:
        """The user, or the response that refuses."""
        admin, headers = self._admin(), Headers(scope=scope)
        if admin is None:  # a reload of the config removed the admin site
            return PlainTextResponse("these pages are closed\n", 403)
        if admin.user_header and (user := _proxy_user(headers.getlist(admin.user_header))):
            return user
        if admin.token is None:
            return PlainTextResponse("the proxy in front of these pages names nobody\n", 403)
        return self._by_token(admin.token.get_secret_value(), headers, _peer_network(scope))

    def _by_token(self, token: str, headers: Headers, peer: str) -> str | Response:
        now, sent = self._clock(), _sent_token(headers.getlist("authorization"))
        # the right one always passes: whoever shares an address with a guesser is not locked out
        if sent is not None and _equal_in_constant_time(sent, token.encode("utf-8")):
            return ""
        if self._throttle.is_full(peer, now):
            return PlainTextResponse("too many wrong tokens\n", 429, headers={"Retry-After": "60"})
        if sent is not None:  # the first request of a browser has no token
            self._throttle.record_failure(peer, now)
            structlog.get_logger("digest").warning("admin login refused", peer=peer)
        return PlainTextResponse("a login is needed\n", 401, headers={"WWW-Authenticate": _CHALLENGE})


def _proxy_user(values: list[str]) -> str:
    """The user that the proxy names; empty if the header comes twice, since then a client wrote one of them."""
    name = values[0].strip()[:_MAX_USER_LENGTH] if len(values) == 1 else ""
    is_blank = name in _NO_USER or (name.startswith("{") and name.endswith("}"))  # Caddy leaves {what it cannot fill}
    return "" if is_blank else name


def _sent_token(values: list[str]) -> bytes | None:
    """The token of the request, as Basic (RFC 7617; any user) or Bearer (RFC 6750); None if there is none."""
    if not values:
        return None
    scheme, _, rest = values[0].partition(" ")
    if len(values) > 1 or scheme.casefold() not in ("basic", "bearer"):
        return b""
    raw = rest.strip().encode("latin-1")  # the bytes as sent
    if scheme.casefold() == "bearer":
        return raw
    try:
        return base64.b64decode(raw, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _equal_in_constant_time(given: bytes, wanted: bytes) -> bool:
    """Compares hashes, so that the time does not depend on the length either."""
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(wanted).digest())


def _peer_network(scope: Scope) -> str:
    """The address of the connection; of IPv6 its /64 network, which belongs to one person."""
    client = scope.get("client")
    host = client[0] if client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(address) if address.version == 4 else str(ipaddress.ip_network((host, 64), strict=False))
