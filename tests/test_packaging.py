"""What is installed is what the checkout holds: templates and config lie in the wheel."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from digest.text.translations import compiled_catalogue, languages

TOP = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(TOP)]
    subprocess.run(command, check=True, capture_output=True)
    (file,) = folder.glob("morning_papers-*.whl")
    return zipfile.ZipFile(file)


def files(folder: str) -> dict[str, bytes]:
    return {
        f"digest/data/{path.relative_to(TOP)}": path.read_bytes()
        for path in (TOP / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("folder", ["templates", "config"])
def test_the_wheel_brings_what_the_checkout_has(wheel: zipfile.ZipFile, folder: str) -> None:
    inside = {name: wheel.read(name) for name in wheel.namelist() if name.startswith(f"digest/data/{folder}/")}
    assert inside == files(folder)
    assert inside


def test_the_wheel_brings_every_module_and_the_command(wheel: zipfile.ZipFile) -> None:
    modules = {str(path.relative_to(TOP)) for path in (TOP / "digest").rglob("*.py") if path.parent.name != "locale"}
    assert modules <= set(wheel.namelist())
    assert "digest/py.typed" in wheel.namelist()  # PEP 561: without it no type checker reads our annotations
    (entry,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert b"digest = digest.__main__:main" in wheel.read(entry)


def test_the_wheel_brings_the_catalogues_compiled(wheel: zipfile.ZipFile) -> None:
    inside = {name: wheel.read(name) for name in wheel.namelist() if name.startswith("digest/locale/")}
    assert set(inside) == {f"digest/locale/{tag}.{kind}" for tag in languages() for kind in ("po", "mo")}
    for tag in languages():
        assert inside[f"digest/locale/{tag}.mo"] == compiled_catalogue(inside[f"digest/locale/{tag}.po"], tag)


def test_the_image_installs_a_version_of_each_package_that_is_asked_for() -> None:
    lines = (TOP / "config/deploy/constraints.txt").read_text("utf-8").splitlines()
    versions = dict(line.split("==") for line in lines if not line.startswith("#"))
    installed = {canonicalize_name(name): version for name, version in versions.items()}
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [Requirement(line) for line in (*project["dependencies"], *extras["postgres"], *extras["queue"])]
    wrong = [
        str(each)
        for each in asked
        if each.name != "morning-papers" and installed.get(canonicalize_name(each.name), "0") not in each.specifier
    ]
    assert wrong == []
