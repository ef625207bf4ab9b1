"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real answers and texts; tests that need it are skipped where $DIGEST_SHARED names none."""
    folder = os.environ.get("DIGEST_SHARED")
    if not folder or not Path(folder).is_dir():
        pytest.skip("$DIGEST_SHARED names no folder")
    return Path(folder)
