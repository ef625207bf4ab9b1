"""The branches of a query: AND, OR and NOT over its leaves, what they find, and how they read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digest.rules.indexed_paper import View
from digest.rules.phrases import Hit
from digest.rules.terms import Leaf


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
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
    """Where the leaves stand that made a query match; nothing from under NOT, or from a branch that failed.

    A leaf that failed stands nowhere, so that only branches are asked whether they match.
    """
    if isinstance(node, Not):
        return
    if isinstance(node, And | Or):
        for part in node.parts:
            if isinstance(node, And) or not isinstance(part, And | Or) or matches(part, view):
                yield from hits(part, view)
    else:
        yield from node.hits(view)


def is_positive(node: Node, *, negated: bool = False) -> bool:
    """Whether something must be there for it to match, whichever branch of it does."""
    if isinstance(node, Not):
        return is_positive(node.part, negated=not negated)
    if isinstance(node, And | Or):
        several = any if isinstance(node, And) != negated else all
        return several(is_positive(part, negated=negated) for part in node.parts)
    return not negated


def leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, Not):
        yield from leaves(node.part)
    else:
        yield node


def spoken(node: Node, *, inner: bool = False) -> str:
    """The query with every bracket that it means; read again, it is the same query."""
    if isinstance(node, Not):
        text = spoken(node.part, inner=True)
        return f"NOT ({text})" if isinstance(node.part, Not) else f"NOT {text}"
    if isinstance(node, And | Or):
        sign = " AND " if isinstance(node, And) else " OR "
        text = sign.join(spoken(part, inner=True) for part in node.parts)
        return f"({text})" if inner else text
    return node.prefix + node.typed
