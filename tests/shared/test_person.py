"""Thirty papers of two people of one name."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from digest.authors import (
    AuthorExclusions,
    AuthorProfile,
    DocumentFrequencies,
    FollowedAuthor,
    classify,
    cluster_by_author,
)
from digest.papers import Paper

pytestmark = pytest.mark.shared
NAME = "Yunhua Zhou"
NOTHING = AuthorExclusions()


@pytest.fixture
def people(shared: Path) -> dict[str, list[Paper]]:
    found: dict[str, list[Paper]] = {}
    for line in (shared / "papers" / "yunhua_zhou.jsonl").read_text().splitlines():
        found.setdefault(json.loads(line)["person"], []).append(Paper.from_json(line))
    return found


def outcomes(
    known: list[Paper], given: list[Paper], everything: DocumentFrequencies, excepted: AuthorExclusions = NOTHING
) -> Counter[str]:
    followed = FollowedAuthor(name=NAME, known=tuple(paper.key for paper in known), excepted=excepted)
    profile = AuthorProfile.of(followed, known, [], everything)
    return Counter(classify(profile, paper).outcome for paper in given if paper not in known)


def test_one_known_paper(people: dict[str, list[Paper]]) -> None:
    theirs, others = people["language models"], people["dynamical systems"]
    everything = DocumentFrequencies.of((*theirs, *others))
    for known in theirs:
        assert set(outcomes([known], theirs, everything)) <= {"follow", "possibly"}
        assert "follow" not in outcomes([known], others, everything)
        assert "follow" not in outcomes([known], others, DocumentFrequencies())


def test_any_three_known_papers(people: dict[str, list[Paper]]) -> None:
    theirs, others = people["language models"], people["dynamical systems"]
    everything = DocumentFrequencies.of((*theirs, *others))
    triples = random.Random(7).sample(list(itertools.combinations(theirs, 3)), 150)
    for known in triples:
        assert outcomes(list(known), theirs, everything)["follow"] >= 20
        assert "follow" not in outcomes(list(known), others, everything)


def test_an_excepted_field(people: dict[str, list[Paper]]) -> None:
    theirs, others = people["language models"], people["dynamical systems"]
    excepted = AuthorExclusions(categories=("math.DS",))
    assert outcomes(theirs[:1], others, DocumentFrequencies.of(theirs), excepted=excepted) == {"no": 2}


def test_nothing_but_the_name_and_two_groups(people: dict[str, list[Paper]]) -> None:
    theirs, others = people["language models"], people["dynamical systems"]
    assert outcomes([], [*theirs, *others], DocumentFrequencies()) == {"name only": 30}
    found = cluster_by_author(FollowedAuthor(name=NAME), [*theirs, *others])
    assert [[*group.papers] for group in found] == [theirs, others]
