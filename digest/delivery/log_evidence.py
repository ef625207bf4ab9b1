"""Evidence from the relays' mail logs for letters in doubt: a letter that a relay has taken is marked sent.

A log without a letter proves nothing, so that is only told in words and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from digest.delivery.channels import Channel
from digest.delivery.channels.smtp_protocol import clean_reply
from digest.errors import InDoubt
from digest.mail import postfix_log as maillog
from digest.mail.envelope import Envelope, NextEnvelope, SendReceipt, no_next
from digest.mail.postfix_log import LetterTrace, LogSearch
from digest.store import InDoubtLetter, Store

RelayLogs = Mapping[str, Path | None]
"""The log file of each relay, by the relay's name; None: it has none that can be read here."""

NO_LOGS: RelayLogs = MappingProxyType({})

OpenChannel = Callable[[], Channel]

_FRESH = timedelta(hours=1)
"""How long after a letter came in doubt its relay's log may still get the line that settles it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvidence:
    """What the logs say of one letter that was in doubt."""

    delivery: int
    subscriber: str
    message_id: str
    words: str  # without addresses
    sent: bool  # a log has it as taken, and so has the store now


def search_logs(
    store: Store, logs: RelayLogs, *, now: datetime, lately: bool = False, waiting: bool = False
) -> list[LogEvidence]:
    """Search the logs for every letter in doubt, and mark those sent that were taken.

    With `lately` only for letters that came in doubt within the hour or are about to be sent once more: what every
    delivery run can afford. With `waiting` also for letters that wait to be sent: where database and journals were put
    back together, the log alone knows that they went.
    """
    paths = sorted({path for path in logs.values() if path})
    doubts = [each for each in store.in_doubt.list_all() if not lately or _is_pressing(each, now)] if paths else []
    unsent = store.in_doubt.list_waiting(now) if paths and waiting else []
    if not doubts and not unsent:
        return []
    letters = (*doubts, *unsent)
    keys, since = {each.message_id for each in letters}, min(each.since for each in letters)
    looks = {path: maillog.search_log(path, keys, since) for path in paths}
    found = [_evidence_for(store, letter, logs, looks, now) for letter in letters]
    return [*found[: len(doubts)], *(each for each in found[len(doubts) :] if each.sent)]


def _is_pressing(doubt: InDoubtLetter, now: datetime) -> bool:
    fresh = doubt.until is None or abs(now - doubt.until) < _FRESH
    return fresh or (doubt.next_at is not None and doubt.next_at <= now)


def _evidence_for(
    store: Store, doubt: InDoubtLetter, logs: RelayLogs, looks: Mapping[Path, LogSearch], now: datetime
) -> LogEvidence:
    sent, words = False, ""
    for path, seen in looks.items():
        trace = seen.traces.get(doubt.message_id)
        if trace and trace.taken:
            words = _taken(trace)
            relay = next((name for name, log in logs.items() if log == path), None)
            sent = store.in_doubt.confirm_sent(doubt, now=now, words=words, relay=relay, queue_id=trace.queue_id)
            break
    return LogEvidence(
        delivery=doubt.id,
        subscriber=doubt.subscriber,
        message_id=doubt.message_id,
        words=words or _missing(doubt, logs, looks),
        sent=sent,
    )


def _taken(trace: LetterTrace) -> str:
    return f"the relay's log has it: queue id {trace.queue_id}, {clean_reply(trace.status) or 'in its queue'}"


def _missing(doubt: InDoubtLetter, logs: RelayLogs, looks: Mapping[Path, LogSearch]) -> str:
    """Why the logs settle nothing, and whether they cover the whole time in which the letter may have been taken."""
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


def check_logs_first(logs: RelayLogs, clock: Callable[[], datetime]) -> Callable[[OpenChannel], OpenChannel]:
    """Wraps channels so that a letter in doubt is searched in the logs before it is sent again in the same run.

    A delivery run may last longer than a letter in doubt waits, so it may meet that letter again. Without a log the
    channels stay as they are.
    """
    paths, doubtful = sorted({path for path in logs.values() if path}), dict[str, datetime]()

    def wrap(open_: OpenChannel) -> OpenChannel:
        return (lambda: LogCheckedChannel(open_(), paths, doubtful, clock)) if paths else open_

    return wrap


class LogCheckedChannel:
    """A channel that searches the relays' logs before it sends a letter again that came in doubt in the same run."""

    def __init__(
        self, channel: Channel, logs: Sequence[Path], doubtful: dict[str, datetime], clock: Callable[[], datetime]
    ) -> None:
        self._channel = channel
        self._logs = logs
        self._doubtful = doubtful  # Message-ID -> when; the channels of a run share it
        self._clock = clock

    def __enter__(self) -> Self:
        self._channel.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.__exit__(kind, error, trace)

    def send(self, envelope: Envelope, at_dot: Callable[[], None], following: NextEnvelope = no_next) -> SendReceipt:
        """Send as the channel does, unless a log has the letter as taken; its words are the receipt then."""
        key = envelope.message_id
        if since := self._doubtful.get(key):
            for log in self._logs:
                trace = maillog.search_log(log, [key], since).traces.get(key)
                if trace and trace.taken:
                    return SendReceipt(words=_taken(trace), queue_id=trace.queue_id)
        began = self._clock()
        try:
            return self._channel.send(envelope, at_dot, following)
        except InDoubt:
            self._doubtful.setdefault(key, began)
            raise
