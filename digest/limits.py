"""Rate limits and back-off: how often a thing may be done, and how long to wait after failures.

Pure values: the callers keep the state, in memory or in the database, and bring the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


class Turn(NamedTuple):
    """When a thing may be done, and the state of its rate limit from then on."""

    start: datetime
    free_at: datetime


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` in each `per` in the long run, and up to `burst` at once."""

    count: float
    per: timedelta
    burst: int = 1

    @classmethod
    def every(cls, seconds: float) -> RateLimit:
        """One in so many seconds."""
        return cls(1, timedelta(seconds=seconds))

    @property
    def interval(self) -> timedelta:
        """From one to the next in the long run."""
        return timedelta(seconds=self.per.total_seconds() / self.count)

    def turn(self, free_at: datetime | None, now: datetime, *, times: int = 1) -> Turn:
        """The next turn to do a thing so many times in a row (the generic cell rate algorithm).

        `free_at` is the state that the last turn left: when nothing of the limit is used any more; None: never used.
        """
        begin = max(now, free_at) if free_at else now
        start = max(now, begin - (self.burst - 1) * self.interval)
        return Turn(start, begin + times * self.interval)

    def remaining(self, used: int, wanted: int = 1) -> int:
        """How many of the wanted may still be done in a period in which `used` were done: a limit that is counted."""
        return max(0, min(wanted, int(self.count) - used))


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long to wait after failures in a row: a step for each, and the last step from then on."""

    steps: tuple[timedelta, ...]
    tolerated: int = 0  # failures in a row that mean no wait yet: a circuit breaker opens only after them
    spread: tuple[float, float] = (1.0, 1.0)  # factors between which chance moves a wait

    @classmethod
    def doubling(
        cls, first: timedelta, longest: timedelta, *, tolerated: int = 0, spread: tuple[float, float] = (1.0, 1.0)
    ) -> BackOff:
        """Twice as long after each failure, and never longer than `longest`."""
        steps = [first]
        while steps[-1] < longest:
            steps.append(min(2 * steps[-1], longest))
        return cls(tuple(steps), tolerated, spread)

    def pause(self, failures: int, chance: float = 0.0) -> timedelta:
        """The wait after so many failures in a row, the last one included; zero while they are tolerated.

        `chance`, from 0 to 1, chooses within the spread.
        """
        late = failures - self.tolerated
        if late <= 0:
            return timedelta()
        low, high = self.spread
        return self.steps[min(late, len(self.steps)) - 1] * (low + (high - low) * chance)
