"""Names: what is one person's spelling, and what is another person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.names import NameMatch, compare_names, may_be_same_person, rule_keys, surname_keys
from tests.support.name_pairs import COMPOUND, CONFLICT, FULL, INITIAL, NAME_PAIRS, NONE, SWAPPED


@pytest.mark.parametrize(("rule", "printed", "expected"), NAME_PAIRS)
def test_grade(rule: str, printed: str, expected: NameMatch) -> None:
    assert compare_names(rule, printed) is expected
    assert compare_names(printed, rule) is expected


@pytest.mark.parametrize(
    ("rule", "printed"),
    [
        ("Zhou Y", "Yunhua Zhou"),
        ("zhou", "Yunhua Zhou"),
        ("zhou", "Zhou, Yunhua"),
        ("zhou", "Zhou Yunhua"),
        ("zhou", "Y. Zhou"),
        ("thomas", "Dylan Thomas"),
        ("del_maestro", "A. Del Maestro"),
        ("Del Maestro", "Del Maestro, Adrian"),
        ("Bin Li", "B. Li"),
        ("icecube", "IceCube Collaboration"),
    ],
)
def test_follows(rule: str, printed: str) -> None:
    assert may_be_same_person(rule, printed)


@pytest.mark.parametrize(
    ("rule", "printed"),
    [
        ("Yunhua Zhou", "Zhou"),  # the printed forename may not miss
        ("zhou", "Zhouping Li"),
        ("garcia", "Maria Garcia-Lopez"),  # a part of a surname
        ("lopez", "Maria Garcia-Lopez"),
        ("garcia", "Garcia Lopez, Maria"),
        ("maestro", "Adrian Maestro Bravo"),
        ("thomas", "Thomas Kipf"),  # a forename, not a surname that stands first
        ("collaboration", "IceCube Collaboration"),
        ("Bin Li", "Yang Li"),  # Bin is a particle elsewhere
        ("Van Nguyen", "Thi Nguyen"),
    ],
)
def test_follows_not(rule: str, printed: str) -> None:
    assert not may_be_same_person(rule, printed)


def test_other_spellings_count_as_well() -> None:
    assert not may_be_same_person("Yunhua Zhou", "Yunhua Chou")
    assert may_be_same_person("Yunhua Zhou", "Yunhua Chou", also=["Y. Chow", "Y.-H. Chou"])


def test_grades_stand_in_order() -> None:
    assert FULL > SWAPPED > COMPOUND > INITIAL > NONE > CONFLICT


WORDS = """
Zhou Li LI Jin JIN Jing-Hao Jinghao JH J.-H. J. H. Wei van Del de la Garcia Lopez Garcia-Lopez y Tom Thomas Bob B.
Müller Mueller Ø. Øystein Jr. Costa-Jussà 周云华 周 AB ABC -
"""
NAMES = st.builds(
    lambda words, between: between.join(words),
    st.lists(st.sampled_from(WORDS.split()), max_size=5),
    st.sampled_from([" ", "_", ", "]),
)


@given(NAMES, NAMES)
def test_grade_does_not_ask_which_name_is_the_rule(one: str, other: str) -> None:
    assert compare_names(one, other) is compare_names(other, one)


@given(NAMES, NAMES)
def test_names_that_agree_share_a_key(one: str, other: str) -> None:
    if compare_names(one, other) >= INITIAL:
        assert not rule_keys(one).isdisjoint(surname_keys(other))
        assert not rule_keys(other).isdisjoint(surname_keys(one))
    if may_be_same_person(one, other):
        assert compare_names(one, other) >= NONE


@given(NAMES)
def test_a_name_agrees_with_itself(name: str) -> None:
    assert compare_names(name, name) > CONFLICT or not rule_keys(name)


@given(st.text(), st.text())
def test_any_text_has_a_grade(one: str, other: str) -> None:
    assert compare_names(one, other) in NameMatch
    assert may_be_same_person(one, other) <= (compare_names(one, other) >= NONE)


@pytest.mark.parametrize("word", ["AB ", "A. ", "Al-", "de ", "Ab, ", "周"])
def test_a_hostile_name_costs_little(word: str) -> None:
    assert len(surname_keys(word * 3000)) < 100
