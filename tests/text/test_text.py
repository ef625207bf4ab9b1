"""Titles, abstracts, names and HTML become clean Unicode, and nothing that was written is lost on the way."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.text import clean_block, clean_html, clean_line, clean_name, strip_controls

CLEANERS = [clean_line, clean_block, clean_name, clean_html]

texish = st.lists(
    st.sampled_from(
        [
            *(
                "\\",
                "{",
                "}",
                "$",
                "%",
                "^",
                "_",
                "~",
                " ",
                "\n",
                "'",
                '"',
                "a",
                "e",
                "i",
                "o",
                "n",
                "L",
                "-",
                "<",
                ">",
                "&",
                ";",
            ),
            *(
                "\\'",
                '\\"',
                "\\i",
                "\\o ",
                "\\L",
                "\\emph{",
                "\\href{u}{",
                "\\cite{x}",
                "\\alpha",
                "\\$",
                "\\%",
                "\\\\",
                "\\c ",
                "\\u{g}",
            ),
            *(
                "\u202e",
                "\u200b",
                "\x00",
                "\ud800",
                "\u2028",
                "é",
                "e\u0301",
                "&amp;",
                "<b>",
                "</p>",
                "<script>",
                "日本",
            ),
        ]
    ),
    max_size=25,
).map("".join)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ('J\\"org Deigm\\"oller', "Jörg Deigmöller"),
        ("Jan Jakub\\r{u}v", "Jan Jakubův"),
        ("Mariusz Bia{\\l}ecki", "Mariusz Białecki"),
        ("S{\\o}ren K. Boldsen", "Søren K. Boldsen"),
        ("S\\o ren", "Søren"),
        ("{\\L}. Stawarz", "Ł. Stawarz"),
        ("Garc\\'\\i a", "García"),
        ("Garc\\'{\\i}a", "García"),
        ("Fran\\c ca", "França"),
        ("Kra{\\ss}", "Kraß"),
        ("Erd\\H{o}s--R\\'{e}nyi", "Erdős--Rényi"),
        ("Nguy\\~{\\^e}n Ng\\d{o}c", "Nguyễn Ngọc"),
        ("{\\'A}d{\\'a}m \\v{S}", "Ádám Š"),
        ("\\.Ilker", "İlker"),
        ("5 \\AA wide, 5\\,\\AA\\ high", "5 Å wide, 5 Å high"),
        ("9 and 18 {\\mu}m", "9 and 18 μm"),
        ("0.30 \\pm 0.04", "0.30 ± 0.04"),
        ("n{\\deg} 4", "n° 4"),
    ],
)
def test_tex_becomes_letters(raw: str, clean: str) -> None:
    assert clean_line(raw) == clean


@pytest.mark.parametrize(
    "written",
    [
        "$\\'e$ and $x_{1}^{2}$ and $$\\frac{a}{b}$$",
        "\\(a_{n}\\) and \\[\\sum_{i} i\\]",
        "the limit of V_max<17.5 is (1^{+1.39}_{-0.59})",
        "O(N\\log N) with \\frac{\\partial}{\\partial a}",
        "as \\cite{smith} and \\unknown{x} say",
        "from $5 to $6",
        "a lone { and a lone \\",
    ],
)
def test_math_and_unknown_commands_stay_as_written(written: str) -> None:
    assert clean_line(written) == written


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("100% accurate, and \\'etale", "100% accurate, and étale"),
        ("50\\% of \\$5 at AT\\&T, item\\_1 \\#2", "50% of $5 at AT&T, item_1 #2"),
        ("\\href{https://a.example/x_y}{the page} % more", "the page % more"),
        ("\\href{https://a.example/}{}", "https://a.example/"),
        ("\\emph{sparse} {LLM}s {\\it here} \\textbf{\\textit{now}}", "sparse LLMs here now"),
        ("one\\\\two", "one two"),
    ],
)
def test_nothing_that_was_written_is_lost(raw: str, clean: str) -> None:
    assert clean_line(raw) == clean


def test_a_dollar_sign_stays_escaped_beside_math() -> None:
    assert clean_line("\\$5 and $x$") == "\\$5 and $x$"


def test_an_abstract_keeps_its_paragraphs() -> None:
    raw = "  We show that\nthis holds.\n  And that\nthat does.\r\n\r\nThird.\n"
    assert clean_block(raw) == "We show that this holds.\nAnd that that does.\nThird."


def test_a_tie_in_a_name_is_a_space() -> None:
    assert clean_name("V.~Foo~Nore\\~na") == "V. Foo Noreña"
    assert clean_line("~30 s at example.org/~ada") == "~30 s at example.org/~ada"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\x00b\u202ec\u200bd\ufeff", "abcd"),
        ("a\tb\r\nc\u2028d\x85e", "a b  c d e"),
        ("lone \ud800 half", "lone  half"),
        ("می\u200cخواهم \u200cok", "می\u200cخواهم ok"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_what_nobody_may_see_goes(raw: str, clean: str) -> None:
    assert strip_controls(raw) == clean


def test_a_character_fares_as_well_among_usual_ones_as_beside_an_unusual_one() -> None:
    for character in map(chr, range(0x3000)):
        assert strip_controls(f"中{character}") == f"中{strip_controls(character)}"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<p>One &amp; two</p><p>three<br/>four</p>", "One & two\nthree\nfour"),
        ("H<sub>2</sub>O &amp;lt;b&amp;gt; &copy;", "H2O &lt;b&gt; ©"),
        ("p<0.05 where x<y and z>w", "p<0.05 where x<y and z>w"),
        ("safe<script>alert(1)</script><style>p{}</style> text", "safe text"),
        ('<a href="javascript:x" onclick="y">link</a>', "link"),
        ("no end <b>here", "no end here"),
        ("plain text", "plain text"),
    ],
)
def test_html_becomes_text(raw: str, clean: str) -> None:
    assert clean_html(raw) == clean


def test_a_long_or_deep_field_costs_little() -> None:
    assert clean_line("{" * 4000 + "x") == "{" * 4000 + "x"
    assert clean_line("\\(" * 30_000) == "\\(" * 10_000
    assert clean_line("$\\" * 9_000) == "$\\" * 9_000
    assert clean_line("\\'e " * 5) == "é é é é é"


@given(st.one_of(texish, st.text()))
@example("\\\x00'e")
@example("\\-\\'\\-e")
@example("\\$ $\\'e$")
def test_clean_is_clean_and_stays_so(raw: str) -> None:
    for clean in (clean_line, clean_name):
        assert clean(clean(raw)) == clean(raw)
    for line in clean_block(raw).split("\n") + clean_html(raw).split("\n"):
        assert clean_line(line) == line


@given(st.one_of(texish, st.text()))
def test_no_cleaner_lets_a_hidden_character_through(raw: str) -> None:
    for clean in CLEANERS:
        shown = clean(raw)
        for character in shown.replace("\n", " ") if clean in (clean_block, clean_html) else shown:
            assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
            assert character not in "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyzäöüß0123456789,.%:()", min_size=1), min_size=1))
def test_text_without_tex_keeps_its_words(words: list[str]) -> None:
    assert clean_line("  ".join(words)) == " ".join(words)
    assert clean_block("\n".join(words)).split() == words


@given(st.text("abc xyz%", max_size=30), st.text("def ghi%", min_size=1, max_size=30))
def test_what_follows_a_percent_sign_stays(before: str, after: str) -> None:
    assert clean_line(f"{before} \\'e % {after}!").endswith(" ".join(f"é % {after}!".split()))
