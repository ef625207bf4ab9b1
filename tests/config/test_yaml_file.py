"""YAML as data with places, and every way in which a file is no YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.config.yaml_file import YamlFile, read_yaml


def written(folder: Path, text: str | bytes) -> YamlFile:
    path = folder / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


def told(document: YamlFile) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.what) for problem in document.problems]


def test_scalars_stay_as_typed(tmp_path: Path) -> None:
    document = written(tmp_path, "name: 2026\non: no\nwhen: 08:00\nlimit: 010\nempty:\nnothing: ~\nquoted: '~'\n")
    assert document.data == {
        "name": "2026",
        "on": "no",
        "when": "08:00",
        "limit": "010",
        "empty": None,
        "nothing": None,
        "quoted": "~",
    }


def test_every_value_knows_its_place(tmp_path: Path) -> None:
    document = written(tmp_path, "a:\n  - b: 1\n    c:\n      - x\n      - y\n")
    assert document.problem(("a", 0, "c", 1), "").column == 9
    assert document.problem(("a", 0, "c", 1), "").line == 5
    assert document.key_problem(("a", 0, "c"), "").line == 3


def test_an_empty_value_is_told_at_its_key(tmp_path: Path) -> None:
    document = written(tmp_path, "first:\n\n\nsecond: 2\n")
    assert str(document.problem(("first",), "")).endswith(":1:1: ")


def test_steps_that_are_not_in_the_file_are_passed_over(tmp_path: Path) -> None:
    document = written(tmp_path, "a:\n  - b: 1\n")
    assert document.known(("a", 0, "Branch", "b", "url")) == ("a", 0, "b")
    assert document.at(("a", 0, "Branch", "b", "url")) == "1"


def test_aliases_stand_for_what_they_name(tmp_path: Path) -> None:
    assert written(tmp_path, "a: &rule 'ti:flow'\nb: [*rule]\n").data == {"a": "ti:flow", "b": ["ti:flow"]}


def test_an_anchor_that_is_used_twice_means_the_later_one(tmp_path: Path) -> None:
    """Without a warning on the terminal."""
    assert written(tmp_path, "a: &x 1\nb: &x 2\nc: *x\n").data == {"a": "1", "b": "2", "c": "2"}


def test_a_byte_order_mark_moves_no_column(tmp_path: Path) -> None:
    document = written(tmp_path, b"\xef\xbb\xbfa: b\n")
    assert document.problem(("a",), "").column == 4


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("", 1, 1, "empty"),
        ("# nothing but a comment\n", 1, 1, "empty"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "`a` is given twice, first in line 1"),
        ("a:\n\tb: c\n", 2, 1, "a tab"),
        ("a: b: c\n", 1, 5, "this colon begins no value"),
        ('a:\n  - "mixture of experts" AND rout*\n', 2, 26, "single quotes"),
        ("a:\n  - *rule\n", 2, 5, "alias"),
        ("a: @b\n", 1, 4, "keeps this character for itself"),
        ("a: [b\n", 1, 6, "no YAML"),
        ("a: 1\n---\nb: 2\n", 2, 1, "one file holds one document"),
        ("a: !env X\n", 1, 4, "{env: NAME}"),
        ("a: !!python/object:os.system x\n", 1, 4, "no tag here"),
        ('a: "\\ud83d"\n', 1, 4, "half a character"),
        ('"\\ud83d": a\n', 1, 1, "half a character"),
        ("? [a]\n: b\n", 1, 3, "a key is one word"),
        ("a: \x07\n", 1, 4, "control character"),
        ("a: &a [*a]\n", 1, 4, "nested too deep"),
        ("a: " + "[" * 5000, 1, 1, "nested too deep"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, text: str, line: int, column: int, what: str) -> None:
    [problem] = written(tmp_path, text).problems
    assert (problem.line, problem.column) == (line, column)
    assert what in problem.what


def test_aliases_of_aliases_end(tmp_path: Path) -> None:
    laughs = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    document = written(tmp_path, f"l0: &l0 ha\n{laughs}")
    assert any("more values than a config can mean" in problem.what for problem in document.problems)


def test_a_file_in_another_encoding_is_told_at_the_first_wrong_character(tmp_path: Path) -> None:
    document = written(tmp_path, "a: 1\nname: Jörg\n".encode("latin-1"))
    assert told(document) == [(2, 8, "no UTF-8 from here on: save the file as UTF-8")]


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").mkdir()
    assert told(read_yaml(tmp_path / "x.yaml")) == [(1, 1, "cannot be read: Is a directory")]


def test_no_file(tmp_path: Path) -> None:
    assert told(read_yaml(tmp_path / "x.yaml", absent="nothing there")) == [(1, 1, "nothing there")]


def test_words_are_fit_for_a_terminal(tmp_path: Path) -> None:
    [problem] = written(tmp_path, 'a: 1\n? "\\e[31m\\u202ex"\n: 2\n? "\\e[31m\\u202ex"\n: 3\n').problems
    assert problem.what.isprintable()
