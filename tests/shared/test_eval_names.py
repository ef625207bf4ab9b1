"""Names over the ACL Anthology's list of people's spellings: how many are found, how many others are accepted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from digest.names import NameMatch, compare_names, may_be_same_person, rule_keys, surname_keys
from digest.names.spelling import fold_name

Spelling = dict[str, str]  # first, last


def plain(name: Spelling) -> str:
    return f"{name.get('first') or ''} {name['last']}".strip()


def turned(name: Spelling) -> str:
    return f"{name['last']}, {name.get('first') or ''}"


SHAPES = pytest.mark.parametrize("shape", [plain, turned])


@pytest.fixture(scope="module")
def people(shared: Path) -> list[list[Spelling]]:
    listed = YAML(typ="safe").load(shared / "eval" / "authors" / "acl_name_variants.yaml")
    return [[person["canonical"], *person.get("variants", ())] for person in listed]


@pytest.mark.shared
@SHAPES
def test_most_spellings_of_a_person_are_found(
    people: list[list[Spelling]], shape: Callable[[Spelling], str], record_property: Callable[[str, object], None]
) -> None:
    pairs = [(plain(names[0]), shape(variant)) for names in people for variant in names[1:]]
    found = [pair for pair in pairs if may_be_same_person(*pair)]
    record_property("found", f"{len(found)} of {len(pairs)}")
    assert len(pairs) == 3936
    assert len(found) >= 0.89 * len(pairs)


@pytest.mark.shared
@SHAPES
def test_few_other_people_of_the_same_surname_and_initial_are_accepted(
    people: list[list[Spelling]], shape: Callable[[Spelling], str], record_property: Callable[[str, object], None]
) -> None:
    groups: defaultdict[tuple[str, str], set[tuple[int, str, str]]] = defaultdict(set)
    for person, names in enumerate(people):
        for name in names:
            if name.get("first"):
                groups[fold_name(name["last"]), fold_name(name["first"])[:1]].add((person, plain(name), shape(name)))
    pairs = [
        (one[1], other[2])
        for group in groups.values()
        for one, other in combinations(sorted(group), 2)
        if one[0] != other[0] and one[1] != other[1]
    ]
    accepted = [pair for pair in pairs if compare_names(*pair) >= NameMatch.INITIAL]
    record_property("accepted", f"{len(accepted)} of {len(pairs)}")
    assert len(pairs) > 900
    assert len(accepted) <= 0.04 * len(pairs)


@pytest.mark.shared
def test_spellings_that_agree_share_a_key(people: list[list[Spelling]]) -> None:
    for names in people:
        for one, other in combinations(names, 2):
            if compare_names(plain(one), turned(other)) >= NameMatch.INITIAL:
                assert rule_keys(plain(one)) & surname_keys(turned(other))
                assert rule_keys(turned(other)) & surname_keys(plain(one))
