"""Config folders for the tests: small valid files, and what is told about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.app import load
from digest.errors import ConfigError

DIGEST_YAML = """\
sender: Morning Papers <papers@example.org>
smtp: smtp://localhost:2525
sources:
  arxiv:
    categories: [cs.CL]
"""
READER = """\
email: ada@example.org
timezone: Europe/London
subscriptions:
  - name: Sparse models
    when: weekdays 07:30
    rules:
      - 'ti:sparse'
"""


def folder(tmp_path: Path, digest_yaml: str = DIGEST_YAML, **readers: str) -> Path:
    """A config folder with these files."""
    (tmp_path / "subscribers").mkdir(exist_ok=True)
    (tmp_path / "digest.yaml").write_text(digest_yaml)
    for name, text in readers.items():
        (tmp_path / "subscribers" / f"{name}.yaml").write_text(text)
    return tmp_path


def told(place: Path, env: dict[str, str] | None = None) -> list[str]:
    """What is wrong, with the places as FILE:LINE:COLUMN below the folder."""
    with pytest.raises(ConfigError) as caught:
        load(place, env=env or {})
    return [str(problem).removeprefix(f"{place}/") for problem in caught.value.problems]


def digest_yaml_problem(tmp_path: Path, more: str, env: dict[str, str] | None = None) -> str:
    """The one problem of a digest.yaml with `more` below it."""
    [problem] = told(folder(tmp_path, DIGEST_YAML + more, ada=READER), env)
    return problem


def reader_problem(tmp_path: Path, text: str) -> str:
    """The one problem of a reader's file."""
    [problem] = told(folder(tmp_path, ada=text))
    return problem.removeprefix("subscribers/ada.yaml:")
