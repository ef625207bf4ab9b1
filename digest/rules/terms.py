"""Terms besides words and phrases: exact texts, authors, categories, ids (arXiv, DOI …), dates, has: and src:."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Literal

from digest.names import may_be_same_person, rule_keys, surname_keys
from digest.rules.indexed_paper import IndexedPaper, fold_transliterations
from digest.rules.phrases import MAX_HITS_PER_FIELD, Hit, NearTerm, PhraseTerm, SlopTerm

_RUN = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class ExactTerm:
    """{…}: a text with case and punctuation as typed, not adjacent to letters or digits."""

    text: str  # NFC
    fields: tuple[str, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)  # the field, as typed

    @cached_property
    def _runs(self) -> frozenset[str]:
        return frozenset(_RUN.findall(self.text))

    def matches(self, indexed: IndexedPaper) -> bool:
        holding = (name for name in self.fields if self.text in indexed[name].exact)
        return any(True for name in holding for _ in self._found(indexed, name))

    def hits(self, indexed: IndexedPaper) -> Iterator[Hit]:
        for name in self.fields:
            raw = indexed.text(name)
            origin = None if indexed[name].exact == raw else _origins(raw)
            for start, end in islice(self._found(indexed, name), MAX_HITS_PER_FIELD):
                begin, stop = (start, end) if origin is None else (origin[start], origin[end])
                yield Hit(name, begin, stop, raw[begin:stop], self.typed)

    def _found(self, indexed: IndexedPaper, name: str) -> Iterator[tuple[int, int]]:
        """Places in the composed text; searches only fields with all the term's runs of letters and digits."""
        if not self._runs <= indexed[name].runs:
            return
        text = indexed[name].exact
        at = text.find(self.text)
        while at >= 0:
            end = at + len(self.text)
            if not text[end : end + 1].isalnum() and not (at and text[at - 1].isalnum()):
                yield at, end
            at = text.find(self.text, at + 1)

    @property
    def longest(self) -> str | None:
        """The longest run of letters and digits, contained in every match; None without letters and digits."""
        return max(self._runs, key=len, default=None)


def _origins(raw: str) -> list[int]:
    """Maps positions of the composed (NFC) text to positions of the original."""
    origins, begin = [], 0
    while begin < len(raw):
        end = begin + 1
        while end < len(raw) and (unicodedata.combining(raw[end]) or "\u1160" <= raw[end] <= "\u11ff"):
            end += 1
        origins += [begin] * len(unicodedata.normalize("NFC", raw[begin:end]))
        begin = end
    return [*origins, len(raw)]


@dataclass(frozen=True)
class AuthorTerm:
    """au:…: an author by name, in any printed form (see digest.names)."""

    name: str
    typed: str = field(compare=False)
    also: tuple[str, ...] = ()
    prefix: str = field(default="", compare=False)

    def matches(self, indexed: IndexedPaper) -> bool:
        return any(True for _ in self._found(indexed))

    def hits(self, indexed: IndexedPaper) -> Iterator[Hit]:
        for index in self._found(indexed):
            name = indexed.paper.authors[index].name
            yield Hit("authors", 0, len(name), name, self.typed, author=index)

    def _found(self, indexed: IndexedPaper) -> Iterator[int]:
        for index in sorted({index for run in self._runs for index in indexed.names.get(run, ())}):
            name = indexed.paper.authors[index].name
            if not self.keys.isdisjoint(surname_keys(name)) and self.matches_name(name):
                yield index

    def matches_name(self, printed: str) -> bool:
        """Whether a printed name with one of the same keys may be this person."""
        return may_be_same_person(self.name, printed, self.also)

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the name; every printed name of this person has one of them among its `surname_keys`."""
        return frozenset().union(*(rule_keys(form) for form in (self.name, *self.also)))

    @cached_property
    def _runs(self) -> frozenset[str]:
        """Surname runs, one of which is in every printed form; for a key of the whole name its longest word."""
        return frozenset(map(_run_of, self.keys))


def _run_of(key: str) -> str:
    return fold_transliterations(
        max(key[1:].split(), key=len, default="") if key.startswith("=") else key.partition("|")[0]
    )


class MetadataTerm:
    """A term without a place in the text: it has no hits."""

    def hits(self, indexed: IndexedPaper) -> Iterator[Hit]:
        return iter(())


@dataclass(frozen=True)
class CategoryTerm(MetadataTerm):
    """cat: and pcat:, a category or a whole archive, among all of a paper's or as its primary one."""

    code: str  # "cs.LG", or "cs" for the archive
    primary: bool
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, indexed: IndexedPaper) -> bool:
        return self.key in indexed.facts

    @property
    def key(self) -> str:
        return f"{'pcat' if self.primary else 'cat'}:{self.code}"


@dataclass(frozen=True)
class IdentifierTerm(MetadataTerm):
    """id:, doi:, pmid: and orcid:, an identifier of the paper or of one of its authors."""

    kind: Literal["arxiv", "doi", "pmid", "orcid"]
    value: str
    version: int | None = None
    typed: str = field(default="", compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, indexed: IndexedPaper) -> bool:
        if self.kind == "arxiv" and self.version is not None and indexed.paper.version != self.version:
            return False
        return self.key in indexed.facts

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True)
class DateTerm(MetadataTerm):
    """date: and updated:, a paper first published or last updated in [low, high)."""

    which: Literal["published", "updated"]
    low: datetime | None
    high: datetime | None
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, indexed: IndexedPaper) -> bool:
        date = indexed.dates[self.which]
        if date is None:
            return False
        return (self.low is None or date >= self.low) and (self.high is None or date < self.high)


@dataclass(frozen=True)
class FactTerm(MetadataTerm):
    """has: and src:, whether a paper has code, a PDF or a DOI, and its source."""

    kind: Literal["has", "src"]
    value: str
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, indexed: IndexedPaper) -> bool:
        return self.key in indexed.facts

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.value.casefold()}"


@dataclass(frozen=True)
class AnyFieldTerm:
    """all:…: a term in running text, as an author's name or as an id."""

    places: tuple[PhraseTerm | ExactTerm | SlopTerm | AuthorTerm | IdentifierTerm, ...]
    typed: str = field(compare=False)
    prefix: str = field(default="", compare=False)

    def matches(self, indexed: IndexedPaper) -> bool:
        return any(place.matches(indexed) for place in self.places)

    def hits(self, indexed: IndexedPaper) -> Iterator[Hit]:
        for place in self.places:
            yield from place.hits(indexed)


Term = (
    PhraseTerm
    | NearTerm
    | SlopTerm
    | ExactTerm
    | AuthorTerm
    | CategoryTerm
    | IdentifierTerm
    | DateTerm
    | FactTerm
    | AnyFieldTerm
)
