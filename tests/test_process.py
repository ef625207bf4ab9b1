"""Whether a process still lives, by the name that it gave itself."""

from __future__ import annotations

import subprocess
import sys

from digest.process import is_gone, me


def test_who_lives_is_not_gone() -> None:
    assert not is_gone(me())
    assert me() != me()  # two threads claim apart


def test_who_has_ended_is_gone() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "from digest.process import me; print(me())"], capture_output=True, text=True, check=True
    )
    assert is_gone(said.stdout.strip())


def test_a_number_that_another_process_has_now_tells_of_none() -> None:
    machine, pid, began, token = me().split(" ")
    assert is_gone(f"{machine} {pid} {int(began) - 1} {token}")


def test_of_other_machines_and_of_nonsense_nobody_knows() -> None:
    _, *rest = me().split(" ")
    assert not is_gone(" ".join(("elsewhere/1", *rest)))
    assert not is_gone("")
    assert not is_gone("nonsense")
