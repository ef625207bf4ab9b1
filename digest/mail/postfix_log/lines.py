"""Parses the lines of a Postfix log: their times, and the fate of letters by their Message-IDs.

The log names a letter by its queue id: smtpd assigns it, cleanup logs the Message-ID with the queue id *while it
receives the letter*, and qmgr logs the queue id once the whole letter is queued. So Postfix 3.7 writes::

    the client vanishes before the dot       message-id= (and smtpd: lost connection after DATA)
    the connection is reset at the dot       the same, if the dot was not read yet
    the client vanishes after the dot        message-id=, from= … (queue active), to= … status=, removed
    the client does not read the reply       the same
    a header check refuses or discards it    neither: reject:, or discard: and "250 Ok"
    it is put on hold                        hold:, message-id=, and nothing more until it is released

Only qmgr's line shows that the letter was accepted. Postfix reuses queue ids, so a new `client=` or another Message-ID
under a queue id ends its earlier meaning.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

_STAMP = (
    rb"(?P<month>[A-Z][a-z]{2}) (?P<day>[ 0-9][0-9]) (?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    rb"|(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?"
    rb"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})"
)
_STAMPED = re.compile(rb"(?:" + _STAMP + rb") ")
_LINE = re.compile(
    rb"(?:" + _STAMP + rb") [^ ]{1,255} "
    rb"(?:[\w.-]{1,64}/){1,8}(?P<service>[\w-]{1,64})\[[0-9]{1,10}\]: "
    rb"(?:(?P<queue>[0-9A-Za-z]{5,32}): )?(?P<words>.*)",
    re.DOTALL,
)
_TAKEN = re.compile(rb"from=<.*>, size=[0-9]+, nrcpt=[0-9]+ \(queue active\)", re.DOTALL)
_STATUS = re.compile(rb", (?:dsn=[0-9.]+, )?(status=[a-z-]+(?: \(.*\)|, .*)?)\Z", re.DOTALL)
_LOST = re.compile(rb"rate.limit|messages? (?:were )?(?:lost|dropped)|suppressed [0-9]+ message", re.IGNORECASE)
_MONTHS = {
    name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTrace:
    """What the log shows of one letter."""

    queue_id: str
    taken: bool  # qmgr queued it; False: only its reception began
    status: bytes = b""  # the last `status=` of its delivery, verbatim: it may hold addresses


@dataclass(slots=True)
class _Passage:
    """A letter under one queue id; a content filter gives the letter a second queue id."""

    queue_id: str
    taken: bool = False
    status: bytes = b""


class LogLineCollector:
    """Consumes the lines of a log in their order and collects the traces of some letters."""

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = {key.encode("utf-8", "replace"): key for key in keys}
        self._passages: dict[str, list[_Passage]] = {}
        self._queues: dict[bytes, _Passage] = {}  # by the queue ids in use
        self.first: re.Match[bytes] | None = None  # line of Postfix with a time
        self.last: re.Match[bytes] | None = None
        self.gaps = False  # a line says that the logger dropped lines

    def take(self, line: bytes) -> None:
        """Process one line of any kind."""
        found = _LINE.match(line)
        if found is None:
            self.gaps = self.gaps or _LOST.search(line) is not None
            return
        self.first = self.first or found
        self.last = found
        queue = found["queue"]
        if queue is not None:
            self._say(queue, found["service"], found["words"].rstrip(b"\r\n"))

    def traces(self) -> dict[str, LetterTrace]:
        """The trace of each letter that was found, by Message-ID; a queue id that qmgr accepted is preferred."""
        return {key: _trace(passages) for key, passages in self._passages.items()}

    def _say(self, queue: bytes, service: bytes, words: bytes) -> None:
        if service == b"cleanup" and words.startswith(b"message-id="):
            self._name(queue, self._keys.get(words.removeprefix(b"message-id=")))
            return
        passage = self._queues.get(queue)
        if passage is None:
            return
        if words.startswith((b"client=", b"uid=")) or words == b"removed":
            del self._queues[queue]
        elif service == b"qmgr" and _TAKEN.fullmatch(words):
            passage.taken = True
        elif found := words.startswith((b"to=<", b"from=<")) and _STATUS.search(words):
            passage.status = found[1]

    def _name(self, queue: bytes, key: str | None) -> None:
        """Assign a queue id to a letter; None: to a letter that is not searched for."""
        self._queues.pop(queue, None)
        if key is not None:
            self._queues[queue] = passage = _Passage(queue.decode("ascii"))
            self._passages.setdefault(key, []).append(passage)


def _trace(passages: list[_Passage]) -> LetterTrace:
    taken = [passage for passage in passages if passage.taken]
    status = next((passage.status for passage in reversed(taken) if passage.status), b"")
    return LetterTrace(queue_id=(taken or passages)[0].queue_id, taken=bool(taken), status=status)


def match_line(line: bytes) -> re.Match[bytes] | None:
    """Match a line of Postfix with a timestamp; None for lines of other programs and for damaged ones."""
    return _LINE.match(line)


def match_timestamp(line: bytes) -> re.Match[bytes] | None:
    """Match a line of any program with a timestamp."""
    return _STAMPED.match(line)


def line_time(found: re.Match[bytes], latest: datetime, zone: tzinfo | None) -> datetime | None:
    """The time of a line. None if its timestamp is invalid, or ambiguous as the clocks were set back.

    A traditional syslog timestamp has neither year nor zone: it is taken as the last such day until `latest`, the
    mtime of its file, in `zone` (None: this system's).
    """
    if found["iso"]:
        text = (found["iso"] + found["zone"]).decode("ascii")
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    year = latest.astimezone(zone).year
    told = _local(found, year, zone)
    return _local(found, year - 1, zone) if told is not None and told > latest else told


def _local(found: re.Match[bytes], year: int, zone: tzinfo | None) -> datetime | None:
    try:
        hour, minute, second = map(int, found["clock"].split(b":"))
        month, day = _MONTHS[found["month"]], int(found["day"])
        naive = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 (its zone comes below)
        told = {naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    return told.pop() if len(told) == 1 else None
