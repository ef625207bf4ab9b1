"""All rules over all papers at once: each paper is folded once, and only rules that it may match are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from digest.paper import Paper
from digest.query import tree
from digest.query.names import surname_keys
from digest.query.view import TEXT, View

if TYPE_CHECKING:
    from digest.query import Query

K = TypeVar("K")


class Matcher(Generic[K]):
    """Many queries, made ready once; equal ones are evaluated once. It finds what asking each query of each paper finds.

    A rule is looked at only where a paper holds one of its anchors: keys of which every paper that it matches has one.
    """

    def __init__(self, queries: Mapping[K, Query]) -> None:
        self._owners: dict[tree.Node, list[K]] = {}
        for key, query in queries.items():
            self._owners.setdefault(query.root, []).append(key)
        self._anchored: dict[str, list[tree.Node]] = {}
        self._always: list[tree.Node] = []
        for root in self._owners:
            anchors = tree.anchors(root)
            if anchors is None:
                self._always.append(root)
            for anchor in anchors or ():
                self._anchored.setdefault(anchor, []).append(root)

    def match(self, papers: Sequence[Paper]) -> list[tuple[K, int]]:
        """(the query's key, the paper's index) of every match, paper by paper."""
        return [(key, index) for index, paper in enumerate(papers) for key in self._of(View(paper))]

    def _of(self, view: View) -> Iterator[K]:
        for root in self._candidates(view):
            if tree.matches(root, view):
                yield from self._owners[root]

    def _candidates(self, view: View) -> dict[tree.Node, None]:
        found = dict.fromkeys(self._always)
        for key in _keys(view):
            for root in self._anchored.get(key, ()):
                found[root] = None
        return found


def _keys(view: View) -> Iterator[str]:
    """Everything in a paper that an anchor can name."""
    for field in TEXT:
        yield from view.index(field)
    for author in view.paper.authors:
        for key in surname_keys(author.name):
            yield f"au:{key}"
    for code in {*view.categories, *view.paper.categories, *filter(None, (view.primary, view.paper.primary))}:
        yield f"cat:{code}"
        if "." in code:
            yield f"cat:{code.partition('.')[0]}"
