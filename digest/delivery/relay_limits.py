"""Chooses the relay for the next letters; applies rate limits, and circuit breakers of relays and receiving domains."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Event, RLock

from digest.delivery.channels import Channel
from digest.errors import Deferred, DeliveryError
from digest.limits import BackOff, RateLimit
from digest.mail.address import recipient_domain
from digest.mail.smtp_reply import ReplyReason
from digest.store import Store

_BOOKED = 10  # turns of a rate limit that are booked in the database at a time

_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)

_RELAY_FAILED = BackOff.doubling(timedelta(minutes=1), timedelta(minutes=30), tolerated=4)
_RELAY_REFUSED = BackOff.doubling(timedelta(minutes=15), timedelta(hours=1))
_RELAY_LIMIT = BackOff.doubling(timedelta(hours=1), timedelta(hours=4))
"""Circuit breakers of a relay: for errors that may pass; for a 5xx, which opens it at once; for its limit for us."""

_DOMAIN_REFUSED = BackOff((timedelta(minutes=15),))
"""Circuit breaker of a domain that refuses most of its addresses in the same way."""

_REFUSES_MOST = "refuses most addresses in the same way, so that no reader is at fault"

_FEW = 3  # addresses of a round: of fewer nobody can say that a relay refuses most
_EVIDENT = 10  # addresses after which the rest of the round is not asked any more

_DOMAIN: Mapping[str | None, BackOff] = {
    ReplyReason.THROTTLED: BackOff.doubling(timedelta(minutes=15), timedelta(hours=4)),
    ReplyReason.POLICY: BackOff((timedelta(hours=4),), tolerated=2),  # spam, SPF, DKIM: it does not trust the sender
    ReplyReason.OTHER: BackOff((timedelta(minutes=15),), tolerated=4),
}
"""Circuit breakers of a receiving domain, by the reason of its refusals in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One relay or other way out, with its share of the letters and its limits."""

    name: str
    open: Callable[[], Channel]
    weight: int = 1
    per_second: float | None = None
    per_day: int | None = None
    content: bool = False  # whether its channel asks for the content of a letter beside the bytes of the mail


@dataclass(slots=True)
class RefusalTally:
    """The addresses that a relay or a domain was asked for in this run, and those refused for good, by kind."""

    tried: set[str] = field(default_factory=set)
    refused: dict[str, set[str]] = field(default_factory=dict)
    words: str = ""  # of the last refusal

    def is_most(self, among: int = _FEW) -> bool:
        """Whether most of at least so many addresses were refused in the same way."""
        return len(self.tried) >= among and 2 * len(self._worst()) > len(self.tried)

    def domains(self) -> tuple[set[str], set[str]]:
        """The domains of the addresses that were refused in this way, and those of all others."""
        refused = {recipient_domain(each) for each in self._worst()}
        return refused, {recipient_domain(each) for each in self.tried} - refused

    def _worst(self) -> set[str]:
        return max(self.refused.values(), key=len, default=set())


class RelayPool:
    """The relays of one delivery run and the state of their circuit breakers; the workers' threads share it."""

    def __init__(
        self,
        store: Store,
        routes: Sequence[Route],
        clock: Callable[[], datetime],
        random: Random,
        *,
        by_hand: bool = False,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._routes = list(routes)
        self.want_content = any(route.content for route in routes)
        self._clock = clock
        self._random = random
        self._ticks = ticks
        self._lock = RLock()
        known = store.breakers.list_all()
        self._failing = {(breaker.kind, breaker.name) for breaker in known}
        self._resting_until = {
            breaker.name: breaker.until
            for breaker in known
            if breaker.until and (breaker.kind == "domain" or not by_hand)  # the names differ: a relay's has a port
        }
        self._tallies = dict[str, RefusalTally]()  # of relays and of domains
        self._refusing_domains = {each.name for each in known if each.kind == "domain" and _REFUSES_MOST in each.words}
        self.refusing = set[str]()  # relays that refuse most letters
        self._suspected = set[str]()  # relays whose last refusal may have been the letter's fault
        self._booked: dict[str, list[float]] = {}  # turns in ticks: no change of the wall clock makes one wait longer
        names = {route.name for route in routes}
        self.halted = [
            f"{breaker.name} is left alone until {breaker.until:%H:%M} UTC: {breaker.words}"
            for breaker in known
            if breaker.kind == "relay" and self.is_resting(breaker.name, clock()) and breaker.name in names
        ]

    @property
    def any_left(self) -> bool:
        """Whether any relay takes letters."""
        return bool(self._available())

    def has_other(self, route: Route) -> bool:
        """Whether any other relay takes letters."""
        return any(other != route for other in self._available())

    def accepts(self, route: Route) -> bool:
        """Whether this relay takes letters."""
        return route in self._available()

    def choose(self) -> Route | None:
        """A relay that takes letters, at random by weight; None where none does."""
        with self._lock:
            routes = self._available()
            return self._random.choices(routes, [route.weight for route in routes])[0] if routes else None

    def _available(self) -> list[Route]:
        now = self._clock()
        return [route for route in self._routes if not self.is_resting(route.name, now)]

    def jitter(self) -> float:
        """A random number from 0 to 1."""
        with self._lock:
            return self._random.random()

    def is_resting(self, name: str, now: datetime) -> bool:
        """Whether the circuit breaker of this relay or domain is open: no letters for now."""
        until = self._resting_until.get(name)
        return until is not None and until > now

    def allow(self, route: Route, wanted: int) -> int:
        """How many of the wanted letters the daily limit allows; 0 takes the relay out of this run."""
        if route.per_day is None:
            return wanted
        now = self._clock()
        granted = self._store.rate_limits.take_quota(
            route.name, RateLimit(route.per_day, _DAY), day=now.date(), wanted=wanted
        )
        if not granted:
            self._remove(route, f"{route.name} has had its {route.per_day:,} letters of today (UTC)")
        return granted

    def return_allowance(self, route: Route, count: int) -> None:
        """Give back what `allow` granted and was not used."""
        if route.per_day is not None and count:
            self._store.rate_limits.return_quota(route.name, day=self._clock().date(), count=count)

    def wait(self, route: Route, stop: Event) -> None:
        """Wait for the next turn of the relay's rate limit (letters a second), or until asked to stop."""
        if not route.per_second:
            return
        with self._lock:
            booked = self._booked.setdefault(route.name, [])
            if not booked:
                limit, now = RateLimit(route.per_second, _SECOND), self._clock()
                begin = self._store.rate_limits.reserve(f"relay {route.name}", limit, now=now, times=_BOOKED)
                first = self._ticks() + (begin - now).total_seconds()
                booked += [first + number / route.per_second for number in range(_BOOKED)]
            moment = booked.pop(0)
        stop.wait(max(0.0, moment - self._ticks()))

    def record_success(self, route: Route, recipient: str) -> None:
        """A letter was taken: close the circuit breakers of its relay and its domain."""
        for name in (route.name, recipient_domain(recipient)):
            self._tally(name).tried.add(recipient)
        if route.name in self._suspected:
            with self._lock:
                self._suspected.discard(route.name)
        for kind, name in (("relay", route.name), ("domain", recipient_domain(recipient))):
            if (kind, name) in self._failing:
                with self._lock:
                    self._failing.discard((kind, name))
                    self._refusing_domains.discard(name)
                    self._resting_until.pop(name, None)
                self._store.breakers.record_success("relay" if kind == "relay" else "domain", name)

    def blames_letter(self, route: Route) -> bool:
        """Whether a refusal is taken for the letter's fault: the first in a row is, the second is the relay's."""
        with self._lock:
            known = route.name in self._suspected
            self._suspected.add(route.name)
        return not known

    def record_failure(self, route: Route, error: Deferred) -> None:
        """The relay failed: it gets no more letters in this run, and after some failures none for a while.

        A 5xx (login or sender refused) does not pass by itself, so it opens the circuit breaker at once. A fault that
        several workers meet counts once.
        """
        with self._lock:
            if route not in self._routes:
                return
            self._failing.add(("relay", route.name))
            self._remove(route, str(error))
        back_off = _RELAY_REFUSED if error.code is not None and error.code >= 500 else _RELAY_FAILED
        if error.reason == ReplyReason.SENDER_LIMIT:
            back_off = _RELAY_LIMIT
        asked = (error.retry_after if error.reason == ReplyReason.SENDER_LIMIT else None) or timedelta()
        self._store.breakers.record_failure(
            "relay", route.name, now=self._clock(), words=str(error), back_off=back_off, at_least=asked
        )

    def _remove(self, route: Route, words: str) -> None:
        with self._lock:
            if route in self._routes:
                self._routes.remove(route)
                self.halted.append(words)

    def _tally(self, name: str) -> RefusalTally:
        with self._lock:
            return self._tallies.setdefault(name, RefusalTally())

    def refuses_most(self, route: Route, recipient: str) -> bool:
        """Whether this relay, or the domain of this address, refuses most addresses in the same way.

        Or has done so in an earlier run, and has taken no letter since: the next run may ask few.
        """
        domain = recipient_domain(recipient)
        known = ("relay", route.name) in self._failing or domain in self._refusing_domains
        return known or any(self._tally(name).is_most() for name in (route.name, domain))

    def rest_refusing(self, among: int = _FEW) -> None:
        """Let the relays rest that refuse most of at least so many addresses, else the domains that do."""
        with self._lock:
            refusing = {name: tally for name, tally in self._tallies.items() if tally.is_most(among)}
        for route in [each for each in self._routes if each.name in refusing]:
            refused, others = refusing[route.name].domains()
            if len(refused) == 1 and (others or refused <= self._refusing_domains):
                continue  # that domain's fault
            self.refusing.add(route.name)
            words = f"{route.name} {_REFUSES_MOST}: {refusing[route.name].words}"
            self.record_failure(route, Deferred(words, code=550, relay=True))
        names = {route.name for route in self._routes}
        for name, tally in refusing.items():
            if not self.refusing and name not in names and not self.is_resting(name, self._clock()):
                words = f"{name} {_REFUSES_MOST}: {tally.words}"
                self._refusing_domains.add(name)
                self._rest_domain(name, words, _DOMAIN_REFUSED)

    def record_refusal(self, route: Route, recipient: str, error: DeliveryError) -> None:
        """A letter was refused: count that against its relay and domain, where the reply speaks of more than it."""
        domain, words = recipient_domain(recipient), str(error)
        if error.code is not None and error.code >= 500:
            for name in (route.name, domain):
                tally = self._tally(name)
                with self._lock:
                    tally.tried.add(recipient)
                    tally.refused.setdefault(error.enhanced or f"{error.code} {error.reason}", set()).add(recipient)
                    tally.words = words
            self.rest_refusing(_EVIDENT)
        if back_off := _DOMAIN.get(error.reason):
            self._rest_domain(domain, words, back_off, (error.retry_after if isinstance(error, Deferred) else None))

    def _rest_domain(self, domain: str, words: str, back_off: BackOff, asked: timedelta | None = None) -> None:
        until = self._store.breakers.record_failure(
            "domain", domain, now=self._clock(), words=words, back_off=back_off, at_least=asked or timedelta()
        )
        with self._lock:
            self._failing.add(("domain", domain))
            if until:
                self._resting_until[domain] = until
