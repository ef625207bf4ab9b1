"""Half of a public corpus of bounces: found, for whom, hard or soft, and never hard by mistake."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from digest.bounces.parse import Bounce, BounceKind, parse_bounce

pytestmark = pytest.mark.shared

Key = dict[str, Any]
NO_BOUNCES = ("feedback", "vacation")  # reasons of the key that are neither hard nor soft
CUTS = 40


@dataclass
class Score:
    """How many are right, and the names of those that are not."""

    total: int = 0
    hard_or_soft: int = 0
    unseen: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    disagree: list[str] = field(default_factory=list)
    false_hard: list[str] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, float]:
        return {
            "detected": 1 - len(self.unseen) / self.total,
            "recipient": 1 - len(self.elsewhere) / self.total,
            "agreement": 1 - len(self.disagree) / self.hard_or_soft,
            "false hard": len(self.false_hard) / self.hard_or_soft,
        }

    def __str__(self) -> str:
        said = ", ".join(f"{name} {figure:.1%}" for name, figure in self.figures.items())
        return f"{said}\nunseen {self.unseen}\nelsewhere {self.elsewhere}\ndisagree {self.disagree}"

    def add(self, name: str, bounce: Bounce, key: Key) -> None:
        reasons = [one["reason"] for one in key.get("recipients", [])]
        if reasons and all(reason == "delivered" for reason in reasons):
            assert bounce.kind == BounceKind.NONE, name
            return
        self.total += 1
        if bounce.kind == BounceKind.NONE and not bounce.addresses:
            self.unseen.append(name)
        expected = {address.lower() for address in key["addresses"] if not address.startswith("undisclosed-")}
        if expected and expected != {address.lower() for address in bounce.addresses}:
            self.elsewhere.append(name)
        if reasons and reasons[0] not in NO_BOUNCES:
            self._judge(name, bounce, any(one["hard"] for one in key["recipients"]))

    def _judge(self, name: str, bounce: Bounce, hard: bool) -> None:
        self.hard_or_soft += 1
        if (bounce.kind == BounceKind.HARD) != hard:
            self.disagree.append(name)
            if not hard:
                self.false_hard.append(name)


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "bounces"


@pytest.fixture(scope="module")
def key(folder: Path) -> dict[str, Key]:
    found: dict[str, Key] = json.loads((folder / "expected.json").read_text())
    return found


def test_bounces_are_found_for_the_right_reader_and_none_is_hard_by_mistake(folder: Path, key: dict[str, Key]) -> None:
    score = Score()
    for name, expected in sorted(key.items()):
        score.add(name, parse_bounce((folder / name).read_bytes()), expected)
    print(score)  # noqa: T201 - shown with -s
    assert score.total > 250
    assert score.figures["detected"] >= 0.98, score
    assert score.figures["recipient"] >= 0.95, score
    assert score.figures["agreement"] >= 0.90, score
    assert score.figures["false hard"] <= 0.01, score


@pytest.mark.parametrize("ends", ["dos", "mac"])
def test_line_ends_change_nothing(folder: Path, key: dict[str, Key], ends: str) -> None:
    for path in sorted((folder / ends).iterdir()):
        bounce = parse_bounce(path.read_bytes())
        assert bounce.kind != BounceKind.NONE, path.name
        assert bounce.addresses, path.name
        if f"bsd/{path.name}" in key:
            assert bounce == parse_bounce((folder / "bsd" / path.name).read_bytes()), path.name


def test_no_other_letter_is_a_bounce(folder: Path) -> None:
    for path in sorted((folder / "not").iterdir()):
        assert parse_bounce(path.read_bytes()).kind == BounceKind.NONE, path.name


def test_no_file_and_no_part_of_one_raises(folder: Path) -> None:
    read_in_full = 0
    for path in sorted(folder.glob("*/*.eml")):
        message = path.read_bytes()
        read_in_full += 1
        for cut in range(CUTS + 1):
            parse_bounce(message[: len(message) * cut // CUTS])
    assert read_in_full > 300
