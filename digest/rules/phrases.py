"""Text terms: words, phrases, NEAR and "…"~n (slop), evaluated on the bit sets of a folded field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice, pairwise
from typing import Final

from digest.rules import bitsets as bits
from digest.rules.indexed_paper import IndexedField, IndexedPaper
from digest.text.fold import PositionBits, Token, normalize_letters, singulars, tokenize

MAX_HITS_PER_FIELD: Final = 100
"""Hits of one term in one field; a very frequent term need not be highlighted everywhere."""

_STAR, _MARK = "\ua68d", "\ua68f"  # two unused letters stand for * and ? while a word is folded
_MAX_CACHED_WORDS = 64  # per field; a rule set of many readers has far more words, most of them looked up once
_MAX_TERM_WORDS = 1 << 16  # distinct words of all rules: 100,000 readers write some 40,000
_MAX_COMPOUNDS = 4  # words that may stand as compounds in one window of a SlopTerm


@dataclass(frozen=True, slots=True)
class Hit:
    """An occurrence of a term in a paper, for highlighting."""

    field: str  # a key of Paper: "title", "abstract", "authors", …
    start: int  # in code points of that field as given; of an author, in that author's name
    end: int
    text: str  # as in the field
    rule: str  # the term, as typed
    author: int | None = None  # index into the paper's authors


@dataclass(frozen=True, slots=True)
class TermWord:
    """One word of a term: matches by its singulars, by its exact form only, or by a pattern of `*` and `?`."""

    text: str
    keys: frozenset[str]
    exact_form: bool = False
    pattern: re.Pattern[str] | None = field(default=None, compare=False)

    @classmethod
    @lru_cache(maxsize=_MAX_TERM_WORDS)
    def of(cls, form: str, written: str = "", *, only: bool = False) -> TermWord:
        """From a folded form; the case of `written` decides on its singulars."""
        if _STAR in form or _MARK in form:
            glob = re.sub(rf"{_STAR}+", "*", form).replace(_MARK, "?")
            return cls(glob, frozenset(), pattern=re.compile(_line_pattern(glob)))
        return cls(form, frozenset({form}) if only else singulars(written or form) | {form}, only)

    def places(self, text: IndexedField) -> PositionBits:
        """The occurrences in a field; looked up once per field, for all rules."""
        known = self.text if self.exact_form or self.pattern else self.keys
        if (found := text.bits_by_word.get(known)) is None:
            if len(text.bits_by_word) >= _MAX_CACHED_WORDS:
                text.bits_by_word.clear()
            found = text.bits_by_word[known] = self._look(text)
        return found

    def _look(self, text: IndexedField) -> PositionBits:
        if self.pattern is None:
            return text.folded.places_of(self.keys, form=self.exact_form)
        if not all(literal in text.words for literal in re.split(r"[*?]", self.text)):
            return {}
        return text.folded.places_of(self.pattern.findall(text.words), form=True)


def _line_pattern(glob: str) -> str:
    """A pattern for one line, with atomic groups: each piece matches at its first place, without backtracking."""
    first, *others = (re.escape(piece).replace(r"\?", "[^\n]") for piece in glob.split("*"))
    for piece in others[:-1]:
        first += rf"(?>[^\n]*?{piece})"
    for piece in others[-1:]:
        first += rf"[^\n]*{piece}"
    return rf"\n({first})(?=\n)"


def _union(found: Iterable[PositionBits]) -> PositionBits:
    several = [places for places in found if places]
    if len(several) < 2:
        return several[0] if several else {}
    together: PositionBits = {}
    for places in several:
        for width, begins in places.items():
            together[width] = together.get(width, 0) | begins
    return together


TokenGraph = tuple[tuple[tuple[TermWord, int], ...], ...]
"""A word graph: per node the outgoing edges (word, next node); the end is the node after the last one."""


@dataclass(frozen=True, slots=True)
class PhraseTerm:
    """A word or a phrase in running text, as a graph of the ways to write it."""

    graph: TokenGraph
    fields: tuple[str, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)  # the field, as typed

    def matches(self, indexed: IndexedPaper) -> bool:
        return any(self.starts_by_word(indexed[name])[0] for name in self.fields)

    def places(self, text: IndexedField) -> tuple[int, int]:
        """Positions in matching papers; and positions in those that have to be read one by one. For a `BlockText`."""
        return self.starts_by_word(text)[0], 0

    @property
    def reach(self) -> int:
        """Positions that a match spans at most, besides its words."""
        return 0

    def hits(self, indexed: IndexedPaper) -> Iterator[Hit]:
        for name in self.fields:
            text = indexed[name]
            reached = self.starts_by_word(text)
            if reached[0]:
                spans = islice(self._spans_from(text, reached, reached[0]), MAX_HITS_PER_FIELD)
                yield from hits_at(indexed, name, spans, self.typed)

    def starts_by_word(self, text: IndexedField, stop: int | None = None) -> list[int]:
        """Per node of the graph the positions where the rest of the phrase begins, to end in `stop`; last `stop`."""
        reached = [0] * len(self.graph) + [text.folded.everywhere if stop is None else stop]
        for index in reversed(range(len(self.graph))):
            for word, following in self.graph[index]:
                if goal := reached[following]:
                    for width, begins in self._places(word, text).items():
                        reached[index] |= begins & goal >> width
        return reached

    def ends(self, text: IndexedField) -> int:
        """The positions after each occurrence."""
        reached = [text.folded.everywhere] + [0] * len(self.graph)
        for index, edges in enumerate(self.graph):
            if here := reached[index]:
                for word, following in edges:
                    for width, begins in self._places(word, text).items():
                        reached[following] |= (begins & here) << width
        return reached[-1]

    def spans(self, text: IndexedField, begins: int = -1, stop: int | None = None) -> Iterator[tuple[int, int]]:
        """Non-overlapping occurrences [begin, end) in order, with begin in `begins` and end in `stop`."""
        reached = self.starts_by_word(text, stop)
        return self._spans_from(text, reached, reached[0] & begins)

    def _spans_from(self, text: IndexedField, reached: Sequence[int], starts: int) -> Iterator[tuple[int, int]]:
        while starts:
            begin = bits.lowest(starts)
            end = self._end_of(text, reached, begin)
            yield begin, end
            starts = starts >> end << end

    def widths(self, text: IndexedField) -> PositionBits:
        """All occurrences, as bit sets of their first positions by width in positions."""
        reached: list[PositionBits] = [{} for _ in self.graph] + [{0: text.folded.everywhere}]
        for index in reversed(range(len(self.graph))):
            for word, following in self.graph[index]:
                for width, begins in self._places(word, text).items():
                    for rest, goal in reached[following].items():
                        if found := begins & goal >> width:
                            reached[index][width + rest] = reached[index].get(width + rest, 0) | found
        return reached[0]

    def _places(self, word: TermWord, text: IndexedField) -> PositionBits:
        places = word.places(text)
        if len(self.graph) == 1 and 1 in places and text.folded.inner:
            return places | {1: places[1] & ~text.folded.inner}
        return places

    def _end_of(self, text: IndexedField, reached: Sequence[int], begin: int) -> int:
        index, place = 0, begin
        while index < len(self.graph):
            index, place = next(
                (following, place + width)
                for word, following in self.graph[index]
                for width, begins in self._places(word, text).items()
                if begins >> place & 1 and reached[following] >> (place + width) & 1
            )
        return place


@dataclass(frozen=True)
class NearTerm:
    """NEAR/n and PRE/n: two operands with at most `distance` words between, in either order or as typed (`ordered`)."""

    left: tuple[PhraseTerm, ...]  # any of them
    right: tuple[PhraseTerm, ...]
    distance: int
    ordered: bool
    fields: tuple[str, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, indexed: IndexedPaper) -> bool:
        return any(self.places(indexed[name])[0] for name in self.fields)

    def places(self, text: IndexedField) -> tuple[int, int]:
        """Positions where an operand begins near the other one, as `PhraseTerm.places`."""
        most, found = min(self.distance, len(text.folded)), 0
        for first, second in self._orders:
            found |= bits.after(_ends(first, text), most) & _begins(second, text)
        return found, 0

    @property
    def reach(self) -> int:
        """Positions that a match spans at most, besides its words."""
        return self.distance

    @property
    def _orders(self) -> tuple[tuple[tuple[PhraseTerm, ...], tuple[PhraseTerm, ...]], ...]:
        typed = self.left, self.right
        return (typed,) if self.ordered else (typed, typed[::-1])

    def hits(self, indexed: IndexedPaper) -> Iterator[Hit]:
        for name in self.fields:
            spans = sorted(set(self._spans(indexed[name])))
            yield from hits_at(indexed, name, spans[: 2 * MAX_HITS_PER_FIELD], self.typed)

    def _spans(self, text: IndexedField) -> Iterator[tuple[int, int]]:
        most = min(self.distance, len(text.folded))
        for first, second in self._orders:
            stop, begins = bits.before(_begins(second, text), most), bits.after(_ends(first, text), most)
            for words in first:
                yield from islice(words.spans(text, stop=stop), MAX_HITS_PER_FIELD)
            for words in second:
                yield from islice(words.spans(text, begins), MAX_HITS_PER_FIELD)


def _ends(side: tuple[PhraseTerm, ...], text: IndexedField) -> int:
    ends = 0
    for words in side:
        ends |= words.ends(text)
    return ends


def _begins(side: tuple[PhraseTerm, ...], text: IndexedField) -> int:
    begins = 0
    for words in side:
        begins |= words.starts_by_word(text)[0]
    return begins


@dataclass(frozen=True)
class SlopTerm:
    """Slop, "…"~n: words in any order, each at its own position, with at most `slop` other words among them."""

    words: tuple[PhraseTerm, ...]
    slop: int
    fields: tuple[str, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, indexed: IndexedPaper) -> bool:
        return any(True for name in self.fields for _ in self._windows(indexed[name]))

    def hits(self, indexed: IndexedPaper) -> Iterator[Hit]:
        for name in self.fields:
            spans = {span for found in self._windows(indexed[name]) for span in self._spans(indexed[name], *found)}
            yield from hits_at(indexed, name, sorted(spans)[:MAX_HITS_PER_FIELD], self.typed)

    def _windows(self, text: IndexedField) -> Iterator[tuple[int, int]]:
        """The first positions of windows with all words, and the length of these windows.

        A compound takes more positions than the same word written as one, so several lengths are tried.
        """
        tables = [(len(same), _union(words.widths(text) for words in same)) for same in self._alike]
        if not all(table for _, table in tables):
            return
        least = sum(count * min(table) for count, table in tables)
        more = sum(max(table) - min(table) for count, table in tables if count == 1)
        for extra in range(min(more, _MAX_COMPOUNDS) + 1):
            length = least + min(self.slop, len(text.folded)) + extra
            if begins := _holding(tables, length, extra, text.folded.everywhere):
                yield begins, length

    def places(self, text: IndexedField) -> tuple[int, int]:
        """First positions of windows with all words, as `PhraseTerm.places`.

        How long the windows are depends on which words a paper writes as compounds: such papers are read one by one.
        """
        tables = [(len(same), _union(words.widths(text) for words in same)) for same in self._alike]
        if not all(table for _, table in tables):
            return 0, 0
        usual = [(count, {min(table): table[min(table)]}) for count, table in tables]
        length = sum(count * min(table) for count, table in usual) + min(self.slop, len(text.folded))
        compounds = 0
        for _, table in tables:
            for width in table.keys() - {min(table)}:
                compounds |= table[width]
        return _holding(usual, length, 0, text.folded.everywhere), compounds

    @property
    def reach(self) -> int:
        """Positions that a match spans at most."""
        return self.slop + sum(len(words.graph) for words in self.words)

    @cached_property
    def _alike(self) -> tuple[tuple[PhraseTerm, ...], ...]:
        """The words, grouped if one token may match several of them: `"cell cells"~3` needs two tokens."""
        groups: list[tuple[frozenset[str], tuple[PhraseTerm, ...]]] = []
        for words in self.words:
            keys = frozenset(key for edges in words.graph for word, _ in edges for key in word.keys | {word.text})
            same = [group for group in groups if len(words.graph) == 1 and not keys.isdisjoint(group[0])]
            groups = [group for group in groups if group not in same]
            merged = tuple(each for _, group in same for each in group)
            groups.append((keys.union(*(found for found, _ in same)), (*merged, words)))
        return tuple(group for _, group in groups)

    def _spans(self, text: IndexedField, begins: int, length: int) -> Iterator[tuple[int, int]]:
        tables = [(len(same), _union(words.widths(text) for words in same)) for same in self._alike]
        for _ in range(MAX_HITS_PER_FIELD):
            if not begins:
                return
            first = bits.lowest(begins)
            last = first + length
            for count, table in tables:
                fitting = sorted(
                    (begin, begin + width)
                    for width, starts in table.items()
                    for begin in islice(bits.each(starts >> first << first), count)
                    if begin + width <= last
                )
                yield from fitting[:count]
            begins = begins >> last << last


def _holding(tables: Sequence[tuple[int, PositionBits]], length: int, extra: int, everywhere: int) -> int:
    """The first positions of windows of `length` with every word, if their compounds take `extra` positions in all."""
    begins = {0: everywhere}
    for count, table in tables:
        least, found = min(table), dict[int, int]()
        for width, starts in table.items() if count == 1 else ((least, _union([table])[least]),):
            if count == 1:
                windows = bits.before(starts, length - width)
            else:
                windows = bits.crowded(starts, count, length - least + 1)
            for taken, before in begins.items():
                if taken + width - least <= extra:
                    found[taken + width - least] = found.get(taken + width - least, 0) | before & windows
        begins = found
    return begins.get(extra, 0)


# -- from the text of a rule ----------------------------------------------------------


def tokenize_term(text: str) -> list[list[Token]]:
    """The words of a term as typed, each with the parts of a compound; wildcards as _STAR and _MARK."""
    return list(tokenize(normalize_letters(text.replace("*", _STAR).replace("?", _MARK))))


def token_graph(terms: Sequence[Sequence[Token]], *, quoted: bool) -> TokenGraph:
    """The token graph of a phrase: any two adjacent words may be joined, and each compound may be written as one.

    A single word in quotes matches by its exact form only.
    """
    parts = [part for compound in terms for part in compound]
    only = quoted and len(parts) == 1
    graph = [[(TermWord.of(part.form, part.written, only=only), index + 1)] for index, part in enumerate(parts)]
    for index, (part, other) in enumerate(pairwise(parts)):
        if not (part.is_ideograph or other.is_ideograph):
            graph[index].append((_joined([part, other]), index + 2))
    first = 0
    for compound in terms:
        if len(compound) > 2:
            graph[first].append((_joined(compound), first + len(compound)))
        first += len(compound)
    return tuple(map(tuple, graph))


def _joined(parts: Sequence[Token]) -> TermWord:
    return _joined_word("".join(part.form for part in parts[:-1]), parts[-1].form, parts[-1].written)


@lru_cache(maxsize=_MAX_TERM_WORDS)
def _joined_word(before: str, form: str, written: str) -> TermWord:
    word = TermWord.of(before + form)
    if word.pattern is not None:
        return word
    return TermWord(word.text, frozenset({word.text, *(before + singular for singular in singulars(written))}))


# -- shared by the terms ---------------------------------------------------------


def hits_at(indexed: IndexedPaper, name: str, spans: Iterable[tuple[int, int]], typed: str) -> Iterator[Hit]:
    """The hits at spans [begin, end) of token positions of a field."""
    field = indexed[name]
    for span in spans:
        start, end = field.folded.span(*span)
        yield Hit(name, start, end, field.text[start:end], typed)
