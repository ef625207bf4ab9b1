"""The map of the code, digest/README.md: each path in it exists, and no package is missing."""

from __future__ import annotations

import re
from pathlib import Path

DIGEST = Path(__file__).parent.parent / "digest"
MAP = (DIGEST / "README.md").read_text("utf-8")
TO_CHANGE = MAP.partition("## To change")[2]


def paths(text: str) -> list[str]:
    return re.findall(r"`([\w./]+(?:/|\.\w+))`", text)


def rows(text: str) -> list[list[str]]:
    return [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]


def test_every_path_exists() -> None:
    assert [path for path in paths(MAP) if not (DIGEST / path).exists()] == []


def test_every_package_has_its_line() -> None:
    there = {f"{path.name}/" if path.is_dir() else path.name for path in DIGEST.iterdir()} - {"__pycache__/"}
    named = {path for row in rows(MAP.partition("## Glossary")[0]) for path in paths(row[0])}
    assert there - named == {"README.md", "__init__.py", "locale/", "py.typed"}


def test_each_change_leads_to_a_file_or_a_folder() -> None:
    changes = rows(TO_CHANGE)
    assert len(changes) >= 40
    assert [change for change, places in changes if not paths(places)] == []


def test_the_glossary_says_what_the_words_mean() -> None:
    assert len(rows(MAP.partition("## Glossary")[2].partition("## To change")[0])) >= 15
