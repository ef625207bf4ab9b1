"""A followed person in a few lines: fields, numbers that can be true with source and day, and the latest papers."""

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
}  # of a rule, and whose they are


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorSummary:
    """What can be said of a person without a doubt."""

    name: str
    fields: tuple[str, ...] = ()  # categories of their papers, the most frequent first
    numbers: Researcher | None = None  # one id is behind them, and they agree with each other
    latest: tuple[Paper, ...] = ()  # beside those that the reader is shown anyway


def author_summary(
    followed: FollowedAuthor, papers: Iterable[Paper], people: Sequence[Researcher], latest: Sequence[Paper] = ()
) -> AuthorSummary:
    """Of papers that are theirs, and of those who bear their name on these."""
    return AuthorSummary(
        name=followed.name,
        fields=_fields((*papers, *latest)),
        numbers=trusted_record(followed, people),
        latest=tuple(latest),
    )


def researchers_named(followed: FollowedAuthor, figures: Iterable[Bibliometrics]) -> list[Researcher]:
    """Who bears the name on these papers; a paper with two such people tells of none."""
    found = []
    for each in figures:
        called = [author for author in each.authors if followed.is_called(author.name)]
        found += called if len(called) == 1 else []
    return found


def service_ids(followed: FollowedAuthor, people: Iterable[Researcher]) -> dict[str, tuple[str, ...]]:
    """The ids behind a followed person, by service: what the rule says, else all under which their papers are kept."""
    found: dict[str, dict[str, None]] = {}
    for person in people:
        if person.id:
            found.setdefault(person.service, {})[person.id] = None
    said = {_IDS[kind]: (_bare(value),) for kind, value in followed.ids if kind in _IDS}
    return {service: tuple(ids) for service, ids in found.items()} | said


def _bare(given: str) -> str:
    """An id without the address that leads to it; DBLP's have a slash of their own."""
    return re.sub(r"^https?://[^/]+/(?:author/|pid/)?", "", given.strip())


def trusted_record(followed: FollowedAuthor, people: Sequence[Researcher]) -> Researcher | None:
    """The numbers of the first service that knows the person under one id and whose numbers can be true."""
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
