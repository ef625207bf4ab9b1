"""Which relay takes the next letters, how fast, and which relay or receiving domain is left alone for now."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from threading import Event, RLock

from digest.delivery.channels import Channel
from digest.errors import Deferred, DeliveryError
from digest.mail.outcome import Reason, domain_of
from digest.store import Store

_BOOKED = 10  # letters whose moments are booked at a time, where a relay takes only so many a second

_FAILURES = 5
"""Failures in a row until a relay, or a domain that only puts letters off, is left alone."""

_POLICY = 3
"""Letters in a row that a domain does not trust us with, until it is left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way out, and how much may go by it."""

    name: str
    open: Callable[[], Channel]
    weight: int = 1
    per_second: float | None = None
    per_day: int | None = None


class Traffic:
    """What the connections of one round know of relays and domains together; threads share it."""

    def __init__(
        self,
        store: Store,
        ways: Sequence[Way],
        clock: Callable[[], datetime],
        random: Random,
        *,
        by_hand: bool = False,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._ways = list(ways)
        self._clock = clock
        self._random = random
        self._ticks = ticks
        self._lock = RLock()
        known = store.breakers.list_all()
        self._struck = {(brake.kind, brake.name) for brake in known}
        self._resting = {
            brake.name: brake.until
            for brake in known
            if brake.until and (brake.kind == "domain" or not by_hand)  # a relay's name has a port, a domain's none
        }
        self._doubted = set[str]()  # relays that have just refused, or dropped, what may be one letter's fault
        self._booked: dict[str, list[float]] = {}  # moments in ticks: no change of the clock makes one wait longer
        self.halted = [
            f"{brake.name} is left alone until {brake.until:%H:%M} UTC: {brake.words}"
            for brake in known
            if brake.kind == "relay" and self.resting(brake.name, clock()) and brake.name in {way.name for way in ways}
        ]

    @property
    def any_left(self) -> bool:
        """Whether any relay takes letters."""
        return bool(self._open())

    def has_other(self, way: Way) -> bool:
        """Does any relay beside this one take letters?"""
        return any(other != way for other in self._open())

    def takes(self, way: Way) -> bool:
        """Does this one take letters?"""
        return way in self._open()

    def choose(self) -> Way | None:
        """One that takes letters, by weight; None where none does."""
        with self._lock:
            ways = self._open()
            return self._random.choices(ways, [way.weight for way in ways])[0] if ways else None

    def _open(self) -> list[Way]:
        now = self._clock()
        return [way for way in self._ways if not self.resting(way.name, now)]

    def jitter(self) -> float:
        """From 0 to 1."""
        with self._lock:
            return self._random.random()

    def resting(self, name: str, now: datetime) -> bool:
        """Is this relay, or this domain, left alone?"""
        until = self._resting.get(name)
        return until is not None and until > now

    def allow(self, way: Way, wanted: int) -> int:
        """How many letters may go by this way now; with none left today it takes no more."""
        if way.per_day is None:
            return wanted
        now = self._clock()
        granted = self._store.rate_limits.take_quota(way.name, day=now.date(), wanted=wanted, most=way.per_day)
        if not granted:
            self._close(way, f"{way.name} has had its {way.per_day:,} letters of today (UTC)")
        return granted

    def spare(self, way: Way, count: int) -> None:
        """So many of the allowed were not needed."""
        if way.per_day is not None and count:
            self._store.rate_limits.return_quota(way.name, day=self._clock().date(), count=count)

    def wait(self, way: Way, stop: Event) -> None:
        """Until this way may take one more letter, or until asked to stop."""
        if not way.per_second:
            return
        with self._lock:
            booked = self._booked.setdefault(way.name, [])
            if not booked:
                every, now = timedelta(seconds=1 / way.per_second), self._clock()
                begin = self._store.rate_limits.reserve(f"relay {way.name}", every=every, now=now, count=_BOOKED)
                first = self._ticks() + (begin - now).total_seconds()
                booked += [first + number / way.per_second for number in range(_BOOKED)]
            moment = booked.pop(0)
        stop.wait(max(0.0, moment - self._ticks()))

    def works(self, way: Way, recipient: str) -> None:
        """A letter went by this way to this domain: what was held against either is over."""
        if way.name in self._doubted:
            with self._lock:
                self._doubted.discard(way.name)
        for kind, name in (("relay", way.name), ("domain", domain_of(recipient))):
            if (kind, name) in self._struck:
                with self._lock:
                    self._struck.discard((kind, name))
                    self._resting.pop(name, None)
                self._store.breakers.record_success("relay" if kind == "relay" else "domain", name)

    def doubted(self, way: Way) -> bool:
        """The relay would not have a letter: is that taken for the letter's fault? Of the next in a row it is not."""
        with self._lock:
            known = way.name in self._doubted
            self._doubted.add(way.name)
        return not known

    def halt(self, way: Way, error: Deferred) -> None:
        """The relay is at fault: no more letters by it in this round, and after some failures for longer.

        What is wrong with our login or our sender is not mended by asking again, so that is left alone at once. However
        many connections meet one fault, it is one.
        """
        with self._lock:
            if way not in self._ways:
                return
            self._struck.add(("relay", way.name))
            self._close(way, str(error))
        lasting = error.code is not None and error.code >= 500

        def rest(strikes: int) -> timedelta | None:
            if lasting:
                return timedelta(minutes=15)
            late = strikes - _FAILURES
            return min(timedelta(minutes=2 ** min(late, 5)), timedelta(minutes=30)) if late >= 0 else None

        self._store.breakers.record_failure("relay", way.name, now=self._clock(), words=str(error), rest=rest)

    def _close(self, way: Way, words: str) -> None:
        with self._lock:
            if way in self._ways:
                self._ways.remove(way)
                self.halted.append(words)

    def refused(self, recipient: str, error: DeliveryError) -> None:
        """A letter came back: does that speak against its whole domain?"""
        asked = error.retry_after if isinstance(error, Deferred) else None
        reason = error.reason

        def rest(strikes: int) -> timedelta | None:
            if reason == Reason.THROTTLED:
                pause = timedelta(minutes=15 * min(2 ** min(strikes - 1, 4), 16))
                return max(pause, asked) if asked else pause
            most = _POLICY if reason == Reason.POLICY else _FAILURES
            return timedelta(hours=4 if reason == Reason.POLICY else 0.25) if strikes >= most else None

        passing = isinstance(error, Deferred) and reason == Reason.OTHER
        if reason not in (Reason.THROTTLED, Reason.POLICY) and not passing:
            return
        domain = domain_of(recipient)
        until = self._store.breakers.record_failure("domain", domain, now=self._clock(), words=str(error), rest=rest)
        with self._lock:
            self._struck.add(("domain", domain))
            if until:
                self._resting[domain] = until
