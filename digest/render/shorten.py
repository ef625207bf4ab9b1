"""Cutting a text to a fitting length: on a sentence or a word, never inside a formula, and visibly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

Span = tuple[int, int]  # code points of a text, the end not included

ELLIPSIS = "…"
_FORMULA = re.compile(r"\$\$.+?\$\$|(?<!\\)\$(?:[^$\\]|\\.){1,150}\$|\\\(.+?\\\)|\\\[.+?\\\]", re.S)
_SENTENCE_END = re.compile(r"[.!?][\"”’)\]]*(?=\s)|[。！？]")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|cf|vs|al|Fig|Eq|resp|[A-Z]))\Z")
_LONGEST = 8  # characters of such an abbreviation, and more
_SPACE = re.compile(r"(?<=\S)\s")


def shorten(text: str, room: int) -> str:
    """The text, or its beginning up to a word and an ellipsis, in at most `room` characters."""
    if len(text) <= room:
        return text
    end = _word_end(text, room - 1)
    return text[: end if end < room else room - 1].rstrip(" ,;:–-") + ELLIPSIS


def excerpt(text: str, room: int, hits: Sequence[Span] = ()) -> tuple[Span, ...]:
    """The parts of a text to show: about `room` characters from its beginning and, if no hit is among them, the
    sentence of the first hit. Offsets are those of the text, so that what they hold can be marked."""
    if len(text) <= room * 1.15:  # a few words more are better than an ellipsis
        return ((0, len(text)),)
    end = _end(text, room)
    first = min(hits, default=(0, 0))
    if first[1] <= end:
        return ((0, end),)
    head, (start, stop) = _end(text, room // 2), _sentence(text, first, room // 2)
    return ((0, stop),) if start <= head + 1 else ((0, head), (start, stop))


def _sentence(text: str, hit: Span, room: int) -> Span:
    """The sentence of a hit, or the words around it where the sentence is longer than `room`."""
    start = max((end for end in _sentence_ends(text, 0, hit[0])), default=0)
    if hit[1] - start > room:
        start = _outside(text, text.rfind(" ", 0, max(hit[0] - room // 3, 0)) + 1)
    start += len(text[start:]) - len(text[start:].lstrip())
    stop = min(_sentence_ends(text, hit[1], len(text)), default=len(text))
    if stop - start > room:
        whole = next((right for left, right in _formulas(text) if left < hit[1] < right), hit[1])
        stop = len(text[: max(whole, _word_end(text, start + room))].rstrip())
    return start, stop


@lru_cache(maxsize=1 << 14)
def _end(text: str, room: int) -> int:
    """The end of the last sentence that fits, if that leaves most of the room used; else that of the last word."""
    ends = _sentence_ends(text, int(room * 0.6), room)
    return ends[-1] if ends else _word_end(text, room)


def _sentence_ends(text: str, start: int, stop: int) -> list[int]:
    """Of the sentences whose last sign stands at `start` or behind it, and that end by `stop`."""
    return [end for sign, end in _sentences(text) if start <= sign and end <= stop]


@lru_cache(maxsize=1 << 13)
def _sentences(text: str) -> list[Span]:
    """Of each sentence where its last sign stands and where it ends; asked for each reader who sought other words."""
    found = _SENTENCE_END.finditer(text)
    ends = [match.span() for match in found if not _is_abbreviation(text, match.start())]
    formulas = _formulas(text) if ends else []
    return [(sign, end) for sign, end in ends if not any(left < end < right for left, right in formulas)]


def _is_abbreviation(text: str, dot: int) -> bool:
    return _ABBREVIATION.search(text, max(0, dot - _LONGEST), dot) is not None


def _word_end(text: str, room: int) -> int:
    spaces = [match.start() for match in _SPACE.finditer(text, room // 2, min(room + 1, len(text)))]
    return _outside(text, spaces[-1] if spaces else min(room, len(text)))


def _outside(text: str, position: int) -> int:
    """The position, or the beginning of the formula that it stands in (its end where nothing comes before)."""
    for left, right in _formulas(text):
        if left < position < right:
            return len(text[:left].rstrip()) or right
    return position


def _formulas(text: str) -> list[Span]:
    return [match.span() for match in _FORMULA.finditer(text)] if "$" in text or "\\" in text else []
