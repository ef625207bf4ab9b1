"""A card as its templates printed it: kept in stretches, so that what letters share is one string in all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from markupsafe import escape

from digest.issue import Item
from digest.render.fill import fill
from digest.render.marks import Pieces
from digest.render.view import Card, card
from digest.render.words import Words

_NUMBER = 88  # stands for a card's number until its place is known: as wide as any of two figures
_NUMBERED = f"{_NUMBER}. "


@dataclass(frozen=True, slots=True)
class Manner:
    """How the cards of a letter are printed."""

    now: datetime
    language: Words
    room: int
    site: str | None
    own: str | None  # stands for what a reader's own links to a paper begin with

    @property
    def key(self) -> tuple[object, ...]:
        return (self.now.date(), self.now.tzinfo, self.language.CODE, self.room, self.site, self.own)

    def card(self, item: Item) -> Card:
        return card(item, _NUMBER, self.now, self.language, self.room, site=self.site, own=self.own)


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """A printed card, in stretches of whole lines; the item is kept so that nothing else comes to stand at its address.

    A stretch that all cards of a paper share is the same string in all of them.
    """

    item: Item
    held: str  # stands for what its reader's own links to the paper begin with
    html: tuple[str, ...]
    text: tuple[str, ...] | None  # before its number, and behind it; None where it cannot be told from other words
    again: Callable[[int], str]  # its text with another number

    def html_of(self, number: int, own: str) -> tuple[str, ...]:
        """With its reader's own links, which begin so."""
        return self._owned(self.html, number, own)

    def text_of(self, number: int, own: str) -> tuple[str, ...]:
        """With its own number, which must not change how lines break."""
        if self.text and number < 100:
            before, after, *rest = self.text
            return self._owned((f"{before}{number:>2}. {after}", *rest), number, own)
        return self._owned((self.again(number),), number, own)

    def _owned(self, stretches: tuple[str, ...], number: int, own: str) -> tuple[str, ...]:
        if not own:
            return stretches
        begin = f"{own}/{number}"
        return tuple(
            [text.replace(self.held, begin) for text in stretches]
        )  # what has no such link stays the same string


@dataclass(frozen=True, slots=True)
class Frame:
    """A printed paper with the places of what may be marked in it: title and abstract."""

    item: Item
    card: Card  # without marks
    page: tuple[str, ...]  # whole lines, a line up to its title, what begins a mark, ends it, the line's rest, lines, …
    tail: tuple[str, ...]  # whole lines behind all these, parted where a reader's own links are
    text: tuple[str, ...]  # whole lines, what stands before its abstract
    end: tuple[str, ...]  # whole lines behind it, parted likewise

    def holds(self, word: str) -> bool:
        """Is there a place yet that nothing will come to?"""
        return any(word in part for part in (*self.page, *self.tail, *self.text, *self.end))

    def html_with(self, made: Card) -> tuple[str, ...]:
        """The page of a card."""
        stretches = list[str]()
        for place, pieces in zip(range(0, len(self.page), 5), (made.title, made.abstract), strict=False):
            lines, before, begin, end, after = self.page[place : place + 5]
            texts = [str(escape(piece.text)) for piece in pieces]
            line = "".join(begin + text + end if piece.hit else text for piece, text in zip(pieces, texts, strict=True))
            stretches += [lines, before + line + after]
        return (*stretches, *self.tail)

    def text_with(self, made: Card) -> tuple[str, ...] | None:
        """The text of a card, as `PrintedCard` has it."""
        if not self.text:  # it shows no abstract
            numbered = at_number(self.end[0])
            return (*numbered, *self.end[1:]) if numbered else None
        lines, indent = self.text
        numbered = at_number(lines)
        if numbered is None or indent.strip():  # it begins within a line
            return None
        return (*numbered, fill(said(made.abstract), len(indent)) + "\n", *self.end)


def key_of(item: Item) -> tuple[object, ...]:
    """What a card is known by, but for what is marked in it."""
    return (id(item.paper), item.event, item.also, item.doubts, item.changes, tuple(map(id, item.figures)))


def ended(printed: str) -> str:
    return printed.rstrip("\n") + "\n"


def said(pieces: Pieces) -> str:
    return "".join(piece.text for piece in pieces)


def at_number(text: str) -> tuple[str, ...] | None:
    """A card's text before its number, the rest of that line, and the lines behind it."""
    before, found, after = text.partition(_NUMBERED)
    if not found or _NUMBERED in after:
        return None
    line, end, rest = after.partition("\n")
    return (before, line + end, rest)


def gaps(page: str, word: str) -> tuple[str, ...]:
    """A page at the words that hold title and abstract, as `Frame` has it."""
    parts, rest = list[str](), page
    for what in ("t", "a"):
        lines, *line = gap(rest, f"{word}{what}0qz")
        if not line:
            break
        before, rest = line
        begin, _, rest = rest.partition(f"{word}{what}1qz")
        end, _, rest = rest.partition(f"{word}{what}2qz")
        after, newline, rest = rest.partition("\n")
        parts += [lines, before, begin, end, after + newline]
    return (*parts, rest)


def gap(printed: str, word: str) -> tuple[str, ...]:
    """The whole lines before a word, what stands before it in its line, and all behind it; without it all as it is."""
    before, found, rest = printed.partition(word)
    if not found:
        return (printed,)
    lines, newline, line = before.rpartition("\n")
    return (lines + newline, line, rest)


def parted(text: str, held: str) -> tuple[str, ...]:
    """Whole lines: what all letters share, then what has a reader's own links, and so on."""
    lines = groupby(text.splitlines(keepends=True), key=lambda line: held in line)
    return tuple("".join(group) for _, group in lines) or (text,)
