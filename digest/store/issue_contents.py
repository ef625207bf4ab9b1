"""What an issue holds, packed into one value of its row: records, events, and the place of each in the letter."""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

from digest.errors import DigestError


@dataclass(frozen=True, slots=True)
class IssueEntry:
    """An event of a record that an issue tells of."""

    record: int  # the row of the paper; which work it belongs to may change later
    event: str
    section: str | None = None  # the title of its section in the letter; None: not in the letter itself
    listed: bool = True  # whether the web copy lists it: the second event of a work is told, and not listed


_VERSION = 1
_HEAD = Struct("<BBIII")  # version, bytes of an offset, entries, entries in the letter, bytes of the texts
_BASE = Struct("<Q")  # the lowest record; all others are offsets to it
_WIDTHS = {2: "H", 4: "I", 8: "Q"}
_UNLISTED = 0x8000


def pack_contents(entries: Sequence[IssueEntry]) -> bytes:
    """The entries of an issue as bytes: those of the letter first, in its order.

    Raises ValueError where an entry of the letter follows one that is not in the letter.
    """
    shown = sum(entry.section is not None for entry in entries)
    if any(entry.section is None for entry in entries[:shown]):
        raise ValueError("the entries of a letter come first")
    texts: dict[str, int] = {}
    events = array("H", (texts.setdefault(entry.event, len(texts)) for entry in entries))
    titles = array("H", (texts.setdefault(entry.section or "", len(texts)) for entry in entries[:shown]))
    for place, entry in enumerate(entries):
        if not entry.listed:
            events[place] |= _UNLISTED
    base = min((entry.record for entry in entries), default=0)
    span = max((entry.record - base for entry in entries), default=0)
    width = next(size for size in _WIDTHS if span < 1 << (8 * size))
    offsets = array(_WIDTHS[width], (entry.record - base for entry in entries))
    words = json.dumps(list(texts), ensure_ascii=False, separators=(",", ":")).encode()
    head = _HEAD.pack(_VERSION, width, len(entries), shown, len(words)) + _BASE.pack(base)
    return b"".join((head, *(_little(each).tobytes() for each in (offsets, events, titles)), words))


def unpack_contents(packed: bytes | None) -> list[IssueEntry]:
    """The entries of an issue, those of the letter first. Raises DigestError where a newer version wrote them."""
    if not packed:
        return []
    events, titles, words = _columns(packed)
    return [
        IssueEntry(
            record=record,
            event=words[events[place] & ~_UNLISTED],
            section=words[titles[place]] if place < len(titles) else None,
            listed=not events[place] & _UNLISTED,
        )
        for place, record in enumerate(records_of(packed))
    ]


def facts_of(packed: bytes | None) -> Iterator[tuple[int, str]]:
    """The (record, event) pairs of an issue, without its places."""
    if not packed:
        return iter(())
    events, _, words = _columns(packed)
    return zip(records_of(packed), (words[event & ~_UNLISTED] for event in events), strict=True)


def records_of(packed: bytes) -> list[int]:
    """The records of an issue, in order."""
    width, count, _ = _head(packed)
    (base,) = _BASE.unpack_from(packed, _HEAD.size)
    start = _HEAD.size + _BASE.size
    offsets = array(_WIDTHS[width])
    offsets.frombytes(packed[start : start + count * width])
    return [base + offset for offset in _little(offsets)]


def packed_columns(entries: Sequence[IssueEntry]) -> dict[str, Any]:
    """The columns of an issue that say what it tells; an issue is found by its lowest and highest record."""
    records = [entry.record for entry in entries]
    return {
        "contents": pack_contents(entries) if entries else None,
        "lowest": min(records, default=None),
        "highest": max(records, default=None),
    }


def _head(packed: bytes) -> tuple[int, int, int]:
    """The bytes of an offset, the number of entries, and of those in the letter."""
    if packed[0] != _VERSION:
        raise DigestError("the database was written by a newer version of Morning Papers: install that one")
    _, width, count, shown, _ = _HEAD.unpack_from(packed)
    return width, count, shown


def _columns(packed: bytes) -> tuple[array[int], array[int], list[str]]:
    """The codes of the events, those of the titles, and the texts that they stand for."""
    width, count, shown = _head(packed)
    start = _HEAD.size + _BASE.size + count * width
    middle, end = start + 2 * count, start + 2 * (count + shown)
    events, titles = array("H"), array("H")
    events.frombytes(packed[start:middle])
    titles.frombytes(packed[middle:end])
    return _little(events), _little(titles), json.loads(packed[end:])


def _little(numbers: array[int]) -> array[int]:
    """The numbers with the lowest byte first, as they are stored; or back."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
