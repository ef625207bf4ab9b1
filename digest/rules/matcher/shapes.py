"""Rules grouped by shape: evaluates AND, OR and NOT on rows of bits, for all rules of a shape and a block of papers."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from digest.rules.matcher.arrays import Bools, Ints, RaggedArray
from digest.rules.matcher.bit_rows import BitRows, Bits, set_bits

Shape = tuple["Shape", ...] | str
"""``"term"``, or an operator ("and", "or", "not") and its operands."""

_OPERAND_BYTES = 1 << 18  # bytes of one operand: fits the processor's cache
_OPERATORS: dict[str, Callable[..., Bits]] = {"and": np.bitwise_and, "or": np.bitwise_or}


@dataclass(slots=True)
class RuleShapes:
    """All rules by shape, numbered in the order of `add`."""

    _kinds: dict[Shape, tuple[array[int], array[int]]] = field(default_factory=dict)  # term numbers row by row, rules
    _count: int = 0

    def add(self, shape: Shape, terms: Sequence[int]) -> None:
        kind = self._kinds.get(shape)
        if kind is None:
            kind = self._kinds[shape] = array("i"), array("i")
        kind[0].extend(terms)
        kind[1].append(self._count)
        self._count += 1

    def groups(self) -> list[ShapeGroup]:
        """One group per shape; equal rules are merged."""
        return [ShapeGroup.of(shape, *kind) for shape, kind in self._kinds.items()]


@dataclass(frozen=True, slots=True)
class ShapeGroup:
    """The distinct rules of one shape."""

    shape: Shape
    terms: NDArray[np.int32]  # term numbers: a row per rule, a column per term of the shape
    owners: RaggedArray  # per row the numbers of the equal rules

    @classmethod
    def of(cls, shape: Shape, terms: array[int], rules: array[int]) -> ShapeGroup:
        table = np.frombuffer(terms, np.int32).reshape(len(rules), -1)
        codes = np.zeros(len(rules), np.int64)
        for column in table.T:  # codes: one per distinct row prefix
            codes = np.unique(codes * (int(column.max()) + 1) + column, return_inverse=True)[1]
        _, first = np.unique(codes, return_index=True)
        return cls(shape, table[first], RaggedArray.by(codes, np.frombuffer(rules, np.int32), len(first)))

    def matches(self, rows: BitRows) -> Iterator[tuple[Ints, Ints]]:
        """The matches in a block, as numbers of rules and indices of papers in the batch."""
        places = rows.places[self.terms]
        possible = np.flatnonzero(_possible(self.shape, iter((places > 0).T)))
        step = max(1, _OPERAND_BYTES // rows.bits[0].nbytes)
        for begin in range(0, len(possible), step):
            chosen = possible[begin : begin + step]
            found = _evaluated(self.shape, iter(places[chosen].T), rows.bits)
            which, papers = set_bits(found, rows.count)
            owners, by = self.owners.spread(chosen[which])
            yield owners, papers[by] + rows.first


def _possible(shape: Shape, present: Iterator[Bools]) -> Bools:
    """Per rule whether it may match anywhere in the block, given the terms that have postings there."""
    if shape == "term":
        return next(present)
    parts = [_possible(part, present) for part in shape[1:]]
    if shape[0] == "not":
        return np.ones_like(parts[0])
    return reduce(np.logical_and if shape[0] == "and" else np.logical_or, parts)


def _evaluated(shape: Shape, places: Iterator[NDArray[np.int32]], bits: Bits) -> Bits:
    if shape == "term":
        return bits[next(places)]
    if shape[0] == "not":
        return ~_evaluated(shape[1], places, bits)
    found = _evaluated(shape[1], places, bits)
    for part in shape[2:]:
        found = _OPERATORS[str(shape[0])](found, _evaluated(part, places, bits), out=found)
    return found
