"""Rate limits of the site per client network: sign-up letters (10 an hour), rule previews, form posts.

A bucket per network and purpose (limits.RateLimit), in memory. The other limit of sign-ups, 3 letters a day
per address, is kept in the database: digest/readers/signup.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from digest.limits import RateLimit

MAX_CLIENTS: Final = 10_000
"""Buckets kept per purpose; the least recently used is dropped first."""


SIGNUP_LETTERS: Final = "letters"
"""Requests that send a letter: sign-ups and links to an account."""

RULE_PREVIEWS: Final = "tries"
"""Previews of rules."""

FORM_POSTS: Final = "posts"
"""Posts of any form."""

SITE: Final = 48
"""Prefix of the network that one customer of IPv6 may have: 65,536 of /64."""

REQUEST_RATES: Final = {
    SIGNUP_LETTERS: RateLimit(10, timedelta(hours=1), burst=5),
    RULE_PREVIEWS: RateLimit(60, timedelta(minutes=1), burst=60),
    FORM_POSTS: RateLimit(300, timedelta(minutes=1), burst=300),
}


class RequestLimits:
    """The buckets of all clients. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime], *, max_clients: int = MAX_CLIENTS) -> None:
        self._clock = clock
        self._max_clients = max_clients
        self._lock = Lock()
        self._buckets: dict[str, OrderedDict[str, datetime]] = {name: OrderedDict() for name in REQUEST_RATES}

    def take(self, purpose: str, client: str) -> bool:
        """Counts a request of the client; False if the limit is reached."""
        rate, now = REQUEST_RATES[purpose], self._clock()
        with self._lock:
            buckets = self._buckets[purpose]
            drained = now + rate.burst * rate.interval  # a state beyond it was written before the clock was put back
            free_at = min(buckets.pop(client, now), drained)
            turn = rate.turn(free_at, now)
            allowed = turn.start <= now
            buckets[client] = turn.free_at if allowed else free_at
            if len(buckets) > self._max_clients:
                buckets.popitem(last=False)
        return allowed


def enforce_limit(request: Request, purpose: str) -> None:
    """Raises HTTPException (429) if the limit is reached; an application without RequestLimits has no limit."""
    limits: RequestLimits | None = getattr(request.app.state, "limits", None)
    if limits and not limits.take(purpose, request_network(request)):
        raise HTTPException(429, "this is too much at once")


def request_network(request: Request, prefix: int = 64) -> str:
    """The network that a request counts for, as `client_network`."""
    return client_network(request.client.host if request.client else "", prefix)


def client_network(host: str, prefix: int = 64) -> str:
    """The network that an address counts for: an IPv4 address itself, the /64 (or another one) of an IPv6 address."""
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return host[:64]
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return str(ip_network((found, prefix), strict=False))
        found = found.ipv4_mapped
    return str(found)
