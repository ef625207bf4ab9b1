"""Marking what matched: a text in pieces that templates escape and mark one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.render.math import readable, widened
from digest.render.shorten import ELLIPSIS, Span
from digest.text import strip_controls


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A stretch of text, without controls, that matched or did not."""

    text: str
    hit: bool = False


Pieces = tuple[TextPiece, ...]


def highlighted(text: str, hits: Iterable[Span], shown: Sequence[Span] | None = None) -> Pieces:
    """The shown parts of a text in pieces; offsets are code points of the text as given, before any escaping."""
    spans = merged(widened(text, hits))
    shown = ((0, len(text)),) if shown is None else shown
    pieces: list[TextPiece] = []
    for position, (start, end) in enumerate(shown):
        if position:
            pieces.append(TextPiece(f" {ELLIPSIS} "))
        pieces.extend(_split(text, start, end, spans))
    if shown and shown[-1][1] < len(text):
        pieces.append(TextPiece(f"\N{NO-BREAK SPACE}{ELLIPSIS}"))
    return tuple(pieces)


def _shown(text: str) -> str:
    return readable(strip_controls(text))


def merged(hits: Iterable[Span]) -> list[Span]:
    """Spans in order; those that overlap or touch become one."""
    spans: list[Span] = []
    for start, end in sorted(hits):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _split(text: str, start: int, end: int, spans: Sequence[Span]) -> Iterator[TextPiece]:
    at = start
    for left, right in spans:
        left, right = max(left, at), min(right, end)
        if left < right:
            if at < left:
                yield TextPiece(_shown(text[at:left]))
            yield TextPiece(_shown(text[left:right]), hit=True)
            at = right
    if at < end:
        yield TextPiece(_shown(text[at:end]))
