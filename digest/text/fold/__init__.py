"""Tokenising and folding of text for search: folded words at token positions, with offsets into the original.

``$\\alpha$-Synuclein`` and ``alpha-synuclein`` fold to the same words. A compound such as *pre-training* has its parts
at consecutive positions; each adjacent pair and the whole are also indexed as one word over those positions.

Positions are kept as bit sets in Python integers: bit p is set for a word at position p. So a phrase is matched by a
few shifts and ANDs, whatever the text.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final, NamedTuple

from digest.text.fold.letters import NormalizedText, normalize_letters
from digest.text.fold.plural import singulars

__all__ = [
    "FoldedText",
    "PositionBits",
    "Token",
    "bit_set",
    "fold",
    "normalize_letters",
    "search_keys",
    "singular",
    "singulars",
    "tokenize",
]

PositionBits = dict[int, int]
"""Occurrences of a word: by width in positions the bit set of its first positions."""

TokenSpan = tuple[int, int]
"""First position and width in positions of an occurrence."""

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_VOWELS = "\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"  # written as marks
_LETTER = rf"(?:[^\W_{_CJK}]|[{_VOWELS}])"
_PART: Final = re.compile(
    rf"[{_CJK}]"  # one word per ideograph
    r"|(?<![^\W_])[A-Za-z](?:\+\+|\#)"  # C++, C#
    r"|(?<![\w.])\.(?:NET|Net|net)(?![^\W_])"
    rf"|{_LETTER}+(?:(?<=\d)\.(?=\d){_LETTER}+)*(?:'[sS](?![^\W_]))?"  # GPT, 3.5, Alzheimer's
)
_INNER: Final = frozenset("-/'.&@·")
_PAIRED: Final = re.compile(r"[$({]")
_IDEOGRAPH: Final = re.compile(f"[{_CJK}]")


class Token(NamedTuple):
    """A word, or a part of a compound: in normalised letters with case, at [start, end) of the normalised text."""

    written: str
    start: int
    end: int

    @property
    def form(self) -> str:
        """The folded form of the word as written."""
        return search_keys(self.written)[0]

    @property
    def is_ideograph(self) -> bool:
        """Whether it is a Chinese, Japanese or Korean character: a word by itself, never joined with others."""
        return _IDEOGRAPH.match(self.written) is not None


@lru_cache(maxsize=1 << 17)
def search_keys(written: str) -> tuple[str, tuple[str, ...]]:
    """The folded form of a word, and its singulars other than the form."""
    form = written.casefold().replace("'", "")
    return form, tuple(singular for singular in singulars(written) if singular != form)


def singular(written: str) -> str:
    """One form for a word and its plural, to count and compare; rules use `search_keys`."""
    form, others = search_keys(written)
    return min(others, default=form)


def tokenize(text: NormalizedText) -> Iterator[list[Token]]:
    """The words of a text in order, each as a list of its parts: several for a compound (pre-training, TCP/IP)."""
    compound: list[Token] = []
    for found in _PART.finditer(text.text):
        part = Token(found[0], *found.span())
        if compound and not (part.start <= compound[-1].end + 1 and _belongs(text.text, compound[-1], part)):
            yield compound
            compound = []
        compound.append(part)
    if compound:
        yield compound


def _belongs(text: str, before: Token, part: Token) -> bool:
    """Whether a token right after another one is a part of the same compound."""
    if part.start == before.end:  # C++17
        return not (part.is_ideograph or before.is_ideograph)
    sign = text[before.end]
    return sign in _INNER or (sign == "," and text[before.end - 1].isdigit() and part.written[0].isdigit())


_FEW = 64  # positions, up to which a sum of shifted bits is the quickest way to their set
_MOST_BRACKETS = 100  # by which a range is extended: to count the brackets takes a step for each letter


@dataclass(slots=True)
class FoldedText:
    """The folded words of one text by position, with the offsets of each position in the text."""

    text: str
    starts: array[int] = field(default_factory=partial(array, "L"))  # by position, in code points of the text
    ends: array[int] = field(default_factory=partial(array, "L"))
    forms: dict[str, Sequence[TokenSpan]] = field(default_factory=dict)  # occurrences by form
    plurals: dict[str, Sequence[TokenSpan]] = field(default_factory=dict)  # by singulars other than the form
    inner: int = 0  # bit set of one-letter parts of compounds, no words by themselves
    bracketed: bool = field(init=False)  # whether the text has brackets or dollars

    def __post_init__(self) -> None:
        self.bracketed = _PAIRED.search(self.text) is not None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def everywhere(self) -> int:
        """The bit set of all positions and the one after the last."""
        return (2 << len(self.starts)) - 1

    def places(self, word: str, *, form: bool = False) -> PositionBits:
        """The occurrences of a word by its form, and unless `form` as a singular of the text's word."""
        return self.places_of((word,), form=form)

    def places_of(self, words: Collection[str], *, form: bool = False) -> PositionBits:
        """The occurrences of any of these words."""
        spans = [span for word in words for span in self.forms.get(word, ())]
        if not form and self.plurals:
            spans += (span for word in words for span in self.plurals.get(word, ()))
        return _bits(spans)

    def put(self, form: str, others: tuple[str, ...], place: int, width: int) -> None:
        """Adds an occurrence, by the form of a word and its singulars other than the form."""
        _append(self.forms, form, place, width)
        for other in others:
            _append(self.plurals, other, place, width)

    def span(self, begin: int, stop: int) -> tuple[int, int]:
        """The offsets of positions [begin, stop) in the text, extended to matching brackets and dollars."""
        start, end = self.starts[begin], self.ends[stop - 1]
        return _whole(self.text, start, end) if self.bracketed else (start, end)


def fold(text: str) -> FoldedText:
    """Folds a text for search."""
    folded, letters = FoldedText(text), normalize_letters(text)
    for compound in tokenize(letters):
        _add(folded, letters, compound)
    return folded


def _add(folded: FoldedText, letters: NormalizedText, compound: list[Token]) -> None:
    first, several = len(folded.starts), len(compound) > 1
    for place, part in enumerate(compound, first):
        start, end = letters.span(part.start, part.end)
        folded.starts.append(start)
        folded.ends.append(end)
        if several and len(part.written) == 1 and not part.written.isdigit():
            folded.inner |= 1 << place
        folded.put(*search_keys(part.written), place, 1)
    if several:
        for begin in range(len(compound) - 1):
            _put_joined(folded, compound[begin : begin + 2], first + begin)
        if len(compound) > 2:
            _put_joined(folded, compound, first)


def _put_joined(folded: FoldedText, parts: list[Token], place: int) -> None:
    before, (last, others) = "".join(part.form for part in parts[:-1]), search_keys(parts[-1].written)
    folded.put(before + last, tuple(before + other for other in others), place, len(parts))


@lru_cache(maxsize=1 << 14)
def _at(place: int, width: int) -> tuple[TokenSpan]:
    """Interned: thousands of folded papers in memory have the same positions, which saves half of the memory."""
    return ((place, width),)


def _append(table: dict[str, Sequence[TokenSpan]], word: str, place: int, width: int) -> None:
    """Adds an occurrence of a word: words that occur once share a cached tuple, others have a list."""
    at, found = _at(place, width), table.get(word)
    if found is None:
        table[word] = at
    elif isinstance(found, list):
        found += at
    else:
        table[word] = [*found, *at]


def bit_set(places: Sequence[int]) -> int:
    """The bit set of these positions, in as many steps as there are."""
    if len(places) <= _FEW:
        return sum(1 << place for place in set(places))
    octets = bytearray((max(places) >> 3) + 1)
    for place in places:
        octets[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(octets, "little")


def _bits(spans: Sequence[TokenSpan]) -> PositionBits:
    found: dict[int, list[int]] = {}
    for place, width in spans:
        found.setdefault(width, []).append(place)
    return {width: bit_set(places) for width, places in found.items()}


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """Extends [start, end) by adjacent brackets and dollars with a partner inside."""
    for _ in range(_MOST_BRACKETS):
        piece, before, after = text[start:end], text[start - 1 : start], text[end : end + 1]
        lacks = {")": _more(piece, "()"), "}": _more(piece, "{}"), "$": piece.count("$") % 2}
        if lacks.get(after, 0) > 0:
            end += 1
        elif lacks.get({"(": ")", "{": "}"}.get(before, ""), 0) < 0 or (before == "$" and lacks["$"]):
            start -= 1
        else:
            break
    return start, end


def _more(piece: str, pair: str) -> int:
    """The number of opening minus closing brackets."""
    return piece.count(pair[0]) - piece.count(pair[1])
