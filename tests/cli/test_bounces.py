"""`digest bounces`: what it prints of each file, and how it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import digest
from tests.support.bounces.forms import daemon, failed, person, report

HARD = report(failed("5.1.1", "550 5.1.1 User unknown")).encode()
FULL = daemon("<ada@reader.example>: 552 5.2.2 Mailbox full\n").encode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, message in {"hard.eml": HARD, "full.eml": FULL, "empty.eml": b""}.items():
        (tmp_path / name).write_bytes(message)
    (tmp_path / "letter.eml").write_text(person("Thank you.", subject="Re: minors"))
    return tmp_path


def call(*words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(digest, ["bounces", *words], input=given)


@pytest.mark.usefixtures("folder")
def test_one_line_of_json_a_file() -> None:
    result = call("--json", "hard.eml", "full.eml", "letter.eml", "empty.eml")
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "file": "hard.eml",
            "kind": "hard",
            "addresses": ["ada@reader.example"],
            "status": "5.1.1",
            "reason": "no such address",
        },
        {
            "file": "full.eml",
            "kind": "soft",
            "addresses": ["ada@reader.example"],
            "status": "5.2.2",
            "reason": "mailbox full",
        },
        {"file": "letter.eml", "kind": "none", "addresses": [], "status": None, "reason": None},
        {"file": "empty.eml", "kind": "none", "addresses": [], "status": None, "reason": None},
    ]


@pytest.mark.usefixtures("folder")
def test_one_readable_line_a_file() -> None:
    result = call("hard.eml", "letter.eml")
    hard, none = result.stdout.splitlines()
    assert hard == "hard.eml: hard       ada@reader.example  5.1.1 no such address  550 5.1.1 User unknown"
    assert none == "letter.eml: none"


def test_the_name_is_the_one_that_was_given(folder: Path) -> None:
    assert json.loads(call("--json", str(folder / "hard.eml")).stdout)["file"] == str(folder / "hard.eml")
    assert json.loads(call("--json", "./hard.eml").stdout)["file"] == "./hard.eml"


def test_standard_input() -> None:
    assert json.loads(call("--json", "-", given=FULL).stdout)["kind"] == "soft"


@pytest.mark.usefixtures("folder")
def test_a_file_that_cannot_be_read_is_told_and_the_others_are_read() -> None:
    result = call("--json", "absent.eml", "hard.eml", ".")
    assert result.exit_code == 3
    assert result.stderr == "absent.eml: No such file or directory\n.: Is a directory\n"
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == ["hard.eml"]


@pytest.mark.usefixtures("folder")
def test_where_none_can_be_read_it_fails() -> None:
    result = call("absent.eml")
    assert (result.exit_code, result.stdout) == (1, "")


def test_without_a_file_it_says_how_it_is_used() -> None:
    assert call().exit_code == 2
