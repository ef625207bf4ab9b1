"""A short kill test of what the long one by hand does: nothing is lost, nothing comes twice, doubts are shown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_again_and_again_every_letter_arrives_once(store_url: str, workers: int) -> None:
    command = [sys.executable, "-m", "tests.chaos", "--kills", "8", "--letters", "200", "--wait", "0.03"]
    done = subprocess.run(
        [*command, "--workers", str(workers), "--database", store_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    figures = json.loads(done.stdout)
    assert figures["kills"] >= 8
    assert (figures["lost"], figures["twice"], figures["strangers"]) == (0, 0, 0), figures
    assert figures["sent"] + figures["in_doubt"] == figures["letters"], figures
    assert figures["in_doubt_arrived"] + figures["in_doubt_missing"] == figures["in_doubt"]
    assert done.returncode == 0
