"""The compiled rule set: matches all rules against all papers of a batch, by numbered terms and rows of bits.

How this works. A rule is a shape (AND, OR and NOT) over terms. Equal terms of different rules share one number, and
equal rules are evaluated once. Terms are evaluated first, each kind with a structure of its own; the result is
postings, pairs (term, paper). Then the shapes are evaluated on bits, for all rules of one shape at a time::

    ONCE PER RULE SET                  ONCE PER BATCH                    PER BLOCK OF 512 PAPERS

    PhraseTerm ─► PhraseAutomaton      TokenStream, one per text field
                  node ─► terms          spellings  7  2  9  4 ─┐
    NearTerm   ─► two sides,             begins     0  1  1  2  ├─ run ─► visits (node, begin, end) ─► postings
                  node ─► terms          widths     1  1  2  1 ─┘         visits of both sides, joined ─► postings
    ids, names,                        spelling ─► symbols (edge labels)
    dates, {…} ─► LookupTerms          postings, sorted by paper ───────► those of the block
    SlopTerm   ─► VerifiedTerms ────────────────────────► AND of the rows of its words, then their places

    shape      ─► ShapeGroup                            BitRows  paper 0 1 2 … 511
                  a row of term numbers per rule        row 0          0 0 0 … 0    terms without postings
                    rule 0   3  8  ── AND, OR, NOT ──►  row 1          0 1 0 … 0    term 3
                    rule 1   3  5     of bit rows       row 2          1 1 0 … 1    term 8     ─► (rule, paper)

An entry of a token stream is a word, or a compound written as one over several places; all occurrences of a spelling
share one number, so folding and symbols cost time per distinct spelling. Streams are folded when a matcher first asks
for the field and belong to the batch: further matchers reuse them. ``"…"~n``, a phrase of more than MAX_PHRASE_WORDS
words and a NEAR with one are verified in the papers with all their necessary words: few papers one by one, many as one
text. NEAR in a field of more than MAX_FIELD_WORDS words is evaluated for that paper alone. Blocks bound the memory of
visits and bit rows.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from digest.rules import tree
from digest.rules.matcher.arrays import Bools, Ints, RaggedArray
from digest.rules.matcher.automaton import NodeVisits, PhraseAutomaton
from digest.rules.matcher.batch import Batch
from digest.rules.matcher.bit_rows import BitRows
from digest.rules.matcher.shapes import RuleShapes, Shape, ShapeGroup
from digest.rules.matcher.term_tables import LookupTerms, NearTerms, Postings, VerifiedTerms
from digest.rules.phrases import NearTerm, PhraseTerm, SlopTerm, TermWord
from digest.rules.terms import AnyFieldTerm, Term

BLOCK_PAPERS: Final = 512
"""Papers evaluated together; bounds the memory, whatever the size of the batch."""
MAX_FIELD_WORDS: Final = 5_000
"""Words of a field up to which NEAR is evaluated for all papers at once: in a longer text one word recurs too often."""

MAX_PHRASE_WORDS: Final = 8
"""Words of a phrase up to which the automaton reads it; longer ones cost too much in a text that repeats one word."""


class CompiledRules:
    """Built with `add` (rules are numbered in that order), closed with `ready`, then matched against any batches."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._shapes = RuleShapes()
        self._phrases = PhraseAutomaton()
        self._lookups = LookupTerms()
        self._final_nodes: dict[str, tuple[array[int], array[int]]] = {}  # by field: final nodes, and their terms
        self._near_by_field: dict[str, NearTerms] = {}  # by field
        self._near_terms: list[tuple[int, NearTerm]] = []
        self._verified = VerifiedTerms()

    def add(self, root: tree.Node) -> tuple[Shape, list[int]]:
        """Adds the next rule; returns its shape and term numbers."""
        terms: list[int] = []
        shape = self._shape(root, terms)
        self.add_shaped(shape, terms)
        return shape, terms

    def add_shaped(self, shape: Shape, terms: Sequence[int]) -> None:
        """Adds the next rule, by a known shape and known term numbers."""
        self._shapes.add(shape, terms)

    def _shape(self, node: tree.Node, terms: list[int]) -> Shape:
        if isinstance(node, tree.Not):
            return "not", self._shape(node.part, terms)
        if isinstance(node, tree.And | tree.Or):
            return "and" if isinstance(node, tree.And) else "or", *(self._shape(part, terms) for part in node.parts)
        if isinstance(node, AnyFieldTerm):
            return "or", *(self._shape(place, terms) for place in node.places)
        terms.append(self.number(node))
        return "term"

    # -- terms ------------------------------------------------------------------

    def number(self, term: Term) -> int:
        """The number of a term; a new term is added to the structure of its kind."""
        short = isinstance(term, PhraseTerm) and len(term.graph) <= MAX_PHRASE_WORDS
        known = (self._phrases.add(term.graph), term.fields) if isinstance(term, PhraseTerm) and short else term
        number = self._numbers.get(known)
        if number is None:
            number = self._numbers[known] = len(self._numbers)
            self._put(number, term)
        return number

    def _put(self, number: int, term: Term) -> None:
        if isinstance(term, PhraseTerm):
            if len(term.graph) <= MAX_PHRASE_WORDS:
                self._add_words(number, term)
            else:
                self._add_verified(number, term, [[term]])
        elif isinstance(term, NearTerm):
            if all(len(words.graph) <= MAX_PHRASE_WORDS for words in (*term.left, *term.right)):
                self._add_near(number, term)
            else:
                self._add_verified(number, term, [term.left, term.right])
        elif isinstance(term, SlopTerm):
            self._add_verified(number, term, [[words] for words in term.words])
        elif not isinstance(term, AnyFieldTerm):
            self._lookups.add(number, term)

    def _add_words(self, number: int, term: PhraseTerm) -> None:
        for name in term.fields:
            nodes, numbers = self._final_nodes.setdefault(name, (array("q"), array("q")))
            nodes.append(self._phrases.add(term.graph))
            numbers.append(number)

    def _add_near(self, number: int, term: NearTerm) -> None:
        self._near_terms.append((number, term))
        left, right = ([self._phrases.add(words.graph) for words in side] for side in (term.left, term.right))
        for name in term.fields:
            near = self._near_by_field.setdefault(name, NearTerms())
            near.add(number, left, right, distance=term.distance, ordered=term.ordered)

    def _add_verified(
        self, number: int, term: PhraseTerm | NearTerm | SlopTerm, sides: Sequence[Sequence[PhraseTerm]]
    ) -> None:
        """Adds a term for verification; every match contains the necessary words of each side."""
        self._verified.add(number, term, [self.number(words) for side in sides for words in _necessary_words(side)])

    def ready(self) -> None:
        """Builds the tables of the whole rule set, after the last `add`."""
        self._phrases.ready()
        _ = self._shape_groups, self._terms_by_node, self._sides

    # -- asking -----------------------------------------------------------------

    @property
    def fields(self) -> frozenset[str]:
        """The text fields that the automaton reads for these rules."""
        return frozenset((*self._final_nodes, *self._near_by_field))

    def matches(self, batch: Batch) -> Iterator[Postings]:
        """The matches as numbers of rules and indices of papers, block by block."""
        for name in sorted(self.fields):
            _ = batch[name]  # folds the field: `symbols` needs every spelling of the batch
        symbols, lookups = self._phrases.symbols(batch), self._lookups.find(batch)
        for first in range(0, len(batch), BLOCK_PAPERS):
            stop = min(first + BLOCK_PAPERS, len(batch))
            rows = self._rows(batch, symbols, lookups, first, stop)
            for group in self._shape_groups:
                yield from group.matches(rows)

    def _rows(self, batch: Batch, symbols: RaggedArray, lookups: Postings, first: int, stop: int) -> BitRows:
        terms, papers = lookups
        part = slice(*np.searchsorted(papers, [first, stop]))
        found = [(terms[part], papers[part] - first)]
        for name in sorted(self.fields):
            found += self._postings_in_field(batch, name, symbols, first, stop)
        found.append(self._near_in_long_fields(batch, first, stop))
        rows = BitRows.of(found, len(self._numbers), first, stop - first)
        if not self._verified:
            return rows
        found.append(self._verified.find(rows, batch))
        return BitRows.of(found, len(self._numbers), first, stop - first)

    def _postings_in_field(
        self, batch: Batch, name: str, symbols: RaggedArray, first: int, stop: int
    ) -> Iterator[Postings]:
        stream, ends, near = batch[name], self._terms_by_node.get(name), self._near_by_field.get(name)
        sides = self._sides.get(name, ())
        places: list[list[tuple[NodeVisits, Ints]]] = [[] for _ in sides]
        for reached in self._phrases.read(stream, symbols, first, stop):
            if ends:
                terms, by = ends.spread(reached.nodes)
                yield terms, stream.papers[reached.begins[by]] - first
            for side, found in zip(sides, places, strict=True):
                terms, by = side.spread(reached.nodes)
                found.append((reached.where(by), terms))
        if near:
            short = stream.lengths[stream.papers] <= MAX_FIELD_WORDS
            left, right = (_concatenated([_beginning_at(piece, short) for piece in side]) for side in places)
            terms, papers = near.find(left, right, stream.papers)
            yield terms, papers - first

    def _near_in_long_fields(self, batch: Batch, first: int, stop: int) -> Postings:
        """Postings of NEAR in papers with a field of more than MAX_FIELD_WORDS words, evaluated paper by paper."""
        long = {
            paper
            for name in self._near_by_field
            for paper in np.flatnonzero(batch[name].lengths[first:stop] > MAX_FIELD_WORDS).tolist()
        }
        found = [
            (number, paper)
            for paper in long
            for number, term in self._near_terms
            if term.matches(batch.indexed[paper + first])
        ]
        terms, papers = np.asarray(found, np.int64).reshape(-1, 2).T
        return terms, papers

    @cached_property
    def _shape_groups(self) -> list[ShapeGroup]:
        return self._shapes.groups()

    @cached_property
    def _terms_by_node(self) -> dict[str, RaggedArray]:
        return {name: RaggedArray.by(*pairs, len(self._phrases)) for name, pairs in self._final_nodes.items()}

    @cached_property
    def _sides(self) -> dict[str, tuple[RaggedArray, RaggedArray]]:
        return {name: near.sides(len(self._phrases)) for name, near in self._near_by_field.items()}


def _necessary_words(side: Sequence[PhraseTerm]) -> Iterator[PhraseTerm]:
    """For each of the first words a term that every match contains: the word, or a compound that includes it."""
    for place in range(min(MAX_PHRASE_WORDS, *(len(words.graph) for words in side))):
        edges = ((begin, *edge) for words in side for begin in range(place + 1) for edge in words.graph[begin])
        found = {word for begin, word, end in edges if begin <= place < end}
        yield PhraseTerm((tuple((word, 1) for word in sorted(found, key=_sort_key)),), side[0].fields, side[0].typed)


def _sort_key(word: TermWord) -> tuple[str, bool]:
    return word.text, word.exact_form


def _beginning_at(piece: tuple[NodeVisits, Ints], places: Bools) -> tuple[NodeVisits, Ints]:
    """The visits that begin at one of these places."""
    chosen = places[piece[0].begins]
    return piece[0].where(chosen), piece[1][chosen]


def _concatenated(pieces: Sequence[tuple[NodeVisits, Ints]]) -> tuple[NodeVisits, Ints]:
    nodes, begins, ends = (
        np.concatenate([getattr(piece, name) for piece, _ in pieces]) for name in ("nodes", "begins", "ends")
    )
    return NodeVisits(nodes, begins, ends), np.concatenate([terms for _, terms in pieces])
