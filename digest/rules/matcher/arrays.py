"""Ragged arrays: numpy tables with rows of different lengths (the layout of CSR matrices)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RaggedArray:
    """Rows of integers: row i is ``values[first[i]:first[i + 1]]``."""

    first: Ints
    values: Ints

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> RaggedArray:
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        values = np.fromiter((value for row in rows for value in row), np.int64, int(lengths.sum()))
        return cls(offsets(lengths), values)

    @classmethod
    def by(cls, rows: Iterable[int] | Ints, values: Iterable[int] | Ints, count: int) -> RaggedArray:
        """From pairs (row, value); within a row the values keep their order."""
        where, what = np.asarray(rows, np.int64), np.asarray(values, np.int64)
        order = np.argsort(where, kind="stable")
        return cls(offsets(np.bincount(where, minlength=count)), what[order])

    @property
    def lengths(self) -> Ints:
        return np.diff(self.first)

    def spread(self, rows: Ints) -> tuple[Ints, Ints]:
        """All values of these rows, and for each value the index of its row in `rows`."""
        begins = self.first[rows]
        counts = self.first[rows + 1] - begins
        filled = np.flatnonzero(counts)  # most rows of a sparse table are empty
        begins, counts = begins[filled], counts[filled]
        by = np.repeat(filled, counts)
        places = np.arange(len(by)) - np.repeat(np.cumsum(counts) - counts - begins, counts)
        return self.values[places], by


def offsets(lengths: Ints) -> Ints:
    """The first index of each row, from the lengths of the rows; then the end of the last row."""
    first = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=first[1:])
    return first
