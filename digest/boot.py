"""Which boot of which machine this is: what a process can still find there, and what has gone with the last one."""

from __future__ import annotations

import os
from pathlib import Path


def boot_of(namespace: str) -> str | None:
    """This boot, in this process's own "pid" or "net" namespace, since each container has a machine of its own there.

    None where the system does not say; then no boot is the same.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{os.stat(f'/proc/self/ns/{namespace}').st_ino}" if boot else None
    except OSError:
        return None
