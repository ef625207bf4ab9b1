"""Rules made ready: each term numbered once, whoever uses it, and each rule a shape over these numbers."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from digest.rules import tree
from digest.rules.matcher.arrays import Bools, Ints, Ragged
from digest.rules.matcher.automaton import Ends, Phrases
from digest.rules.matcher.batch import Batch
from digest.rules.matcher.bit_rows import Rows
from digest.rules.matcher.fields import Looked, Meetings, Pairs, Windows
from digest.rules.matcher.shapes import Alike, Shape, Shapes
from digest.rules.phrases import Close, Near, Slot, Words
from digest.rules.terms import Anywhere, Leaf

BLOCK: Final = 512
"""Papers that are looked at together; it bounds the memory, whatever their number."""
MONSTROUS: Final = 5_000
"""Words of a field beyond which a paper is no abstract any more."""

LONGEST: Final = 8
"""Words of a phrase that the automaton reads; more would cost much where a text says one word again and again."""


class Compiled:
    """First all rules are added, each gets the next number; then batches of papers are asked for their rules."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._shapes = Shapes()
        self._phrases = Phrases()
        self._looked = Looked()
        self._ends: dict[str, tuple[array[int], array[int]]] = {}  # by field: nodes, and the terms that end there
        self._near: dict[str, Meetings] = {}  # by field
        self._nears: list[tuple[int, Near]] = []
        self._windows = Windows()

    def add(self, root: tree.Node) -> tuple[Shape, list[int]]:
        """The next rule; it is its shape and its terms."""
        terms: list[int] = []
        shape = self._shape(root, terms)
        self.add_alike(shape, terms)
        return shape, terms

    def add_alike(self, shape: Shape, terms: Sequence[int]) -> None:
        """The next rule, of a known shape over known terms."""
        self._shapes.add(shape, terms)

    def _shape(self, node: tree.Node, terms: list[int]) -> Shape:
        if isinstance(node, tree.Not):
            return "not", self._shape(node.part, terms)
        if isinstance(node, tree.And | tree.Or):
            return "and" if isinstance(node, tree.And) else "or", *(self._shape(part, terms) for part in node.parts)
        if isinstance(node, Anywhere):
            return "or", *(self._shape(place, terms) for place in node.places)
        terms.append(self.number(node))
        return "leaf"

    # -- terms ------------------------------------------------------------------

    def number(self, term: Leaf) -> int:
        """The number of a term; a new one is put where it will be looked for."""
        short = isinstance(term, Words) and len(term.ways) <= LONGEST
        known = (self._phrases.add(term.ways), term.fields) if isinstance(term, Words) and short else term
        number = self._numbers.get(known)
        if number is None:
            number = self._numbers[known] = len(self._numbers)
            self._put(number, term)
        return number

    def _put(self, number: int, term: Leaf) -> None:
        if isinstance(term, Words):
            if len(term.ways) <= LONGEST:
                self._add_words(number, term)
            else:
                self._add_window(number, term, [[term]])
        elif isinstance(term, Near):
            if all(len(words.ways) <= LONGEST for words in (*term.left, *term.right)):
                self._add_near(number, term)
            else:
                self._add_window(number, term, [term.left, term.right])
        elif isinstance(term, Close):
            self._add_window(number, term, [[words] for words in term.words])
        elif not isinstance(term, Anywhere):
            self._looked.add(number, term)

    def _add_words(self, number: int, term: Words) -> None:
        for name in term.fields:
            nodes, numbers = self._ends.setdefault(name, (array("q"), array("q")))
            nodes.append(self._phrases.add(term.ways))
            numbers.append(number)

    def _add_near(self, number: int, term: Near) -> None:
        self._nears.append((number, term))
        left, right = ([self._phrases.add(words.ways) for words in side] for side in (term.left, term.right))
        for name in term.fields:
            near = self._near.setdefault(name, Meetings())
            near.add(number, left, right, most=term.most, ordered=term.ordered)

    def _add_window(self, number: int, term: Words | Near | Close, sides: Sequence[Sequence[Words]]) -> None:
        """A term of several sides, of each of which some words are there."""
        self._windows.add(number, term, [self.number(words) for side in sides for words in _covers(side)])

    def ready(self) -> None:
        """All rules are in: make what is made of them together."""
        self._phrases.ready()
        _ = self._alike, self._by_node, self._sides

    # -- asking -----------------------------------------------------------------

    @property
    def fields(self) -> frozenset[str]:
        """The text fields that the rules look at."""
        return frozenset((*self._ends, *self._near))

    def matches(self, batch: Batch) -> Iterator[Pairs]:
        """The numbers of rules, and beside each a paper that it matches; block by block of the papers."""
        for name in sorted(self.fields):
            _ = batch[name]  # folded now, so that every spelling is known
        slots, looked = self._phrases.slots(batch), self._looked.find(batch)
        for first in range(0, len(batch), BLOCK):
            stop = min(first + BLOCK, len(batch))
            rows = self._rows(batch, slots, looked, first, stop)
            for alike in self._alike:
                yield from alike.matches(rows)

    def _rows(self, batch: Batch, slots: Ragged, looked: Pairs, first: int, stop: int) -> Rows:
        terms, papers = looked
        part = slice(*np.searchsorted(papers, [first, stop]))
        found = [(terms[part], papers[part] - first)]
        for name in sorted(self.fields):
            found += self._in_text(batch, name, slots, first, stop)
        found.append(self._in_long_ones(batch, first, stop))
        rows = Rows.of(found, len(self._numbers), first, stop - first)
        if not self._windows:
            return rows
        found.append(self._windows.find(rows, batch))
        return Rows.of(found, len(self._numbers), first, stop - first)

    def _in_text(self, batch: Batch, name: str, slots: Ragged, first: int, stop: int) -> Iterator[Pairs]:
        stream, ends, near = batch[name], self._by_node.get(name), self._near.get(name)
        sides = self._sides.get(name, ())
        places: list[list[tuple[Ends, Ints]]] = [[] for _ in sides]
        for reached in self._phrases.read(stream, slots, first, stop):
            if ends:
                terms, by = ends.spread(reached.nodes)
                yield terms, stream.papers[reached.begins[by]] - first
            for side, found in zip(sides, places, strict=True):
                terms, by = side.spread(reached.nodes)
                found.append((reached.where(by), terms))
        if near:
            short = stream.lengths[stream.papers] <= MONSTROUS
            left, right = (_together([_at(piece, short) for piece in side]) for side in places)
            terms, papers = near.find(left, right, stream.papers)
            yield terms, papers - first

    def _in_long_ones(self, batch: Batch, first: int, stop: int) -> Pairs:
        """What NEAR finds in papers so long that a word may stand there thousands of times: each asked by itself."""
        long = {
            paper
            for name in self._near
            for paper in np.flatnonzero(batch[name].lengths[first:stop] > MONSTROUS).tolist()
        }
        found = [
            (number, paper)
            for paper in long
            for number, term in self._nears
            if term.matches(batch.views[paper + first])
        ]
        terms, papers = np.asarray(found, np.int64).reshape(-1, 2).T
        return terms, papers

    @cached_property
    def _alike(self) -> list[Alike]:
        return self._shapes.alike()

    @cached_property
    def _by_node(self) -> dict[str, Ragged]:
        return {name: Ragged.by(*pairs, len(self._phrases)) for name, pairs in self._ends.items()}

    @cached_property
    def _sides(self) -> dict[str, tuple[Ragged, Ragged]]:
        return {name: near.sides(len(self._phrases)) for name, near in self._near.items()}


def _covers(side: Sequence[Words]) -> Iterator[Words]:
    """For each of the first words what every text with one of these has: that word, or one that it is joined into."""
    for place in range(min(LONGEST, *(len(words.ways) for words in side))):
        ways = (way for words in side for way in words.ways[: place + 1])
        begins = (begin for words in side for begin in range(place + 1))
        slots = {slot for begin, way in zip(begins, ways, strict=True) for slot, end in way if begin <= place < end}
        yield Words((tuple((slot, 1) for slot in sorted(slots, key=_name)),), side[0].fields, side[0].typed)


def _name(slot: Slot) -> tuple[str, bool]:
    return slot.word, slot.form


def _at(piece: tuple[Ends, Ints], places: Bools) -> tuple[Ends, Ints]:
    """What began at one of these places."""
    chosen = places[piece[0].begins]
    return piece[0].where(chosen), piece[1][chosen]


def _together(pieces: Sequence[tuple[Ends, Ints]]) -> tuple[Ends, Ints]:
    nodes, begins, ends = (
        np.concatenate([getattr(piece, name) for piece, _ in pieces]) for name in ("nodes", "begins", "ends")
    )
    return Ends(nodes, begins, ends), np.concatenate([terms for _, terms in pieces])
