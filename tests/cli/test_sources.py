"""`digest sources`: well, failing, silent or waiting, and today against other such days."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from digest.app import load, open_app
from digest.cli import digest
from digest.store.sources import SourceProgress
from tests.support.config_files import folder
from tests.support.store_samples import preprint

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)  # a Friday
DIGEST_YAML = """\
sender: Morning Papers <papers@example.org>
smtp: smtp://localhost:2525
sources:
  arxiv: {categories: [cs.CL]}
  huggingface: {}
  feeds: [{name: Annals, url: "https://annals.example/"}]
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    return folder(tmp_path / "config", DIGEST_YAML)


def told(*words: str) -> str:
    result = CliRunner().invoke(digest, ["sources", "--now", NOW.isoformat(), *words])
    assert result.exit_code == 0
    return result.stdout


def values() -> dict[str, dict[str, Any]]:
    return {line["source"]: line for line in map(json.loads, told("--json").splitlines())}


def test_nothing_was_asked_yet(place: Path) -> None:
    assert told().splitlines()[0] == "arxiv oai cs.CL: never asked; never answered; 0 today; next try now"
    assert {line["health"] for line in values().values()} == {"never asked"}
    assert not list(place.parent.glob("*.db"))


def test_each_state_has_its_word(place: Path) -> None:
    with open_app(load(place, env={})) as app:
        store = app.store
        done = SourceProgress("arxiv oai cs.CL", done=True)
        store.papers.add([], now=NOW - timedelta(minutes=20), since=NOW, first=True, progress=done)
        store.papers.add(
            [],
            now=NOW - timedelta(days=2),
            since=NOW,
            first=True,
            progress=SourceProgress("huggingface daily", done=True),
        )
        for _ in range(2):
            store.sources.record_failure(
                "feeds Annals", what="answered 403", now=NOW, next_try=NOW + timedelta(hours=2)
            )
        wait = NOW + timedelta(days=1)
        store.sources.record_failure("arxiv feed cs.CL", what="answered 503", now=NOW, next_try=wait, asked=True)
    assert told().splitlines() == [
        "arxiv oai cs.CL: late; answered 07:10; 0 today; next try 08:10",
        "    the list of 2026-11-20 has not come; its papers are taken as soon as it does",
        "arxiv feed cs.CL: asked to wait; never answered; 0 today; next try 2026-11-21 07:30",
        "    failed once: answered 503",
        "huggingface daily: silent; answered 2026-11-18 07:30; 0 today; next try now",
        "huggingface weekly: never asked; never answered; 0 today; next try now",
        "feeds Annals: failing; never answered; 0 today; next try 09:30",
        "    failed 2 times in a row: answered 403",
    ]


def test_today_beside_other_fridays(place: Path) -> None:
    days = {0: 1, 7: 4, 14: 2, 21: 3, 3: 9, 70: 50}
    papers = [
        preprint(f"26{month:02}.{number:05}", published=NOW - timedelta(days=back), updated=None)
        for month, (back, count) in enumerate(days.items(), 1)
        for number in range(1, count + 1)
    ]
    with open_app(load(place, env={})) as app:
        app.store.papers.add(papers, now=NOW, since=NOW, first=True)
    found = values()
    assert (found["arxiv oai cs.CL"]["today"], found["arxiv oai cs.CL"]["usual"]) == (1, 3)
    assert (found["feeds Annals"]["today"], found["feeds Annals"]["usual"]) == (0, None)


def test_a_wait_is_lifted_by_name(place: Path) -> None:
    with open_app(load(place, env={})) as app:
        wait = NOW + timedelta(hours=20)
        app.store.sources.record_failure("feeds Annals", what="answered 503", now=NOW, next_try=wait, asked=True)
    assert CliRunner().invoke(digest, ["sources", "retry", "feeds Annals"]).exit_code == 0
    assert "next try now" in told().splitlines()[-2]
    unknown = CliRunner().invoke(digest, ["sources", "retry", "Annals"])
    assert (unknown.exit_code, "feeds Annals" in unknown.stderr) == (1, True)
