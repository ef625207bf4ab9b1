"""The phrase automaton: the words and phrases of all rules as one acyclic automaton, run over all papers at once.

A node stands for the part of a term that has been read. Nodes are hash-consed by their incoming edges: terms with the
same beginning share nodes, and all spellings of a term (two words as one, a compound as one) lead to one final node.
A symbol, the label of an edge, is one word of a term (see `TermWord`).
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from digest.rules.matcher.arrays import Bools, Ints, RaggedArray, offsets
from digest.rules.matcher.batch import Batch, TokenStream
from digest.rules.phrases import TermWord, TokenGraph

_SYMBOL_BITS = 32
_SYMBOL_MASK = (1 << _SYMBOL_BITS) - 1
_SIEVE_BITS = 22


@dataclass(frozen=True, slots=True)
class NodeVisits:
    """Visits of nodes: per visit the node and the token places [begin, end) read since the start of the term."""

    nodes: Ints
    begins: Ints
    ends: Ints

    def where(self, chosen: Bools | Ints) -> NodeVisits:
        return NodeVisits(self.nodes[chosen], self.begins[chosen], self.ends[chosen])


class PhraseAutomaton:
    """Built with `add`, closed with `ready`, run with `symbols` and `read`."""

    def __init__(self) -> None:
        self._symbols: dict[tuple[str, bool] | frozenset[str], int] = {}
        self._keyed: dict[str, list[int]] = {}  # symbols by a form or a singular of the token
        self._formed: dict[str, list[int]] = {}  # symbols by the exact form of the token
        self._patterns: list[tuple[int, TermWord]] = []
        self._nodes: dict[tuple[int, ...], int] = {(): 0}
        self._edges = array("q")  # node << 32 | symbol
        self._targets = array("q")

    def __len__(self) -> int:
        """The number of nodes."""
        return len(self._nodes)

    def add(self, graph: TokenGraph) -> int:
        """Adds a term; returns its final node."""
        incoming: list[list[int]] = [[] for _ in range(len(graph) + 1)]
        for index, edges in enumerate(graph):
            node = self._node(tuple(incoming[index]))
            for word, following in edges:
                incoming[following].append(node << _SYMBOL_BITS | self._symbol(word))
        return self._node(tuple(incoming[-1]))

    def _node(self, incoming: tuple[int, ...]) -> int:
        node = self._nodes.get(incoming)
        if node is None:
            node = self._nodes[incoming] = len(self._nodes)
            self._edges.extend(incoming)
            self._targets.extend([node] * len(incoming))
        return node

    def _symbol(self, word: TermWord) -> int:
        known = (word.text, word.exact_form) if word.exact_form or word.pattern else word.keys
        number = self._symbols.get(known)
        if number is None:
            number = self._symbols[known] = len(self._symbols)
            if word.pattern:
                self._patterns.append((number, word))
            for key in word.keys:
                (self._formed if word.exact_form else self._keyed).setdefault(key, []).append(number)
        return number

    def ready(self) -> None:
        """Builds the transition table, after the last `add`."""
        _ = self._table

    # -- reading ----------------------------------------------------------------

    def symbols(self, batch: Batch) -> RaggedArray:
        """The symbols that each spelling of the batch matches."""
        numbers, symbols, spelled = array("q"), array("q"), dict[str, list[int]]()
        for number, (form, others) in enumerate(batch.keys):
            for symbol in self._matched(form, others):
                numbers.append(number)
                symbols.append(symbol)
            if self._patterns:
                spelled.setdefault(form, []).append(number)
        for symbol, form in self._matching_pattern(sorted(spelled)):
            numbers.extend(spelled[form])
            symbols.extend([symbol] * len(spelled[form]))
        return RaggedArray.by(np.asarray(numbers), np.asarray(symbols), len(batch.keys))

    def _matched(self, form: str, others: tuple[str, ...]) -> Iterable[int]:
        known, exactly = self._keyed.get(form, ()), self._formed.get(form, ())
        if not others:
            return (*known, *exactly) if exactly else known
        return {*known, *exactly, *(symbol for other in others for symbol in self._keyed.get(other, ()))}

    def _matching_pattern(self, forms: Sequence[str]) -> Iterator[tuple[int, str]]:
        """(symbol, form) for each wildcard pattern and form that it matches, among forms with its literal prefix."""
        for symbol, word in self._patterns:
            begin = re.split(r"[*?]", word.text, maxsplit=1)[0]
            first = bisect_left(forms, begin)
            stop = bisect_left(forms, begin + chr(0x10FFFF), first)
            likely = forms[first:stop]
            if word.pattern and word.text != f"{begin}*":
                likely = word.pattern.findall("\n".join(("", *likely, "")))
            yield from ((symbol, form) for form in likely)

    def read(self, stream: TokenStream, symbols: RaggedArray, first: int, stop: int) -> Iterator[NodeVisits]:
        """The node visits in the papers [first, stop), by the number of words read: after one word, after two, …

        A one-letter part of a compound is no word by itself and completes no term of one word.
        """
        table, entries = self._table, stream.entries(first, stop)
        filled, by = symbols.spread(stream.spellings[entries])
        begins = stream.begins[entries][by]
        ends = begins + stream.widths[entries][by]
        base = int(stream.first[first])
        following = offsets(np.bincount(begins - base, minlength=int(stream.first[stop]) - base + 1))
        nodes, by = table.roots.spread(filled)
        reached = NodeVisits(nodes, begins[by], ends[by])
        yield reached.where(~(table.alone[nodes] & (reached.ends - reached.begins == 1) & stream.inner[reached.begins]))
        while len(reached.nodes):
            reached = reached.where(table.goes_on[reached.nodes])
            after = RaggedArray(following, filled)
            next_symbols, by = after.spread(reached.ends - base)
            next_ends, _ = RaggedArray(following, ends).spread(reached.ends - base)
            nodes, came = table.step(reached.nodes[by], next_symbols)
            reached = NodeVisits(nodes, reached.begins[by][came], next_ends[came])
            yield reached

    @cached_property
    def _table(self) -> _TransitionTable:
        return _TransitionTable.of(
            np.asarray(self._edges, np.int64), np.asarray(self._targets, np.int64), len(self._nodes)
        )


@dataclass(frozen=True, slots=True)
class _TransitionTable:
    """The edges as sorted arrays, for transitions from many visits at once."""

    roots: RaggedArray  # by symbol: the nodes reached from the start
    alone: Bools  # by node: whether its one incoming edge comes from the start, as for one-word terms
    goes_on: Bools  # by node: whether it has outgoing edges
    edges: Ints  # node << 32 | symbol of all other edges, sorted and distinct
    targets: RaggedArray  # by index of the edge in `edges`
    sieve: Bools  # one-hash Bloom filter of `edges`: rejects most lookups before the binary search

    @classmethod
    def of(cls, edges: Ints, targets: Ints, nodes: int) -> _TransitionTable:
        first = edges >> _SYMBOL_BITS == 0
        symbols = edges[first] & _SYMBOL_MASK
        inner, numbers = np.unique(edges[~first], return_inverse=True)
        alone = np.bincount(targets, minlength=nodes) == 1
        alone[targets[~first]] = False
        goes_on = np.zeros(nodes, np.bool_)
        goes_on[inner >> _SYMBOL_BITS] = True
        sieve = np.zeros(1 << _SIEVE_BITS, np.bool_)
        sieve[_hashed(inner)] = True
        count = int((edges & _SYMBOL_MASK).max(initial=0)) + 1
        return cls(
            roots=RaggedArray.by(symbols, targets[first], count),
            alone=alone,
            goes_on=goes_on,
            edges=inner,
            targets=RaggedArray.by(numbers, targets[~first], len(inner)),
            sieve=sieve,
        )

    def step(self, nodes: Ints, symbols: Ints) -> tuple[Ints, Ints]:
        """The target nodes of these (node, symbol) pairs, and for each target the index of its pair."""
        wanted = nodes << _SYMBOL_BITS | symbols
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
