"""`digest match`: one line a match, what is no rule or no paper told with its place, and the exit code says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import digest

PAPERS = (
    {"key": "a", "title": "Sparse LLMs", "abstract": "On pre-training.", "authors": [{"name": "Yunhua Zhou"}]},
    {"key": "b", "title": "Ice", "abstract": None, "categories": ["cs.LG"], "authors": ["A. Li"]},
    {"key": "c\u2028", "title": "Water, H$_2$O", "comment": "3 pages\x85"},
)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return written(tmp_path / "papers.jsonl", *map(json.dumps, PAPERS))


def written(file: Path, *lines: str) -> Path:
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return file


def match(*arguments: str | Path) -> Result:
    return CliRunner().invoke(digest, ["match", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_line_a_match_with_its_places(papers: Path) -> None:
    result = match("LLM pretraining au:zhou", "--papers", papers, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines(result) == [
        {
            "key": "a",
            "hits": [
                {"field": "title", "start": 7, "end": 11, "text": "LLMs", "rule": "LLM"},
                {"field": "abstract", "start": 3, "end": 15, "text": "pre-training", "rule": "pretraining"},
                {"field": "authors", "start": 0, "end": 11, "text": "Yunhua Zhou", "rule": "zhou", "author": 0},
            ],
        }
    ]


def test_no_line_breaks_but_our_own(papers: Path) -> None:
    result = match("H2O", "--papers", papers, "--json")
    assert [value["key"] for value in lines(result)] == ["c\u2028"]


def test_a_list_for_people(papers: Path) -> None:
    result = match("LLM OR cat:cs.LG OR water", "--papers", papers)
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["a", "b", "c"]
    assert "Sparse LLMs" in result.stdout


def test_where_else_it_matched_is_listed(papers: Path) -> None:
    assert "abstract: pre-training" in match("pretraining", "--papers", papers).stdout


def test_a_bad_query_is_shown_with_a_caret(papers: Path) -> None:
    result = match("LLM AND (sparse", "--papers", papers)
    assert (result.exit_code, result.stdout) == (2, "")
    message = result.stderr.splitlines()
    assert message[1].index("(") == message[2].index("^")


def test_what_is_doubtful_is_hinted(papers: Path) -> None:
    result = match("ti:sparse LLM", "--papers", papers, "--json")
    assert result.exit_code == 0
    assert result.stderr.startswith("hint: column 11: ")


def test_a_line_that_is_no_paper_is_told_and_the_others_are_used(tmp_path: Path) -> None:
    bad = ["nonsense", '{"title": "no key"}', "[1]", '{"key": "x", "title": 5}', '{"key": "x", "authors": [1]}']
    file = written(tmp_path / "papers.jsonl", *bad, "", json.dumps(PAPERS[0]))
    result = match("LLM", "--papers", file, "--json")
    assert result.exit_code == 3
    assert [value["key"] for value in lines(result)] == ["a"]
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [f"{file}:{n}" for n in range(1, 6)]


def test_many_rules(papers: Path, tmp_path: Path) -> None:
    rules = [
        {"id": 1, "query": "LLM"},
        {"id": "twice", "query": "LLM"},
        {"id": "or", "query": "ice water", "syntax": "arxiv"},
        {"id": "long", "query": "ML", "expand": {"ML": ["LLM"]}},
    ]
    file = written(tmp_path / "rules.jsonl", *map(json.dumps, rules))
    result = match("--rules", file, "--papers", papers, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = {(value["rule"], value["key"]) for value in lines(result)}
    assert found == {(1, "a"), ("twice", "a"), ("long", "a"), ("or", "b"), ("or", "c\u2028")}


def test_a_rule_that_is_no_rule_is_told_and_the_others_run(papers: Path, tmp_path: Path) -> None:
    rules = ['{"id": 1, "query": "(LLM"}', '{"id": 2}', '{"id": 3, "query": 4}', '{"id": 4, "query": "LLM"}']
    file = written(tmp_path / "rules.jsonl", *rules)
    result = match("--rules", file, "--papers", papers, "--json")
    assert result.exit_code == 3
    assert lines(result) == [{"rule": 4, "key": "a"}]
    for number in (1, 2, 3):
        assert f"{file}:{number}: " in result.stderr


def test_either_a_query_or_rules(papers: Path) -> None:
    assert match("--papers", papers).exit_code == 2
    assert match("LLM", "--rules", papers, "--papers", papers).exit_code == 2
