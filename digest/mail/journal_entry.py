"""Entries of a delivery journal, as they are read back after a crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JournalMark = Literal["M", "D", "K", "L", "R"]
"""The last that a journal says of a letter: announced, at its dot, taken, lost there with the line, or back with us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """The last that a journal says of one letter."""

    delivery: int
    epoch: int
    message_id: str  # empty where the line that names it is lost
    mark: JournalMark


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalContent:
    """What the journal of a process that is gone holds."""

    name: str  # by which its process signed its leases
    ledger: str  # of which database
    same_boot: bool  # as now; else what the kernel still held of the last letters is gone
    entries: tuple[JournalEntry, ...]
