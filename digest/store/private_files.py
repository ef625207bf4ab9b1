"""Files that only the user of this process may read (mode 0600): the database and its copies, previews, caught letters.

They hold addresses and live links, so no umask may open them to others.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def create_private(path: Path) -> None:
    """Make an empty file of mode 0600, or take a file that is there from everybody else. Raises OSError.

    A file of another user keeps its mode: that user decides who may read it.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _close_to_others(handle)
    finally:
        os.close(handle)


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600; it has this mode before it has the content. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        _close_to_others(handle)
        file.write(content)


def _close_to_others(handle: int) -> None:
    status = os.fstat(handle)
    is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()  # /dev/stdout is no regular file
    if is_ours and status.st_mode & 0o077:
        os.fchmod(handle, 0o600)
