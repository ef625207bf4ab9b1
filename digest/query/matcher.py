"""All rules over all papers at once: each paper is folded once, and only rules that it may match are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from digest.paper import Paper
from digest.query import tree
from digest.query.view import TEXT, View

if TYPE_CHECKING:
    from digest.query import Query

K = TypeVar("K")


class Matcher(Generic[K]):
    """Many queries, made ready once, equal ones as one. It finds what asking each query of each paper finds.

    A rule is looked at only where a paper holds one of its anchors: keys of which every paper that it matches has one.
    """

    def __init__(self, queries: Mapping[K, Query]) -> None:
        numbers: dict[tree.Node, int] = {}
        self._owners: list[list[K]] = []
        for key, query in queries.items():
            number = numbers.setdefault(query.root, len(numbers))
            if number == len(self._owners):
                self._owners.append([])
            self._owners[number].append(key)
        self._roots = list(numbers)
        self._anchored: dict[str, list[int]] = {}
        self._always: list[int] = []
        for number, root in enumerate(self._roots):
            anchors = tree.anchors(root)
            if anchors is None:
                self._always.append(number)
            for anchor in anchors or ():
                self._anchored.setdefault(anchor, []).append(number)
        self._exact = any(anchor.startswith("{") for anchor in self._anchored)

    def match(self, papers: Sequence[Paper]) -> list[tuple[K, int]]:
        """(the query's key, the paper's index) of every match, paper by paper."""
        return [(key, index) for index, paper in enumerate(papers) for key in self._of(View(paper))]

    def _of(self, view: View) -> Iterator[K]:
        for number in sorted(self._candidates(view)):
            if tree.matches(self._roots[number], view):
                yield from self._owners[number]

    def _candidates(self, view: View) -> set[int]:
        found = set(self._always)
        for key in self._keys(view):
            found.update(self._anchored.get(key, ()))
        return found

    def _keys(self, view: View) -> Iterator[str]:
        """Everything in a paper that an anchor can name."""
        for name in TEXT:
            yield from view[name].folded.forms
            yield from view[name].folded.plurals
            if self._exact:
                yield from (f"{{{run}" for run in view[name].runs)
        yield from (f"au:{run}" for run in view.names)
        for code in view.categories | view.primary:
            yield f"cat:{code}"
            yield f"cat:{code.partition('.')[0]}"
        yield from view.identifiers
