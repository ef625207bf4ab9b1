"""Which process this is, in a word that others can judge: whether it still lives, as far as that is seen from here."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path


def me() -> str:
    """A name for this process, which it signs its claims with; no later process has the same."""
    pid = os.getpid()
    return f"{_machine()} {pid} {_began(pid)} {secrets.token_hex(4)}"


def is_gone(owner: str) -> bool:
    """Whether the process of that name has certainly ended; of one on another machine nobody here can say."""
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
    return began != _began(int(pid))  # its number has been given to another


def _machine() -> str:
    """This boot of this machine; processes in another container have numbers of their own."""
    return boot_of("pid") or socket.gethostname().replace(" ", "-")


def _began(pid: int) -> str:
    """When a process began, in the system's own count; empty where the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()  # its name may hold anything, so what follows the last bracket
    return "" if state == "Z" else fields[18]


def boot_of(namespace: str) -> str | None:
    """This boot, in this process's own "pid" or "net" namespace, since each container has a machine of its own there.

    None where the system does not say; then no boot is the same.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{os.stat(f'/proc/self/ns/{namespace}').st_ino}" if boot else None
    except OSError:
        return None
