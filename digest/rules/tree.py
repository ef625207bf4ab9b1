"""The query tree: AND, OR and NOT over terms; evaluates it, collects hits, and writes it back as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digest.rules.indexed_paper import IndexedPaper
from digest.rules.phrases import Hit
from digest.rules.terms import Term


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


Node = And | Or | Not | Term


def matches(node: Node, indexed: IndexedPaper) -> bool:
    """Whether the paper matches; the reference semantics of the language."""
    if isinstance(node, And):
        return all(matches(part, indexed) for part in node.parts)
    if isinstance(node, Or):
        return any(matches(part, indexed) for part in node.parts)
    if isinstance(node, Not):
        return not matches(node.part, indexed)
    return node.matches(indexed)


def hits(node: Node, indexed: IndexedPaper) -> Iterator[Hit]:
    """The hits of the terms behind a match; none from under NOT or from a branch of OR without a match.

    A term without a match has no hits, so only operators are tested for a match.
    """
    if isinstance(node, Not):
        return
    if isinstance(node, And | Or):
        for part in node.parts:
            if isinstance(node, And) or not isinstance(part, And | Or) or matches(part, indexed):
                yield from hits(part, indexed)
    else:
        yield from node.hits(indexed)


def is_positive(node: Node, *, negated: bool = False) -> bool:
    """Whether every match contains some term: false for a query such as NOT x, which matches almost everything."""
    if isinstance(node, Not):
        return is_positive(node.part, negated=not negated)
    if isinstance(node, And | Or):
        several = any if isinstance(node, And) != negated else all
        return several(is_positive(part, negated=negated) for part in node.parts)
    return not negated


def terms(node: Node) -> Iterator[Term]:
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from terms(part)
    elif isinstance(node, Not):
        yield from terms(node.part)
    else:
        yield node


def canonical_text(node: Node, *, inner: bool = False) -> str:
    """The query as text with all brackets; parsed again, it gives an equal tree."""
    if isinstance(node, Not):
        text = canonical_text(node.part, inner=True)
        return f"NOT ({text})" if isinstance(node.part, Not) else f"NOT {text}"
    if isinstance(node, And | Or):
        sign = " AND " if isinstance(node, And) else " OR "
        text = sign.join(canonical_text(part, inner=True) for part in node.parts)
        return f"({text})" if inner else text
    return node.prefix + node.typed
