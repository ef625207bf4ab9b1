"""The terms that are no plain words, each kind in the way that is quick for all its terms at once.

Ids, categories and what must stand exactly so are looked up by a key that every paper with them has; people by every
printed name once; dates in a table. NEAR is judged by the places that the automaton reports. Only ``"…"~n`` is asked
paper by paper, of those that hold all its words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from digest.query.matcher.arrays import Bools, Ints
from digest.query.matcher.batch import Batch
from digest.query.matcher.phrases import Ends
from digest.query.matcher.rows import Rows
from digest.query.terms import Category, Dated, Exact, Fact, Identifier, Person
from digest.query.view import name_runs
from digest.query.words import Close

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
            for run in term.runs:
                self._people[run].append((number, term))
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
        fields = {name for terms in self._exact.values() for _, term in terms for name in term.fields}
        for paper, view in enumerate(batch.views) if fields else ():
            runs = frozenset().union(*(view[name].runs for name in fields))
            for run in (*(runs & self._exact.keys()), None):
                yield from ((number, paper) for number, term in self._exact.get(run, ()) if term.matches(view))

    def _by_name(self, batch: Batch) -> Iterator[tuple[int, int]]:
        for name, papers in batch.authors.items() if self._people else ():
            likely = {number: term for run in name_runs(name) for number, term in self._people.get(run, ())}
            for number, term in likely.items():
                if term.is_called(name):
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


@dataclass(frozen=True, slots=True)
class NearTerm:
    """``x NEAR/n y`` by the nodes of its words."""

    number: int
    left: tuple[int, ...]
    right: tuple[int, ...]
    most: int
    ordered: bool

    def papers(self, places: Mapping[int, Ends], owners: Ints) -> Ints:
        """Those of one stream where the two meet; `owners` gives the paper of each place."""
        sides = (self.left, self.right), (self.right, self.left)
        return np.concatenate([self._meet(*side, places, owners) for side in sides[: 1 if self.ordered else 2]])

    def _meet(self, first: tuple[int, ...], then: tuple[int, ...], places: Mapping[int, Ends], owners: Ints) -> Ints:
        ends = _gathered([places[node].ends for node in first if node in places])
        begins = np.sort(_gathered([places[node].begins for node in then if node in places]))
        if not (len(ends) and len(begins)):
            return begins[:0]
        nearest = np.searchsorted(begins, ends)
        ends, nearest = ends[nearest < len(begins)], nearest[nearest < len(begins)]
        begin = begins[nearest]
        near = (begin - ends <= self.most) & (owners[begin] == owners[ends])
        return owners[ends[near]].astype(np.int64, copy=False)


def _gathered(pieces: list[Ints]) -> Ints:
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)


def by_node(pieces: Iterable[Ends]) -> dict[int, Ends]:
    """The places at which each node was reached."""
    pieces = list(pieces)
    nodes, begins, ends = (
        _gathered([getattr(piece, name) for piece in pieces]) for name in ("nodes", "begins", "ends")
    )
    order = np.argsort(nodes, kind="stable")
    known, first = np.unique(nodes[order], return_index=True)
    stops = [*first.tolist()[1:], len(nodes)]
    parts = {int(node): order[begin:stop] for node, begin, stop in zip(known, first, stops, strict=False)}
    return {node: Ends(nodes[part], begins[part], ends[part]) for node, part in parts.items()}


@dataclass(frozen=True, slots=True)
class CloseTerm:
    """``"…"~n`` by the numbers of its words as terms of their own."""

    number: int
    term: Close
    words: tuple[int, ...]

    def papers(self, rows: Rows, batch: Batch) -> Ints:
        """Those of the block, from its first paper on, that have the words so close."""
        bits = rows.bits[rows.places[list(self.words)]]
        likely = np.flatnonzero(np.unpackbits(np.bitwise_and.reduce(bits).view(np.uint8), bitorder="little"))
        close = [
            paper
            for paper in likely.tolist()
            if self.term.matches(batch.skeleton(paper + rows.first, self.term.fields))
        ]
        return np.asarray(close, np.int64)
