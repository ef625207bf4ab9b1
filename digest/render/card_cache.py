"""A card as its templates printed it: kept in stretches, so that what letters share is one string in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from markupsafe import escape

from digest.issues import Item
from digest.mail.quoted_printable import Lines
from digest.render.highlight import Pieces
from digest.render.text_wrap import fill
from digest.render.view import Card, card
from digest.text.translations import Translations

_NUMBER = 88  # stands for a card's number until its place is known: as wide as any of two figures
_NUMBERED = f"{_NUMBER}. "
_MOST_ABSTRACTS = 8  # of one paper: from its beginning, or a beginning and the sentence that was sought


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """How the cards of a letter are printed."""

    now: datetime
    t: Translations
    room: int
    site: str | None
    own: str | None  # stands for what a reader's own links to a paper begin with

    @property
    def key(self) -> tuple[object, ...]:
        return (self.now.date(), self.now.tzinfo, self.t.tag, self.room, self.site, self.own)

    def card(self, item: Item) -> Card:
        return card(item, _NUMBER, self.now, self.t, self.room, site=self.site, own=self.own)


class Held(Lines):
    """Lines in which a word stands for what a reader's own links to a paper begin with."""

    __slots__ = ()


Numbered = tuple[str, str, tuple[Lines, ...]]
"""A card's text before its number, the rest of that line, and the lines behind it."""


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """A printed card, in stretches of whole lines; the item is kept so that nothing else comes to stand at its address.

    A stretch that all cards of a paper share is the same in all of them.
    """

    item: Item
    held: str  # stands for what its reader's own links to the paper begin with
    html: tuple[Lines, ...]
    text: Numbered | None  # None where its number cannot be told from other words

    def html_of(self, number: int, own: str) -> list[Lines]:
        """With its reader's own links, which begin so."""
        return self._owned(self.html, number, own)

    def text_of(self, number: int, own: str, again: Callable[[int], Lines]) -> list[Lines]:
        """With its own number; where that changes how lines break, it is made `again`."""
        if self.text and number < 100:
            before, after, rest = self.text
            return self._owned((Lines(f"{before}{number:>2}. {after}"), *rest), number, own)
        return self._owned((again(number),), number, own)

    def _owned(self, stretches: Iterable[Lines], number: int, own: str) -> list[Lines]:
        if not own:
            return list(stretches)
        begin = f"{own}/{number}"
        return [Lines(each.text.replace(self.held, begin)) if isinstance(each, Held) else each for each in stretches]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page that holds what may be marked, and the whole lines before it."""

    lines: Lines
    before: str
    begin: str  # of a mark
    end: str
    after: str
    bare: Lines  # the line without marks

    @classmethod
    def of(cls, lines: str, before: str, begin: str, end: str, after: str, pieces: Pieces) -> Line:
        return cls(Lines(lines), before, begin, end, after, Lines(before + str(escape(said(pieces))) + after))

    def with_marks(self, pieces: Pieces) -> Lines:
        # escaped together, which costs less; there are no controls in texts
        texts = str(escape("\0".join([piece.text for piece in pieces]))).split("\0")
        marked = [
            f"{self.begin}{text}{self.end}" if piece.hit else text for piece, text in zip(pieces, texts, strict=True)
        ]
        return Lines("".join((self.before, *marked, self.after)))


@dataclass(frozen=True, slots=True)
class Frame:
    """A printed paper with the places of what may be marked in it: title and abstract."""

    item: Item
    card: Card  # without marks
    page: tuple[Line, ...]
    tail: tuple[Lines, ...]  # whole lines behind all these
    text: Numbered | None  # up to its abstract; None where its number cannot be told, or the abstract within a line
    indent: int | None  # of its abstract; None where it shows none
    end: tuple[Lines, ...]  # whole lines behind it
    is_whole: bool  # no place is left that nothing will come to
    _abstracts: dict[str, Lines] = field(default_factory=dict)  # as they were filled

    def html_with(self, *marked: Pieces) -> tuple[Lines, ...]:
        """The page of a card with this title and abstract."""
        stretches = list[Lines]()
        for line, pieces, bare in zip(self.page, marked, (self.card.title, self.card.abstract), strict=False):
            stretches += (line.lines, line.bare if pieces is bare else line.with_marks(pieces))
        return (*stretches, *self.tail)

    def text_with(self, abstract: Pieces) -> Numbered | None:
        """The text of a card with this abstract."""
        if self.text is None or self.indent is None:
            return self.text
        before, after, lines = self.text
        return before, after, (*lines, self._filled(said(abstract), self.indent), *self.end)

    def _filled(self, abstract: str, indent: int) -> Lines:
        """Marks do not show in it, so that many cards have the same."""
        known = self._abstracts.get(abstract)
        if known is None:
            known = Lines(fill(abstract, indent) + "\n")
            if len(self._abstracts) < _MOST_ABSTRACTS:
                self._abstracts[abstract] = known
        return known


def key_of(item: Item) -> tuple[object, ...]:
    """What a card is known by, but for what is marked in it."""
    return (id(item.paper), item.event, item.also, item.doubts, item.changes, tuple(map(id, item.figures)))


def ended(printed: str) -> str:
    return printed.rstrip("\n") + "\n"


def said(pieces: Pieces) -> str:
    return "".join([piece.text for piece in pieces])


def at_number(text: str, held: str) -> Numbered | None:
    """A card's text at its number."""
    before, found, after = text.partition(_NUMBERED)
    if not found or _NUMBERED in after:
        return None
    line, end, rest = after.partition("\n")
    return before, line + end, parted(rest, held)


def framed(item: Item, made: Card, page: str, text: str, *, word: str, held: str) -> Frame:
    """A card that was printed with words in the places of its title and its abstract."""
    lines, tail = _gaps(page, word, made)
    before, *behind = _gap(text, f"{word}a0qz\n")
    indent = len(behind[0]) if behind else None
    is_alone = not behind or not behind[0].strip()
    parts = [part for line in lines for part in (line.lines.text, line.before, line.begin, line.end, line.after)]
    return Frame(
        item=item,
        card=made,
        page=lines,
        tail=parted(tail, held),
        text=at_number(before, held) if is_alone else None,
        indent=indent,
        end=parted(behind[1], held) if behind else (),
        is_whole=not any(word in part for part in (*parts, tail, before, *behind)),
    )


def _gaps(page: str, word: str, made: Card) -> tuple[tuple[Line, ...], str]:
    """A page at the words that hold title and abstract, and what comes behind them."""
    found, rest = list[Line](), page
    for what, pieces in (("t", made.title), ("a", made.abstract)):
        lines, *line = _gap(rest, f"{word}{what}0qz")
        if not line:
            break
        before, rest = line
        begin, _, rest = rest.partition(f"{word}{what}1qz")
        end, _, rest = rest.partition(f"{word}{what}2qz")
        after, newline, rest = rest.partition("\n")
        found.append(Line.of(lines, before, begin, end, after + newline, pieces))
    return tuple(found), rest


def _gap(printed: str, word: str) -> tuple[str, ...]:
    """The whole lines before a word, what stands before it in its line, and all behind it; without it all as it is."""
    before, found, rest = printed.partition(word)
    if not found:
        return (printed,)
    lines, newline, line = before.rpartition("\n")
    return (lines + newline, line, rest)


def parted(text: str, held: str) -> tuple[Lines, ...]:
    """Whole lines: what all letters share, then what has a reader's own links, and so on."""
    groups = groupby(text.splitlines(keepends=True), key=lambda line: held in line)
    return tuple((Held if is_held else Lines)("".join(lines)) for is_held, lines in groups) or (Lines(text),)
