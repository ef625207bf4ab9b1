"""Rules by their shape: AND, OR and NOT over numbered terms, asked for all rules of a shape and many papers at once.

What a term finds is a row of bits, one a paper; what a rule finds is made of its terms' rows by the same operations.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from digest.rules.matcher.arrays import Bools, Ints, Ragged
from digest.rules.matcher.bit_rows import Bits, Rows, papers_of

Shape = tuple["Shape", ...] | str
"""``"leaf"``, or an operator ("and", "or", "not") and its operands."""

_AT_ONCE = 1 << 18  # bytes of one operand: what a processor keeps near
_OPERATORS: dict[str, Callable[..., Bits]] = {"and": np.bitwise_and, "or": np.bitwise_or}


@dataclass(slots=True)
class Shapes:
    """All rules; each is added once, and gets the next number."""

    _kinds: dict[Shape, tuple[array[int], array[int]]] = field(default_factory=dict)  # leaves row by row, rules
    _count: int = 0

    def add(self, shape: Shape, leaves: Sequence[int]) -> None:
        kind = self._kinds.get(shape)
        if kind is None:
            kind = self._kinds[shape] = array("i"), array("i")
        kind[0].extend(leaves)
        kind[1].append(self._count)
        self._count += 1

    def alike(self) -> list[Alike]:
        """The rules of each shape, equal ones as one."""
        return [Alike.of(shape, *kind) for shape, kind in self._kinds.items()]


@dataclass(frozen=True, slots=True)
class Alike:
    """The distinct rules of one shape."""

    shape: Shape
    leaves: NDArray[np.int32]  # a row for each rule, a column for each leaf of the shape
    owners: Ragged  # the numbers of the rules that are this one

    @classmethod
    def of(cls, shape: Shape, leaves: array[int], rules: array[int]) -> Alike:
        table = np.frombuffer(leaves, np.int32).reshape(len(rules), -1)
        codes = np.zeros(len(rules), np.int64)
        for column in table.T:  # a number for each distinct beginning of a row
            codes = np.unique(codes * (int(column.max()) + 1) + column, return_inverse=True)[1]
        _, first = np.unique(codes, return_index=True)
        return cls(shape, table[first], Ragged.by(codes, np.frombuffer(rules, np.int32), len(first)))

    def matches(self, rows: Rows) -> Iterator[tuple[Ints, Ints]]:
        """The numbers of rules, and beside each a paper that it matches."""
        places = rows.places[self.leaves]
        possible = np.flatnonzero(_possible(self.shape, iter((places > 0).T)))
        step = max(1, _AT_ONCE // rows.bits[0].nbytes)
        for begin in range(0, len(possible), step):
            chosen = possible[begin : begin + step]
            found = _found(self.shape, iter(places[chosen].T), rows.bits)
            which, papers = papers_of(found, rows.count)
            owners, by = self.owners.spread(chosen[which])
            yield owners, papers[by] + rows.first


def _possible(shape: Shape, present: Iterator[Bools]) -> Bools:
    """Whether a rule may match where some of its terms stand in no paper at all."""
    if shape == "leaf":
        return next(present)
    parts = [_possible(part, present) for part in shape[1:]]
    if shape[0] == "not":
        return np.ones_like(parts[0])
    return reduce(np.logical_and if shape[0] == "and" else np.logical_or, parts)


def _found(shape: Shape, places: Iterator[NDArray[np.int32]], bits: Bits) -> Bits:
    if shape == "leaf":
        return bits[next(places)]
    if shape[0] == "not":
        return ~_found(shape[1], places, bits)
    found = _found(shape[1], places, bits)
    for part in shape[2:]:
        found = _OPERATORS[str(shape[0])](found, _found(part, places, bits), out=found)
    return found
