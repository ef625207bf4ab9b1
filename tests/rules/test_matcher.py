"""Tests of the matcher: all rules on all papers at once find the same as each query on each paper."""

from __future__ import annotations

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
