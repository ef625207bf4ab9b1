"""`digest check`: every mistake with its place, exit code 2; and a word on what is fine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import digest
from digest.resources import shipped
from tests.support.config_files import DIGEST_YAML, READER, folder

TEN_DIGEST_YAML = """\
sender: Morning Papers <papers@example.org>
ownr: desk@example.org
smtp:
  url: smtp://mail.example.org
  user: papers
  password: hunter2
secret: {env: DIGEST_SECRET_THAT_IS_NOT_SET}
sources:
  arxvi:
    categories: [cs.CL]
"""
TEN_ADA = """\
email: ada@example.org
timezone: Europe/Berln
subscriptions:
  - name: Sparse models
    when: weekdays 25:30
    rules:
      - 'ti:sparse AND (flow'
    limit: many
"""
TEN_BOB = """\
email: ada@example.org
timezone: Europe/London
subscriptions:
  - name: Flows
    when: at once
    rules: [flow]
"""


def check(place: Path) -> Result:
    return CliRunner().invoke(digest, ["--config", str(place), "check"])


def test_what_is_shipped_is_fine() -> None:
    result = check(shipped("config"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"{shipped('config')} is fine: 1 reader, 2 subscriptions, 5 rules, papers from arxiv, letters by smtp://localhost:25.\n"
    )


def test_ten_mistakes_are_ten_lines(tmp_path: Path) -> None:
    result = check(folder(tmp_path, TEN_DIGEST_YAML, ada=TEN_ADA, bob=TEN_BOB))
    assert (result.exit_code, result.stdout) == (2, "")
    lines = [line.removeprefix(f"{tmp_path}/") for line in result.stderr.splitlines()]
    assert [re.match(r"[a-z/]+\.yaml:\d+:\d+: ", line)[0] for line in lines] == [  # type: ignore[index]
        "digest.yaml:2:1: ",
        "digest.yaml:6:13: ",
        "digest.yaml:7:9: ",
        "digest.yaml:9:3: ",
        "subscribers/ada.yaml:1:8: ",
        "subscribers/ada.yaml:2:11: ",
        "subscribers/ada.yaml:5:11: ",
        "subscribers/ada.yaml:7:24: ",
        "subscribers/ada.yaml:8:12: ",
        "subscribers/bob.yaml:1:8: ",
    ]
    said = dict(line.split(": ", 1) for line in lines)
    assert "did you mean `owner`?" in said["digest.yaml:2:1"]
    assert "did you mean `arxiv`?" in said["digest.yaml:9:3"]
    assert "did you mean `Europe/Berlin`?" in said["subscribers/ada.yaml:2:11"]
    assert "hunter2" not in result.output


def test_warnings_change_no_exit_code(tmp_path: Path) -> None:
    place = folder(tmp_path, DIGEST_YAML + "secret: short\n", ada=READER)
    result = check(place)
    assert result.exit_code == 0
    assert result.stderr == (
        f"{place}/digest.yaml:6:9: warning: `secret`: under 16 characters; links signed with it could be forged\n"
    )
    assert "is fine" in result.stdout


def test_no_config_says_how_to_get_one(tmp_path: Path) -> None:
    result = check(tmp_path / "config")
    assert result.exit_code == 2
    assert "`digest init`" in result.stderr


def test_secrets_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder(tmp_path, DIGEST_YAML + "secret: {env: DIGEST_SECRET_OF_THE_TEST}\n", ada=READER)
    assert check(place).exit_code == 2
    monkeypatch.setenv("DIGEST_SECRET_OF_THE_TEST", "a key that is long enough")
    assert check(place).exit_code == 0


def test_hostile_words_reach_no_terminal(tmp_path: Path) -> None:
    result = check(folder(tmp_path, DIGEST_YAML + '"\\e]0;owned\\a\\u202e": x\n', ada=READER))
    assert result.exit_code == 2
    assert all(line.isprintable() for line in result.stderr.splitlines())
