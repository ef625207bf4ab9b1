"""Entries of a delivery journal, as they are read back after a crash, and the marks of the papers in a letter."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

JournalMark = Literal["M", "D", "K", "L", "R"]
"""Last mark of a letter: M announced, D at the final dot, K accepted, L connection lost at the dot, R handed back."""

_BYTES = 6  # of a mark: one reader has thousands, so two are alike once in ten million readers
_LETTERS = 8  # the same in base64


def paper_mark(subscriber: str, key: str, event: str) -> str:
    """A short hash of what a letter tells a reader of a paper; without the letter nobody can say whose it is."""
    told = blake2b(f"{subscriber}\0{key}\0{event}".encode("utf-8", "replace"), digest_size=_BYTES)
    return urlsafe_b64encode(told.digest()).decode()


def join_marks(marks: Iterable[str]) -> str:
    """The marks of a letter as one word."""
    return "".join(marks)


def split_marks(word: str) -> tuple[str, ...]:
    """The marks in such a word."""
    return tuple(word[place : place + _LETTERS] for place in range(0, len(word), _LETTERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """Last mark of one letter in a journal."""

    delivery: int
    epoch: int
    message_id: str  # empty where the line that names the letter is lost
    mark: JournalMark
    papers: tuple[str, ...] = ()  # the paper_mark of each


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalContent:
    """Content of the journal of a process that has died."""

    name: str  # owner name of the process's leases
    ledger: str  # id of the database that the journal belongs to; empty where that cannot be read
    same_boot: bool  # written since this machine's last boot; else writes that the kernel still buffered are lost
    entries: tuple[JournalEntry, ...]
    is_whole: bool = True  # False: lines are spoilt or missing, so it does not say how far each letter came
