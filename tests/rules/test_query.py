"""The language beyond the agreed cases: fields, values, limits, readings aloud, and what is told in which words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest

from digest.names import may_be_same_person, rule_keys
from digest.papers import Author, Paper
from digest.rules import Hit, Query, QueryError, author_query, index_paper, parse, restricted
from tests.support.name_pairs import NAME_PAIRS
from tests.support.papers import paper

GIVEN = paper(
    "Sparse routing",
    "On pre-training LLMs.",
    "Yunhua Zhou",
    "ATLAS Collaboration",
    cats="cs.LG math-ph",
    comment="Accepted at NeurIPS",
    journal="Phys. Rev. Lett.",
    arxiv="2507.05197",
    pmid="34929406",
    doi="10.1016/S0140-6736(20)30183-5",
    version=2,
    published=datetime(2026, 1, 31, 12, tzinfo=UTC),
    updated=datetime(2026, 3, 1, tzinfo=UTC),
    code="https://example.org/code",
)


@pytest.mark.parametrize(
    "rule",
    [
        *(
            "ti:sparse",
            "title:routing",
            "intitle:routing",
            "TI:sparse",
            "ti: sparse",
            "abs:LLM",
            "tiab:LLM",
            "all:sparse",
        ),
        *(
            "co:neurips",
            "comment:accepted",
            "jr:phys",
            "venue:lett",
            'jr:"Phys. Rev. Lett."',
            "all:neurips",
            "all:phys",
        ),
        *("au:zhou", "author:zhou_y", 'au:"Zhou, Yunhua"', "au:atlas", 'au:"ATLAS Collaboration"', 'all:"Yunhua Zhou"'),
        *(
            "cat:cs",
            "cat:CS.lg",
            "category:cs.LG",
            "pcat:cs.LG",
            "cat:(cs.CL OR cs.LG)",
            "cat:(cs.CL|cs.LG)",
            "cat:math.MP",
        ),
        *("id:2507.05197", "arxiv:2507.05197v2", "id:https://arxiv.org/abs/2507.05197", "id:arXiv:2507.05197v2"),
        *("doi:10.1016/S0140-6736(20)30183-5", "(doi:10.1016/s0140-6736(20)30183-5 AND sparse)", "pmid:34929406"),
        *("doi:https://doi.org/10.1016/S0140-6736(20)30183-5", "doi:10.48550/arXiv.2507.05197", "all:2507.05197"),
        *(
            "date:2026",
            "date:202601",
            "date:20260131",
            "date:2026-01-31",
            "date:[* TO 20260131]",
            "date:{20260130 TO *}",
        ),
        *("date:[2026-01-31T12:00 TO 2026-01-31T12:00]", "updated:[20260301 TO 20260301]", "updated:{20260228 TO *]"),
        *("has:code", "has:doi", "src:arxiv", "sparse -has:pdf", "sparse !cat:cs.CL", "+sparse +routing"),
        *("sparse && routing", "absent || routing", "absent | routing", "“sparse routing”", "（sparse OR absent）"),
        *("ti:(sparse AND co:neurips)", "abs:(LLM ti:sparse)", "ti:sparse NEAR routing", "ti:(sparse W/1 routing)"),
        *("sparse & routing", "sparse / routing", "sparse ... routing", "NOT absent sparse", "(NOT absent) sparse"),
    ],
)
def test_found(rule: str) -> None:
    assert parse(rule).matches(GIVEN)


@pytest.mark.parametrize(
    "rule",
    [
        *("ti:LLM", "abs:sparse", "neurips", "zhou", "phys", "co:phys", "au:sparse", "pcat:math-ph", "cat:cs.CL"),
        *("id:2507.05197v1", "doi:10.1016/S0140-6736", "date:2025", "date:{20260131 TO *}", "updated:[* TO 20260228]"),
        *("has:pdf", "src:feeds", "sparse -has:code", "ti:sparse NEAR LLM", "sparse PRE/0 sparse", "all:absent"),
    ],
)
def test_not_found(rule: str) -> None:
    assert not parse(rule).matches(GIVEN)


@pytest.mark.parametrize(
    ("rule", "reading"),
    [
        ("a1 b1 OR c1", "(a1 AND b1) OR c1"),
        ("a1 OR b1 c1 OR d1", "a1 OR (b1 AND c1) OR d1"),
        ("mouse NOT cat OR dog", "(mouse AND NOT cat) OR dog"),
        ("ti:(a1 OR au:li)", "ti:a1 OR au:li"),
        ("a1 ANDNOT (b1 OR c1)", "a1 AND NOT (b1 OR c1)"),
        ("the graph", "graph"),
        ("ti:(x1 NEAR y1) z1", "ti:x1 NEAR y1 AND z1"),
        ("cat:(cs.LG OR cs.CL)", "cat:cs.LG OR cat:cs.CL"),
        ("a1 AND NOT (NOT b1)", "a1 AND NOT (NOT b1)"),
    ],
)
def test_canonical_text(rule: str, reading: str) -> None:
    assert parse(rule).canonical_text == reading


@pytest.mark.parametrize(
    ("rule", "syntax", "reading"),
    [
        ("a1 b1", "digest", "a1 AND b1"),
        ("a1 b1", "arxiv", "a1 OR b1"),
        ("a1 b1 AND c1", "arxiv", "a1 OR (b1 AND c1)"),
        ("a1 b1 ANDNOT c1", "arxiv", "a1 OR (b1 AND NOT c1)"),
        ("a1 -b1", "arxiv", "a1 AND NOT b1"),
    ],
)
def test_adjacency_in_arxivs_syntax(rule: str, syntax: Literal["digest", "arxiv"], reading: str) -> None:
    assert parse(rule, syntax=syntax).canonical_text == reading


@pytest.mark.parametrize(
    ("rule", "position", "what"),
    [
        ("cancer[ti]", 6, "ti:cancer"),
        ("model~1", 5, "no fuzzy search"),
        ('"a1 b1"~', 7, '"hip pain"~2'),
        ('"a1 b1"^2', 7, "no weight"),
        ('"a1"~2', 0, "two to"),
        ("NEAR/x y1", 0, "write NEAR/3"),
        ("a1 NEAR b1 NEAR c1", 11, "one NEAR at a time"),
        ("ti:a1 NEAR abs:b1", 11, "in one field"),
        ("a1 NEAR -b1", 8, "wrong place"),
        ("a1 NEAR {B}", 8, "NEAR takes words"),
        ("a1 OR", 5, "ends too early"),
        ("a1 AND OR b1", 7, "wrong place"),
        ("a1)", 2, "never opened"),
        ("()", 0, "between the brackets"),
        ("--a1", 1, "one sign"),
        ("a1 NOT NOT b1", 7, "one NOT"),
        ("{ab", 0, "never closed"),
        ("x}", 1, "no partner"),
        ("ti:", 0, "governs nothing"),
        ("ti:au:x", 3, "behind a field"),
        ("titel:flow", 0, "did you mean title:?"),
        ("au:smith*", 3, "no wildcard"),
        ("au:{x}", 3, "no name"),
        ("id:nonsense", 3, "id:2507.05197"),
        ("doi:x", 4, "doi:10.1234/abc"),
        ("pmid:x", 5, "pmid:34929406"),
        ("orcid:1", 6, "0000-0002-1825-0097"),
        ("has:money", 4, "has:code"),
        ("date:yesterday", 5, "no date"),
        ("date:20260231", 5, "no such day"),
        ("date:[2026 to 2027]", 5, "TO in capitals"),
        ("date:", 5, "missing"),
        ("[2026 TO 2027]", 0, "behind date:"),
        ("ab*", 0, "three letters"),
        ('"net a*"', 5, "three letters"),
        ("?bc", 0, "may not begin"),
        ("the of", 0, "stand everywhere"),
        ("the NOT graph", 0, "almost everything"),
        ("a1 AND (b1 OR NOT c1)", 14, "almost everything"),
        ("… —", 0, "nothing to search for"),
        ("(" * 21 + "a1" + ")" * 21, 20, "20 brackets deep"),
        ("a1 " * 201, 600, "at most 200 terms"),
        ("a" * 4097, 0, "at most 4096 bytes"),
        ("ä" * 2049, 0, "at most 4096 bytes"),
    ],
)
def test_errors(rule: str, position: int, what: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(rule)
    assert caught.value.position == position
    assert what in str(caught.value).splitlines()[0]


def test_a_rule_has_no_more_texts_with_a_distance_than_can_be_paid() -> None:
    each = [f'"the of"~{number}' for number in range(31)]
    assert parse(" OR ".join(each[:30])).matches(paper("the of"))
    with pytest.raises(QueryError) as caught:
        parse(" OR ".join(each))
    assert caught.value.position == len(" OR ".join(each[:30])) + 4
    assert "a rule has at most 30 texts with ~n, which are dear to find: leave some out" in str(caught.value)


def test_the_limits_themselves_are_allowed() -> None:
    assert parse("(" * 20 + "aaa" + ")" * 20).matches(paper("aaa"))
    assert parse(" ".join(["aaa"] * 200)).matches(paper("aaa"))
    assert parse("a" * 4096).matches(paper("", "a" * 4096))


@pytest.mark.parametrize("rule", ["alpha AND (beta", "深度 AND (beta", "nai\u0308ve AND (beta", "\0lpha AND (beta"])
def test_the_caret_stands_below_the_mistake(rule: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(rule)
    _, line, caret = str(caught.value).splitlines()
    before = line[: line.index("(")]
    wide = sum(sign in "深度" for sign in before) - before.count("\u0308")
    assert caret.index("^") == len(before) + wide


def test_of_a_long_rule_only_the_place_is_shown() -> None:
    with pytest.raises(QueryError) as caught:
        parse("alpha " * 100 + "(")
    assert max(map(len, str(caught.value).splitlines())) < 120


@pytest.mark.parametrize(
    ("rule", "position", "what"),
    [
        ("near/5 graph", 0, "NEAR/5"),
        ("model^2", 5, "no weight"),
        ("graph & nets", 6, "passed over"),
        ("what? graph", 0, "? stands for one letter"),
        ('"what is attention?"', 9, "? stands for one letter"),
        ("TITLE(graph)", 5, "ti:(…)"),
        ("au:zhou yunhua", 8, 'au:"zhou yunhua"'),
    ],
)
def test_hints(rule: str, position: int, what: str) -> None:
    assert [hint.position for hint in parse(rule).hints if what in hint.what] == [position]


@pytest.mark.parametrize(
    "rule",
    [
        *('"mixture of experts" AND rout* ANDNOT cat:cs.CV', '(LLM OR "large language model") AND quantiz*', "H2O"),
        *("ti:(attention OR transformer) AND memory", '"alpha synuclein" OR (cat:q-bio AND evolution)', "a1 NEAR the"),
    ],
)
def test_nothing_is_doubtful_here(rule: str) -> None:
    assert parse(rule).hints == ()


def test_synonyms_are_found_and_marked() -> None:
    query = parse("ti:ML AND data", expand={"ml": ["machine learning", "LLM"], "data": []})
    assert query.canonical_text == '(ti:ML OR ti:"machine learning" OR ti:LLM) AND data'
    assert [hit.text for hit in query.hits(paper("Machine-learning data"))] == ["Machine-learning", "data"]


def test_categories_of_other_sources() -> None:
    given = paper("x", cats="lamplight")
    assert parse("cat:lamplight", categories=["lamplight"]).matches(given)
    with pytest.raises(QueryError):
        parse("cat:lamplight")
    assert parse("cat:Neuroscience").matches(paper("x", cats="neuroscience"))


def test_where_the_subscription_narrows_a_not_may_stand_alone() -> None:
    query = restricted(parse("NOT ti:survey", bounded=True), categories=["cs.LG"])
    assert query.matches(paper("nets", cats="cs.LG"))
    assert not query.matches(paper("survey", cats="cs.LG"))
    assert not query.matches(paper("nets", cats="cs.CL"))


def test_narrowing() -> None:
    query = restricted(parse("nets"), exclude=parse("ti:survey"), categories=["cs", "math.MP"], sources=["arxiv"])
    assert query.matches(paper("nets", cats="math-ph"))
    assert not query.matches(paper("a survey of nets", cats="cs.LG"))
    assert not query.matches(paper("nets", cats="stat.ML"))
    assert not query.matches(paper("nets", cats="cs.LG", source="feeds"))
    assert query.text == "nets"
    assert [hit.rule for hit in query.hits(paper("nets", cats="cs.LG"))] == ["nets"]


@pytest.mark.parametrize("rule", ["nets", "nets OR deep", "nets AND NOT deep", "all:nets"])
def test_without_bounds_a_rule_stays_itself(rule: str) -> None:
    assert restricted(parse(rule)) == parse(rule)


def test_following_marks_the_author() -> None:
    query = author_query("Yunhua Zhou", ["Y.-H. Zhou"])
    given = paper("x", "Zhou", "Wei Li", "Y. Zhou")
    assert query.hits(given) == (Hit("authors", 0, 7, "Y. Zhou", "Yunhua Zhou", author=1),)
    assert not query.matches(paper("x", "", "Wei Zhou"))


@pytest.mark.parametrize("name", ["", "  ", "..."])
def test_nobody_follows_no_name(name: str) -> None:
    with pytest.raises(QueryError):
        author_query(name)


@pytest.mark.parametrize(("rule", "printed"), [each[:2] for each in NAME_PAIRS if all(map(rule_keys, each[:2]))])
def test_looking_names_up_loses_none(rule: str, printed: str) -> None:
    found = may_be_same_person(rule, printed) or may_be_same_person(rule, "Wei Li")
    assert author_query(rule).matches(paper("x", "", "Wei Li", printed)) == found
    assert author_query(printed).matches(paper("x", "", rule)) == may_be_same_person(printed, rule)


def test_hits_of_several_kinds() -> None:
    given = paper("Beta, gamma and alpha", "alpha alpha", "Al Pha")
    assert texts(parse("beta OR alpha"), given) == ["Beta", "alpha", "alpha", "alpha"]
    assert texts(parse("beta NEAR gamma"), given) == ["Beta", "gamma"]
    assert texts(parse('"gamma alpha"~1'), given) == ["gamma", "alpha"]
    assert texts(parse("{gamma}"), given) == ["gamma"]
    assert texts(parse("beta OR (gamma AND absent)"), given) == ["Beta"]
    assert texts(parse("beta NOT absent"), given) == ["Beta"]
    assert texts(parse("all:pha"), given) == ["Al Pha"]
    assert texts(parse("beta absent"), given) == []


def test_what_must_stand_exactly_so_is_found_in_decomposed_text() -> None:
    given = paper("Na\u0131\u0308ve nai\u0308ve C++ (C++x) x_LLM")
    assert texts(parse("{naïve}"), given) == ["nai\u0308ve"]
    assert texts(parse("{C++}"), given) == ["C++"]
    assert texts(parse("{LLM}"), given) == ["LLM"]


def test_a_term_that_stands_everywhere_is_marked_a_hundred_times() -> None:
    given = paper("x", "alpha beta " * 1_000)
    for rule in ("alpha", '"alpha beta"', '"beta alpha"~0', "{alpha}"):
        assert 0 < len(parse(rule).hits(given)) <= 100


def test_many_queries_share_what_is_known_of_a_paper() -> None:
    assert index_paper(GIVEN) is index_paper(GIVEN)
    assert index_paper(index_paper(GIVEN)) is index_paper(GIVEN)
    assert index_paper(Paper(key="x", title="", source="", authors=(Author(name="A"),))) is not index_paper(GIVEN)


def texts(query: Query, given: Paper) -> list[str]:
    return [hit.text for hit in query.hits(given)]


def test_a_quoted_value_ends_at_its_quote() -> None:
    query = parse('cat:"cell biology" AND mice NOT cat:neuroscience')
    assert query.canonical_text == 'cat:"cell biology" AND mice AND NOT cat:neuroscience'
    assert query.matches(paper("mice", cats="")) is False
    with pytest.raises(QueryError, match="did you mean neuroscience"):
        parse("cat:neurosience")
