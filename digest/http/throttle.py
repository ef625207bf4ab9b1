"""When the next request to a host is allowed: rate limit per service, Retry-After, back-off after failures."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from digest.limits import BackOff, RateLimit

_LONGER = (1.0, 1.25)  # jitter makes a wait longer, never shorter

_BREAKER = BackOff.doubling(timedelta(minutes=15), timedelta(hours=4), tolerated=4, spread=_LONGER)
"""Circuit breaker: from the fifth failure in a row on, one probe after each pause."""

_DAY = 86_400.0  # upper limit of Retry-After: a service that errs is not lost for longer


def _seconds(*steps: float) -> BackOff:
    return BackOff(tuple(timedelta(seconds=step) for step in steps), spread=_LONGER)


_FALTERING = _seconds(2, 6, 120, 240)


@dataclass(frozen=True, slots=True)
class PolitenessPolicy:
    """Rate limit and back-off of a service."""

    limit: RateLimit  # from the end of a request to the next
    throttled: BackOff  # after 429 and 503 without a Retry-After
    faltering: BackOff = _FALTERING  # after other faults


ARXIV = PolitenessPolicy(RateLimit.every(3), throttled=_seconds(30, 60, 120, 240))
"""https://info.arxiv.org/help/api/tou.html: one request per 3 s and one connection, over all endpoints together."""

SLOW = PolitenessPolicy(RateLimit.every(2), throttled=_seconds(60, 120, 240))
"""For DBLP, which asks for one or two seconds between requests. https://dblp.org/faq/Am+I+allowed+to+crawl+the+dblp+website"""

GENTLE = PolitenessPolicy(RateLimit.every(1), throttled=_seconds(10, 60, 120, 240))
"""For services that publish no limits."""


@dataclass(slots=True)
class ServiceRateLimit:
    """Rate limit of one service: the holder of the lock may send a request from `ready_at` (monotonic seconds) on."""

    name: str
    policy: PolitenessPolicy
    lock: threading.Lock = field(default_factory=threading.Lock)
    ready_at: float = float("-inf")


@dataclass(slots=True)
class HostBackoff:
    """Back-off of one host or address: the time of the next request, and the reason for the wait."""

    failures: int = 0  # in a row
    free_at: float = float("-inf")
    why: str = ""
    throttled: bool = False  # the host itself asked for the wait

    def seconds_left(self, now: float) -> float:
        """The seconds left to wait."""
        return max(0.0, self.free_at - now)

    def record_success(self) -> None:
        """Record a successful response."""
        self.failures, self.throttled, self.why = 0, False, ""

    def record_retry_after(self, now: float, wait: float, why: str) -> None:
        """Record a Retry-After of `wait` seconds, which is no failure."""
        self.free_at, self.why, self.throttled = now + wait, why, True

    def record_failure(
        self, now: float, why: str, policy: PolitenessPolicy, jitter: float, *, throttled: bool, asked: float | None
    ) -> None:
        """Record a failure: wait as long as the host asked, else longer each time; from the fifth on as _BREAKER says.

        `jitter`, in [0, 1), makes waits longer, never shorter.
        """
        self.failures += 1
        self.why, self.throttled = why, throttled or asked is not None
        steps = policy.throttled if throttled else policy.faltering
        wait = steps.pause(self.failures, jitter).total_seconds() if asked is None else asked
        self.free_at = now + max(wait, _BREAKER.pause(self.failures, jitter).total_seconds())


@dataclass(frozen=True, slots=True)
class AddressBackoff:
    """Back-off of one address of a host: failures count for the address alone, throttling for the whole host."""

    host: HostBackoff
    address: HostBackoff

    def worst(self, now: float) -> HostBackoff:
        """The back-off with the longer wait."""
        return max(self.host, self.address, key=lambda each: each.seconds_left(now))

    def lift(self) -> None:
        """Let the next request go out now; its failures go on counting."""
        self.host.free_at = self.address.free_at = float("-inf")

    def record_success(self) -> None:
        self.host.record_success()
        self.address.record_success()

    def record_retry_after(self, now: float, wait: float, why: str) -> None:
        self.host.record_retry_after(now, wait, why)

    def record_failure(
        self, now: float, why: str, policy: PolitenessPolicy, jitter: float, *, throttled: bool, asked: float | None
    ) -> None:
        whose = self.host if throttled or asked is not None else self.address
        whose.record_failure(now, why, policy, jitter, throttled=throttled, asked=asked)


def retry_after(value: str | None, *, date: str | None, wall: float) -> float | None:
    """The seconds of a Retry-After header (RFC 9110 section 10.2.3), or None.

    A point in time counts from the response's own Date, so that a wrong clock on either side does no harm; without
    Date from `wall`, the seconds of the Unix clock here.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), _DAY)
    until, sent = _moment(text), _moment(date or "")
    if until is None:
        return None
    return min(max(0.0, until - (wall if sent is None else sent)), _DAY)


def _moment(text: str) -> float | None:
    try:
        return _aware(parsedate_to_datetime(text)).timestamp()
    except (ValueError, OverflowError):
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
