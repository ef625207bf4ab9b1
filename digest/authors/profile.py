"""The profile of a followed author: co-authors, categories and tf-idf vectors of the known papers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from digest.authors.features import NameSet, categories, content_words, other_authors, paper_words
from digest.authors.model import FollowedAuthor
from digest.names import NameMatch, compare_names
from digest.papers import Author, Paper

_PSEUDO_PAPERS: Final = 200
"""Smoothing: pseudo papers assumed for every word in addition to the archive."""
_COMMON: Final = frozenset(
    "abstract achieve address analysis analyze application apply approach assume available base better case change "
    "compare compute consider contribute data define demonstrate depend design determine develop different effect "
    "effective efficient enable evaluate evaluation example exist existing experiment experimental explore extensive "
    "far find first focus framework further general generate give good high however identify impact important improve "
    "include increase individual information introduce investigate issue key known lead less level limit limitation "
    "low main make many method model more most much multiple need new novel number obtain often one only open order "
    "our outperform over paper performance possible potential present previous problem process propose proposed prove "
    "provide range rate recent reduce related require research result reveal same scale second several show "
    "significant significantly simple single size small solution some specific state strategy strong structure study "
    "such suggest support system task technique test theory three time towards two type understanding use used using "
    "value various via way well what when where which while will within without work yet between both can could each "
    "either even has have here how may not other several should than them then there they through thus under upon was "
    "were would also any all available been but did does during https github com code".split()
)
"""Words that are common in papers of every field."""


@dataclass(frozen=True, slots=True)
class DocumentFrequencies:
    """Document frequencies of words in the archive, for inverse document frequency (idf)."""

    papers: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, papers: Iterable[Paper]) -> DocumentFrequencies:
        counts, number = Counter[str](), 0
        for paper in papers:
            counts.update(paper_words(paper))
            number += 1
        return cls(number, counts)

    def weight(self, word: str) -> float:
        """The idf of a word, smoothed by pseudo papers for small archives."""
        assumed = _PSEUDO_PAPERS * (0.2 if word in _COMMON else 0.005)
        return math.log((self.papers + _PSEUDO_PAPERS + 1) / (self.counts.get(word, 0) + assumed))


@dataclass(frozen=True, slots=True)
class TextVector:
    """The tf-idf vector of a paper's words, of length 1."""

    weights: Mapping[str, float]

    @classmethod
    def of(cls, paper: Paper, background: DocumentFrequencies) -> TextVector:
        weights = {word: max(0.0, background.weight(word)) for word in paper_words(paper)}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return cls({word: weight / length for word, weight in weights.items()})

    def likeness(self, other: TextVector) -> float:
        """The cosine similarity, from 0 to 1."""
        few, many = sorted((self.weights, other.weights), key=len)
        return sum(weight * many.get(word, 0.0) for word, weight in few.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorProfile:
    """A followed author with the features of the known papers. Not trained: recomputed for every change."""

    followed: FollowedAuthor
    background: DocumentFrequencies
    papers: int  # number of known papers
    orcids: frozenset[str]  # configured, and on known papers
    coauthors: NameSet
    refused: NameSet  # co-authors on papers that the reader excluded
    excepted: NameSet
    categories: frozenset[str]
    texts: tuple[TextVector, ...]
    journals: frozenset[str]
    affiliations: tuple[frozenset[str], ...]  # the words of each
    year: float | None

    @classmethod
    def of(
        cls,
        followed: FollowedAuthor,
        known: Sequence[Paper] = (),
        refused: Sequence[Paper] = (),
        background: DocumentFrequencies | None = None,
    ) -> AuthorProfile:
        """From the known papers and those that the reader excluded, as far as they are stored."""
        background = background or DocumentFrequencies.of((*known, *refused))
        places = [(paper, author_index(followed, paper)) for paper in known]
        theirs = {name for paper, place in places for name in other_authors(paper, place)}
        not_theirs = {
            name for paper in refused for name in other_authors(paper, author_index(followed, paper))
        } - theirs
        said = [institution_words(text) for text in followed.affiliations]
        printed = [institution_words(_affiliation(paper.authors, place)) for paper, place in places]
        given = [bare_orcid(value) for kind, value in followed.ids if kind == "orcid"]
        years = [paper.dated.year for paper in known if paper.dated]
        return cls(
            followed=followed,
            background=background,
            papers=len(known),
            orcids=frozenset(filter(None, (*given, *(orcid_of(paper.authors, place) for paper, place in places)))),
            coauthors=NameSet((*theirs, *followed.with_)),
            refused=NameSet(not_theirs),
            excepted=NameSet(followed.excepted.with_),
            categories=frozenset().union(followed.categories, *map(categories, known)),
            texts=tuple(TextVector.of(paper, background) for paper in known),
            journals=frozenset(folded for paper in known if (folded := journal_key(paper))),
            affiliations=tuple(found for found in (*said, *printed) if found),
            year=median(years) if years else None,
        )

    @classmethod
    def among(
        cls, followed: FollowedAuthor, papers: Mapping[str, Paper], background: DocumentFrequencies
    ) -> AuthorProfile:
        """From the known and excluded papers among `papers`, by key."""
        theirs, not_theirs = (
            [papers[key] for key in keys if key in papers] for keys in (followed.known, followed.excepted.papers)
        )
        return cls.of(followed, theirs, not_theirs, background)


def author_index(followed: FollowedAuthor, paper: Paper) -> int | None:
    """The index of the author with the best match of the name; None without a match."""
    grades = [
        (max(compare_names(form, author.name) for form in followed.forms), -place)
        for place, author in enumerate(paper.authors)
    ]
    best, place = max(grades, default=(NameMatch.CONFLICT, 0))
    return -place if best > NameMatch.CONFLICT else None


def orcid_of(authors: Sequence[Author], place: int | None) -> str | None:
    return bare_orcid(authors[place].orcid) if place is not None else None


def bare_orcid(orcid: str | None) -> str | None:
    """An ORCID without its URL."""
    return orcid.strip()[-19:].upper() if orcid else None


def _affiliation(authors: Sequence[Author], place: int | None) -> str:
    return (authors[place].affiliation or "") if place is not None else ""


_PLACES: Final = frozenset(
    "university universite universitat universidad institute institut department dept school college faculty center "
    "centre laboratory lab research science sciences technology national state hospital academy group and".split()
)


def institution_words(affiliation: str) -> frozenset[str]:
    """The words of an affiliation that distinguish institutions."""
    return content_words(affiliation) - _PLACES


def journal_key(paper: Paper) -> str:
    """A journal's name in one spelling, without volume and pages."""
    name = (paper.journal or "").partition(",")[0]
    return " ".join("".join(sign if sign.isalpha() else " " for sign in name).casefold().split())
