"""What a reader says of a person whom they follow, and what is made of one paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from digest.names import may_be_same_person

Unsure = Literal["include", "ask", "drop"]
AuthorOutcome = Literal["follow", "possibly", "name only", "no"]
"""Theirs; a name that fits and too little beside it; a rule that holds nothing but a name; somebody else's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorExclusions:
    """What tells the paper of another person."""

    with_: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    ids: tuple[tuple[str, str], ...] = ()
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedAuthor:
    """A person by name, and by whatever tells them from others of that name."""

    name: str
    also: tuple[str, ...] = ()  # other spellings
    ids: tuple[tuple[str, str], ...] = ()  # ("orcid", "0000-0002-1825-0097"), ("openalex", "A…"), …
    known: tuple[str, ...] = ()  # keys of papers that are theirs
    with_: tuple[str, ...] = ()  # co-authors
    categories: tuple[str, ...] = ()
    strict: bool = False  # the categories are a filter, and no mere hint
    affiliations: tuple[str, ...] = ()
    excepted: AuthorExclusions = AuthorExclusions()
    when_unsure: Unsure = "ask"

    @property
    def forms(self) -> tuple[str, ...]:
        """The name in every spelling that was given."""
        return (self.name, *self.also)

    def is_called(self, name: str) -> bool:
        """Whether one of these spellings and a name may mean the same person."""
        return any(may_be_same_person(name, form) for form in self.forms)

    @property
    def named(self) -> tuple[str, ...]:
        """Keys of all papers that are said to be theirs, or not."""
        return (*self.known, *self.excepted.papers)

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing to compare a paper with, but the name."""
        return not (self.ids or self.known or self.with_ or self.categories or self.affiliations)

    def answered(self, answers: tuple[tuple[str, bool], ...]) -> FollowedAuthor:
        """With what the reader has answered since, as (paper's key, whether it is theirs): it outranks the file."""
        yes = tuple(key for key, theirs in answers if theirs)
        no = tuple(key for key, theirs in answers if not theirs)
        known = tuple(key for key in dict.fromkeys((*self.known, *yes)) if key not in no)
        papers = tuple(key for key in dict.fromkeys((*self.excepted.papers, *no)) if key not in yes)
        return replace(self, known=known, excepted=replace(self.excepted, papers=papers))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorVerdict:
    """What is made of a paper."""

    outcome: AuthorOutcome
    author: int | None = None  # index into the paper's authors
    evidence: tuple[str, ...] = ()  # in words, what weighs most first
    p: float = 0.0  # how likely it is theirs; 0 or 1 where something decides at once
