"""When a host may be asked again: a rate limit for each service, Retry-After, and back-off after failures."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from digest.limits import BackOff, RateLimit

_LONGER = (1.0, 1.25)  # by chance a wait is longer, never shorter

_BREAKER = BackOff.doubling(timedelta(minutes=15), timedelta(hours=4), tolerated=4, spread=_LONGER)
"""From the fifth failure in a row on, and then one probe at a time."""

_YEAR = 365 * 86_400.0  # no Retry-After is longer; keeps dates within their range


def _seconds(*steps: float) -> BackOff:
    return BackOff(tuple(timedelta(seconds=step) for step in steps), spread=_LONGER)


_FALTERING = _seconds(2, 6, 120, 240)


@dataclass(frozen=True, slots=True)
class PolitenessPolicy:
    """How a service wants to be asked."""

    limit: RateLimit  # from the end of a request to the next
    throttled: BackOff  # after 429 and 503 without a Retry-After
    faltering: BackOff = _FALTERING  # after other faults


ARXIV = PolitenessPolicy(RateLimit.every(3), throttled=_seconds(30, 60, 120, 240))
"""https://info.arxiv.org/help/api/tou.html: one request per 3 s and one connection, over all endpoints together."""

SLOW = PolitenessPolicy(RateLimit.every(2), throttled=_seconds(60, 120, 240))
"""For DBLP, which asks for one or two seconds between requests. https://dblp.org/faq/Am+I+allowed+to+crawl+the+dblp+website"""

GENTLE = PolitenessPolicy(RateLimit.every(1), throttled=_seconds(10, 60, 120, 240))
"""For services that ask for nothing special."""


@dataclass(slots=True)
class ServiceRateLimit:
    """One service's connection: who holds the lock may ask, not before `ready_at` (seconds of the monotonic clock)."""

    name: str
    manners: PolitenessPolicy
    lock: threading.Lock = field(default_factory=threading.Lock)
    ready_at: float = float("-inf")


@dataclass(slots=True)
class HostBackoff:
    """What is remembered of one host: until when it is left in peace, and why."""

    failures: int = 0  # in a row
    free_at: float = float("-inf")
    why: str = ""
    throttled: bool = False  # the host itself wants the wait

    def left(self, now: float) -> float:
        """The seconds still to wait."""
        return max(0.0, self.free_at - now)

    def well(self) -> None:
        """It answered; the next request is free."""
        self.failures, self.throttled, self.why = 0, False, ""

    def asked(self, now: float, wait: float, why: str) -> None:
        """It wants to be left in peace for `wait` seconds, and is otherwise well."""
        self.free_at, self.why, self.throttled = now + wait, why, True

    def failed(
        self, now: float, why: str, manners: PolitenessPolicy, jitter: float, *, throttled: bool, asked: float | None
    ) -> None:
        """One failure more: wait as it asked, else longer each time; from the fifth on rest, then probe once.

        `jitter` is in [0, 1) and makes waits longer, never shorter.
        """
        self.failures += 1
        self.why, self.throttled = why, throttled or asked is not None
        steps = manners.throttled if throttled else manners.faltering
        wait = steps.pause(self.failures, jitter).total_seconds() if asked is None else asked
        self.free_at = now + max(wait, _BREAKER.pause(self.failures, jitter).total_seconds())


@dataclass(frozen=True, slots=True)
class AddressBackoff:
    """One address of a host: its faults are its own, so that what fails beside it goes on; a throttle is the host's."""

    host: HostBackoff
    address: HostBackoff

    def worst(self, now: float) -> HostBackoff:
        """Which of the two is to be waited for longest."""
        return max(self.host, self.address, key=lambda each: each.left(now))

    def well(self) -> None:
        self.host.well()
        self.address.well()

    def asked(self, now: float, wait: float, why: str) -> None:
        self.host.asked(now, wait, why)

    def failed(
        self, now: float, why: str, manners: PolitenessPolicy, jitter: float, *, throttled: bool, asked: float | None
    ) -> None:
        whose = self.host if throttled or asked is not None else self.address
        whose.failed(now, why, manners, jitter, throttled=throttled, asked=asked)


def retry_after(value: str | None, *, date: str | None, wall: float) -> float | None:
    """Seconds that a Retry-After asks for (RFC 9110 section 10.2.3), or None.

    A point in time counts from the answer's own Date, so that a wrong clock on either side does no harm; without one
    from `wall`, the seconds of the Unix clock here.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), _YEAR)
    until, sent = _moment(text), _moment(date or "")
    if until is None:
        return None
    return min(max(0.0, until - (wall if sent is None else sent)), _YEAR)


def _moment(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return _aware(moment).timestamp()


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
