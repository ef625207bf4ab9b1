"""One name, how many people? The papers under a name in groups that share no co-author, no field and no words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from digest.authors.features import categories, nearness, others
from digest.authors.model import Followed
from digest.authors.profile import Background, Text, place_of
from digest.names.spelling import fold_name
from digest.papers import Paper

_NEAR_TEXT: Final = 0.12
_MOST_AUTHORS: Final = 100  # a paper of more joins nobody by its names


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Papers that seem to be one person's."""

    papers: tuple[Paper, ...]
    coauthors: tuple[str, ...]  # the most frequent first
    categories: tuple[str, ...]


def groups(followed: Followed, papers: Sequence[Paper], background: Background | None = None) -> tuple[Group, ...]:
    """The groups, largest first; papers with neither field nor abstract nor known co-author stand in none.

    Two papers are linked by a co-author, by fields that are the same or near each other, or, where one has no field, by
    near text; what is linked over others is one group.
    """
    background = background or Background.of(papers)
    traits = [_Traits.of(followed, paper, background) for paper in papers]
    groups: list[list[int]] = []
    for index, trait in enumerate(traits):
        if not trait.says_something:
            continue
        linked = [group for group in groups if any(trait.is_linked(traits[other]) for other in group)]
        merged = sorted(index for group in linked for index in group)
        groups = [group for group in groups if group not in linked] + [[*merged, index]]
    return tuple(
        _group(followed, [papers[index] for index in group]) for group in sorted(groups, key=len, reverse=True)
    )


@dataclass(frozen=True, slots=True)
class _Traits:
    coauthors: frozenset[str]
    categories: frozenset[str]
    text: Text | None

    @classmethod
    def of(cls, followed: Followed, paper: Paper, background: Background) -> _Traits:
        names = list(others(paper, place_of(followed, paper)))
        coauthors = frozenset(map(fold_name, names)) if len(names) <= _MOST_AUTHORS else frozenset()
        return cls(coauthors, categories(paper), Text.of(paper, background) if paper.abstract else None)

    @property
    def says_something(self) -> bool:
        return bool(self.categories or self.text or self.coauthors)

    def is_linked(self, other: _Traits) -> bool:
        if self.coauthors & other.coauthors:
            return True
        if found := nearness(self.categories, other.categories):
            return found[0] != "far"
        return bool(self.text and other.text and self.text.likeness(other.text) >= _NEAR_TEXT)


def _group(followed: Followed, papers: list[Paper]) -> Group:
    names = Counter(name for paper in papers for name in others(paper, place_of(followed, paper)))
    codes = Counter(code for paper in papers for code in sorted(categories(paper)))
    return Group(
        papers=tuple(papers),
        coauthors=tuple(name for name, _ in names.most_common(5)),
        categories=tuple(sorted(codes, key=lambda code: (-codes[code], code))[:3]),
    )
