"""How the sources are: when each last answered, what it brought today beside other such days, and its next try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Literal

from digest.sources.base import Source
from digest.store import SourceState, Store

WEEKS = 8
"""How far back a weekday is looked at for what is usual on it."""

_LEAST = 3  # such days with papers, below which nothing is usual
_MISSED = 3  # rounds of asking that may fail to come before it is told

Word = Literal["well", "never asked", "silent", "failing", "asked to wait"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One source."""

    name: str
    word: Word
    last_ok: datetime | None
    next_try: datetime  # the clock asks no sooner
    failures: int  # in a row
    error: str | None  # of the last try, where that failed
    today: int  # papers of its service dated today, in UTC
    usual: float | None  # the median of such weekdays; None where too few are known


def of_all(sources: Sequence[Source], store: Store, *, now: datetime) -> list[Health]:
    """Every source in the order of the config."""
    today = now.astimezone(UTC).date()
    counts = Counter(store.days_by_source(today - timedelta(weeks=WEEKS)))
    return [_of(source, store.source(source.name), counts, now) for source in sources]


def _of(source: Source, state: SourceState, counts: Counter[tuple[str, date]], now: datetime) -> Health:
    today = now.astimezone(UTC).date()
    due = state.last_ok + source.every if state.last_ok else now
    return Health(
        name=source.name,
        word=_word(source, state, now),
        last_ok=state.last_ok,
        next_try=max(due, state.next_try or due, now),
        failures=state.failures,
        error=state.last_error,
        today=counts[source.kind, today],
        usual=_usual(counts[source.kind, day] for day in _such_days(today)),
    )


def _word(source: Source, state: SourceState, now: datetime) -> Word:
    if state.asked_to_wait and state.next_try and state.next_try > now:
        return "asked to wait"
    if state.failures:
        return "failing"
    if state.last_ok is None:
        return "never asked"
    return "silent" if now - state.last_ok > _MISSED * source.every else "well"


def _such_days(today: date) -> Iterator[date]:
    return (today - timedelta(weeks=weeks) for weeks in range(1, WEEKS + 1))


def _usual(counts: Iterable[int]) -> float | None:
    """Days without a paper lie before the first pull, or were holidays."""
    known = [count for count in counts if count]
    return median(known) if len(known) >= _LEAST else None
