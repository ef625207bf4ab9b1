"""Random rules and papers over few words, so that they meet often."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import assume
from hypothesis import strategies as st

from digest.papers import Author, Ids, Paper
from digest.rules import Query, QueryError, parse

WORDS = ["alpha", "beta", "LLMs", "pre-training", "matrices", "state-of-the-art", "GPT-4", "the", "naïve", "深度"]
TERMS = [
    *WORDS,
    *("LLM", "pretraining", "matrix", "Pretrain*", "alph?", '"LLM"', '"alpha beta"', '"pre training LLM"', "{GPT-4}"),
    *('"alpha beta"~1', '"beta alpha alpha"~3', "au:zhou", 'au:"Zhou Y"', "cat:cs", "pcat:cs.LG", "cat:math.MP"),
    *("all:zhou", "all:alpha", "ti:beta", "abs:(alpha beta)", "co:alpha", "id:2507.05197", "doi:10.1/a", "has:code"),
    *(
        'tiab:"alpha-beta"',
        '"the LLM"',
        "Alpha",
        "cat:cs.LG",
        'au:"Zhou Y"',
        "src:feeds",
        "updated:2025",
        "all:{alpha}",
    ),
    *("alpha NEAR/1 beta", "(alpha OR matrix) PRE/2 beta", "ti:LLM W/3 alpha", "date:[20260101 TO *]", "src:arxiv"),
    *(
        '"alpha beta" PRE/3 (LLM OR "pre training")',
        "a-b",
        "pre-train*",
        '"alph? beta"',
        "{pre-training}",
        "cat:math-ph",
    ),
]


def _joined(parts: list[str], sign: str) -> str:
    return f"({sign.join(parts)})"


rules = st.recursive(
    st.sampled_from(TERMS),
    lambda inner: st.builds(
        _joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from([" AND ", " OR ", " ", " NOT ", " ANDNOT "])
    ),
    max_leaves=6,
)
"""Rules as text; not all of them are rules (nothing but a stop word, a NOT in every branch)."""

_WRITTEN = [*WORDS, "alpha-beta", "llm", "a-b", "pretraining", "Pre Training", "alphabeta", "C++", "matrix."]
_LONG = ["alpha beta alpha beta LLM the alpha beta alpha", "alphabeta alpha-beta LLM the alpha betaalpha LLM"]
texts = st.lists(st.sampled_from([*_WRITTEN, *_LONG]), max_size=12).map(" ".join)
names = st.lists(st.sampled_from(["Yunhua Zhou", "Y. Zhou", "Zhouping Li", "Alpha Team"]), max_size=3)
codes = st.lists(st.sampled_from(["cs.LG", "cs.CL", "math-ph", "stat.ML"]), max_size=2)
_DATES = [None, datetime(2025, 12, 31, 23, 59, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)]
papers = st.builds(
    lambda title, abstract, comment, authors, categories, arxiv, published: Paper(
        key="x",
        title=title,
        source="arxiv",
        abstract=abstract,
        comment=comment,
        authors=tuple(Author(name=name) for name in authors),
        categories=tuple(categories),
        ids=Ids(arxiv=arxiv),
        published=published,
    ),
    texts,
    texts,
    st.none() | texts,
    names,
    codes,
    st.sampled_from([None, "2507.05197"]),
    st.sampled_from(_DATES),
)


def parsed(rule: str) -> Query:
    """The query of a random text that happens to be a rule."""
    try:
        return parse(rule)
    except QueryError:
        assume(False)
        raise
