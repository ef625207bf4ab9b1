"""arXiv's categories: known by code, found by what people type."""

from __future__ import annotations

import pytest

from digest.papers.arxiv_categories import ALIASES, ARCHIVES, ARXIV, GROUPS, NAMES, canonical, nearest


def test_the_list_is_whole() -> None:
    assert len(ARXIV) == 155
    assert ARXIV["cs.LG"] == "Machine Learning"
    assert ARXIV["hep-th"] == "High Energy Physics - Theory"
    assert {code.partition(".")[0] for code in ARXIV} == set(GROUPS)
    assert {"alg-geom", "cmp-lg", "solv-int", "hep-th"} <= ARCHIVES


def test_aliases_lead_to_a_category_and_no_further() -> None:
    for other, code in ALIASES.items():
        assert other in ARXIV
        assert canonical(other) == canonical(code) == code


def test_a_name_that_two_categories_share_needs_its_archive() -> None:
    assert "Machine Learning" not in NAMES
    assert NAMES["Computer Science - Machine Learning"] == "cs.LG"
    assert NAMES["Mathematics - Logic"] == "math.LO"
    assert NAMES["Mathematical Physics"] == "math-ph"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("cs.lg", "cs.LG"), ("LG", "cs.LG"), ("machine learning", "cs.LG"), ("hepth", "hep-th"), ("math.NAA", "math.NA")],
)
def test_the_nearest_code_comes_first(typed: str, meant: str) -> None:
    assert nearest(typed)[0] == meant


def test_nothing_is_near_to_nonsense() -> None:
    assert nearest("qqqqqqqq") == ()
