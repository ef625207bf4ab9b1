"""From one string of names to authors, in the forms that arXiv's submitters use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.authors import split_authors, turned


def names(raw: str) -> list[str]:
    return [author.name for author in split_authors(raw)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ada Quill", ["Ada Quill"]),
        ("Ada Quill and Bo Rye", ["Ada Quill", "Bo Rye"]),
        ("Ada Quill, Bo Rye, and Cy Fenn", ["Ada Quill", "Bo Rye", "Cy Fenn"]),
        ("Ada Quill; Bo Rye & Cy Fenn", ["Ada Quill", "Bo Rye", "Cy Fenn"]),
        ("Anders And, Sandor Land and Andy Rand", ["Anders And", "Sandor Land", "Andy Rand"]),
        ("G. David Fenn, Jr. and Bo Rye III", ["G. David Fenn Jr.", "Bo Rye III"]),
        ("HESS Collaboration: A. Quill, B. Rye", ["HESS Collaboration", "A. Quill", "B. Rye"]),
        ("The D0 Collaboration: V.M. Quill, et al", ["The D0 Collaboration", "V.M. Quill"]),
        ("The ATLAS Collaboration", ["The ATLAS Collaboration"]),
        ("Ada Quill for the IceCube Collaboration", ["Ada Quill", "IceCube Collaboration"]),
        ("Ada Quill (on behalf of ALICE), Bo Rye", ["Ada Quill", "Bo Rye"]),
        ("X. Quill, et al. (for the COIN Collaboration)", ["X. Quill"]),
        ("V.~Foo and T. F.\\,Li", ["V. Foo", "T. F. Li"]),
        ("Jos\\'e Nu\\~nez, {\\L}ukasz Rye", ["José Nuñez", "Łukasz Rye"]),
        ("", []),
    ],
)
def test_names_are_told_apart(raw: str, expected: list[str]) -> None:
    assert names(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ada Quill (Alder, Bern) and Bo Rye", [("Ada Quill", "Alder, Bern"), ("Bo Rye", None)]),
        ("Ada Quill (LPP), Bo Rye (LPP, CMAP)", [("Ada Quill", "LPP"), ("Bo Rye", "LPP, CMAP")]),
        ("A. Q (1), B. R (1 and 2) ((1) Alder, (2) Birch)", [("A. Q", "Alder"), ("B. R", "Alder; Birch")]),
        ("A. Q (1), B. R (2) ((1) Alder (2) Birch)", [("A. Q", "Alder"), ("B. R", "Birch")]),
        ("A. Q (1), B. R (2)", [("A. Q", None), ("B. R", None)]),
        ("A. Q (Inst (Dept, Town)), B. R", [("A. Q", "Inst (Dept, Town)"), ("B. R", None)]),
        ("A. Q (Alder, B. R", [("A. Q", "Alder, B. R")]),
        ("A. Q (the CDF Collaboration)", [("A. Q", "the CDF Collaboration")]),
    ],
)
def test_brackets_hold_affiliations(raw: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(author.name, author.affiliation) for author in split_authors(raw)] == expected


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Inoda, Toshio", "Toshio Inoda"),
        ("de Araujo, Mayara R.", "Mayara R. de Araujo"),
        ("Fenn Jr, G. David", "G. David Fenn Jr"),
        ("Fenn, Jr., G. David", "G. David Fenn Jr."),
        ("G. David Fenn, Jr.", "G. David Fenn Jr."),
        ("Ada Quill", "Ada Quill"),
        ("Quill,", "Quill,"),
        ("COIN Collaboration, The", "COIN Collaboration, The"),
    ],
)
def test_a_family_name_in_front_is_turned_round(written: str, read: str) -> None:
    assert turned(written) == read


@given(st.lists(st.from_regex(r"[A-Z][a-z]{2,8} [A-Z][a-z]{3,9}", fullmatch=True), min_size=1, max_size=12))
def test_what_is_joined_comes_apart_again(people: list[str]) -> None:
    safe = [person for person in people if not any(word in person for word in ("Team", "Group", "And "))]
    assert names(", ".join(safe)) == safe
    assert [author.name for author in split_authors(", ".join(f"{person} (A, B)" for person in safe))] == safe


@given(st.text("ab ,;().&-:123\\'{}", max_size=60))
def test_no_string_of_names_is_too_odd(raw: str) -> None:
    assert all(author.name for author in split_authors(raw))


def test_three_thousand_names_are_three_thousand_authors() -> None:
    people = [f"N. Ame{number}" for number in range(3000)]
    assert names("COIN Collaboration: " + ", ".join(people)) == ["COIN Collaboration", *people]
