"""Process identity: a unique name for the owner of claims and leases, and whether that process has ended."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path


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
