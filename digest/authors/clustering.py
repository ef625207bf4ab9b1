"""Clusters the papers of one author name by person: linked by co-authors, categories or similar text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from digest.authors.features import categories, field_distance, other_authors
from digest.authors.model import FollowedAuthor
from digest.authors.profile import DocumentFrequencies, TextVector, author_index
from digest.names.spelling import fold_name
from digest.papers import Paper

_NEAR_TEXT: Final = 0.12
_MAX_AUTHORS: Final = 100  # a paper with more is not linked by co-authors


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorCluster:
    """Papers that are probably by one person."""

    papers: tuple[Paper, ...]
    coauthors: tuple[str, ...]  # the most frequent first
    categories: tuple[str, ...]


def cluster_by_author(
    followed: FollowedAuthor, papers: Sequence[Paper], background: DocumentFrequencies | None = None
) -> tuple[AuthorCluster, ...]:
    """The clusters, largest first; papers without category, abstract and co-authors are in none.

    Single linkage: two papers are linked by a co-author, by equal or near categories, or, if one has no category, by
    similar text.
    """
    background = background or DocumentFrequencies.of(papers)
    traits = [_Traits.of(followed, paper, background) for paper in papers]
    clusters: list[list[int]] = []
    for index, trait in enumerate(traits):
        if not trait.says_something:
            continue
        linked = [cluster for cluster in clusters if any(trait.is_linked(traits[other]) for other in cluster)]
        merged = sorted(index for cluster in linked for index in cluster)
        clusters = [cluster for cluster in clusters if cluster not in linked] + [[*merged, index]]
    return tuple(
        _cluster(followed, [papers[index] for index in cluster]) for cluster in sorted(clusters, key=len, reverse=True)
    )


@dataclass(frozen=True, slots=True)
class _Traits:
    coauthors: frozenset[str]
    categories: frozenset[str]
    text: TextVector | None

    @classmethod
    def of(cls, followed: FollowedAuthor, paper: Paper, background: DocumentFrequencies) -> _Traits:
        names = list(other_authors(paper, author_index(followed, paper)))
        coauthors = frozenset(map(fold_name, names)) if len(names) <= _MAX_AUTHORS else frozenset()
        return cls(coauthors, categories(paper), TextVector.of(paper, background) if paper.abstract else None)

    @property
    def says_something(self) -> bool:
        return bool(self.categories or self.text or self.coauthors)

    def is_linked(self, other: _Traits) -> bool:
        if self.coauthors & other.coauthors:
            return True
        if found := field_distance(self.categories, other.categories):
            return found[0] != "far"
        return bool(self.text and other.text and self.text.likeness(other.text) >= _NEAR_TEXT)


def _cluster(followed: FollowedAuthor, papers: list[Paper]) -> AuthorCluster:
    names = Counter(name for paper in papers for name in other_authors(paper, author_index(followed, paper)))
    codes = Counter(code for paper in papers for code in sorted(categories(paper)))
    return AuthorCluster(
        papers=tuple(papers),
        coauthors=tuple(name for name, _ in names.most_common(5)),
        categories=tuple(sorted(codes, key=lambda code: (-codes[code], code))[:3]),
    )
