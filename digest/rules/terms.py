"""The other leaves of a query: what must stand exactly so, people, categories, ids, dates and facts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Literal

from digest.names import follows, rule_keys, surname_keys
from digest.rules.indexed_paper import View, sounds
from digest.rules.phrases import MOST_HITS, Close, Hit, Near, Words

__all__ = ["Anywhere", "Category", "Dated", "Exact", "Fact", "Identifier", "Leaf", "Person", "SilentLeaf"]

_RUN = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Exact:
    """A text as it stands, case and signs and all, with no letter or digit at its sides."""

    text: str  # NFC
    fields: tuple[str, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)  # the field, as typed

    @cached_property
    def _runs(self) -> frozenset[str]:
        return frozenset(_RUN.findall(self.text))

    def matches(self, view: View) -> bool:
        return any(True for name in self.fields for _ in self._found(view, name))

    def hits(self, view: View) -> Iterator[Hit]:
        for name in self.fields:
            raw = view.text(name)
            origin = None if view[name].exact == raw else _origins(raw)
            for start, end in islice(self._found(view, name), MOST_HITS):
                begin, stop = (start, end) if origin is None else (origin[start], origin[end])
                yield Hit(name, begin, stop, raw[begin:stop], self.typed)

    def _found(self, view: View, name: str) -> Iterator[tuple[int, int]]:
        """Places in the composed text; its runs of letters and digits are whole ones of the text, or there is none."""
        if not self._runs <= view[name].runs:
            return
        text = view[name].exact
        at = text.find(self.text)
        while at >= 0:
            end = at + len(self.text)
            if not text[end : end + 1].isalnum() and not (at and text[at - 1].isalnum()):
                yield at, end
            at = text.find(self.text, at + 1)

    @property
    def longest(self) -> str | None:
        """A run of letters and digits that stands in every text where it is found; None where it has none."""
        return max(self._runs, key=len, default=None)


def _origins(raw: str) -> list[int]:
    """For each position of the composed text the one in the text as given."""
    origins, begin = [], 0
    while begin < len(raw):
        end = begin + 1
        while end < len(raw) and (unicodedata.combining(raw[end]) or "\u1160" <= raw[end] <= "\u11ff"):
            end += 1
        origins += [begin] * len(unicodedata.normalize("NFC", raw[begin:end]))
        begin = end
    return [*origins, len(raw)]


@dataclass(frozen=True)
class Person:
    """An author by name: any printed form of it, by the grades of names.py."""

    name: str
    typed: str = field(compare=False)
    also: tuple[str, ...] = ()
    prefix: str = field(default="", compare=False)

    def matches(self, view: View) -> bool:
        return any(True for _ in self._found(view))

    def hits(self, view: View) -> Iterator[Hit]:
        for index in self._found(view):
            name = view.paper.authors[index].name
            yield Hit("authors", 0, len(name), name, self.typed, author=index)

    def _found(self, view: View) -> Iterator[int]:
        for index in sorted({index for run in self._runs for index in view.names.get(run, ())}):
            name = view.paper.authors[index].name
            if not self.keys.isdisjoint(surname_keys(name)) and self.follows(name):
                yield index

    def follows(self, printed: str) -> bool:
        """Whether a printed name that shares one of its keys may mean this person."""
        return follows(self.name, printed, self.also)

    @property
    def keys(self) -> frozenset[str]:
        """A printed name that may mean this person has one of these among its `surname_keys`."""
        return frozenset().union(*(rule_keys(form) for form in (self.name, *self.also)))

    @cached_property
    def _runs(self) -> frozenset[str]:
        """One of these runs stands in every printed form: a surname, or a word where the whole name is the key."""
        return frozenset(map(_run_of, self.keys))


def _run_of(key: str) -> str:
    return sounds(max(key[1:].split(), key=len, default="") if key.startswith("=") else key.partition("|")[0])


class SilentLeaf:
    """A leaf that stands nowhere in the text."""

    def hits(self, view: View) -> Iterator[Hit]:
        return iter(())


@dataclass(frozen=True)
class Category(SilentLeaf):
    """A category, or a whole archive, among all of a paper's or as its primary one."""

    code: str  # "cs.LG", or "cs" for the archive
    primary: bool
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, view: View) -> bool:
        return self.key in view.facts

    @property
    def key(self) -> str:
        return f"{'pcat' if self.primary else 'cat'}:{self.code}"


@dataclass(frozen=True)
class Identifier(SilentLeaf):
    """A paper by what a service calls it, or an author's ORCID."""

    kind: Literal["arxiv", "doi", "pmid", "orcid"]
    value: str
    version: int | None = None
    typed: str = field(default="", compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, view: View) -> bool:
        if self.kind == "arxiv" and self.version is not None and view.paper.version != self.version:
            return False
        return self.key in view.facts

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True)
class Dated(SilentLeaf):
    """A paper first published, or last updated, in [low, high)."""

    which: Literal["published", "updated"]
    low: datetime | None
    high: datetime | None
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, view: View) -> bool:
        date = view.dates[self.which]
        if date is None:
            return False
        return (self.low is None or date >= self.low) and (self.high is None or date < self.high)


@dataclass(frozen=True)
class Fact(SilentLeaf):
    """Whether a paper has code, a PDF or a DOI, or which source it came from."""

    kind: Literal["has", "src"]
    value: str
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, view: View) -> bool:
        return self.key in view.facts

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.value.casefold()}"


@dataclass(frozen=True)
class Anywhere:
    """A term in running text, among the names or as an id: what `all:` looks for."""

    places: tuple[Words | Exact | Close | Person | Identifier, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, view: View) -> bool:
        return any(place.matches(view) for place in self.places)

    def hits(self, view: View) -> Iterator[Hit]:
        for place in self.places:
            yield from place.hits(view)


Leaf = Words | Near | Close | Exact | Person | Category | Identifier | Dated | Fact | Anywhere
