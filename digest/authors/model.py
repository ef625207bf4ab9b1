"""Values of author disambiguation: the followed author as configured, and the verdict on one paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from digest.names import may_be_same_person

Unsure = Literal["include", "ask", "drop"]
AuthorOutcome = Literal["follow", "possibly", "name only", "no"]
"""Theirs; a matching name with too little evidence; a rule with nothing but a name; another person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorExclusions:
    """Marks of another person's papers: `except:` in the configuration."""

    with_: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    ids: tuple[tuple[str, str], ...] = ()
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedAuthor:
    """A person by name, and by what distinguishes them from namesakes."""

    name: str
    also: tuple[str, ...] = ()  # other spellings
    ids: tuple[tuple[str, str], ...] = ()  # ("orcid", "0000-0002-1825-0097"), ("openalex", "A…"), …
    known: tuple[str, ...] = ()  # keys of known papers of this person
    with_: tuple[str, ...] = ()  # co-authors
    categories: tuple[str, ...] = ()
    strict: bool = False  # the categories are a filter, not only evidence
    affiliations: tuple[str, ...] = ()
    excepted: AuthorExclusions = AuthorExclusions()
    when_unsure: Unsure = "ask"

    @property
    def forms(self) -> tuple[str, ...]:
        """All configured spellings of the name."""
        return (self.name, *self.also)

    def is_called(self, name: str) -> bool:
        """Whether a name matches one of the spellings."""
        return any(may_be_same_person(name, form) for form in self.forms)

    @property
    def named(self) -> tuple[str, ...]:
        """Keys of all papers that the reader has confirmed or excluded."""
        return (*self.known, *self.excepted.papers)

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing but the name to compare a paper with."""
        return not (self.ids or self.known or self.with_ or self.categories or self.affiliations)

    @property
    def fingerprint_text(self) -> str:
        """The fields as text for a subscription's stored fingerprint; its class names are fixed, or rules seem new."""
        exclusions = repr(self.excepted)
        text = "Followed" + repr(self).removeprefix(type(self).__qualname__)
        return text.replace(exclusions, "Excepted" + exclusions.removeprefix(type(self.excepted).__qualname__))

    def answered(self, answers: tuple[tuple[str, bool], ...]) -> FollowedAuthor:
        """With the reader's answers, as (key of the paper, whether it is theirs); they override the file."""
        yes = tuple(key for key, theirs in answers if theirs)
        no = tuple(key for key, theirs in answers if not theirs)
        known = tuple(key for key in dict.fromkeys((*self.known, *yes)) if key not in no)
        papers = tuple(key for key in dict.fromkeys((*self.excepted.papers, *no)) if key not in yes)
        return replace(self, known=known, excepted=replace(self.excepted, papers=papers))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorVerdict:
    """The verdict on one paper, with its evidence."""

    outcome: AuthorOutcome
    author: int | None = None  # index into the paper's authors
    evidence: tuple[str, ...] = ()  # in words, by descending weight
    p: float = 0.0  # likelihood that it is theirs; 0 or 1 by decisive evidence
