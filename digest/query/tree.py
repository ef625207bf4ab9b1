"""The branches of a query: AND, OR and NOT over its leaves, what they find, and how they read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digest.query.terms import Hit, Leaf, best
from digest.query.view import View


@dataclass(frozen=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    part: Node


Node = And | Or | Not | Leaf


def matches(node: Node, view: View) -> bool:
    """The meaning of a query."""
    if isinstance(node, And):
        return all(matches(part, view) for part in node.parts)
    if isinstance(node, Or):
        return any(matches(part, view) for part in node.parts)
    if isinstance(node, Not):
        return not matches(node.part, view)
    return node.matches(view)


def hits(node: Node, view: View) -> Iterator[Hit]:
    """Where the leaves stand that made a query match; what stands under NOT, or in a branch that failed, is left out."""
    if isinstance(node, Not):
        return
    if isinstance(node, And | Or):
        for part in node.parts:
            if isinstance(node, And) or matches(part, view):
                yield from hits(part, view)
    else:
        yield from node.hits(view)


def anchors(node: Node) -> frozenset[str] | None:
    """Keys of which every matching paper has at least one; None where none is sure and each paper must be looked at."""
    if isinstance(node, Not):
        return None
    if isinstance(node, And):
        return best([anchors(part) for part in node.parts])
    if isinstance(node, Or):
        found = [anchors(part) for part in node.parts]
        return None if any(each is None for each in found) else frozenset().union(*(each for each in found if each))
    return node.anchors()


def is_positive(node: Node) -> bool:
    """Whether something must be there for it to match."""
    if isinstance(node, Not):
        return False
    if isinstance(node, And):
        return any(map(is_positive, node.parts))
    return all(map(is_positive, node.parts)) if isinstance(node, Or) else True


def leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, Not):
        yield from leaves(node.part)
    else:
        yield node


def spoken(node: Node, *, inner: bool = False) -> str:
    """The query with every bracket that it means."""
    if isinstance(node, And):
        text = " AND ".join(spoken(part, inner=True) for part in node.parts).replace("AND NOT ", "ANDNOT ")
    elif isinstance(node, Or):
        sides = dict.fromkeys(spoken(part, inner=True) for part in node.parts)  # all:x looks in several places
        if len(sides) == 1:
            return next(iter(sides))
        text = " OR ".join(sides)
    elif isinstance(node, Not):
        return f"NOT {spoken(node.part, inner=True)}"
    else:
        return node.prefix + node.typed
    return f"({text})" if inner else text
