"""Children of a test: started, waited for at a point, and never left behind."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.delivery_scenario import DeliveryScenario

_ROOT = Path(__file__).parents[2]


@contextmanager
def child(scenario: DeliveryScenario, what: str = "deliver", *more: object) -> Iterator[subprocess.Popen[str]]:
    """Run `tests.support.dying_process` on this App until it has begun its work; it is killed afterwards."""
    url = scenario.store.engine.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.support.dying_process",
        what,
        url,
        str(scenario.folder),
        scenario.now.isoformat(),
    ]
    with subprocess.Popen(
        [*command, *map(str, more)], cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n" or process.wait(60) < 0, _errors(process)
            yield process
        finally:
            process.kill()


def _errors(process: subprocess.Popen[str]) -> str:
    return process.stderr.read() if process.stderr else ""


def until(reached: Callable[[], bool]) -> None:
    """Wait for what comes soon, and fail where it never does."""
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)
