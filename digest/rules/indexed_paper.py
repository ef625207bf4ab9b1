"""A paper indexed for search: fields folded on first use, facts as keys, authors by surname; shared by all queries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Final

from digest.names.spelling import fold_name
from digest.papers import Paper
from digest.papers.arxiv_categories import canonical
from digest.text.fold import FoldedText, PositionBits, fold

TEXT_FIELDS: Final = ("title", "abstract", "comment", "journal")
"""The fields with running text."""

_RUN = re.compile(r"[^\W_]+")
_NAME_WORD = re.compile(r"[^\s\-‐‑‒–—−.,;()_~·・]+")
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TRANSLITERATED = re.compile("([aou])e+|a(a+)|(d)j")
_LONGEST_SURNAME = 6  # words


@dataclass(eq=False)
class IndexedField:
    """One text field, prepared on first use: folded for words, composed (NFC) for {…}."""

    text: str
    bits_by_word: dict[frozenset[str] | str, PositionBits] = field(default_factory=dict)  # cache of TermWord

    @cached_property
    def folded(self) -> FoldedText:
        return fold(self.text)

    @cached_property
    def words(self) -> str:
        """All folded forms, one per line, for wildcard patterns."""
        return "\n".join(("", *self.folded.forms, ""))

    @cached_property
    def exact(self) -> str:
        return unicodedata.normalize("NFC", self.text)

    @cached_property
    def runs(self) -> frozenset[str]:
        """The runs of letters and digits in `exact`."""
        return frozenset(_RUN.findall(self.exact))


@dataclass(eq=False)
class IndexedPaper:
    """The searchable fields of one paper; many queries share it."""

    paper: Paper
    _fields: dict[str, IndexedField] = field(default_factory=dict)

    def __getitem__(self, name: str) -> IndexedField:
        if name not in self._fields:
            self._fields[name] = IndexedField(self.text(name))
        return self._fields[name]

    def text(self, name: str) -> str:
        """The text of a field as given, or empty."""
        return getattr(self.paper, name) or ""

    @cached_property
    def facts(self) -> frozenset[str]:
        """The keys of all exact-match terms: "cat:cs.LG", "cat:cs", "pcat:cs", "doi:10.1000/1", "has:code" …"""
        paper = self.paper
        primary = paper.primary or next(iter(paper.categories), None)
        return frozenset(
            (
                *(f"cat:{code}" for code in _category_codes(paper.categories)),
                *(f"pcat:{code}" for code in _category_codes((primary,) if primary else ())),
                *_identifier_keys(paper),
                f"src:{paper.source.casefold()}",
                *(f"has:{what}" for what in ("code", "pdf", "doi") if getattr(paper, what)),
                *(("has:doi",) if paper.ids.doi else ()),
            )
        )

    @property
    def dates(self) -> dict[str, datetime | None]:
        """The dates for `date:` and `updated:`."""
        paper = self.paper
        return {"published": paper.published or paper.announced, "updated": paper.updated or paper.published}

    @cached_property
    def names(self) -> dict[str, list[int]]:
        """Indices of authors by every run of words in their names that may be a surname (see `surname_candidates`)."""
        found: dict[str, list[int]] = {}
        for index, author in enumerate(self.paper.authors):
            for run in surname_candidates(author.name):
                found.setdefault(run, []).append(index)
        return found


@lru_cache(maxsize=1 << 12)
def _category_codes(given: tuple[str, ...]) -> frozenset[str]:
    """Categories as given, their canonical codes, and their archives."""
    codes = {*given, *map(canonical, given)}
    return frozenset(codes | {code[: dot.start()] for code in codes for dot in re.finditer(r"\.", code)})


def _identifier_keys(paper: Paper) -> Iterator[str]:
    """The keys of the paper's ids, and of its authors' ORCIDs."""
    dois = {(doi or "").casefold() for doi in (paper.ids.doi, paper.doi)}
    for value in filter(None, {paper.ids.arxiv, *(doi.partition("10.48550/arxiv.")[2] for doi in dois)}):
        yield f"arxiv:{value.casefold()}"
        yield f"doi:10.48550/arxiv.{value.casefold()}"
    yield from (f"doi:{doi}" for doi in dois if doi)
    yield from (f"orcid:{author.orcid[-19:].casefold()}" for author in paper.authors if author.orcid)
    if paper.ids.pmid:
        yield f"pmid:{paper.ids.pmid}"


def index_paper(paper: Paper | IndexedPaper) -> IndexedPaper:
    """The indexed paper; recent ones are cached by object identity."""
    return paper if isinstance(paper, IndexedPaper) else _recently_indexed(_SamePaper(paper))


@dataclass(frozen=True, slots=True, eq=False)
class _SamePaper:
    """A cache key by object identity, cheaper than hashing the paper's text."""

    paper: Paper

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SamePaper) and self.paper is other.paper

    def __hash__(self) -> int:
        return id(self.paper)


@lru_cache(maxsize=64)
def _recently_indexed(same: _SamePaper) -> IndexedPaper:
    return IndexedPaper(same.paper)


# -- surname candidates, a cheap filter before names are compared ---------------------------------


def fold_transliterations(name: str) -> str:
    """A folded name with transliterations undone: Mueller as Muller, Bjoern as Bjorn."""
    return _TRANSLITERATED.sub(lambda found: found[1] or found[3] or "a", name)


@lru_cache(maxsize=1 << 15)
def surname_candidates(name: str) -> frozenset[str]:
    """Every run of adjacent words of a name, joined; the last word and the first count as adjacent."""
    words = tuple(_name_words(unicodedata.normalize("NFKC", name)))
    runs = {"".join(words)}
    for begin in range(len(words)):
        run = ""
        for place in range(begin, begin + min(len(words), _LONGEST_SURNAME)):
            run += words[place % len(words)]
            runs.add(run)
    return frozenset(map(fold_transliterations, runs))


def _name_words(name: str) -> Iterator[str]:
    for found in _NAME_WORD.finditer(name):
        word = fold_name(found[0])
        if _IDEOGRAPHS.match(word):  # surname and forename are written as one word
            yield from (word[:1], word[1:2], word[2:]) if len(word) > 2 else word
        elif word:
            yield word
