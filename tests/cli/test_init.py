"""`digest init`: a config to start from, and nothing written over."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import digest
from digest.resources import shipped


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(digest, list(arguments))


def files(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}


def test_the_sample_comes_to_where_one_stands_and_is_fine(here: Path) -> None:
    result = call("init")
    assert result.exit_code == 0
    assert files(here) == {"config/digest.yaml", "config/subscribers/ada.yaml"}
    assert (here / "config/digest.yaml").read_bytes() == (shipped("config") / "digest.yaml").read_bytes()
    assert result.stdout.splitlines()[:2] == ["wrote config/digest.yaml", "wrote config/subscribers/ada.yaml"]
    assert "digest preview ada --open" in result.stdout
    assert call("check").exit_code == 0


def test_into_another_folder(here: Path) -> None:
    result = call("init", "my/papers")
    assert result.exit_code == 0
    assert files(here) == {"my/papers/config/digest.yaml", "my/papers/config/subscribers/ada.yaml"}
    assert "  cd my/papers\n" in result.stdout


def test_to_where_config_says(here: Path) -> None:
    result = call("--config", "settings", "init")
    assert result.exit_code == 0
    assert "  digest --config settings check\n" in result.stdout
    assert files(here) == {"settings/digest.yaml", "settings/subscribers/ada.yaml"}


def test_what_is_there_is_kept(here: Path) -> None:
    call("init")
    (here / "config/digest.yaml").write_text("mine")
    (here / "config/subscribers/ada.yaml").unlink()
    (here / "config/subscribers/bob.yaml").write_text("his")
    result = call("init")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == ["kept  config/digest.yaml", "kept  config/subscribers/bob.yaml"]
    assert (here / "config/digest.yaml").read_text() == "mine"
    assert files(here) == {"config/digest.yaml", "config/subscribers/bob.yaml"}


def test_where_nothing_can_be_written(here: Path) -> None:
    (here / "papers").mkdir()
    (here / "papers/config").write_text("no folder")
    result = call("init", "papers")
    assert (result.exit_code, result.stderr) == (1, "papers/config/digest.yaml cannot be written: File exists\n")
    (here / "papers/config").unlink()
    (here / "papers/config/digest.yaml").mkdir(parents=True)
    result = call("init", "papers")
    assert (result.exit_code, result.stderr) == (1, "papers/config/digest.yaml cannot be written: File exists\n")
