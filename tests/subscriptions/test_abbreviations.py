"""Abbreviations that authors explain, and brackets that explain nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers import Paper
from digest.subscriptions.abbreviations import abbreviation_pairs, folded_term, glossary


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We use large language models (LLMs) here", [("LLMs", "large language models")]),
        ("heat shock transcription factor (HSF)", [("HSF", "heat shock transcription factor")]),
        ("a retrieval-augmented generation (RAG) system", [("RAG", "retrieval-augmented generation")]),
        ("by proximal policy optimization (PPO)", [("PPO", "proximal policy optimization")]),
        ("the gamma-aminobutyric acid (GABA) receptor", [("GABA", "gamma-aminobutyric acid")]),
        ("mixture of experts (MoE; see below)", [("MoE", "mixture of experts")]),
        ("low-rank adaptation (LoRA)", [("LoRA", "low-rank adaptation")]),
        ("with chain-of-thought (CoT), and", [("CoT", "chain-of-thought")]),
        ("It fails. Rates (RNA) fall", []),
        ("in a section (see Fig. 2) or (b) or (note)", []),
        ("x (ABC)", []),
        ("the RAG (RAG)", []),
        ("(RAG) begins", []),
    ],
)  # fmt: skip
def test_pairs(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(abbreviation_pairs(text)) == expected


@given(st.text(alphabet="abAB ()-.;é\n", max_size=60))
def test_whatever_stands_in_brackets(text: str) -> None:
    for short, long in abbreviation_pairs(text):
        assert short in text
        assert long in text
        assert len(long) > len(short)


def test_a_glossary_of_what_several_papers_say() -> None:
    texts = [
        "mixture of experts (MoE)",
        "Mixtures of Experts (MoEs)",
        "mixture-of-experts (MoE)",
        "moment of error (MoE)",
    ]
    papers = [Paper(key=text, title="", source="x", abstract=text) for text in texts]
    assert glossary(papers) == {"moe": ("mixture of expert",)}
    assert glossary(papers, least=1)["moe"] == ("mixture of expert", "moment of error")
    assert folded_term("LLMs") == folded_term("llm") == "llm"
