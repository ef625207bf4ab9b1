"""The leaves of a query: what each of them finds in a paper, and where."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import translate
from functools import cached_property
from typing import Literal

from digest.fold import Folded, Token, fold, keys
from digest.query.names import follows, rule_keys, surname_keys
from digest.query.view import View

MOST_HITS = 100
"""Places that one term marks in one field; a term that stands everywhere need not be marked everywhere."""

STAR, MARK = "\ua68d", "\ua68f"
"""Two letters that nobody writes stand for * and ? while a word is folded."""


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
class Span:
    """Where words stand in a field: over positions [at, to), at [start, end) of the original."""

    at: int
    to: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One word of a term: found by its singulars, in its very form, or by a pattern."""

    word: str
    keys: frozenset[str]
    form: bool = False  # that form only
    pattern: re.Pattern[str] | None = None

    @classmethod
    def of(cls, word: str, shape: str = "", *, form: bool = False) -> Slot:
        if STAR in word or MARK in word:
            glob = word.replace(STAR, "*").replace(MARK, "?")
            return cls(glob, frozenset(), pattern=re.compile(translate(glob)))
        return cls(word, frozenset({word}) if form else keys(word, shape), form)

    def fits(self, token: Token) -> bool:
        if self.pattern is not None:
            return self.pattern.fullmatch(token.word) is not None
        return token.word == self.word if self.form else not self.keys.isdisjoint(token.keys)

    def joined(self, other: Slot) -> Slot:
        """This word and the next written as one."""
        both = (self.word + other.word).replace("*", STAR).replace("?", MARK)
        return Slot.of(both, form=self.form)

    def found(self, view: View, field: str) -> Iterator[Token]:
        """The tokens of a field that it fits."""
        if self.pattern is not None:
            return (token for tokens in view.words(field).at for token in tokens if self.fits(token))
        index = view.index(field)
        tokens = (token for key in self.keys for token in index.get(key, ()))
        return (token for token in dict.fromkeys(tokens) if not self.form or token.word == self.word)


@dataclass(frozen=True)
class Words:
    """A word or a phrase in running text; with `within`, its words in any order and so many others between them."""

    slots: tuple[Slot, ...]
    fields: tuple[str, ...]
    typed: str
    prefix: str = ""  # the field, as typed
    whole: bool = False  # a hyphenated word, which may also be written as one
    within: int | None = None

    def matches(self, view: View) -> bool:
        return any(True for field in self.fields for _ in self.spans(view, field))

    def hits(self, view: View) -> Iterator[Hit]:
        for field in self.fields:
            for _, span in zip(range(MOST_HITS), self.spans(view, field), strict=False):
                yield _hit(view, field, span, self.typed)

    def spans(self, view: View, field: str) -> Iterator[Span]:
        """Every place in a field, in order of position."""
        if self.within is not None:
            yield from _close_together(self.slots, self.within, view, field)
        elif len(self.slots) == 1:
            found = sorted(self.slots[0].found(view, field), key=_place)
            yield from (Span(each.at, each.to, each.start, each.end) for each in found if each.alone)
        else:
            yield from self._in_a_row(view, field)

    def _in_a_row(self, view: View, field: str) -> Iterator[Span]:
        folded = view.words(field)
        firsts = {token.at: None for slot in self._first for token in slot.found(view, field)}
        for position in sorted(firsts):
            last = self._walk(folded, position)
            if last is not None:
                yield Span(position, last.to, folded.at[position][0].start, last.end)

    @cached_property
    def _first(self) -> tuple[Slot, ...]:
        return tuple(slot for slot, _ in self._ways[0])

    @cached_property
    def _ways(self) -> list[list[tuple[Slot, int]]]:
        """At each word: the slots that may come, and the word after them (two words, or all, may be written as one)."""
        slots, count = self.slots, len(self.slots)
        ways = [[(slot, index + 1)] for index, slot in enumerate(slots)]
        for index in range(count - 1):
            ways[index].append((slots[index].joined(slots[index + 1]), index + 2))
        if self.whole and count > 2:
            all_of_it = slots[0]
            for slot in slots[1:]:
                all_of_it = all_of_it.joined(slot)
            ways[0].append((all_of_it, count))
        return ways

    def _walk(self, folded: Folded, position: int) -> Token | None:
        """The last token of the words that begin at a position, or None; every state is tried once."""
        todo: list[tuple[int, int]] = [(0, position)]
        seen = set(todo)
        while todo:
            index, here = todo.pop()
            for token in folded.at[here] if here < len(folded.at) else ():
                for slot, after in self._ways[index]:
                    if not slot.fits(token):
                        continue
                    if after == len(self.slots):
                        return token
                    if (state := (after, token.to)) not in seen:
                        seen.add(state)
                        todo.append(state)
        return None

    def anchors(self) -> frozenset[str] | None:
        """Keys of which a paper that it matches has at least one; None where no key is sure."""
        sure = [found for index in range(len(self.slots)) if (found := self._around(index)) is not None]
        return max(sure, key=lambda found: min(map(len, found))) if sure else None

    def _around(self, index: int) -> frozenset[str] | None:
        if self.within is not None:
            slots = [self.slots[index]]
        else:
            ways = self._ways if len(self.slots) > 1 else [[(self.slots[0], 1)]]
            slots = [slot for begin, way in enumerate(ways) for slot, after in way if begin <= index < after]
        if any(slot.pattern for slot in slots):
            return None
        return frozenset().union(*(slot.keys for slot in slots))


@dataclass(frozen=True)
class Near:
    """Two operands with at most so many words between them, in either order or in the one that is typed."""

    left: tuple[Words, ...]  # any of them
    right: tuple[Words, ...]
    most: int
    ordered: bool
    fields: tuple[str, ...]
    typed: str
    prefix: str = ""

    def matches(self, view: View) -> bool:
        return any(True for field in self.fields for _ in self._pairs(view, field))

    def hits(self, view: View) -> Iterator[Hit]:
        for field in self.fields:
            for _, pair in zip(range(MOST_HITS), self._pairs(view, field), strict=False):
                yield from (_hit(view, field, span, self.typed) for span in pair)

    def _pairs(self, view: View, field: str) -> Iterator[tuple[Span, Span]]:
        """Each place of the left operand with its nearest of the right one."""
        left = [span for words in self.left for span in words.spans(view, field)]
        right = [span for words in self.right for span in words.spans(view, field)]
        by_start = sorted(right, key=lambda span: span.at)
        by_end = sorted(right, key=lambda span: span.to)
        starts, ends = [span.at for span in by_start], [span.to for span in by_end]
        for span in sorted(left, key=lambda span: span.at):
            after = bisect_left(starts, span.to)
            if after < len(starts) and starts[after] - span.to <= self.most:
                yield span, by_start[after]
            elif not self.ordered:
                before = bisect_right(ends, span.at) - 1
                if before >= 0 and span.at - ends[before] <= self.most:
                    yield span, by_end[before]

    def anchors(self) -> frozenset[str] | None:
        sides = [_any_of(words.anchors() for words in side) for side in (self.left, self.right)]
        return best(sides)


@dataclass(frozen=True)
class Exact:
    """A text as it stands, case and signs and all, with no letter or digit at its sides."""

    text: str  # NFC
    fields: tuple[str, ...]
    typed: str
    prefix: str = ""

    def matches(self, view: View) -> bool:
        return any(True for field in self.fields for _ in self._found(view, field))

    def hits(self, view: View) -> Iterator[Hit]:
        for field in self.fields:
            text = view.text(field)
            for _, (start, end) in zip(range(MOST_HITS), self._found(view, field), strict=False):
                yield Hit(field, start, end, text[start:end], self.typed)

    def _found(self, view: View, field: str) -> Iterator[tuple[int, int]]:
        raw = view.text(field)
        text = unicodedata.normalize("NFC", raw)
        at = text.find(self.text)
        while at >= 0:
            end = at + len(self.text)
            if not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum():
                yield (at, end) if text == raw else (_origin(raw, at), _origin(raw, end))
            at = text.find(self.text, at + 1)

    def anchors(self) -> frozenset[str] | None:
        return None


@dataclass(frozen=True)
class Person:
    """An author by name, in any of the forms that RULES.md 3.1 would take for the same person's."""

    name: str
    typed: str
    also: tuple[str, ...] = ()
    prefix: str = ""

    def matches(self, view: View) -> bool:
        return any(True for _ in self._found(view))

    def hits(self, view: View) -> Iterator[Hit]:
        for index, name in self._found(view):
            yield Hit("authors", 0, len(name), name, self.typed, author=index)

    def _found(self, view: View) -> Iterator[tuple[int, str]]:
        wanted = self._keys
        for index, author in enumerate(view.paper.authors):
            if not wanted.isdisjoint(surname_keys(author.name)) and follows(self.name, author.name, self.also):
                yield index, author.name

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset().union(*(rule_keys(form) for form in (self.name, *self.also)))

    def anchors(self) -> frozenset[str] | None:
        return frozenset(f"au:{key}" for key in self._keys)


@dataclass(frozen=True)
class Category:
    """A category, or a whole archive, among all of a paper's or as its primary one."""

    code: str  # "cs.LG", or "cs" for the archive
    primary: bool
    typed: str
    prefix: str = ""

    def matches(self, view: View) -> bool:
        if self.primary:
            return self._is(view.primary) or self._is(view.paper.primary)
        return any(map(self._is, view.categories)) or any(map(self._is, view.paper.categories))

    def _is(self, code: str | None) -> bool:
        return code is not None and (code == self.code or code.startswith(f"{self.code}."))

    def hits(self, view: View) -> Iterator[Hit]:
        return iter(())

    def anchors(self) -> frozenset[str] | None:
        return frozenset({f"cat:{self.code}"})


@dataclass(frozen=True)
class Identifier:
    """A paper by what a service calls it, or an author's ORCID."""

    kind: Literal["arxiv", "doi", "pmid", "orcid"]
    value: str
    typed: str
    version: int | None = None
    prefix: str = ""

    def matches(self, view: View) -> bool:
        paper = view.paper
        if self.kind == "orcid":
            return any((author.orcid or "").casefold().endswith(self.value) for author in paper.authors)
        if self.kind == "doi":
            return self.value in ((paper.ids.doi or "").casefold(), (paper.doi or "").casefold())
        if self.kind == "pmid":
            return paper.ids.pmid == self.value
        return paper.ids.arxiv == self.value and self.version in (None, paper.version)

    def hits(self, view: View) -> Iterator[Hit]:
        return iter(())

    def anchors(self) -> frozenset[str] | None:
        return None


@dataclass(frozen=True)
class Dated:
    """A paper first published, or last updated, in [low, high)."""

    field: Literal["published", "updated"]
    low: datetime | None
    high: datetime | None
    typed: str
    prefix: str = ""

    def matches(self, view: View) -> bool:
        date = view.paper.published if self.field == "published" else view.paper.updated
        if date is None:
            return False
        return (self.low is None or date >= self.low) and (self.high is None or date < self.high)

    def hits(self, view: View) -> Iterator[Hit]:
        return iter(())

    def anchors(self) -> frozenset[str] | None:
        return None


@dataclass(frozen=True)
class Fact:
    """Whether a paper has code, a PDF or a DOI, or which source it came from."""

    kind: Literal["has", "src"]
    value: str
    typed: str
    prefix: str = ""

    def matches(self, view: View) -> bool:
        paper = view.paper
        if self.kind == "src":
            return paper.source == self.value
        if self.value == "doi":
            return bool(paper.doi or paper.ids.doi)
        return bool(getattr(paper, self.value))

    def hits(self, view: View) -> Iterator[Hit]:
        return iter(())

    def anchors(self) -> frozenset[str] | None:
        return None


Leaf = Words | Near | Exact | Person | Category | Identifier | Dated | Fact


def best(choices: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    """Of several sure sets of keys the one that likely meets the fewest papers: few keys, and long ones."""
    sure = [found for found in choices if found]
    return min(sure, key=lambda found: (len(found) > 8, -min(map(len, found)))) if sure else None


def _any_of(sets: Iterator[frozenset[str] | None]) -> frozenset[str] | None:
    found = list(sets)
    if any(each is None for each in found):
        return None
    return frozenset().union(*(each for each in found if each))


def _hit(view: View, field: str, span: Span, typed: str) -> Hit:
    return Hit(field, span.start, span.end, view.text(field)[span.start : span.end], typed)


def _place(token: Token) -> tuple[int, int]:
    return token.at, token.to


def _origin(raw: str, position: int) -> int:
    """The place in a text that is not NFC of a position in its NFC form."""
    length, index = 0, 0
    while index < len(raw) and length < position:
        end = index + 1
        while end < len(raw) and unicodedata.combining(raw[end]):
            end += 1
        length += len(unicodedata.normalize("NFC", raw[index:end]))
        index = end
    return index


# -- words in any order --------------------------------------------------------


def _close_together(slots: Sequence[Slot], others: int, view: View, field: str) -> Iterator[Span]:
    """Windows in which every word has a place of its own, with at most `others` words between them in all."""
    places = [
        sorted({token.at: token for token in slot.found(view, field) if token.to == token.at + 1}.items())
        for slot in slots
    ]
    if not all(places):
        return
    width = len(slots) + others
    positions = [[at for at, _ in found] for found in places]
    tokens = {at: token for found in places for at, token in found}
    last = -1
    for begin in sorted(tokens):
        window = [found[bisect_left(found, begin) : bisect_left(found, begin + width)] for found in positions]
        if begin <= last or not all(window):
            continue
        taken = _places_of_their_own(window)
        if taken and begin in taken:
            last = max(taken)
            yield Span(begin, last + 1, tokens[begin].start, tokens[last].end)


def _places_of_their_own(window: Sequence[Sequence[int]]) -> frozenset[int]:
    """One place for each word, no two the same (a bipartite matching); empty where there is none."""
    owner: dict[int, int] = {}

    def seat(word: int, tried: set[int]) -> bool:
        for place in window[word]:
            if place not in tried:
                tried.add(place)
                if place not in owner or seat(owner[place], tried):
                    owner[place] = word
                    return True
        return False

    return frozenset(owner) if all(seat(word, set()) for word in range(len(window))) else frozenset()


def slots_of(text: str, *, quoted: bool) -> tuple[tuple[Slot, ...], bool]:
    """The words of a term as typed, and whether it is a compound that may be written as one."""
    masked = text.replace("*", STAR).replace("?", MARK)
    parts = [tokens[0] for tokens in fold(masked).at]
    form = quoted and len(parts) == 1
    slots = tuple(Slot.of(part.word, masked[part.start : part.end], form=form) for part in parts)
    return slots, len(parts) > 1 and not re.search(r"\s", text.strip())
