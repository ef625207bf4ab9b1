"""A paper as queries look at it: each field folded once, when a rule first asks for it, whoever asks next."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Final

from digest.names.spelling import fold as fold_name
from digest.papers import Paper
from digest.papers.arxiv_categories import canonical
from digest.text.fold import Folded, Places, fold

TEXT: Final = ("title", "abstract", "comment", "journal")
"""The fields that hold running text."""

_RUN = re.compile(r"[^\W_]+")
_NAME_WORD = re.compile(r"[^\s\-‐‑‒–—−.,;()_~·・]+")
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TRANSLITERATED = re.compile("([aou])e+|a(a+)|(d)j")
_LONGEST_SURNAME = 6  # words


@dataclass(eq=False)
class Field:
    """One text field, made ready when a term first asks: folded for words, composed (NFC) for {…}."""

    text: str
    known: dict[frozenset[str] | str, Places] = field(default_factory=dict)  # where words stand that were asked for

    @cached_property
    def folded(self) -> Folded:
        return fold(self.text)

    @cached_property
    def words(self) -> str:
        """All forms, a line each, for wildcards."""
        return "\n".join(("", *self.folded.forms, ""))

    @cached_property
    def exact(self) -> str:
        return unicodedata.normalize("NFC", self.text)

    @cached_property
    def runs(self) -> frozenset[str]:
        """The runs of letters and digits in `exact`."""
        return frozenset(_RUN.findall(self.exact))


@dataclass(eq=False)
class View:
    """The fields of one paper, made ready; many queries share it."""

    paper: Paper
    _fields: dict[str, Field] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Field:
        if name not in self._fields:
            self._fields[name] = Field(self.text(name))
        return self._fields[name]

    def text(self, name: str) -> str:
        """A text field as given; empty where the paper has none."""
        return getattr(self.paper, name) or ""

    @cached_property
    def facts(self) -> frozenset[str]:
        """All that a term can name by one key: "cat:cs.LG", "cat:cs", "pcat:cs", "doi:10.1000/1", "has:code" …"""
        paper = self.paper
        primary = paper.primary or next(iter(paper.categories), None)
        return frozenset(
            (
                *(f"cat:{code}" for code in _codes(paper.categories)),
                *(f"pcat:{code}" for code in _codes((primary,) if primary else ())),
                *_called(paper),
                f"src:{paper.source.casefold()}",
                *(f"has:{what}" for what in ("code", "pdf", "doi") if getattr(paper, what)),
                *(("has:doi",) if paper.ids.doi else ()),
            )
        )

    @property
    def dates(self) -> dict[str, datetime | None]:
        """When it was first published and last updated, as `date:` and `updated:` read it."""
        paper = self.paper
        return {"published": paper.published or paper.announced, "updated": paper.updated or paper.published}

    @cached_property
    def names(self) -> dict[str, list[int]]:
        """The authors by every run of words in their names that may be a surname (see `sounds`)."""
        found: dict[str, list[int]] = {}
        for index, author in enumerate(self.paper.authors):
            for run in name_runs(author.name):
                found.setdefault(run, []).append(index)
        return found


@lru_cache(maxsize=1 << 12)
def _codes(given: tuple[str, ...]) -> frozenset[str]:
    """Categories as given, the one code of those that have two, and the archives that they belong to."""
    codes = {*given, *map(canonical, given)}
    return frozenset(codes | {code[: dot.start()] for code in codes for dot in re.finditer(r"\.", code)})


def _called(paper: Paper) -> Iterator[str]:
    """What the services call the paper, and the ORCIDs of its authors."""
    dois = {(doi or "").casefold() for doi in (paper.ids.doi, paper.doi)}
    for value in filter(None, {paper.ids.arxiv, *(doi.partition("10.48550/arxiv.")[2] for doi in dois)}):
        yield f"arxiv:{value.casefold()}"
        yield f"doi:10.48550/arxiv.{value.casefold()}"
    yield from (f"doi:{doi}" for doi in dois if doi)
    yield from (f"orcid:{author.orcid[-19:].casefold()}" for author in paper.authors if author.orcid)
    if paper.ids.pmid:
        yield f"pmid:{paper.ids.pmid}"


def view(paper: Paper | View) -> View:
    """The view of a paper; asked again soon for the same paper, the same view."""
    return paper if isinstance(paper, View) else _recent(_Same(paper))


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """This very paper: its identity costs less to compare than its text."""

    paper: Paper

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.paper is other.paper

    def __hash__(self) -> int:
        return id(self.paper)


@lru_cache(maxsize=64)
def _recent(same: _Same) -> View:
    return View(same.paper)


# -- names, before they are compared in earnest ---------------------------------


def sounds(name: str) -> str:
    """A folded name with transliterated letters as one: Muller and Mueller, Bjorn and Bjoern."""
    return _TRANSLITERATED.sub(lambda found: found[1] or found[3] or "a", name)


@lru_cache(maxsize=1 << 15)
def name_runs(name: str) -> frozenset[str]:
    """Every run of neighbouring words of a name, written as one; the last word is a neighbour of the first."""
    words = tuple(_name_words(unicodedata.normalize("NFKC", name)))
    runs = {"".join(words)}
    for begin in range(len(words)):
        run = ""
        for place in range(begin, begin + min(len(words), _LONGEST_SURNAME)):
            run += words[place % len(words)]
            runs.add(run)
    return frozenset(map(sounds, runs))


def _name_words(name: str) -> Iterator[str]:
    for found in _NAME_WORD.finditer(name):
        word = fold_name(found[0])
        if _IDEOGRAPHS.match(word):  # the surname is written in one with the forename
            yield from (word[:1], word[1:2], word[2:]) if len(word) > 2 else word
        elif word:
            yield word
