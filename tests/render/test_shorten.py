"""What is cut is cut between words or sentences, outside formulas, and visibly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.shorten import excerpt, shorten


@given(text=st.text(max_size=120), room=st.integers(5, 100))
def test_a_short_text_stays_and_a_long_one_ends_with_an_ellipsis(text: str, room: int) -> None:
    short = shorten(text, room)
    assert len(short) <= room
    assert short == text if len(text) <= room else short.endswith("…")
    assert text.startswith(short.removesuffix("…"))


@pytest.mark.parametrize(
    ("text", "room", "short"),
    [
        ("Turn Waste into Worth", 21, "Turn Waste into Worth"),
        ("Turn Waste into Worth", 20, "Turn Waste into…"),
        ("Rates: fast, slow", 13, "Rates: fast…"),
        ("Rates of $O(n \\log n)$ and more", 18, "Rates of…"),
        ("x" * 30, 10, "x" * 9 + "…"),
    ],
)
def test_a_line_ends_after_a_word(text: str, room: int, short: str) -> None:
    assert shorten(text, room) == short


def _shown(text: str, room: int, *hits: tuple[int, int]) -> list[str]:
    return [text[start:end] for start, end in excerpt(text, room, hits)]


def test_an_abstract_ends_after_a_sentence_where_that_uses_most_of_the_room() -> None:
    assert _shown("First sentence here. Second sentence is rather longer than it.", 30) == ["First sentence here."]
    assert _shown("Short. The second sentence is rather longer than the first.", 30) == [
        "Short. The second sentence is"
    ]


def test_an_abbreviation_ends_no_sentence() -> None:
    text = "We follow Vaswani et al. and others, e.g. Shazeer, on the way to an answer."
    assert _shown(text, 38) == ["We follow Vaswani et al. and others,"]


def test_an_abstract_that_is_a_little_long_is_left_whole() -> None:
    text = "word " * 22
    assert _shown(text, 100) == [text]


def test_a_formula_is_never_cut() -> None:
    text = "The cost is $O(n \\log n + m \\log m)$ in the worst case, and linear in most. More follows here."
    assert _shown(text, 22) == ["The cost is"]


def test_a_hit_beyond_the_cut_is_shown_with_its_sentence() -> None:
    text = f"An opening sentence. {'Words between. ' * 20}Then routing wins. {'And on it goes. ' * 20}"
    start = text.index("routing")
    assert _shown(text, 100, (start, start + 7))[-1] == "Then routing wins."


words = st.lists(st.sampled_from(["a", "word", "routing", "end.", "What?", "$x + y z$", "i.e.", "路由。"]), max_size=80)


@given(pieces=words, room=st.integers(60, 200), data=st.data())
def test_an_excerpt_is_in_order_in_bounds_and_keeps_formulas_whole(
    pieces: list[str], room: int, data: st.DataObject
) -> None:
    text = " ".join(pieces)
    first = data.draw(st.integers(0, len(pieces)))  # a hit is words as they stand
    last = data.draw(st.integers(first, min(first + 3, len(pieces))))
    start = min(len(" ".join(pieces[:first])) + (first > 0), len(text))
    spans = excerpt(text, room, [(start, start + len(" ".join(pieces[first:last])))])
    flat = [position for span in spans for position in span]
    assert flat == sorted(flat)
    assert flat[-1] <= len(text)
    assert sum(end - begin for begin, end in spans) <= max(room * 1.15, room + 40)
    for begin, end in spans:
        assert text[begin:end].count("$") % 2 == 0
        assert end == len(text) or re.match(r"\s", text[end:]) or text[end - 1] == "。"
