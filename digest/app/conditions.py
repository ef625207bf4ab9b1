"""The conditions that need a person: one function for each kind, over what the store holds.

To add a kind: read what it needs into `ServiceState` (`read_state`), write a function that yields a `Condition` for
each thing that is the matter, and name it in `CONDITIONS`. The owner's notice, `digest doctor`, /readyz and the metrics
follow.

A condition lasts for as long as the rows say so. One that passes by itself within minutes is none: each function has
a threshold, so that nobody is called for a single failure.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from digest.errors import SetAsideKind, reason_of
from digest.mail.delivery_state import DeliveryState
from digest.mail.smtp_reply import LIMIT_REACHED
from digest.sources.base import BLOCKED, Source
from digest.store import CircuitBreaker, SetAsideRow, SourceState, Store
from digest.store.attention import StuckLetters

_SOURCE_OUT, _SOURCE_SILENT = timedelta(hours=12), timedelta(days=2)
_RELAY_OUT, _RELAY_PAUSED, _BREAKER_TOLD = timedelta(hours=1), timedelta(minutes=15), timedelta(days=1)
_DOMAIN_PAUSED, _DOMAIN_ROUNDS = timedelta(hours=4), 12
_LIMIT_PASSES = timedelta(days=1)
_LETTERS_WAIT = timedelta(hours=2)
_DUE_WAITS = timedelta(hours=1)
_IN_DOUBT = timedelta(minutes=30)
_TOLD, _TRIED = timedelta(days=1), timedelta(minutes=15)  # of what was set aside: an issue is tried again every minute
_MAILBOX_OUT = timedelta(hours=1)
_LEAST_FREE = 256 * 2**20  # bytes
_MOST = 5  # conditions of one kind that are named; the others are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that is the matter, until when the rows no longer say so."""

    kind: str  # what it is about, in one word: source, relay, disk, letters, …
    name: str  # which one; the same for as long as it lasts
    words: str
    since: datetime | None
    command: str  # that shows more
    is_private: bool = False  # the name may be a reader's

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{self._when}: {self.words}"

    @property
    def public(self) -> str:
        """The same without the words of others, and without what may name a reader."""
        return f"{self.kind}{'' if self.is_private else f' {self.name}'}{self._when}"

    @property
    def _when(self) -> str:
        return f" since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """All from which conditions follow, read at one moment."""

    now: datetime
    sources: Sequence[tuple[Source, SourceState]] = ()
    breakers: Sequence[CircuitBreaker] = ()
    relays: Collection[str] = ()  # that are configured, by name
    failing_since: Mapping[str, datetime]  # by the name of a relay
    stuck: Mapping[DeliveryState, StuckLetters]
    oldest_due: datetime | None  # since when the first due subscription has been due
    set_aside: Sequence[SetAsideRow] = ()
    unread: Mapping[str, str]  # readers who signed up and get no letters, with the reason
    free: Mapping[str, int]  # bytes that are free, by folder


def read_state(
    store: Store,
    sources: Sequence[Source],
    *,
    relays: Collection[str],
    unread: Mapping[str, str],
    folders: Collection[Path],
    now: datetime,
) -> ServiceState:
    """Read all from which conditions follow."""
    breakers = store.breakers.list_all()
    return ServiceState(
        now=now,
        sources=[(source, store.sources.get(source.name)) for source in sources],
        breakers=breakers,
        relays=relays,
        failing_since=store.attention.relays_failing_since([each.name for each in breakers if each.kind == "relay"]),
        stuck=store.attention.stuck_letters(),
        oldest_due=store.attention.oldest_due(now),
        set_aside=[each for each in store.set_aside.list_all(now - _TOLD) if _lasts(each, store, now)],
        unread=unread,
        free=_free(folders),
    )


def conditions(state: ServiceState) -> list[Condition]:
    """All that needs a person now; of one kind some are named and the others counted."""
    return [each for kind in CONDITIONS for each in _most(_found(kind, state))]


def _found(kind: Callable[[ServiceState], Iterator[Condition]], state: ServiceState) -> list[Condition]:
    try:
        return list(kind(state))
    except Exception as error:  # noqa: BLE001, whatever one kind makes of the rows, the others are told
        words = f"it cannot be looked at: {reason_of(error)}"
        return [
            Condition(kind="check", name=kind.__name__.strip("_"), words=words, since=None, command="digest doctor")
        ]


def _most(found: list[Condition]) -> list[Condition]:
    if len(found) <= _MOST:
        return found
    named, rest = found[: _MOST - 1], found[_MOST - 1 :]
    words = f"{len(rest)} more of this kind"
    return [*named, Condition(kind=rest[0].kind, name="…", words=words, since=None, command=rest[0].command)]


def _sources(state: ServiceState) -> Iterator[Condition]:
    """A source that failed at least twice in a row and has brought nothing for long, or is not asked any more."""
    for source, said in state.sources:
        quiet = state.now - said.last_ok if said.last_ok else None
        if said.failures > 1 and (quiet is None or quiet > max(2 * source.every, _SOURCE_OUT)):
            words = said.last_error or "failing"
        elif said.failures > 1 and (said.last_error or "").startswith(BLOCKED):
            words = BLOCKED
        elif not said.failures and quiet is not None and quiet > max(3 * source.every, _SOURCE_SILENT):
            words = "it was not asked: is `digest run` running?"
        else:
            continue
        yield Condition(kind="source", name=source.name, words=words, since=said.last_ok, command="digest sources")


def _relays(state: ServiceState) -> Iterator[Condition]:
    """A relay that refuses us (login, policy), or takes no letter in an hour of trying; its limit passes in a day."""
    for breaker in state.breakers:
        if breaker.kind != "relay" or breaker.name not in state.relays:
            continue
        since = state.failing_since.get(breaker.name, breaker.at)
        if LIMIT_REACHED in breaker.words and breaker.at - since < _LIMIT_PASSES:
            continue
        paused = breaker.until is not None and breaker.until - breaker.at >= _RELAY_PAUSED
        if (paused and state.now - breaker.at < _BREAKER_TOLD) or breaker.at - since > _RELAY_OUT:
            yield Condition(kind="relay", name=breaker.name, words=breaker.words, since=since, command="digest doctor")


def _domains(state: ServiceState) -> Iterator[Condition]:
    """A receiving domain that does not trust us, or has refused most letters round after round."""
    for breaker in state.breakers:
        if breaker.kind != "domain" or state.now - breaker.at > _BREAKER_TOLD:
            continue
        paused = breaker.until is not None and breaker.until - breaker.at >= _DOMAIN_PAUSED
        if paused or breaker.failures >= _DOMAIN_ROUNDS:
            yield Condition(
                kind="domain",
                name=breaker.name,
                words=breaker.words,
                since=None,
                command="digest outbox",
                is_private=True,
            )


def _letters(state: ServiceState) -> Iterator[Condition]:
    """Letters that wait for long, and those that only a person can decide on."""
    for stuck, least, words in (
        (DeliveryState.READY, _LETTERS_WAIT, "wait, and no relay takes them"),
        (DeliveryState.IN_DOUBT, _IN_DOUBT, "in doubt: nobody knows whether they arrived"),
        (DeliveryState.POISON, timedelta(), "set aside, since whoever sent them died"),
    ):
        found = state.stuck.get(stuck)
        if found and state.now - found.since > least:
            yield Condition(
                kind="letters",
                name=str(stuck),
                words=f"{found.count:,} {words}",
                since=found.since,
                command="digest outbox",
            )


def _due(state: ServiceState) -> Iterator[Condition]:
    """A subscription that is due for long, and no reason is known."""
    since = state.oldest_due
    if since and state.now - since > _DUE_WAITS and not any(each.kind == "issue" for each in state.set_aside):
        words = "a subscription is due and has no issue: is `digest run` running?"
        yield Condition(kind="due", name="issues", words=words, since=since, command="digest doctor")


def _readers(state: ServiceState) -> Iterator[Condition]:
    for reader, why in sorted(state.unread.items()):
        words = f"signed up and gets no letters: {why}"
        yield Condition(kind="reader", name=reader, words=words, since=None, command="digest readers", is_private=True)


def _disk(state: ServiceState) -> Iterator[Condition]:
    for folder, free in sorted(state.free.items()):
        if free < _LEAST_FREE:
            words = f"{free // 2**20:,} MB are free"
            yield Condition(kind="disk", name=folder, words=words, since=None, command="df")


def _set_aside(kind: SetAsideKind) -> Callable[[ServiceState], Iterator[Condition]]:
    def found(state: ServiceState) -> Iterator[Condition]:
        for each in state.set_aside:
            if each.kind == kind:
                yield Condition(
                    kind=kind,
                    name=each.name,
                    words=str(each).removeprefix(f"{each.name} "),
                    since=each.since,
                    command="digest sources",
                    is_private=kind in ("issue", "bounce"),
                )

    return found


def _mailbox(state: ServiceState) -> Iterator[Condition]:
    """The mailbox of bounces, where it could not be read for an hour of trying."""
    for each in state.set_aside:
        if each.kind == "mailbox" and each.last - each.since > _MAILBOX_OUT:
            yield Condition(kind="mailbox", name=each.name, words=each.reason, since=each.since, command="digest hear")


CONDITIONS: tuple[Callable[[ServiceState], Iterator[Condition]], ...] = (
    _relays,
    _domains,
    _disk,
    _sources,
    _letters,
    _due,
    _readers,
    _set_aside("issue"),
    _set_aside("template"),
    _set_aside("paper"),
    _set_aside("match"),
    _set_aside("card"),
    _set_aside("bounce"),
    _mailbox,
    _set_aside("clock"),
    _set_aside("journal"),
    _set_aside("statements"),
)
"""All kinds, the worst first."""


def _lasts(row: SetAsideRow, store: Store, now: datetime) -> bool:
    """Whether what was set aside still is: what is tried again until that goes well, all else for a day."""
    if row.kind not in ("issue", "mailbox") or now - row.last < _TRIED:
        return True
    if row.kind == "mailbox":
        return False
    subscriber, _, name = row.name.partition(", ")
    return store.attention.has_come_due(subscriber, name, row.last)


def _free(folders: Collection[Path]) -> dict[str, int]:
    found = dict[str, int]()
    for folder in folders:
        with suppress(OSError):
            found[str(folder)] = shutil.disk_usage(folder).free
    return found
