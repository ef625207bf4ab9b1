"""The terms that are no plain words, each kind in the way that is quick for all its terms at once.

Ids, categories and what must stand exactly so are looked up by a key that every paper with them has; people by every
printed name once; dates in a table. NEAR is judged by the places that the automaton reports, for all such terms
together. Only ``"…"~n`` and very long phrases are asked
paper by paper, of those that hold their words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from digest.rules.matcher.arrays import Bools, Ints, Ragged
from digest.rules.matcher.automaton import Ends
from digest.rules.matcher.batch import Batch
from digest.rules.matcher.bit_rows import Rows, papers_of
from digest.rules.phrases import Close, Near, Words
from digest.rules.terms import Category, Dated, Exact, Fact, Identifier, Person

_PLACE_BITS = 40
_PLACES = (1 << _PLACE_BITS) - 1

Pairs = tuple[Ints, Ints]
"""Numbers of terms, and beside each a paper."""


@dataclass(slots=True)
class Looked:
    """Terms that are looked up over the whole batch."""

    _keyed: dict[str, list[tuple[int, Category | Fact | Identifier]]] = field(default_factory=lambda: defaultdict(list))
    _exact: dict[str | None, list[tuple[int, Exact]]] = field(default_factory=lambda: defaultdict(list))
    _people: dict[str, list[tuple[int, Person]]] = field(default_factory=lambda: defaultdict(list))
    _dated: list[tuple[int, Dated]] = field(default_factory=list)

    def add(self, number: int, term: Category | Fact | Identifier | Exact | Person | Dated) -> None:
        if isinstance(term, Exact):
            self._exact[term.longest].append((number, term))
        elif isinstance(term, Person):
            for key in term.keys:
                self._people[key].append((number, term))
        elif isinstance(term, Dated):
            self._dated.append((number, term))
        else:
            self._keyed[term.key].append((number, term))

    def find(self, batch: Batch) -> Pairs:
        """What they find, in the order of the papers."""
        found = np.asarray([*self._by_key(batch), *self._by_run(batch), *self._by_name(batch)], np.int64).reshape(-1, 2)
        dated = [*self._by_date(batch)]
        terms = np.concatenate([found[:, 0], *(np.full(len(papers), number) for number, papers in dated)])
        papers = np.concatenate([found[:, 1], *(papers for _, papers in dated)])
        order = np.argsort(papers, kind="stable")
        return terms[order], papers[order]

    def _by_key(self, batch: Batch) -> Iterator[tuple[int, int]]:
        if self._keyed:
            for paper, view in enumerate(batch.views):
                for key in view.facts & self._keyed.keys():
                    for number, term in self._keyed[key]:
                        if not isinstance(term, Identifier) or term.matches(view):  # it may want one version
                            yield number, paper

    def _by_run(self, batch: Batch) -> Iterator[tuple[int, int]]:
        for run, terms in self._exact.items():
            for paper in range(len(batch)) if run is None else batch.runs.get(run, ()):
                yield from ((number, paper) for number, term in terms if term.matches(batch.views[paper]))

    def _by_name(self, batch: Batch) -> Iterator[tuple[int, int]]:
        for name, keys, papers in batch.authors if self._people else ():
            likely = {number: term for key in keys & self._people.keys() for number, term in self._people[key]}
            for number, term in likely.items():
                if term.follows(name):
                    yield from ((number, paper) for paper in papers)

    def _by_date(self, batch: Batch) -> Iterator[tuple[int, Ints]]:
        if self._dated:
            dates = {which: _times(view.dates[which] for view in batch.views) for which in ("published", "updated")}
            for number, term in self._dated:
                yield number, np.flatnonzero(_within(dates[term.which], term.low, term.high))


def _times(dates: Iterable[datetime | None]) -> NDArray[np.float64]:
    return np.asarray([date.timestamp() if date else np.nan for date in dates])


def _within(times: NDArray[np.float64], low: datetime | None, high: datetime | None) -> Bools:
    after = times >= low.timestamp() if low else ~np.isnan(times)
    return after & (times < high.timestamp()) if high else after


@dataclass(slots=True)
class Meetings:
    """Terms such as ``x NEAR/n y`` in one field, by the nodes of their words: all of them judged at once."""

    _terms: list[tuple[int, int, bool]] = field(default_factory=list)  # number, most words between, whether ordered
    _left: list[tuple[int, int]] = field(default_factory=list)  # node, index of the term
    _right: list[tuple[int, int]] = field(default_factory=list)

    def add(self, number: int, left: Iterable[int], right: Iterable[int], *, most: int, ordered: bool) -> None:
        self._left += ((node, len(self._terms)) for node in left)
        self._right += ((node, len(self._terms)) for node in right)
        self._terms.append((number, most, ordered))

    def sides(self, nodes: int) -> tuple[Ragged, Ragged]:
        """The terms that each node stands to the left of, and to the right."""
        return _by_node(self._left, nodes), _by_node(self._right, nodes)

    def find(self, left: tuple[Ends, Ints], right: tuple[Ends, Ints], papers: Ints) -> Pairs:
        """What they find, where either side stands with the index of its term; `papers` gives the one of each place."""
        numbers, most, ordered = np.asarray(self._terms, np.int64).reshape(-1, 3).T
        free = ~ordered[right[1]].astype(np.bool_)
        turned = right[0].where(free), right[1][free]
        both = zip(_met(left, right, most, papers), _met(turned, left, most, papers), strict=True)
        terms, places = map(np.concatenate, both)
        return numbers[terms], papers[places]


def _by_node(pairs: list[tuple[int, int]], nodes: int) -> Ragged:
    where, terms = np.asarray(pairs, np.int64).reshape(-1, 2).T
    return Ragged.by(where, terms, nodes)


def _met(first: tuple[Ends, Ints], then: tuple[Ends, Ints], most: Ints, papers: Ints) -> Pairs:
    """The terms whose first side ends at most so many words before the other one begins, and where it ends."""
    ends, terms = first[0].ends, first[1]
    begins = np.append(np.sort(then[1] << _PLACE_BITS | then[0].begins), -1)
    nearest = begins[np.searchsorted(begins[:-1], terms << _PLACE_BITS | ends)]
    same = np.flatnonzero(nearest >> _PLACE_BITS == terms)
    begin, ends, terms = nearest[same] & _PLACES, ends[same], terms[same]
    met = (begin - ends <= most[terms]) & (papers[begin] == papers[ends])
    return terms[met], ends[met]


@dataclass(slots=True)
class Windows:
    """Terms that are asked paper by paper: ``"…"~n``, and what has a phrase of very many words.

    Each stands with the numbers of simpler terms that every paper with it has, so that few papers are asked.
    """

    _terms: list[tuple[int, Words | Near | Close]] = field(default_factory=list)
    _words: list[list[int]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._terms)

    def add(self, number: int, term: Words | Near | Close, words: list[int]) -> None:
        self._terms.append((number, term))
        self._words.append(words)

    def find(self, rows: Rows, batch: Batch) -> Pairs:
        """What they find in a block, whose papers are numbered from its first one."""
        words = Ragged.of(self._words)
        together = np.bitwise_and.reduceat(rows.bits[rows.places[words.values]], words.first[:-1])
        likely = zip(*(column.tolist() for column in papers_of(together, rows.count)), strict=True)
        found = [
            (self._terms[index][0], paper)
            for index, paper in likely
            if self._terms[index][1].matches(batch.view(paper + rows.first))
        ]
        terms, papers = np.asarray(found, np.int64).reshape(-1, 2).T
        return terms, papers
