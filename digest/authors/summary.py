"""The summary of a followed author for letters: fields, plausible bibliometrics, and the latest papers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from digest.authors.model import FollowedAuthor
from digest.papers import Paper
from digest.papers.scholarly_metrics import SERVICES, Bibliometrics, Researcher

_FIELDS: Final = 4
_IDS: Final = {
    "s2": "semanticscholar",
    "openalex": "openalex",
    "dblp": "dblp",
}  # kind of id in a rule -> service


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorSummary:
    """The undoubted facts about a followed author."""

    name: str
    fields: tuple[str, ...] = ()  # categories of their papers, the most frequent first
    numbers: Researcher | None = None  # of one unambiguous id, and plausible
    latest: tuple[Paper, ...] = ()  # besides those in the issue


def author_summary(
    followed: FollowedAuthor, papers: Iterable[Paper], people: Sequence[Researcher], latest: Sequence[Paper] = ()
) -> AuthorSummary:
    """From papers by the author, and from the services' records of authors with the name on these."""
    return AuthorSummary(
        name=followed.name,
        fields=_fields((*papers, *latest)),
        numbers=trusted_record(followed, people),
        latest=tuple(latest),
    )


def researchers_named(followed: FollowedAuthor, figures: Iterable[Bibliometrics]) -> list[Researcher]:
    """The services' records with the author's name on these papers; a paper with two such authors gives none."""
    found = []
    for each in figures:
        called = [author for author in each.authors if followed.is_called(author.name)]
        found += called if len(called) == 1 else []
    return found


def service_ids(followed: FollowedAuthor, people: Iterable[Researcher]) -> dict[str, tuple[str, ...]]:
    """The author's ids by service: the one in the rule, else all under which the service lists the papers."""
    found: dict[str, dict[str, None]] = {}
    for person in people:
        if person.id:
            found.setdefault(person.service, {})[person.id] = None
    said = {_IDS[kind]: (_bare(value),) for kind, value in followed.ids if kind in _IDS}
    return {service: tuple(ids) for service, ids in found.items()} | said


def _bare(given: str) -> str:
    """An id without its URL; DBLP's ids contain a slash."""
    return re.sub(r"^https?://[^/]+/(?:author/|pid/)?", "", given.strip())


def trusted_record(followed: FollowedAuthor, people: Sequence[Researcher]) -> Researcher | None:
    """The record of the first service with one id for the author and plausible numbers."""
    ids = service_ids(followed, people)
    for service in SERVICES:
        if len(ids.get(service, ())) != 1:
            continue
        theirs = [each for each in people if (each.service, each.id) == (service, ids[service][0]) and each.can_be_true]
        if theirs:
            return max(theirs, key=lambda each: each.at.timestamp() if each.at else 0)
    return None


def _fields(papers: Iterable[Paper]) -> tuple[str, ...]:
    counts = Counter(category for paper in papers for category in paper.categories)
    return tuple(category for category, _ in counts.most_common(_FIELDS))
