"""Marks stand where the matcher said, whatever the text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from digest.render.highlight import TextPiece, highlighted, merged
from digest.text import strip_controls

texts = st.text(max_size=60)
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda two: (min(two), max(two))), max_size=8)


def test_a_text_comes_in_pieces_and_overlapping_hits_are_one() -> None:
    text = "a mixture of experts, routed"
    assert highlighted(text, [(2, 12), (5, 20), (22, 28)]) == (
        TextPiece("a "),
        TextPiece("mixture of experts", hit=True),
        TextPiece(", "),
        TextPiece("routed", hit=True),
    )


def test_offsets_are_code_points_of_the_text_as_given() -> None:
    assert highlighted("ﬁne 👩‍🔬 α-synuclein", [(8, 19)])[-1] == TextPiece("α-synuclein", hit=True)


def test_a_shortened_text_keeps_its_marks_and_says_that_it_is_short() -> None:
    text = "one two three four"
    pieces = highlighted(text, [(4, 13)], [(0, 7), (14, 18)])
    assert pieces == (TextPiece("one "), TextPiece("two", hit=True), TextPiece(" … "), TextPiece("four"))
    assert highlighted(text, (), [(0, 7)])[-1] == TextPiece("\N{NO-BREAK SPACE}…")


@given(text=texts, hits=spans)
def test_pieces_make_up_the_text_and_marks_cover_what_was_hit(text: str, hits: list[tuple[int, int]]) -> None:
    pieces = highlighted(text, hits)
    whole = {index for start, end in hits for index in range(start, min(end, len(text)))}
    assert "".join(piece.text for piece in pieces) == "".join(
        strip_controls(text[start:end]) for start, end in _runs(text, whole)
    )
    hit = "".join(strip_controls(text[start:end]) for start, end in _runs(text, whole) if start in whole)
    assert "".join(piece.text for piece in pieces if piece.hit) == hit


@given(hits=spans)
def test_merged_spans_are_apart_and_in_order(hits: list[tuple[int, int]]) -> None:
    found = merged(hits)
    assert all(left[1] < right[0] for left, right in pairwise(found))
    assert {n for start, end in found for n in range(start, end)} == {
        n for start, end in hits for n in range(start, end)
    }


def _runs(text: str, marks: set[int]) -> list[tuple[int, int]]:
    """The stretches of a text that are wholly within or wholly outside the marks."""
    borders = [0, *(n for n in range(1, len(text)) if (n in marks) != (n - 1 in marks)), len(text)]
    return [(start, end) for start, end in pairwise(borders) if start < end]
