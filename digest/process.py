"""This process: its unique name as the owner of claims and leases, whether another has ended, and when it may end."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Condition
from typing import NoReturn


def me() -> str:
    """The unique name of this process, as the owner of its claims; no later process gets the same."""
    pid = os.getpid()
    return f"{_machine()} {pid} {_began(pid)} {secrets.token_hex(4)}"


def is_gone(owner: str) -> bool:
    """Whether the process of that name has certainly ended; False for one on another machine, which is unknown."""
    machine, _, rest = owner.partition(" ")
    pid, began, *_ = (*rest.split(" "), "", "")
    if machine != _machine() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return began != _began(int(pid))  # the pid belongs to another process now


def machine_id() -> str:
    """The id of this installation of the system (machine-id(5)); "-" where there is none, as in most containers."""
    try:
        return Path("/etc/machine-id").read_text("ascii").strip() or "-"
    except (OSError, UnicodeError):
        return "-"


def _machine() -> str:
    """The id of this boot of this machine and of its pid namespace, since containers have pids of their own."""
    return boot_of("pid") or socket.gethostname().replace(" ", "-")


def _began(pid: int) -> str:
    """The start time of a process in clock ticks since boot (proc(5), stat); empty if unavailable."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()  # the name may contain brackets: parse after the last one
    return "" if state == "Z" else fields[18]


def boot_of(namespace: str) -> str | None:
    """The boot id with this process's "pid" or "net" namespace, which tells containers on one machine apart.

    None if the system does not say; then no two are equal.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{os.stat(f'/proc/self/ns/{namespace}').st_ino}" if boot else None
    except OSError:
        return None


class ExitGate:
    """Holds back the end of this process while a letter is between its dot and the answer to it; thread-safe.

    At any other moment the process may end without a word, as by SIGKILL: its successor takes over what it left.
    """

    def __init__(self, leave: Callable[[int], NoReturn] = os._exit) -> None:
        self._leave = leave
        self._held = set[int]()
        self._ending = False
        self._changed = Condition()

    def hold(self, letter: int) -> None:
        """Call right before the dot. Once the process is about to end, this never returns."""
        with self._changed:
            self._changed.wait_for(lambda: not self._ending)
            self._held.add(letter)

    def release(self, letter: int) -> None:
        """Call when the answer is known and noted, or the letter had no dot."""
        with self._changed:
            self._held.discard(letter)
            self._changed.notify_all()

    def end(self, code: int) -> NoReturn:
        """End the process with this exit code, when the last dot has its answer; no thread is waited for."""
        with self._changed:
            self._ending = True
            self._changed.wait_for(lambda: not self._held)
            with suppress(OSError, ValueError, AttributeError):
                sys.stdout.flush()
            self._leave(code)


EXIT_GATE = ExitGate()
