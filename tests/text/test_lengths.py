"""Texts longer than any real one are cut before any work is done with them, and marks in a row are few."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers import Author, Paper
from digest.rules import parse
from digest.text import clean_block, clean_html, clean_line, clean_name, lengths, strip_controls
from digest.text.fold import bit_set, fold
from tests.support.papers import paper

SECONDS = 1.0  # of this thread's own processor time; each case took minutes, or never ended
ZALGO = "a" + "\u0301\u0327" * 500_000
HOSTILE = {
    "marks": ZALGO,
    "marks of the second plane": "a" + "\U0001d165\U0001d16d\u0327" * 100_000,
    "braces": "{" * 1_000_000,
    "commands": "\\'{e}" * 200_000,
    "dollars": "$a" * 500_000,
    "attributes": "<p " + " ".join(f"a{number}='1'" for number in range(300_000)) + ">word</p>",
    "open tags": "<b>" * 300_000,
    "formatting": "<p><b><i><a>" * 100_000,
    "tables": "<table><tr><b>" * 100_000,
    "brackets": "<" * 1_000_000,
    "scripts": "<script>" * 200_000,
    "comments": "<!--" * 200_000,
    "references": "&amp;#x26;" * 100_000,
    "lines": "\n" * 2_000_000,
    "paragraphs": "a\n\n" * 500_000,
    "spaces": " \n\t" * 500_000,
    "ties": "~" * 1_000_000,
    "joiners": "\u200c" * 1_000_000,
}
CLEANERS: dict[str, Callable[[str], str]] = {
    "line": clean_line,
    "block": clean_block,
    "name": clean_name,
    "html": clean_html,
}


@pytest.mark.parametrize("cleaner", CLEANERS)
@pytest.mark.parametrize("name", HOSTILE)
def test_no_cleaner_is_slow(name: str, cleaner: str) -> None:
    start = time.thread_time()
    found = CLEANERS[cleaner](HOSTILE[name])
    assert time.thread_time() - start < SECONDS
    assert len(found) <= 2 * lengths.RAW_BLOCK


def test_eight_marks_in_a_row_are_kept() -> None:
    assert strip_controls(ZALGO) == "a" + "\u0301\u0327" * 4
    assert len(clean_line(ZALGO)) <= 9
    assert clean_line("e\u0301 \u0301") == "é \u0301"
    assert clean_line("\u0915\u093f\u0902") == "\u0915\u093f\u0902"  # Devanagari: a vowel sign and a nasal


@given(st.text("a\u0301\u0327\u0345\U0001d165 ", max_size=60))
def test_no_more_marks_than_eight(raw: str) -> None:
    row = 0
    for character in strip_controls(raw):
        row = row + 1 if unicodedata.combining(character) else 0
        assert row <= 8


def test_a_paper_holds_no_more_than_any_real_one() -> None:
    found = Paper(
        key="k",
        title="t" * 8_000_000,
        source="feeds",
        abstract="b" * 1_000_000,
        comment="c" * 1_000_000,
        journal="j" * 1_000_000,
        authors=tuple(Author(name="n" * 1000, affiliation="p" * 10_000) for _ in range(20_000)),
        categories=("c" * 1000,) * 16_000,
    )
    assert len(found.title) == len(found.comment or "") == len(found.journal or "") == 2_000
    assert len(found.abstract or "") == 50_000
    assert len(found.authors) == 10_000
    assert (len(found.authors[0].name), len(found.authors[0].affiliation or "")) == (300, 2_000)
    assert [len(code) for code in found.categories] == [300] * 100


def test_marks_in_an_abstract_from_a_file_are_few() -> None:
    assert len(Paper(key="k", title="t", source="", abstract=ZALGO[:40_000]).abstract or "") == 9


def test_a_word_repeated_is_folded_and_found() -> None:
    folded = fold("graph " * 40_000)
    assert len(folded.forms["graph"]) == 40_000
    assert folded.places("graph") == {1: (1 << 40_000) - 1}
    assert parse("graph").matches(paper("graph " * 300, "graphs " * 7_000))
    assert parse('"graph graph graph"').matches(paper("", "graph " * 7_000))


def test_the_places_of_one_word_are_never_copied() -> None:
    folded = fold("graph graph")
    places = folded.forms["graph"]
    for place in range(2, 100):
        folded.put("graph", (), place, 1)
    assert folded.forms["graph"] is places
    assert len(places) == 100


@given(st.lists(st.integers(0, 3_000), max_size=200))
def test_a_set_of_bits_has_each_of_its_positions(positions: list[int]) -> None:
    assert bit_set(positions) == sum(1 << place for place in set(positions))
