"""The layout of the code: how many modules, how long, and which names and imports are allowed."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_LONGEST = 400  # lines of a file
_MODULES = 28  # modules and packages at the top of digest/


def _trees(folder: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((_ROOT / folder).rglob("*.py")):
        yield str(path.relative_to(_ROOT)), ast.parse(path.read_text("utf-8"))


def test_no_test_module_imports_another_test_module() -> None:
    offenders = [
        f"{file}:{node.lineno}: {node.module}"
        for file, tree in _trees("tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests.")
        if (node.module or "").rpartition(".")[2].startswith("test_")
    ]
    assert offenders == [], "helpers that several tests use stand in tests/support"


def test_no_two_classes_share_a_name() -> None:
    files = defaultdict[str, list[str]](list)
    for file, tree in _trees("digest"):
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                files[node.name].append(file)
    assert {name: found for name, found in files.items() if len(found) > 1} == {}, "a class has the noun of its stage"


def test_no_file_is_too_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (_ROOT / "digest").rglob("*.py")}
    assert {str(path): lines for path, lines in lengths.items() if lines > _LONGEST} == {}


def test_the_top_of_the_package_has_few_modules() -> None:
    top = _ROOT / "digest"
    packages = {path.parent.name for path in top.glob("*/__init__.py")}
    modules = {path.stem for path in top.glob("*.py")} - {"__init__"}
    assert len(packages | modules) <= _MODULES, sorted(packages | modules)
