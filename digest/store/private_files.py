"""Files that only the user of this process may read (mode 0600): the database and its copies, previews, caught letters.

They hold addresses and live links, so no umask may open them to others.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def create_private(path: Path) -> None:
    """Make an empty file of mode 0600, or take a file that is there from everybody else. Raises OSError.

    A file of another user keeps its mode: that user decides who may read it. A file that is there is never opened:
    closing it would end all locks of this process on it (POSIX), among them SQLite's.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if _is_open_to_others(path.stat()):
            path.chmod(0o600)


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600; it has this mode before it has the content. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        if _is_open_to_others(os.fstat(handle)):
            os.fchmod(handle, 0o600)
        file.write(content)


def _is_open_to_others(status: os.stat_result) -> bool:
    """Whether it is a regular file of this user (/dev/stdout is none) which others may read or write."""
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and bool(status.st_mode & 0o077)
