"""What the relays' own logs know of letters in doubt: one that a relay has taken is sent; nothing else is moved.

That a log has nothing of a letter is no proof, so that is only put into words: what the house does about a letter in
doubt stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from digest.delivery.channels import Channel
from digest.delivery.channels.smtp_protocol import clean
from digest.errors import InDoubt
from digest.mail import postfix_log as maillog
from digest.mail.outcome import Envelope, Following, Receipt, no_other
from digest.mail.postfix_log import Look, Trace
from digest.store import Doubt, Store

Logs = Mapping[str, Path | None]
"""The log of each relay, by the relay's name; None: it has none that can be read here."""

NO_LOGS: Logs = MappingProxyType({})

Open = Callable[[], Channel]

_FRESH = timedelta(hours=1)
"""So long after a letter came in doubt its relay's log may still get the line that tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What is known of one letter that was in doubt."""

    delivery: int
    subscriber: str
    message_id: str
    words: str  # without addresses
    sent: bool  # it is in doubt no more


def look(store: Store, logs: Logs, *, now: datetime, lately: bool = False) -> list[Word]:
    """Ask the logs about every letter in doubt; those that were taken are sent from now on.

    With `lately` only about letters that came in doubt within the hour, or whose time has come to be sent once more:
    what every round can afford.
    """
    paths = sorted({path for path in logs.values() if path})
    doubts = [each for each in store.in_doubt.list_all() if not lately or _presses(each, now)] if paths else []
    if not doubts:
        return []
    keys, since = {each.message_id for each in doubts}, min(each.since for each in doubts)
    looks = {path: maillog.read(path, keys, since) for path in paths}
    return [_word(store, doubt, logs, looks, now) for doubt in doubts]


def _presses(doubt: Doubt, now: datetime) -> bool:
    fresh = doubt.until is None or abs(now - doubt.until) < _FRESH
    return fresh or (doubt.next_at is not None and doubt.next_at <= now)


def _word(store: Store, doubt: Doubt, logs: Logs, looks: Mapping[Path, Look], now: datetime) -> Word:
    sent, words = False, ""
    for path, seen in looks.items():
        trace = seen.traces.get(doubt.message_id)
        if trace and trace.taken:
            words = _taken(trace)
            relay = next((name for name, log in logs.items() if log == path), None)
            sent = store.in_doubt.confirm_sent(doubt, now=now, words=words, relay=relay, queue_id=trace.queue_id)
            break
    return Word(
        delivery=doubt.id,
        subscriber=doubt.subscriber,
        message_id=doubt.message_id,
        words=words or _missing(doubt, logs, looks),
        sent=sent,
    )


def _taken(trace: Trace) -> str:
    return f"the relay's log has it: queue id {trace.queue_id}, {clean(trace.status) or 'in its queue'}"


def _missing(doubt: Doubt, logs: Logs, looks: Mapping[Path, Look]) -> str:
    """Why the logs settle nothing; that they cover the time is said where the letter went by no relay without one."""
    asked = [logs[doubt.relay]] if doubt.relay and doubt.relay in logs else list(logs.values())
    if not any(asked):
        return "its relay has no log that can be read here"
    until = doubt.until
    seen = [looks[path] for path in asked if path]
    faults = sorted({fault for each in seen for fault in each.faults})
    whole = all(asked) and until is not None and all(each.covers(doubt.since, until) for each in seen)
    covered = "covers that time" if whole else "does not cover that time for certain"
    begun = next((trace for each in seen if (trace := each.traces.get(doubt.message_id))), None)
    if faults:
        return f"the relay's log cannot tell: {'; '.join(faults)}"
    if begun:
        what = f"only its beginning (queue id {begun.queue_id}), and not that it was taken"
        return f"the relay's log has {what}; it {covered}"
    return f"the relay's log does not have it, and {covered}"


def wary(logs: Logs, clock: Callable[[], datetime]) -> Callable[[Open], Open]:
    """What makes the channels of one round wary; without a log they stay as they are.

    A round may last longer than a letter in doubt waits, so that it meets the same letter again.
    """
    paths, doubtful = sorted({path for path in logs.values() if path}), dict[str, datetime]()

    def made(open_: Open) -> Open:
        return (lambda: Wary(open_(), paths, doubtful, clock)) if paths else open_

    return made


class Wary:
    """A channel that asks the relays' logs before it sends a letter again that came in doubt within the same round."""

    def __init__(
        self, channel: Channel, logs: Sequence[Path], doubtful: dict[str, datetime], clock: Callable[[], datetime]
    ) -> None:
        self._channel = channel
        self._logs = logs
        self._doubtful = doubtful  # Message-ID -> when; the channels of a round share it
        self._clock = clock

    def __enter__(self) -> Self:
        self._channel.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.__exit__(kind, error, trace)

    def send(self, envelope: Envelope, at_dot: Callable[[], None], following: Following = no_other) -> Receipt:
        """As the channel's; what a log has is not sent, and its words are the receipt."""
        key = envelope.message_id
        if since := self._doubtful.get(key):
            for log in self._logs:
                trace = maillog.read(log, [key], since).traces.get(key)
                if trace and trace.taken:
                    return Receipt(words=_taken(trace), queue_id=trace.queue_id)
        began = self._clock()
        try:
            return self._channel.send(envelope, at_dot, following)
        except InDoubt:
            self._doubtful.setdefault(key, began)
            raise
