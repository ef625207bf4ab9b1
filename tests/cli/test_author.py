"""`digest author`: who is behind a name, a reader's answers, and what these change in the next letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.app import load, open_app
from digest.cli import digest
from digest.papers.scholarly_metrics import Bibliometrics, Researcher
from tests.support.config_files import DIGEST_YAML, folder
from tests.support.people import MUSIC, STARS, VISION

NOW = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)
ADA = """\
email: ada@example.org
timezone: UTC
subscriptions:
  - name: People
    when: daily 07:30
    rules:
      - {author: Wei Zhang, known: ["arxiv:2601.00001"]}
      - author: Wei Zhang
        also: [Zhang Wei]
"""
BOB = ADA.replace("ada@", "bob@").replace("      - author: Wei Zhang\n        also: [Zhang Wei]\n", "")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    config = folder(tmp_path / "config", DIGEST_YAML, ada=ADA, bob=BOB)
    with open_app(load(config, env={})) as app:
        app.store.papers.add([*VISION, *STARS, MUSIC], now=NOW, since=NOW - timedelta(days=7), first=True)
    return config


@pytest.fixture(autouse=True)
def _place(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()


def call(*words: str) -> Result:
    return CliRunner().invoke(digest, words)


def test_who_is_behind_a_name(config: Path) -> None:
    result = call("author", "show", "Wei Zhang")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "Wei Zhang: 8 papers of 8 in the archive, in 3 groups"
    assert lines[2] == "1. 4 papers · cs.CV, cs.LG, cs.RO · with Bo Chen, Cy Doe, Ann Lee, Dan Poe"
    assert lines[3].startswith("   2026-01-01  arxiv:2601.00001  We train an object detector")
    assert lines[4].strip() == "Wei Zhang, Ann Lee, Bo Chen · cs.CV"
    assert lines[5].strip() == "ada: follow: you said: this paper is theirs"
    assert lines[6].strip().startswith("ada: name only: by name only")
    assert "        known: [arxiv:2601.00001]" in lines
    assert call("author", "show", "Nobody Else").stdout == "Nobody Else: 0 papers of 8 in the archive\n"


def test_numbers_stand_with_their_source_and_day_and_several_ids_are_candidates(config: Path) -> None:
    def wei(number: str, h_index: int) -> Bibliometrics:
        one = Researcher(
            service="semanticscholar",
            id=number,
            name="W. Zhang",
            papers=57,
            citations=1362,
            h_index=h_index,
            affiliation="Example Lab",
        )
        return Bibliometrics(service="semanticscholar", authors=(one,))

    with open_app(load(config, env={})) as app:
        figures = {"arxiv:2601.00001": wei("7", 22), "arxiv:2601.00011": wei("8", 20), "arxiv:2601.00012": wei("9", 60)}
        app.store.bibliometrics.save("semanticscholar", figures, figures, now=NOW)
    lines = [line.strip() for line in call("author", "show", "Wei Zhang").stdout.splitlines()]
    numbers = "W. Zhang: 57 papers, 1,362 citations, h-index"
    assert f"Semantic Scholar 7: {numbers} 22 · Example Lab (2026-01-02)" in lines
    assert f"candidate: Semantic Scholar 8: {numbers} 20 · Example Lab (2026-01-02)" in lines
    assert "candidate: Semantic Scholar 9: W. Zhang: no numbers that can be true · Example Lab (2026-01-02)" in lines


def test_an_answer_is_kept_and_taken_back(config: Path) -> None:
    said = call("author", "no", "bob", "Zhang Wei", "https://arxiv.org/abs/2601.00002v1")
    assert (said.exit_code, said.stdout) == (0, "bob, Wei Zhang: arxiv:2601.00002 is another person's\n")
    assert "bob: no: you said: not this paper" in call("author", "show", "Wei Zhang").stdout
    assert "is as if nothing" in call("author", "no", "bob", "Wei Zhang", "2601.00002", "--undo").stdout
    assert "not this paper" not in call("author", "show", "Wei Zhang").stdout


def test_answers_change_the_next_letter(config: Path) -> None:
    def letter() -> str:
        return call("preview", "bob", "--now", NOW.isoformat()).stdout

    assert "We train an object detector on images of streets 2" in letter()
    assert "possibly by Wei Zhang: another field: astro-ph.SR" in letter()
    call("author", "no", "bob", "Wei Zhang", "2601.00002")
    call("author", "yes", "bob", "Wei Zhang", "2601.00011")
    assert "We train an object detector on images of streets 2" not in letter()
    assert "possibly by Wei Zhang: another field: astro-ph.SR" not in letter()
    assert "Spectroscopy of red dwarf stars" in letter()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("yes", "eve", "Wei Zhang", "2601.00001"), "no reader is called 'eve'"),
        (("yes", "ada", "Bo Chen", "2601.00001"), "ada follows no 'Bo Chen'; there is: Wei Zhang"),
        (("yes", "ada", "Wei Zhang", "that one"), "'that one' is no paper"),
        (("show", "..."), "this is no name"),
    ],
)
def test_what_cannot_be_meant(config: Path, words: tuple[str, ...], told: str) -> None:
    result = call("author", *words)
    assert (result.exit_code, told in result.stderr) == (2, True)


def test_an_answer_on_a_paper_that_is_not_there_yet(config: Path) -> None:
    result = call("author", "yes", "ada", "Wei Zhang", "2607.12345")
    assert (result.exit_code, "not in the store" in result.stderr) == (0, True)


def test_check_tells_one_name_of_several_people(config: Path) -> None:
    result = call("check")
    [line] = [line for line in result.stderr.splitlines() if "seems to be 2 people" in line]
    assert line.startswith(
        "config/subscribers/ada.yaml:8:9: warning: Wei Zhang seems to be 2 people: 4 papers in cs.CV"
    )
    assert "Its rules were tried on 8 papers." in result.stdout
    assert "seems" not in call("check", "--quick").stderr
