"""Words and phrases of all rules as one automaton, and every place of a text at which one of them ends.

A node is what has been read of a term so far. It is known by the edges that lead to it, so that terms which begin
alike share their nodes, and each way to write a term (two words as one, a compound as one) leads to the same end.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from digest.rules.matcher.arrays import Bools, Ints, Ragged, offsets
from digest.rules.matcher.batch import Batch, Stream
from digest.rules.phrases import Slot, Ways

_SLOT_BITS = 32
_SLOT_MASK = (1 << _SLOT_BITS) - 1
_SIEVE_BITS = 22


@dataclass(frozen=True, slots=True)
class Ends:
    """Where nodes are reached: each with the places [begin, end) that were read since the start of the term."""

    nodes: Ints
    begins: Ints
    ends: Ints

    def where(self, chosen: Bools | Ints) -> Ends:
        return Ends(self.nodes[chosen], self.begins[chosen], self.ends[chosen])


class Phrases:
    """First all terms are added, then texts are read."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, bool] | frozenset[str], int] = {}
        self._keyed: dict[str, list[int]] = {}  # by a key that is a form or a singular of what stands there
        self._formed: dict[str, list[int]] = {}  # by the form of what stands there
        self._patterns: list[tuple[int, Slot]] = []
        self._nodes: dict[tuple[int, ...], int] = {(): 0}
        self._edges = array("q")  # node << 32 | slot
        self._targets = array("q")

    def __len__(self) -> int:
        """How many nodes there are."""
        return len(self._nodes)

    def add(self, ways: Ways) -> int:
        """The node at which a term ends."""
        incoming: list[list[int]] = [[] for _ in range(len(ways) + 1)]
        for index, way in enumerate(ways):
            node = self._node(tuple(incoming[index]))
            for slot, following in way:
                incoming[following].append(node << _SLOT_BITS | self._slot(slot))
        return self._node(tuple(incoming[-1]))

    def _node(self, incoming: tuple[int, ...]) -> int:
        node = self._nodes.get(incoming)
        if node is None:
            node = self._nodes[incoming] = len(self._nodes)
            self._edges.extend(incoming)
            self._targets.extend([node] * len(incoming))
        return node

    def _slot(self, slot: Slot) -> int:
        known = (slot.word, slot.form) if slot.form or slot.pattern else slot.keys
        number = self._slots.get(known)
        if number is None:
            number = self._slots[known] = len(self._slots)
            if slot.pattern:
                self._patterns.append((number, slot))
            for key in slot.keys:
                (self._formed if slot.form else self._keyed).setdefault(key, []).append(number)
        return number

    def ready(self) -> None:
        """All terms are in: make the table to read by."""
        _ = self._table

    # -- reading ----------------------------------------------------------------

    def slots(self, batch: Batch) -> Ragged:
        """The slots that each spelling of the batch fills."""
        numbers, slots, spelled = array("q"), array("q"), dict[str, list[int]]()
        for number, (form, others) in enumerate(batch.keys):
            for slot in self._filled(form, others):
                numbers.append(number)
                slots.append(slot)
            if self._patterns:
                spelled.setdefault(form, []).append(number)
        for slot, form in self._matching(sorted(spelled)):
            numbers.extend(spelled[form])
            slots.extend([slot] * len(spelled[form]))
        return Ragged.by(np.asarray(numbers), np.asarray(slots), len(batch.keys))

    def _filled(self, form: str, others: tuple[str, ...]) -> Iterable[int]:
        known, exactly = self._keyed.get(form, ()), self._formed.get(form, ())
        if not others:
            return (*known, *exactly) if exactly else known
        return {*known, *exactly, *(slot for other in others for slot in self._keyed.get(other, ()))}

    def _matching(self, forms: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Each pattern with the forms that it stands for; only those that begin as it does are looked at."""
        for number, slot in self._patterns:
            begin = re.split(r"[*?]", slot.word, maxsplit=1)[0]
            first = bisect_left(forms, begin)
            stop = bisect_left(forms, begin + chr(0x10FFFF), first)
            likely = forms[first:stop]
            if slot.pattern and slot.word != f"{begin}*":
                likely = slot.pattern.findall("\n".join(("", *likely, "")))
            yield from ((number, form) for form in likely)

    def read(self, stream: Stream, slots: Ragged, first: int, stop: int) -> Iterator[Ends]:
        """Every node that the papers [first, stop) reach: those after one word first, then after two, …

        A one-letter part of a compound is no word alone, and so ends no term of one word.
        """
        table, entries = self._table, stream.entries(first, stop)
        filled, by = slots.spread(stream.spellings[entries])
        begins = stream.begins[entries][by]
        ends = begins + stream.widths[entries][by]
        base = int(stream.first[first])
        following = offsets(np.bincount(begins - base, minlength=int(stream.first[stop]) - base + 1))
        nodes, by = table.roots.spread(filled)
        reached = Ends(nodes, begins[by], ends[by])
        yield reached.where(~(table.alone[nodes] & (reached.ends - reached.begins == 1) & stream.inner[reached.begins]))
        while len(reached.nodes):
            reached = reached.where(table.goes_on[reached.nodes])
            after = Ragged(following, filled)
            next_slots, by = after.spread(reached.ends - base)
            next_ends, _ = Ragged(following, ends).spread(reached.ends - base)
            nodes, came = table.step(reached.nodes[by], next_slots)
            reached = Ends(nodes, reached.begins[by][came], next_ends[came])
            yield reached

    @cached_property
    def _table(self) -> _Table:
        return _Table.of(np.asarray(self._edges, np.int64), np.asarray(self._targets, np.int64), len(self._nodes))


@dataclass(frozen=True, slots=True)
class _Table:
    """The edges, for reading many places at once."""

    roots: Ragged  # by slot: the nodes that a first word leads to
    alone: Bools  # by node: whether it ends terms of one word
    goes_on: Bools  # by node: whether any edge leaves it
    edges: Ints  # of other nodes, sorted, each once
    targets: Ragged  # by number of the edge
    sieve: Bools  # by a hash of the edge; false where there is none, which is quicker to see than to search

    @classmethod
    def of(cls, edges: Ints, targets: Ints, nodes: int) -> _Table:
        first = edges >> _SLOT_BITS == 0
        slots = edges[first] & _SLOT_MASK
        inner, numbers = np.unique(edges[~first], return_inverse=True)
        alone = np.bincount(targets, minlength=nodes) == 1
        alone[targets[~first]] = False
        goes_on = np.zeros(nodes, np.bool_)
        goes_on[inner >> _SLOT_BITS] = True
        sieve = np.zeros(1 << _SIEVE_BITS, np.bool_)
        sieve[_hashed(inner)] = True
        count = int((edges & _SLOT_MASK).max(initial=0)) + 1
        return cls(
            roots=Ragged.by(slots, targets[first], count),
            alone=alone,
            goes_on=goes_on,
            edges=inner,
            targets=Ragged.by(numbers, targets[~first], len(inner)),
            sieve=sieve,
        )

    def step(self, nodes: Ints, slots: Ints) -> tuple[Ints, Ints]:
        """Where edges lead that leave these nodes with these slots, and the place in them that each came by."""
        wanted = nodes << _SLOT_BITS | slots
        likely = np.flatnonzero(self.sieve[_hashed(wanted)])
        wanted = wanted[likely]
        numbers = np.searchsorted(self.edges, wanted)
        numbers[numbers == len(self.edges)] = 0
        there = self.edges[numbers] == wanted if len(self.edges) else np.zeros(len(wanted), np.bool_)
        targets, by = self.targets.spread(numbers[there])
        return targets, likely[there][by]


def _hashed(edges: Ints) -> Ints:
    """Multiplicative hashing (Knuth, TAOCP 6.4): the upper bits of a product with an odd number."""
    product = edges.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (product >> np.uint64(64 - _SIEVE_BITS)).astype(np.int64)
