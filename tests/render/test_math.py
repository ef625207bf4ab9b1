"""Formulas as people read them, exactly or as typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.highlight import TextPiece, highlighted
from digest.render.math import readable


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (r"$\alpha$-synuclein", "α-synuclein"),
        (r"in $O(n\log n)$ time", "in O(n log n) time"),
        (r"$O(n \log n)$", "O(n log n)"),
        (r"Top-$k$ routing", "Top-k routing"),
        (r"H$_2$O and CO$_{2}$", "H₂O and CO₂"),
        (r"$x^2 + y^{2} \leq 1$", "x² + y² ≤ 1"),
        (r"$\mathbb{R}^n \to \mathcal{O}$", "ℝⁿ → 𝒪"),
        (r"$\mathrm{BERT}$ beats $\text{GPT}$", "BERT beats GPT"),
        (r"$p < 0.05$, $95\%$", "p < 0.05, 95%"),
        (r"$f'(x)$", "f′(x)"),
        (r"a $\beta$-$\gamma$ b", "a β-γ b"),
    ],
)
def test_what_is_exact_is_written_so(typed: str, read: str) -> None:
    assert readable(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        r"$\frac{1}{2}$",
        r"$\sqrt{n}$",
        r"$x^{q}$",
        r"$e^{i\pi}$",
        r"$\unknowncommand x$",
        r"$\mathbf{w}$",
        "costs $5 and $10 per month",
        "a $ sign, and another $",
        "$$x$$",
        r"\$5 and \$6",
        "$x^{2$",
        "no formula",
    ],
)
def test_what_is_not_stays_as_typed(typed: str) -> None:
    assert readable(typed) == typed


def test_a_mark_inside_a_formula_covers_what_it_became() -> None:
    text = r"the $\alpha$-synuclein, $\sqrt{\alpha}$"
    start, other = text.index(r"\alpha"), text.rindex(r"\alpha")
    assert highlighted(text, [(start, start + 6), (other, other + 6)]) == (
        TextPiece("the "),
        TextPiece("α", hit=True),
        TextPiece(r"-synuclein, $\sqrt{"),
        TextPiece(r"\alpha", hit=True),
        TextPiece("}$"),
    )


@given(st.text(alphabet="$\\{}^_ abn25()=<αlog,'", max_size=40))
def test_nothing_but_formulas_changes_and_twice_is_once(text: str) -> None:
    once = readable(text)
    assert readable(text.replace("$", "")) == text.replace("$", "")
    assert once == text or "$" in text
    assert len(once) <= len(text)
