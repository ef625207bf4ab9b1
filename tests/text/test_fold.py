"""Folded text: what is the same, what is not, and that every word is found again in the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.fold import fold, normalize_letters, singulars

MESSY = st.lists(
    st.sampled_from(
        [*"abzAZ09 .,-–—'’$^_{}()~%/+#\\\"", "\\alpha", "\\emph{", "é", "e\u0301", "ß", "ﬁ", "β", "深", "₂", "\xad"]
    ),
    max_size=40,
).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The naïve Café", "the naive cafe"),
        ("nai\u0308ve", "naive"),
        ("ﬁne ＬＬＭ", "fine llm"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("Straße Øre Æther Łódź Þór", "strasse ore aether lodz thor"),
        ("µm μm $\\mu$m 10^5", "mum mum mum 105"),
        ("α-helix \\alpha Ω \\Omega \\varepsilon ς", "alpha helix alpha omega omega epsilon sigma"),
        ("CO$_2$ CO₂ CO_2 H$_{2}$O", "co2 co2 co2 h2o"),
        ("N\\log N", "n log n"),
        ("\\emph{x y} \\textbf{z}", "x y z"),
        ('Schr\\"odinger \\\'{e}tude na\\"{\\i}ve S\\o ren \\v{C}ech \\c c', "schrodinger etude naive soren cech c"),
        ("5\\% R\\&D a\\,b", "5 r d a b"),
        ("one—two---three--four", "one two three four"),
        ("GPT-3.5 v1.2 e.g. 1,000", "gpt 3.5 v1.2 e g 1 000"),
        ("C++ C# .NET p53", "c++ c# .net p53"),
        ("深度LLM学", "深 度 llm 学"),
        ("Alzheimer's Alzheimer’s", "alzheimers alzheimers"),
        ("``closed-book''", "closed book"),
        ("(re)use [sic] x=y", "re use sic x y"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_words(text: str, expected: str) -> None:
    folded = fold(text)
    words = {place: form for form, found in folded.forms.items() for place, width in found if width == 1}
    assert " ".join(words[place] for place in range(len(folded))) == expected


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("pre-training", {"pretraining"}),
        ("state-of-the-art", {"stateof", "ofthe", "theart", "stateoftheart"}),
        ("TCP/IP", {"tcpip"}),
        ("U.S.", {"us"}),
        ("O'Brien", {"obrien"}),
        ("one, two", set()),
        ("深度", set()),
        ("a--b", set()),
    ],
)
def test_compounds_stand_joined_too(text: str, joined: set[str]) -> None:
    assert {form for form, found in fold(text).forms.items() for _, width in found if width > 1} == joined


@pytest.mark.parametrize(
    ("word", "singular"),
    [
        ("models", "model"),
        ("LLMs", "llm"),
        ("GUIs", "gui"),
        ("studies", "study"),
        ("movies", "movie"),
        ("matrices", "matrix"),
        ("submatrices", "submatrix"),
        ("classes", "class"),
        ("boxes", "box"),
        ("caches", "cache"),
        ("axes", "axis"),
        ("mice", "mouse"),
        ("Parkinson's", "parkinson"),
        ("GPS", "gps"),
        ("AIDS", "aids"),
        ("bias", "bias"),
        ("analysis", "analysis"),
        ("virus", "virus"),
        ("species", "species"),
        ("loss", "loss"),
        ("as", "as"),
        ("universe", "universe"),
    ],
)
def test_singulars(word: str, singular: str) -> None:
    assert singular in singulars(word)
    assert len(singulars(word)) <= 2


@pytest.mark.parametrize(
    ("text", "begin", "stop", "there"),
    [
        ("see CO$_{2}$ here", 1, 2, "CO$_{2}$"),
        ("the $\\alpha$-synuclein gene", 1, 3, "$\\alpha$-synuclein"),
        ("\\emph{feature} splitting", 0, 2, "{feature} splitting"),
        ("a nai\u0308ve view", 1, 2, "nai\u0308ve"),
        ("the ﬁne-tuned", 1, 3, "ﬁne-tuned"),
        ("Schr\\\"odinger's cat", 0, 1, "Schr\\\"odinger's"),
        ("runs in $O(n)$ time", 2, 4, "O(n)"),
    ],
)
def test_places_in_the_original(text: str, begin: int, stop: int, there: str) -> None:
    start, end = fold(text).span(begin, stop)
    assert text[start:end] == there


@given(MESSY)
def test_positions_follow_one_another(text: str) -> None:
    folded = fold(text)
    for start, end in zip(folded.starts, folded.ends, strict=True):
        assert 0 <= start < end <= len(text)
    assert list(folded.starts) == sorted(folded.starts)
    assert all(place + width <= len(folded) for found in folded.forms.values() for place, width in found)


@given(MESSY)
def test_every_letter_has_its_place(text: str) -> None:
    letters = normalize_letters(text)
    for index in range(len(letters.text)):
        start, end = letters.span(index, index + 1)
        assert 0 <= start < end <= len(text)


@given(st.text(max_size=60))
def test_any_text_can_be_folded(text: str) -> None:
    fold(text)


@given(st.text(st.sampled_from("abcé ßﬁ-"), max_size=30))
def test_folding_again_changes_nothing(text: str) -> None:
    words = " ".join(form for form, found in fold(text).forms.items() if found[0][1] == 1)
    assert set(fold(words).forms) == {form for form, found in fold(text).forms.items() if found[0][1] == 1}
