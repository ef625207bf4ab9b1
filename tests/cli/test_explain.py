"""`digest explain` and `digest backtest` on a file: what a person reads, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import digest
from tests.support.people import STARS, VISION


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(f"{paper.to_json()}\n" for paper in (*VISION, *STARS)))
    return path


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(digest, [str(word) for word in words])


def test_an_explanation(file: Path) -> None:
    result = call("explain", '"object detectors" AND galaxy NOT pedestrian', "2601.00001v2", "--papers", file)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "does not match: arxiv:2601.00001  We train an object detector on images of streets 1",
        'read as: "object detectors" AND galaxy AND NOT pedestrian',
        "",
        '+ "object detectors"',
        "    title: We train an [object detector] on images of streets 1",
        "    abstract: We train an [object detector] on images of streets; segmentation mask…",
        "    searched as: objectdetectors | object detectors",
        "",
        "- galaxy",
        "    not there",
        "    searched as: galaxy",
        "",
        "- NOT pedestrian",
        "    abstract: …tation masks and convolution layers see [pedestrians]. Part 1.",
        "    this leaves the paper out",
        "    searched as: pedestrian",
    ]


def test_a_person_is_explained_by_the_evidence(file: Path) -> None:
    rule = f"{{author: Wei Zhang, known: [{VISION[0].key}]}}"
    result = call("explain", rule, "https://arxiv.org/abs/2601.00002", "--papers", file)
    assert result.stdout.splitlines()[-1].startswith("theirs: ")
    assert "a shared co-author: Bo Chen" in result.stdout
    values = json.loads(call("explain", rule, STARS[0].key, "--papers", file, "--json").stdout)
    assert values["person"]["outcome"] == "possibly"
    assert values["explanation"]["notes"] == ["Wei Zhang: the name in full"]
    assert json.loads(call("explain", "{WHO}", STARS[0].key, "--papers", file, "--json").stdout)["matches"] is False


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("explain", "x", "2601.99999"), "'2601.99999' is not in"),
        (("explain", "(x", "2601.00001"), "this bracket is never closed"),
        (("explain", "{author: Wei Zhang, knwn: []}", "2601.00001"), "`knwn`: is no key here"),
        (("explain", "{author: Wei Zhang, known: [x]}", "2601.00001"), "`known.0`: `x` is no paper"),
        (("explain", "{author: Wei Zhang, known: [2601.00010]}", "2601.00001"), "without quotes this is a number"),
        (("explain", "{query: LLM, expand: {LLM: x}}", "2601.00001"), "`expand.LLM`: expected a list"),
        (("explain", "{author: Wei Zhang, when_unsure: drp}", "2601.00001"), "did you mean `drop`?"),
        (("explain", "{author: [}", "2601.00001"), "this mapping is no YAML"),
        (("explain", "{query: '(x'}", "2601.00001"), "this bracket is never closed"),
        (("backtest", "x OR"), "the rule ends too early"),
    ],
)
def test_what_cannot_be_meant(file: Path, words: tuple[str, ...], told: str) -> None:
    result = call(*words, "--papers", file)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_backtest(file: Path) -> None:
    result = call("backtest", "detector OR galaxies OR {GAN}", "--papers", file)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[2] == f"2026-01-01 Thu  {'█' * 40} 4"
    assert lines[4] == "4 papers of 7 (57.1%), 4 on a usual day"
    assert lines[5] == "terms: galaxies 0, {GAN} 0, detector 4"
    assert lines[-1] == "hint: in no paper of the archive: galaxies, {GAN}"
    values = json.loads(call("backtest", "detector", "--papers", file, "--json", "--days", "2").stdout)
    assert values["days"] == [
        {"day": "2025-12-31", "papers": 0, "matches": 0},
        {"day": "2026-01-01", "papers": 7, "matches": 4},
    ]
    assert values["matches"] == 4


def test_a_backtest_of_a_person(file: Path) -> None:
    result = call("backtest", "{author: Wei Zhang}", "--papers", file)
    assert "whose: 6 name only, 1 possibly" in result.stdout
    assert "hint: Wei Zhang seems to be 2 people" in result.stdout


def test_a_file_without_papers(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("")
    result = call("backtest", "x", "--papers", tmp_path / "none.jsonl")
    assert (result.exit_code, "there are no papers" in result.stderr) == (2, True)


def test_people_are_judged_by_match_too(file: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.jsonl"
    rules.write_text(
        json.dumps({"id": "z", "author": "Wei Zhang", "known": [paper.key for paper in VISION[:3]]})
        + '\n{"id": "q", "query": "detector"}\n{"id": "bad", "author": "Wei Zhang", "with": "x"}\n'
    )
    result = call("match", "--rules", rules, "--papers", file, "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 3
    assert {line["key"] for line in found if line.get("outcome") == "follow"} == {paper.key for paper in VISION}
    assert next(line for line in found if line["rule"] == "q") == {"rule": "q", "key": VISION[0].key}
    assert "rules.jsonl:3: `with`" in result.stderr
