"""Properties of the rule language: parsing, writing back, hits, and the meaning of phrases, NEAR and slop."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.papers import Paper
from digest.rules import QueryError, parse
from digest.rules.lexer import FIELDS
from tests.support.papers import paper
from tests.support.random_rules import papers, parsed, rules, texts


@given(rules)
def test_read_aloud_and_read_again_it_is_the_same(rule: str) -> None:
    # what is typed may hang on a stop word: "a AND (b OR (the NOT c))" is read, and without it refused
    assume("the" not in rule or "NOT" not in rule)
    query = parsed(rule)
    again = parse(query.canonical_text)
    assert again.root == query.root
    assert again.canonical_text == query.canonical_text


@given(rules)
def test_read_aloud_it_leaves_no_doubt_about_brackets(rule: str) -> None:
    assert not [hint for hint in parse(parsed(rule).canonical_text).hints if "AND binds before OR" in hint.what]


@given(rules, papers)
def test_a_hit_is_what_stands_there(rule: str, given: Paper) -> None:
    query = parsed(rule)
    hits = query.hits(given)
    assert bool(hits) <= query.matches(given)
    for hit in hits:
        where = given.authors[hit.author].name if hit.author is not None else getattr(given, hit.field)
        assert hit.text == where[hit.start : hit.end]
        assert hit.text == hit.text.strip() != ""
        assert hit.rule in rule
        assert hash(hit) == hash(hit)


WORDS = [
    "alpha",
    "LLM",
    "LLMs",
    '"LLM"',
    "pre-training",
    '"alpha beta"',
    '"pre training"',
    "matr*",
    "GPT-4",
    "深度",
    "naive",
]


@given(st.sampled_from(WORDS), texts)
def test_a_hit_folds_to_its_term(word: str, text: str) -> None:
    for hit in parse(word).hits(paper(text)):
        assert parse(word).hits(paper(hit.text)) == parse(hit.rule).hits(paper(hit.text)) != ()
        assert parse(word).hits(paper(hit.text))[0].text == hit.text


@given(st.text(alphabet="abAB -’'éαß$_{}\\", max_size=12).filter(lambda word: any(map(str.isalnum, word))))
def test_a_text_in_quotes_finds_itself(text: str) -> None:
    try:
        query = parse(f'"{text}"')
    except QueryError:
        assume(False)
    assert query.matches(paper(text))


ALPHABET = [
    *(
        '"',
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ":",
        "*",
        "?",
        "~",
        "~3",
        "-",
        "+",
        "!",
        "|",
        "||",
        "&&",
        "&",
        "\\",
        "$",
        "^",
        "'",
    ),
    *(
        " ",
        " ",
        " ",
        "  ",
        "\n",
        "\t",
        "AND",
        "OR",
        "NOT",
        "ANDNOT",
        "NEAR",
        "NEAR/3",
        "W/2",
        "PRE/1",
        "TO",
        "and",
        "not",
    ),
    *(f"{field}:" for field in FIELDS),
    *(
        "alpha",
        "beta",
        "a",
        "the",
        "LLM",
        "zhou_y",
        "cs.LG",
        "cs",
        "2507.05197v1",
        "10.1/a(b)",
        "20260101",
        "[2026 TO *]",
    ),
    *(
        "“",
        "”",
        "（",
        "）",
        "｛",
        "–",
        "—",
        "β",
        "ß",
        "深",
        "\u0301",
        "\u200b",
        "\ud800",
        "\0",
        "\u202e",
        "é",
        "ﬁ",
        "\U0001f600",
    ),
]


def test_any_text_is_a_query_or_a_located_error() -> None:
    rng = random.Random(20261121)
    seen, located = {True: 0, False: 0}, True
    subject = paper("alpha beta LLMs", "the pre-training of $\\alpha$", "Yunhua Zhou", cats="cs.LG")
    for _ in range(10_000):
        text = "".join(rng.choices(ALPHABET, k=rng.randint(1, 14)))
        try:
            query = parse(text, syntax=rng.choice(["digest", "arxiv"]))
        except QueryError as error:
            seen[False] += 1
            located = located and 0 <= error.position <= len(text) and str(error).endswith("^")
            continue
        seen[True] += 1
        assert all(0 <= hint.position <= len(text) for hint in query.hints)
        assert query.matches(subject) >= bool(query.hits(subject))
        assert parse(query.canonical_text).root == query.root, text
    assert located
    assert min(seen.values()) > 500, "both happen"


# -- what words in a row mean, said in the plainest way --------------------------

LETTERS = st.lists(st.sampled_from("abcx"), max_size=14)


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=4), LETTERS)
def test_a_phrase_is_words_in_a_row(phrase: list[str], text: list[str]) -> None:
    count = len(phrase)
    expected = any(text[at : at + count] == phrase for at in range(len(text)))
    assert parse(f'"{spelled(phrase)}"').matches(paper(spelled(text))) == expected


@given(st.sampled_from(["NEAR", "PRE"]), st.integers(0, 5), st.permutations("abc"), LETTERS)
def test_near_counts_the_words_between(operator: str, most: int, pair: list[str], text: list[str]) -> None:
    first, second = pair[:2]
    expected = any(
        one == first and other == second and (there - here > 0 or operator == "NEAR") and abs(there - here) - 1 <= most
        for here, one in enumerate(text)
        for there, other in enumerate(text)
        if here != there
    )
    query = parse(f"{spelled([first])} {operator}/{most} {spelled([second])}")
    assert query.matches(paper(spelled(text))) == expected
    assert bool(query.hits(paper(spelled(text)))) == expected


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=4), st.integers(0, 5), LETTERS)
def test_close_together_each_word_has_a_place_of_its_own(words: list[str], most: int, text: list[str]) -> None:
    width = len(words) + most
    expected = any(
        all(text[at : at + width].count(word) >= words.count(word) for word in words) for at in range(len(text))
    )
    query = parse(f'"{spelled(words)}"~{most}')
    assert query.matches(paper(spelled(text))) == expected
    assert bool(query.hits(paper(spelled(text)))) == expected


def spelled(letters: list[str]) -> str:
    """Words of which no two joined are a third."""
    return " ".join(f"{letter}zz" for letter in letters)


# -- rules that were made to hurt; each would take minutes if its cost grew with the square of something --------

LONG = {
    "same": "aaa " * 10_000,
    "turns": "alpha beta " * 5_000,
    "compound": "alpha-" * 9_999 + "x",
    "one word": "a" * 70_000,
    "tex": r"\alpha$_{" * 6_000,
    "alike": " ".join(f"abc{number}xyz" for number in range(10_000)),
}
HURTING = {
    "phrase": '"' + "aaa " * 1_000 + 'b"',
    "compound": "-".join(["alpha"] * 600),
    "compounds": " OR ".join("-".join(["alpha"] * count) + "-y" for count in range(2, 30)),
    "near": " OR ".join(f'("alpha alpha" NEAR/{count} beta)' for count in range(90)),
    "close": " OR ".join(f'"{"aaa " * 9} q"~{count}' for count in range(30)),
    "crowded": " OR ".join(f'"{"aaa " * 9} aaa"~{count}' for count in range(30)),
    "stars": "abc" + "*a" * 1_000 + "b",
    "wildcards": " OR ".join(f"aaa*a*{number}b" for number in range(200)),
    "exact": " OR ".join("{%s}" % ("a" * count) for count in range(2, 80)),
    "people": " OR ".join(f"au:abc{number}" for number in range(190)),
}


@pytest.mark.parametrize("rule", HURTING)
@pytest.mark.parametrize("text", LONG)
def test_no_rule_hurts(rule: str, text: str) -> None:
    subject = paper("A title", LONG[text], *(f"B. Abc{number}" for number in range(200)))
    query = parse(HURTING[rule])
    found = {("crowded", "same"), ("exact", "same"), ("compound", "compound"), *(("people", each) for each in LONG)}
    assert query.matches(subject) == ((rule, text) in found)
    assert len(query.hits(subject)) <= 500
