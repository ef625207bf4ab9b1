"""Tests of the matcher: all rules on all papers at once find the same as each query on each paper."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.papers import Paper
from digest.rules import Batch, Matcher, Query, QueryError, parse
from tests.support.papers import paper
from tests.support.random_rules import TERMS, papers, parsed, rules


@settings(max_examples=300)
@given(st.lists(rules, min_size=1, max_size=6), st.lists(papers, min_size=1, max_size=4))
def test_all_at_once_finds_what_each_on_each_finds(texts: list[str], given: list[Paper]) -> None:
    queries = {}
    for number, text in enumerate(texts):
        try:
            queries[number] = parse(text)
        except QueryError:
            continue
    found = Matcher(queries.items()).match(given)
    each = [(key, index) for index, one in enumerate(given) for key, query in queries.items() if query.matches(one)]
    assert sorted(found) == sorted(each)
    assert [index for _, index in found] == sorted(index for _, index in found)


@settings(max_examples=300)
@given(rules, st.lists(papers, min_size=1, max_size=4))
def test_what_is_read_for_all_rules_has_the_same_words_in_the_same_places(rule: str, given: list[Paper]) -> None:
    query, batch = parsed(rule), Batch(given)
    for _, index in Matcher([(0, query)]).match(batch):
        assert query.hits(batch.indexed[index], matched=True) == query.hits(given[index])


_LONG = ["alpha beta alpha beta LLM the alpha beta alpha", "matrix the alphabeta alpha-beta LLM the alpha beta alpha"]
_CLOSE = [
    *('"alpha beta"~1', '"beta alpha alpha"~3', '"alpha the"~0', '"the the"~9', '"LLMs matrices the"~9999'),
    *('"pre-training LLM"~2', '"pretraining beta alpha"~1', '"state-of-the-art alpha"~0', '"alpha-beta the"~2'),
    *('"alph? beta"~4', '"a?pha alph? alpha"~3', '"matrix matrices"~2', 'all:"GPT-4 alpha"~2', 'ti:"beta alpha"~1'),
    *(f'"{_LONG[0]}"', '"alpha beta alpha-beta LLM the alpha beta alpha"', '"深度 深度"~1'),
    *(f'"{_LONG[0]}" NEAR/2 matrix', f'the PRE/0 "{_LONG[1]}"', f'"the {_LONG[0]}" NEAR/9999 alpha'),
]
_PARTS = ["alpha beta", "alpha-beta the", "the LLM matrices", "pre-training", "pretraining", "深度", *_LONG]
_dense = st.lists(st.sampled_from(_PARTS), max_size=7).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(_CLOSE), min_size=1, max_size=4),
    st.lists(st.builds(paper, _dense, _dense), min_size=9, max_size=24),
)
def test_many_papers_are_read_as_one_text(texts: list[str], given: list[Paper]) -> None:
    queries = [(number, parse(text)) for number, text in enumerate(texts)]
    each = [(key, index) for index, one in enumerate(given) for key, query in queries if query.matches(one)]
    assert sorted(Matcher(queries).match(given)) == sorted(each)


@pytest.mark.parametrize("size", [100, 400, 1_600])
def test_what_is_close_costs_by_blocks_and_not_by_papers(size: int) -> None:
    given = [paper(f"the of the of {number}", "in the and of the") for number in range(size)]
    rule = " OR ".join(f'"the the"~{number}' for number in range(1, 31))
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    matcher, batch = Matcher([(0, parse(rule))]), Batch(given)
    _ = batch["title"], batch["abstract"]  # folded
    sys.setprofile(count)
    try:
        found = matcher.match(batch)
    finally:
        sys.setprofile(None)
    assert len(found) == size
    assert calls < 60_000 * -(-size // 512)


_PIECES = [
    '"',
    "(",
    ")",
    "AND",
    "OR",
    "NOT",
    "ANDNOT",
    "NEAR/2",
    "NEAR",
    "ti:",
    "au:",
    "cat:",
    "-",
    "|",
    "all:",
    "{x y}",
]
_SOUP = st.lists(st.sampled_from([*TERMS, *_PIECES, "of", "the", "not", "to-be", "cs.XX"]), min_size=1, max_size=7)


@settings(max_examples=1000)
@given(st.lists(_SOUP.map(" ".join), min_size=1, max_size=8), papers)
def test_read_by_its_form_a_rule_is_what_the_parser_reads(texts: list[str], given: Paper) -> None:
    again = [text for text in texts for _ in range(2)]  # a form that is known by then
    queries = [(number, text, _parsed_or_none(text)) for number, text in enumerate(again)]
    for _, text, query in queries:
        if query is None:
            with pytest.raises(QueryError):
                Matcher([(0, text)])
    found = Matcher((number, text) for number, text, query in queries if query).match([given])
    assert found == [(number, 0) for number, _, query in queries if query and query.matches(given)]


def _parsed_or_none(text: str) -> Query | None:
    try:
        return parse(text)
    except QueryError:
        return None


def test_more_papers_than_one_block() -> None:
    given = [paper(f"alpha {'beta' * (number % 3 == 0)}", f"gamma delta{number}") for number in range(1_300)]
    rules = ["alpha NOT beta", "delta77 OR delta1299", "gamma NEAR/1 delta600", '"delta512 gamma"~1', "NOT beta alpha"]
    queries = [(rule, parse(rule)) for rule in rules]
    each = {(rule, index) for rule, query in queries for index, one in enumerate(given) if query.matches(one)}
    assert set(Matcher(queries).match(given)) == each
    assert Matcher(queries).match([]) == []
    assert Matcher([]).match(given) == []
