"""Health of the sources: late batches, few papers, failures, and the services missing from today's letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from statistics import median
from typing import Literal

from digest.errors import reason_of
from digest.issues import Absence
from digest.sources.base import BLOCKED, Enricher, NoBatchReason, PolledService, Source
from digest.store import SourceState, Store

WEEKS = 8
"""Number of past weeks whose same weekday gives the usual number of papers."""

_LEAST = 3  # days with papers that are needed for a median
_MISSED = 3  # intervals without a response after which a source counts as silent
_FEW = 0.2  # share of the usual number below which a whole day has few papers
_MANY = 5  # usual number of papers below which a lack says nothing

Word = Literal[
    "well",
    "weekend",
    "holiday",
    "late",
    "few",
    "never asked",
    "silent",
    "failing",
    "asked to wait",
    "blocked by the publisher",
]
"""State of a source. `weekend`, `holiday`: no batch today; `late`: the due batch is missing; `few`: far below usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """State and paper counts of one source."""

    name: str
    word: Word
    last_ok: datetime | None
    next_try: datetime  # earliest time of the next scheduled request
    failures: int  # in a row
    error: str | None  # of the last try, if that failed
    today: int | None  # papers of its service dated today, in UTC; None: an enricher
    usual: float | None  # median of the same weekday; None: too few are known
    yesterday: int | None  # the last whole day
    usual_yesterday: float | None
    due: date | None = None  # day of the batch that is due, if the service has a timetable


def source_health(sources: Sequence[Source], store: Store, *, now: datetime) -> list[SourceHealth]:
    """The health of every source, in the order of the config."""
    counts = Counter(store.papers.days_by_source(now.astimezone(UTC).date() - timedelta(weeks=WEEKS, days=1)))
    states = {source.name: store.sources.get(source.name) for source in sources}
    batches = _batches(sources, states)
    return [_of_any(source, states[source.name], batches.get(_group(source)), counts, now) for source in sources]


def enricher_health(enrichers: Sequence[Enricher], store: Store, *, now: datetime) -> list[SourceHealth]:
    """The health of the enrichers, which bring no papers of their own."""
    return [_of_helper(enricher, store.sources.get(enricher.name), now) for enricher in enrichers]


def health_details(each: SourceHealth) -> list[str]:
    """Sentences about a late batch, few papers, or a failure of a source."""
    found = []
    if each.word == "late" and each.due:
        found.append(f"the list of {each.due} has not come; its papers are taken as soon as it does")
    if each.word == "few":
        found.append(f"{each.yesterday:,} yesterday, {each.usual_yesterday:g} usual")
    if each.error and each.failures:
        times = f"{each.failures} times in a row" if each.failures > 1 else "once"
        found.append(f"failed {times}: {each.error}")
    return found


def _of_any(
    source: Source, state: SourceState, batch: date | None, counts: Counter[tuple[str, date]], now: datetime
) -> SourceHealth:
    """The health of a source, also of one whose timetable fails."""
    try:
        return _of(source, state, batch, counts, now)
    except Exception as error:  # noqa: BLE001, whatever one source makes of the calendar, the others are looked at
        return SourceHealth(
            name=source.name,
            word="failing",
            last_ok=state.last_ok,
            next_try=now,
            failures=max(1, state.failures),
            error=state.last_error or reason_of(error),
            today=None,
            usual=None,
            yesterday=None,
            usual_yesterday=None,
        )


def _of_helper(enricher: Enricher, state: SourceState, now: datetime) -> SourceHealth:
    waits = state.asked_to_wait and state.next_try is not None and state.next_try > now
    word: Word = (
        "asked to wait" if waits else "failing" if state.failures else "well" if state.last_ok else "never asked"
    )
    return SourceHealth(
        name=enricher.name,
        word=word,
        last_ok=state.last_ok,
        next_try=_next_try(enricher, state, now),
        failures=state.failures,
        error=state.last_error,
        today=None,
        usual=None,
        yesterday=None,
        usual_yesterday=None,
    )


def _next_try(asker: PolledService, state: SourceState, now: datetime) -> datetime:
    next_ask = state.last_ok + asker.every if state.last_ok else now
    return max(next_ask, state.next_try or next_ask, now)


def missing_services(sources: Sequence[Source], store: Store, *, now: datetime) -> tuple[Absence, ...]:
    """The absences that a letter mentions: late batches, and services that do not answer.

    If several sources bring the same papers (feed and harvest), one working source is enough.
    """
    found = []
    for (kind, part), ways in groupby(sorted(sources, key=_group), key=_group):
        states = [(source, store.sources.get(source.name)) for source in ways]
        try:
            missing = _missing(states, now)
        except Exception:  # noqa: BLE001, `source_health` says why; the letters of everybody go out
            missing = None
        if missing:
            last = max((state.last_ok for _, state in states if state.last_ok), default=None)
            found.append(Absence(kind=kind, part=part, why=missing, since=last))
    return tuple(found)


def resting_services(sources: Sequence[Source], *, now: datetime) -> dict[str, NoBatchReason]:
    """The services without a batch today, with the reason."""
    found = dict[str, NoBatchReason]()
    for source in sources:
        with suppress(Exception):  # `source_health` says why; the letters of everybody go out
            if source.timetable is not None and (rest := source.timetable.rest(now)):
                found[source.kind] = rest
    return found


def _group(source: Source) -> tuple[str, str]:
    return source.kind, source.part


def _batches(sources: Iterable[Source], states: dict[str, SourceState]) -> dict[tuple[str, str], date]:
    """The newest batch of each part of a service, by any of its sources."""
    found: dict[tuple[str, str], date] = {}
    for source in sources:
        if batch := states[source.name].batch:
            found[_group(source)] = max(batch, found.get(_group(source), batch))
    return found


def _missing(ways: Sequence[tuple[Source, SourceState]], now: datetime) -> Literal["late", "fault"] | None:
    timetable = ways[0][0].timetable
    if timetable is None:
        return "fault" if all(_is_out(source, state, now) for source, state in ways) else None
    batch = max((state.batch for _, state in ways if state.batch), default=None)
    if timetable.rest(now) or (batch is not None and batch >= timetable.due(now)):
        return None
    if any(state.last_ok and state.last_ok >= timetable.due_at(now) for _, state in ways):
        return "late"
    return "fault" if any(_is_out(source, state, now) for source, state in ways) else None


def _is_out(source: Source, state: SourceState, now: datetime) -> bool:
    """Whether the last response of a source is so old that papers may be missing."""
    if state.last_ok is None:
        return state.failures > 0
    rounds = 2 if state.failures else _MISSED
    return now - state.last_ok > rounds * source.every


def _of(
    source: Source, state: SourceState, batch: date | None, counts: Counter[tuple[str, date]], now: datetime
) -> SourceHealth:
    today = now.astimezone(UTC).date()
    yesterday = today - timedelta(days=1)
    usual = {day: _usual(counts[source.kind, other] for other in _such_days(day)) for day in (today, yesterday)}
    few = (usual[yesterday] or 0) >= _MANY and counts[source.kind, yesterday] < _FEW * (usual[yesterday] or 0)
    return SourceHealth(
        name=source.name,
        word=_word(source, state, batch, now, few=few),
        last_ok=state.last_ok,
        next_try=_next_try(source, state, now),
        failures=state.failures,
        error=state.last_error,
        today=counts[source.kind, today],
        usual=usual[today],
        yesterday=counts[source.kind, yesterday],
        usual_yesterday=usual[yesterday],
        due=source.timetable.due(now) if source.timetable else None,
    )


def _word(source: Source, state: SourceState, batch: date | None, now: datetime, *, few: bool) -> Word:
    if state.asked_to_wait and state.next_try and state.next_try > now:
        return "asked to wait"
    if state.failures:
        return BLOCKED if (state.last_error or "").startswith(BLOCKED) else "failing"
    if state.last_ok is None:
        return "never asked"
    if now - state.last_ok > _MISSED * source.every:
        return "silent"
    if source.timetable is not None:
        return source.timetable.rest(now) or _on_time(source, state, batch, now)
    return "few" if few else "well"


def _on_time(source: Source, state: SourceState, batch: date | None, now: datetime) -> Word:
    timetable = source.timetable
    assert timetable is not None
    asked_since = state.last_ok is not None and state.last_ok >= timetable.due_at(now)
    return "late" if asked_since and (batch is None or batch < timetable.due(now)) else "well"


def _such_days(day: date) -> Iterator[date]:
    return (day - timedelta(weeks=weeks) for weeks in range(1, WEEKS + 1))


def _usual(counts: Iterable[int]) -> float | None:
    """The median of the counts without zeros: days without a paper lie before the first pull, or were holidays."""
    known = [count for count in counts if count]
    return median(known) if len(known) >= _LEAST else None
