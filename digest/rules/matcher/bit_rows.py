"""Bit rows: per term with postings in a block of papers one row, with one bit per paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.rules.matcher.arrays import Ints

Bits = NDArray[np.uint64]
"""One bit per paper of a block, 64 to a word, the first paper in the lowest bit."""


@dataclass(frozen=True, slots=True)
class BitRows:
    """The postings of a block as bits. Row 0 is empty; `places` has the row of each term."""

    bits: Bits
    places: NDArray[np.int32]
    first: int  # the number of the block's first paper
    count: int  # papers in the block

    @classmethod
    def of(cls, found: Iterable[tuple[Ints, Ints]], terms: int, first: int, count: int) -> BitRows:
        """From postings; papers are numbered from the block's first one."""
        pairs = list(found)
        where = np.concatenate([numbers for numbers, _ in pairs]) if pairs else np.zeros(0, np.int64)
        papers = np.concatenate([papers for _, papers in pairs]) if pairs else where
        places = np.zeros(terms, np.int32)
        places[where] = 1
        present = np.flatnonzero(places)
        places[present] = np.arange(1, len(present) + 1)
        table = np.zeros((len(present) + 1, -(-count // 64) * 64), np.bool_)
        table[places[where], papers] = True
        return cls(np.packbits(table, axis=1, bitorder="little").view("<u8"), places, first, count)

    def papers(self, term: int) -> Ints:
        """The papers of one term, numbered from the block's first one."""
        return set_bits(self.bits[self.places[term]][None], self.count)[1]


def set_bits(bits: Bits, count: int) -> tuple[Ints, Ints]:
    """(row, paper) of every set bit: first the lowest bit of each word, then the next one, …"""
    width, flat = bits.shape[1], bits.reshape(-1)
    places = np.flatnonzero(flat)
    words, rows, papers = flat[places], list[Ints](), list[Ints]()
    while len(places):
        lowest = words & (~words + np.uint64(1))
        rows.append(places // width)
        papers.append(places % width * 64 + np.frexp(lowest.astype(np.float64))[1] - 1)
        words = words ^ lowest
        left = np.flatnonzero(words)
        places, words = places[left], words[left]
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    all_rows, all_papers = np.concatenate(rows), np.concatenate(papers)
    real = all_papers < count  # a NOT also sets the bits behind the last paper
    return (all_rows, all_papers) if real.all() else (all_rows[real], all_papers[real])
