"""Entries of a delivery journal, as they are read back after a crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JournalMark = Literal["M", "D", "K", "L", "R"]
"""Last mark of a letter: M announced, D at the final dot, K accepted, L connection lost at the dot, R handed back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """Last mark of one letter in a journal."""

    delivery: int
    epoch: int
    message_id: str  # empty where the line that names the letter is lost
    mark: JournalMark


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalContent:
    """Content of the journal of a process that has died."""

    name: str  # owner name of the process's leases
    ledger: str  # id of the database that the journal belongs to
    same_boot: bool  # written since this machine's last boot; else writes that the kernel still buffered are lost
    entries: tuple[JournalEntry, ...]
