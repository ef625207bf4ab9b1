"""How much one network may ask of the pages: a bucket of tokens for each client and purpose, in memory."""

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

MOST_CLIENTS: Final = 10_000
"""Clients of one purpose that are remembered; whoever was heard of longest ago is forgotten first."""


LETTERS: Final = "letters"
"""What makes us write to an address: sign-ups, and links to one's page."""

TRIES: Final = "tries"
"""Rules that are tried out."""

POSTS: Final = "posts"
"""Every form."""

RATES: Final = {
    LETTERS: RateLimit(10, timedelta(hours=1), burst=5),
    TRIES: RateLimit(60, timedelta(minutes=1), burst=60),
    POSTS: RateLimit(300, timedelta(minutes=1), burst=300),
}


class Limits:
    """Counts. Threads may share it."""

    def __init__(self, clock: Callable[[], datetime], *, most: int = MOST_CLIENTS) -> None:
        self._clock = clock
        self._most = most
        self._lock = Lock()
        self._buckets: dict[str, OrderedDict[str, datetime]] = {name: OrderedDict() for name in RATES}

    def take(self, purpose: str, client: str) -> bool:
        """Whether this client may, once more."""
        rate, now = RATES[purpose], self._clock()
        with self._lock:
            buckets = self._buckets[purpose]
            drained = now + rate.burst * rate.interval  # a state beyond it was written before the clock was put back
            free_at = min(buckets.pop(client, now), drained)
            turn = rate.turn(free_at, now)
            allowed = turn.start <= now
            buckets[client] = turn.free_at if allowed else free_at
            if len(buckets) > self._most:
                buckets.popitem(last=False)
        return allowed


def spend(request: Request, purpose: str) -> None:
    """Raises HTTPException (429) where this client asked too much; an application without limits sets none."""
    limits: Limits | None = getattr(request.app.state, "limits", None)
    if limits and not limits.take(purpose, network(request.client.host if request.client else "")):
        raise HTTPException(429, "this is too much at once")


def network(host: str) -> str:
    """Whom an address counts as: itself, or the network of a house (IPv6: /64)."""
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return host[:64]
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return str(ip_network((found, 64), strict=False))
        found = found.ipv4_mapped
    return str(found)
