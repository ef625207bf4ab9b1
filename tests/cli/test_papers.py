"""`digest papers`: what joined records, and what a person says of that."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.app import load, open_app
from digest.cli import digest
from digest.papers import Author
from tests.support.config_files import DIGEST_YAML, folder
from tests.support.store_samples import NOW, article, preprint

ARXIV, JOURNAL = "arxiv:2611.00001", "doi:10.1038/s41586-026-1"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    config = folder(tmp_path / "config", DIGEST_YAML)
    names = (Author(name="Y Zhou"), Author(name="Z Ångström"))
    with open_app(load(config, env={})) as app:
        app.store.papers.add([preprint(), article(authors=names)], now=NOW, since=NOW - timedelta(days=7), first=True)
    return config


def call(*words: str) -> Result:
    return CliRunner().invoke(digest, ["papers", *words])


def test_what_a_paper_is_made_of(place: Path) -> None:
    lines = call("show", "https://arxiv.org/abs/2611.00001v1").stdout.splitlines()
    assert lines[0] == f"{ARXIV} v1  Kept apart: routing tokens to experts"
    assert lines[1] == "    Zoë Ångström, Yunhua Zhou; by arxiv; 2026-11-18; arxiv 2611.00001"
    assert lines[2] == f"{JOURNAL}  Kept apart: routing tokens to experts"
    assert lines[4].startswith(f"{ARXIV} is one with {JOURNAL}: title 1.00, 2 of 2 authors (2026-11-20)")
    assert lines[5:] == [
        f"new: heard of 2026-11-20 by {ARXIV}",
        f"published: heard of 2026-11-20 by {JOURNAL}",
        "one work of 2 records",
    ]


def test_split_and_merge(place: Path) -> None:
    assert call("split", JOURNAL).stdout == f"{JOURNAL} stands apart from {ARXIV} now\n"
    shown = json.loads(call("show", ARXIV, "--json").stdout)
    assert shown["records"] == [ARXIV]
    assert [(bond["together"], bond["why"]) for bond in shown["bonds"]] == [(False, "by hand")]
    assert call("merge", ARXIV, JOURNAL).stdout == f"{ARXIV} and {JOURNAL} are one work now, of 2 records\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "nonsense"), 2, "'nonsense' is no paper: write arxiv:2507.05197"),
        (("show", "2507.05197"), 1, "arxiv:2507.05197 is not in the store"),
        (("merge", ARXIV, JOURNAL), 1, "are one work already"),
        (("split", "10.1/none"), 2, "'10.1/none' is no paper"),
    ],
)
def test_what_cannot_be_done_is_said(place: Path, words: tuple[str, ...], code: int, said: str) -> None:
    result = call(*words)
    assert result.exit_code == code
    assert said in result.stderr
