"""Words and phrases: how a term of a rule is found in a field of a paper, and where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice, pairwise
from typing import Final

from digest.rules import bitsets as bits
from digest.rules.indexed_paper import Field, View
from digest.text.fold import Part, Places, compounds, plain, singulars

MOST_HITS: Final = 100
"""Places that one term marks in one field; a term that stands everywhere need not be marked everywhere."""

_STAR, _MARK = "\ua68d", "\ua68f"  # two letters that nobody writes stand for * and ? while a word is folded
_MOST_KNOWN = 64  # words of a field whose places are kept; a morning of many readers asks for far more, mostly once
_MOST_SLOTS = 1 << 16  # words that rules have in common: 100,000 readers write some 40,000
_MOST_JOINED = 4  # words between others that may be written as compounds, in one stretch


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a term of a rule stands in a paper."""

    field: str  # a key of Paper: "title", "abstract", "authors", …
    start: int  # in code points of that field as given; of an author, in that author's name
    end: int
    text: str  # what stands there
    rule: str  # the term, as typed
    author: int | None = None  # index into the paper's authors


@dataclass(frozen=True, slots=True)
class Slot:
    """One word of a term: found by its singulars, in its very form alone, or by a pattern of `*` and `?`."""

    word: str
    keys: frozenset[str]
    form: bool = False
    pattern: re.Pattern[str] | None = field(default=None, compare=False)

    @classmethod
    @lru_cache(maxsize=_MOST_SLOTS)
    def of(cls, form: str, written: str = "", *, only: bool = False) -> Slot:
        """The slot of a folded form; what is `written` tells its singulars by its case."""
        if _STAR in form or _MARK in form:
            glob = re.sub(rf"{_STAR}+", "*", form).replace(_MARK, "?")
            return cls(glob, frozenset(), pattern=re.compile(_line_of(glob)))
        return cls(form, frozenset({form}) if only else singulars(written or form) | {form}, only)

    def places(self, text: Field) -> Places:
        """Where it stands; looked up once in each field, whichever rules ask."""
        known = self.word if self.form or self.pattern else self.keys
        if (found := text.known.get(known)) is None:
            if len(text.known) >= _MOST_KNOWN:
                text.known.clear()
            found = text.known[known] = self._look(text)
        return found

    def _look(self, text: Field) -> Places:
        if self.pattern is None:
            return _union(text.folded.places(key, form=self.form) for key in self.keys)
        if not all(literal in text.words for literal in re.split(r"[*?]", self.word)):
            return {}
        return _union(text.folded.places(word, form=True) for word in self.pattern.findall(text.words))


def _line_of(glob: str) -> str:
    """A pattern for one line. Each piece takes the first place where it fits and never another, which costs no time."""
    first, *others = (re.escape(piece).replace(r"\?", "[^\n]") for piece in glob.split("*"))
    for piece in others[:-1]:
        first += rf"(?>[^\n]*?{piece})"
    for piece in others[-1:]:
        first += rf"[^\n]*{piece}"
    return rf"\n({first})(?=\n)"


def _union(found: Iterable[Places]) -> Places:
    several = [places for places in found if places]
    if len(several) < 2:
        return several[0] if several else {}
    together: Places = {}
    for places in several:
        for width, begins in places.items():
            together[width] = together.get(width, 0) | begins
    return together


Ways = tuple[tuple[tuple[Slot, int], ...], ...]
"""At each word of a term: the slots that may come, each with the number of the word that comes after it."""


@dataclass(frozen=True, slots=True)
class Words:
    """A word or a phrase in running text."""

    ways: Ways
    fields: tuple[str, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)  # the field, as typed

    def matches(self, view: View) -> bool:
        return any(self.reach(view[name])[0] for name in self.fields)

    def hits(self, view: View) -> Iterator[Hit]:
        for name in self.fields:
            text = view[name]
            reached = self.reach(text)
            if reached[0]:
                spans = islice(self._walks(text, reached, reached[0]), MOST_HITS)
                yield from hits_at(view, name, spans, self.typed)

    def reach(self, text: Field, stop: int | None = None) -> list[int]:
        """For each word the positions from which it and the ones after it stand, so that the last ends in `stop`."""
        reached = [0] * len(self.ways) + [text.folded.everywhere if stop is None else stop]
        for index in reversed(range(len(self.ways))):
            for slot, following in self.ways[index]:
                if goal := reached[following]:
                    for width, begins in self._places(slot, text).items():
                        reached[index] |= begins & goal >> width
        return reached

    def ends(self, text: Field) -> int:
        """The positions behind it, wherever it stands."""
        reached = [text.folded.everywhere] + [0] * len(self.ways)
        for index, way in enumerate(self.ways):
            if here := reached[index]:
                for slot, following in way:
                    for width, begins in self._places(slot, text).items():
                        reached[following] |= (begins & here) << width
        return reached[-1]

    def spans(self, text: Field, begins: int = -1, stop: int | None = None) -> Iterator[tuple[int, int]]:
        """Each place [begin, end) that begins and ends in these, from the first on; none overlaps another."""
        reached = self.reach(text, stop)
        return self._walks(text, reached, reached[0] & begins)

    def _walks(self, text: Field, reached: Sequence[int], starts: int) -> Iterator[tuple[int, int]]:
        while starts:
            begin = bits.lowest(starts)
            end = self._walk(text, reached, begin)
            yield begin, end
            starts = starts >> end << end

    def widths(self, text: Field) -> Places:
        """Where it stands, by how many positions it takes there."""
        reached: list[Places] = [{} for _ in self.ways] + [{0: text.folded.everywhere}]
        for index in reversed(range(len(self.ways))):
            for slot, following in self.ways[index]:
                for width, begins in self._places(slot, text).items():
                    for rest, goal in reached[following].items():
                        if found := begins & goal >> width:
                            reached[index][width + rest] = reached[index].get(width + rest, 0) | found
        return reached[0]

    def _places(self, slot: Slot, text: Field) -> Places:
        places = slot.places(text)
        if len(self.ways) == 1 and 1 in places and text.folded.inner:
            return places | {1: places[1] & ~text.folded.inner}
        return places

    def _walk(self, text: Field, reached: Sequence[int], begin: int) -> int:
        index, place = 0, begin
        while index < len(self.ways):
            index, place = next(
                (following, place + width)
                for slot, following in self.ways[index]
                for width, begins in self._places(slot, text).items()
                if begins >> place & 1 and reached[following] >> (place + width) & 1
            )
        return place


@dataclass(frozen=True)
class Near:
    """Two operands with at most so many words between them, in either order or in the one that is typed."""

    left: tuple[Words, ...]  # any of them
    right: tuple[Words, ...]
    most: int
    ordered: bool
    fields: tuple[str, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, view: View) -> bool:
        return any(self._meet(view[name]) for name in self.fields)

    def _meet(self, text: Field) -> bool:
        most = min(self.most, len(text.folded))
        return any(bits.after(_ends(first, text), most) & _begins(second, text) for first, second in self._orders)

    @property
    def _orders(self) -> tuple[tuple[tuple[Words, ...], tuple[Words, ...]], ...]:
        typed = self.left, self.right
        return (typed,) if self.ordered else (typed, typed[::-1])

    def hits(self, view: View) -> Iterator[Hit]:
        for name in self.fields:
            spans = sorted(set(self._spans(view[name])))
            yield from hits_at(view, name, spans[: 2 * MOST_HITS], self.typed)

    def _spans(self, text: Field) -> Iterator[tuple[int, int]]:
        most = min(self.most, len(text.folded))
        for first, second in self._orders:
            stop, begins = bits.before(_begins(second, text), most), bits.after(_ends(first, text), most)
            for words in first:
                yield from islice(words.spans(text, stop=stop), MOST_HITS)
            for words in second:
                yield from islice(words.spans(text, begins), MOST_HITS)


def _ends(side: tuple[Words, ...], text: Field) -> int:
    ends = 0
    for words in side:
        ends |= words.ends(text)
    return ends


def _begins(side: tuple[Words, ...], text: Field) -> int:
    begins = 0
    for words in side:
        begins |= words.reach(text)[0]
    return begins


@dataclass(frozen=True)
class Close:
    """Words in any order, each in a place of its own, with at most so many others between them in all."""

    words: tuple[Words, ...]
    others: int
    fields: tuple[str, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, view: View) -> bool:
        return any(True for name in self.fields for _ in self._windows(view[name]))

    def hits(self, view: View) -> Iterator[Hit]:
        for name in self.fields:
            spans = {span for found in self._windows(view[name]) for span in self._spans(view[name], *found)}
            yield from hits_at(view, name, sorted(spans)[:MOST_HITS], self.typed)

    def _windows(self, text: Field) -> Iterator[tuple[int, int]]:
        """The begins of windows that hold all words, and the length of these windows.

        A compound takes more positions than the same word written as one, so windows are tried in several lengths.
        """
        tables = [(len(same), _union(words.widths(text) for words in same)) for same in self._alike]
        if not all(table for _, table in tables):
            return
        least = sum(count * min(table) for count, table in tables)
        more = sum(max(table) - min(table) for count, table in tables if count == 1)
        for extra in range(min(more, _MOST_JOINED) + 1):
            length = least + self.others + extra
            if begins := _holding(tables, length, extra, text.folded.everywhere):
                yield begins, length

    @cached_property
    def _alike(self) -> tuple[tuple[Words, ...], ...]:
        """The words in groups of those that may stand in the same place: `"cell cells"~3` needs two."""
        groups: list[tuple[frozenset[str], tuple[Words, ...]]] = []
        for words in self.words:
            keys = frozenset(key for way in words.ways for slot, _ in way for key in slot.keys | {slot.word})
            same = [group for group in groups if len(words.ways) == 1 and not keys.isdisjoint(group[0])]
            groups = [group for group in groups if group not in same]
            merged = tuple(each for _, group in same for each in group)
            groups.append((keys.union(*(found for found, _ in same)), (*merged, words)))
        return tuple(group for _, group in groups)

    def _spans(self, text: Field, begins: int, length: int) -> Iterator[tuple[int, int]]:
        tables = [(len(same), _union(words.widths(text) for words in same)) for same in self._alike]
        for _ in range(MOST_HITS):
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


def _holding(tables: Sequence[tuple[int, Places]], length: int, extra: int, everywhere: int) -> int:
    """The begins of windows of a length that hold every word, when their compounds take so many extra positions."""
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


# -- from a rule's text ----------------------------------------------------------


def words_of(text: str) -> list[list[Part]]:
    """The words of a term as typed, each with its parts; wildcards stand in them as two letters of their own."""
    return list(compounds(plain(text.replace("*", _STAR).replace("?", _MARK))))


def ways_of(terms: Sequence[Sequence[Part]], *, quoted: bool) -> Ways:
    """How words in a row may be written: any two neighbours as one, and each compound as one.

    A word alone in quotes is that form only.
    """
    parts = [part for compound in terms for part in compound]
    only = quoted and len(parts) == 1
    ways = [[(Slot.of(part.form, part.written, only=only), index + 1)] for index, part in enumerate(parts)]
    for index, (part, other) in enumerate(pairwise(parts)):
        if not (part.is_ideograph or other.is_ideograph):
            ways[index].append((_joined([part, other]), index + 2))
    first = 0
    for compound in terms:
        if len(compound) > 2:
            ways[first].append((_joined(compound), first + len(compound)))
        first += len(compound)
    return tuple(map(tuple, ways))


def _joined(parts: Sequence[Part]) -> Slot:
    return _joined_slot("".join(part.form for part in parts[:-1]), parts[-1].form, parts[-1].written)


@lru_cache(maxsize=_MOST_SLOTS)
def _joined_slot(before: str, form: str, written: str) -> Slot:
    slot = Slot.of(before + form)
    if slot.pattern is not None:
        return slot
    return Slot(slot.word, frozenset({slot.word, *(before + singular for singular in singulars(written))}))


# -- what the leaves share ---------------------------------------------------------


def hits_at(view: View, name: str, spans: Iterable[tuple[int, int]], typed: str) -> Iterator[Hit]:
    """The hits of places [begin, end) in positions of a field."""
    field = view[name]
    for span in spans:
        start, end = field.folded.span(*span)
        yield Hit(name, start, end, field.text[start:end], typed)
