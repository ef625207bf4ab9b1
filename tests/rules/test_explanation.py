"""Why a query matches a paper, or why not."""

from __future__ import annotations

import pytest
from hypothesis import given

from digest.papers import Paper
from digest.rules import parse
from digest.rules.explanation import Explanation, explain
from tests.support.papers import paper
from tests.support.random_rules import papers, parsed, rules

GIVEN = paper(
    "Pre-training of LLMs",
    "We train models, then we sparse them. Routing is slow.",
    "Yunhua Zhou",
    "Li Wei",
    cats="cs.CL",
)


def terms(rule: str, given: Paper = GIVEN) -> list[Explanation]:
    return [term for term, _ in explain(parse(rule).root, given).terms]


@given(rules, papers)
def test_it_says_what_the_query_says(rule: str, given: Paper) -> None:
    query = parsed(rule)
    part = explain(query.root, given)
    assert part.matches == query.matches(given)
    assert part.text == query.canonical_text
    if part.matches:
        here = {hit for term, negated in part.terms if not negated for hit in term.hits}
        assert set(query.hits(given)) <= here


def test_where_a_term_stands_and_what_was_searched() -> None:
    [term] = terms("pretraining")
    assert (term.matches, term.hits[0].text, term.forms) == (True, "Pre-training", ("pretraining",))
    assert terms("LLMs")[0].forms == ("llm", "llms")
    assert terms('"pre training llm"')[0].forms == ("pre trainingllm", "pretraining llm", "pre training llm")
    assert terms("matri*")[0].forms == ("matri*",)


@pytest.mark.parametrize(
    ("rule", "note"),
    [
        ("ti:sparse", "it stands in the abstract: write abs:sparse"),
        ('"LLM"', "in quotes it is that form only; LLMs stands there"),
        ("{llms}", "between braces capitals and signs count; LLMs stands there"),
        ('"sparse models"', "its words are there, but not in a row: without quotes, or with NEAR/5, it would be found"),
        ('"sparse lattice"', "of its words only sparse stands there"),
        ("Zhou", "it is an author's name: write au:Zhou"),
        ("au:wenwei_zhou", "Yunhua Zhou: the same surname, another forename"),
        ("cat:math", "the paper is in cs.CL"),
        ("has:code", "the paper has no code"),
        ("src:feeds", "the paper came from arxiv"),
        ("date:2026", "the paper has no date for date:"),
        ("doi:10.1000/1", "the paper has no doi"),
        ("models NEAR/1 routing", "all its words are there, but not so close"),
        ('"models lattice"~3', "not there: lattice"),
    ],
)
def test_what_stands_there_instead(rule: str, note: str) -> None:
    [term] = terms(rule)
    assert not term.matches
    assert note in term.notes


def test_why_an_author_counts() -> None:
    assert terms('au:"Zhou Y"')[0].notes == ("Yunhua Zhou: the name by initials",)
    assert terms("au:zhou_yunhua")[0].notes == ("Yunhua Zhou: the name, surname first",)


def test_what_a_not_leaves_out() -> None:
    part = explain(parse("LLM NOT routing").root, GIVEN)
    [(_, plain), (term, negated)] = part.terms
    assert (plain, negated) == (False, True)
    assert (term.text, term.matches, term.hits[0].text) == ("routing", True, "Routing")
