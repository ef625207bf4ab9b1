"""Lines that fit a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.render.text_wrap import WIDTH, columns, fill


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs"], include_characters=" "), max_size=400)
)
def test_lines_fit_and_nothing_is_lost(text: str) -> None:
    lines = fill(text, 4, "1. ").split("\n")
    for line in lines:
        assert columns(line) <= WIDTH or " " not in line.removeprefix(" 1. ").strip(" ")
    filled = "".join(lines).removeprefix(" 1. ")
    assert filled.replace(" ", "") == text.replace(" ", "")


@given(text=st.text("ab e", max_size=400))
def test_plain_letters_break_as_others_do(text: str) -> None:
    assert fill(text.replace("e", "ể"), 4, "1. ") == fill(text, 4, "1. ").replace("e", "ể")


def test_an_address_stays_whole() -> None:
    url = f"https://example.org/{'x' * 120}"
    assert fill(f"See {url} for more", 4).split("\n") == ["    See", f"    {url}", "    for more"]


def test_wide_characters_take_two_columns_and_break_anywhere() -> None:
    assert columns("路由a\u0301") == 5
    lines = fill("路" * 100, 4).split("\n")
    assert [columns(line) for line in lines] == [76, 76, 60]


def test_the_first_line_hangs() -> None:
    assert fill("one two", 4, "1. ") == " 1. one two"
    assert fill("", 4) == ""
