"""Term tables: the terms outside the phrase automaton, each kind evaluated for all its terms and all papers at once.

``LookupTerms``: ids, categories and exact texts by a key of the paper, authors by printed name, dates by column.
``NearTerms``: NEAR, joined from the node visits of the automaton. ``VerifiedTerms``: ``"…"~n`` and very long phrases,
verified by places in the papers that have all their words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from digest.rules.matcher.arrays import Bools, Ints, RaggedArray
from digest.rules.matcher.automaton import NodeVisits
from digest.rules.matcher.batch import Batch
from digest.rules.matcher.bit_rows import BitRows, set_bits
from digest.rules.matcher.block_text import BlockText
from digest.rules.phrases import NearTerm, PhraseTerm, SlopTerm
from digest.rules.terms import AuthorTerm, CategoryTerm, DateTerm, ExactTerm, FactTerm, IdentifierTerm

_FEW = 8
"""Papers of a block up to which a term is verified in each by itself: to make one text of the block takes longer."""

_MOST_WORDS = 128  # positions of all words of a term
_PLACE_BITS = 40
_PLACES = (1 << _PLACE_BITS) - 1

_KeyedTerm = CategoryTerm | FactTerm | IdentifierTerm

Postings = tuple[Ints, Ints]
"""Two columns: the number of a term, the index of a paper that has it."""


@dataclass(slots=True)
class LookupTerms:
    """Terms evaluated by lookup, over the whole batch."""

    _keyed: dict[str, list[tuple[int, _KeyedTerm]]] = field(default_factory=lambda: defaultdict(list))
    _exact: dict[str | None, list[tuple[int, ExactTerm]]] = field(default_factory=lambda: defaultdict(list))
    _people: dict[str, list[tuple[int, AuthorTerm]]] = field(default_factory=lambda: defaultdict(list))
    _dated: list[tuple[int, DateTerm]] = field(default_factory=list)

    def add(self, number: int, term: _KeyedTerm | ExactTerm | AuthorTerm | DateTerm) -> None:
        if isinstance(term, ExactTerm):
            self._exact[term.longest].append((number, term))
        elif isinstance(term, AuthorTerm):
            for key in term.keys:
                self._people[key].append((number, term))
        elif isinstance(term, DateTerm):
            self._dated.append((number, term))
        else:
            self._keyed[term.key].append((number, term))

    def find(self, batch: Batch) -> Postings:
        """The postings of all terms, sorted by paper."""
        found = np.asarray([*self._by_key(batch), *self._by_run(batch), *self._by_name(batch)], np.int64).reshape(-1, 2)
        dated = [*self._by_date(batch)]
        terms = np.concatenate([found[:, 0], *(np.full(len(papers), number) for number, papers in dated)])
        papers = np.concatenate([found[:, 1], *(papers for _, papers in dated)])
        order = np.argsort(papers, kind="stable")
        return terms[order], papers[order]

    def _by_key(self, batch: Batch) -> Iterator[tuple[int, int]]:
        if self._keyed:
            for paper, indexed in enumerate(batch.indexed):
                for key in indexed.facts & self._keyed.keys():
                    for number, term in self._keyed[key]:
                        if not isinstance(term, IdentifierTerm) or term.matches(indexed):  # an arXiv id with a version
                            yield number, paper

    def _by_run(self, batch: Batch) -> Iterator[tuple[int, int]]:
        for run, terms in self._exact.items():
            for paper in range(len(batch)) if run is None else batch.runs.get(run, ()):
                yield from ((number, paper) for number, term in terms if term.matches(batch.indexed[paper]))

    def _by_name(self, batch: Batch) -> Iterator[tuple[int, int]]:
        for name, keys, papers in batch.authors if self._people else ():
            likely = {number: term for key in keys & self._people.keys() for number, term in self._people[key]}
            for number, term in likely.items():
                if term.matches_name(name):
                    yield from ((number, paper) for paper in papers)

    def _by_date(self, batch: Batch) -> Iterator[tuple[int, Ints]]:
        if self._dated:
            dates = {
                which: _times(indexed.dates[which] for indexed in batch.indexed) for which in ("published", "updated")
            }
            for number, term in self._dated:
                yield number, np.flatnonzero(_within(dates[term.which], term.low, term.high))


def _times(dates: Iterable[datetime | None]) -> NDArray[np.float64]:
    return np.asarray([date.timestamp() if date else np.nan for date in dates])


def _within(times: NDArray[np.float64], low: datetime | None, high: datetime | None) -> Bools:
    after = times >= low.timestamp() if low else ~np.isnan(times)
    return after & (times < high.timestamp()) if high else after


@dataclass(slots=True)
class NearTerms:
    """The NEAR terms of one field, by the final nodes of their operands; all are evaluated by one merge join."""

    _terms: list[tuple[int, int, bool]] = field(default_factory=list)  # term, maximal distance in words, ordered
    _left: list[tuple[int, int]] = field(default_factory=list)  # node, index in `_terms`
    _right: list[tuple[int, int]] = field(default_factory=list)

    def add(self, number: int, left: Iterable[int], right: Iterable[int], *, distance: int, ordered: bool) -> None:
        self._left += ((node, len(self._terms)) for node in left)
        self._right += ((node, len(self._terms)) for node in right)
        self._terms.append((number, distance, ordered))

    def sides(self, nodes: int) -> tuple[RaggedArray, RaggedArray]:
        """By node: the terms with it as left operand, and those with it as right operand (indices in `_terms`)."""
        return _by_node(self._left, nodes), _by_node(self._right, nodes)

    def find(self, left: tuple[NodeVisits, Ints], right: tuple[NodeVisits, Ints], papers: Ints) -> Postings:
        """The postings, from the visits of left and right operands, each with its term; `papers` by place."""
        numbers, distance, ordered = np.asarray(self._terms, np.int64).reshape(-1, 3).T
        free = ~ordered[right[1]].astype(np.bool_)
        turned = right[0].where(free), right[1][free]
        both = zip(_meeting(left, right, distance, papers), _meeting(turned, left, distance, papers), strict=True)
        terms, places = map(np.concatenate, both)
        return numbers[terms], papers[places]


def _by_node(pairs: list[tuple[int, int]], nodes: int) -> RaggedArray:
    where, terms = np.asarray(pairs, np.int64).reshape(-1, 2).T
    return RaggedArray.by(where, terms, nodes)


def _meeting(first: tuple[NodeVisits, Ints], then: tuple[NodeVisits, Ints], distance: Ints, papers: Ints) -> Postings:
    """(term, place) where an operand of `first` ends at most the term's distance before the nearest one of `then`."""
    ends, terms = first[0].ends, first[1]
    begins = np.append(np.sort(then[1] << _PLACE_BITS | then[0].begins), -1)
    nearest = begins[np.searchsorted(begins[:-1], terms << _PLACE_BITS | ends)]
    same = np.flatnonzero(nearest >> _PLACE_BITS == terms)
    begin, ends, terms = nearest[same] & _PLACES, ends[same], terms[same]
    met = (begin - ends <= distance[terms]) & (papers[begin] == papers[ends])
    return terms[met], ends[met]


@dataclass(slots=True)
class VerifiedTerms:
    """Terms verified by their words' places: ``"…"~n``, and phrases of very many words.

    Each has the numbers of its necessary terms; only papers with all of these are verified, few one by one, and many
    as one text.
    """

    _terms: list[tuple[int, PhraseTerm | NearTerm | SlopTerm]] = field(default_factory=list)
    _words: list[list[int]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._terms)

    def add(self, number: int, term: PhraseTerm | NearTerm | SlopTerm, words: list[int]) -> None:
        self._terms.append((number, term))
        self._words.append(words)

    def find(self, rows: BitRows, batch: Batch) -> Postings:
        """The postings in a block; papers are numbered from its first one."""
        words = RaggedArray.of(self._words)
        together = np.bitwise_and.reduceat(rows.bits[rows.places[words.values]], words.first[:-1])
        likely: dict[int, list[int]] = {}
        for index, paper in zip(*(column.tolist() for column in set_bits(together, rows.count)), strict=True):
            likely.setdefault(index, []).append(paper)
        texts = _BlockTexts(batch, rows)
        found = list[tuple[int, int]]()
        for index, papers in likely.items():
            number, term = self._terms[index]
            if len(papers) > _FEW:
                matching, papers = texts.sift(term, papers)
                found += ((number, paper) for paper in matching)
            found += ((number, paper) for paper in papers if term.matches(batch.uncached(paper + rows.first)))
        terms, where = np.asarray(found, np.int64).reshape(-1, 2).T
        return terms, where


@dataclass(slots=True)
class _BlockTexts:
    """The fields of a block as one text each, made when a term is dear to verify paper by paper."""

    _batch: Batch
    _rows: BitRows
    _made: dict[tuple[str, int], BlockText] = field(default_factory=dict)

    def sift(self, term: PhraseTerm | NearTerm | SlopTerm, papers: Sequence[int]) -> tuple[list[int], list[int]]:
        """(the matching papers among these, those that must be verified one by one)."""
        matching, unsure = np.zeros(self._rows.count, np.bool_), np.zeros(self._rows.count, np.bool_)
        for name in term.fields:
            text = self._text(name, term.reach)
            found, compounds = term.places(text)
            unsure |= text.papers(compounds) if compounds else False
            matching |= text.papers(found) if found else False
        likely = np.asarray(papers)
        return likely[(matching & ~unsure)[likely]].tolist(), likely[unsure[likely]].tolist()

    def _text(self, name: str, reach: int) -> BlockText:
        first, stop = self._rows.first, self._rows.first + self._rows.count
        longest = int(self._batch[name].lengths[first:stop].max())
        gap = 1 << max(6, min(reach, longest + _MOST_WORDS).bit_length())
        if (name, gap) not in self._made:
            self._made[name, gap] = BlockText(self._batch, name, first, stop, gap)
        return self._made[name, gap]
