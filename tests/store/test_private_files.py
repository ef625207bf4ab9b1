"""Files that only this user may read, whatever the umask: on a real file system."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from digest.store import Store
from digest.store.private_files import create_private, write_private


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}


def test_a_database_with_its_log_and_its_copy_is_private(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'digest.db'}") as store:
        with store.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE scratch (id INTEGER)")
        store.copy_to(str(tmp_path / "copy.db"))
        assert {path.name for path in tmp_path.iterdir()} >= {"digest.db", "digest.db-wal", "digest.db-shm", "copy.db"}
        assert modes(tmp_path) == {0o600}


def test_a_database_that_others_could_read_is_private_from_the_next_start(tmp_path: Path) -> None:
    url, file = f"sqlite:///{tmp_path / 'digest.db'}", tmp_path / "digest.db"
    Store.open(url).close()
    file.chmod(0o644)
    with Store.open(url):
        assert modes(tmp_path) == {0o600}


def test_what_is_written_over_a_public_file_is_never_public(tmp_path: Path) -> None:
    file = tmp_path / "letter.html"
    file.write_bytes(b"older and longer")
    file.chmod(0o666)
    write_private(file, b"letter")
    assert (file.read_bytes(), modes(tmp_path)) == (b"letter", {0o600})
    create_private(file)
    assert file.read_bytes() == b"letter"


def test_a_device_keeps_its_mode() -> None:
    device = Path(os.devnull)
    before = device.stat().st_mode
    write_private(device, b"x")
    assert device.stat().st_mode == before


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_private(tmp_path / "nowhere" / "letter.html", b"")
    with suppress(Exception):
        Store.open(f"sqlite:///{tmp_path / 'nowhere' / 'digest.db'}")
    assert list(tmp_path.iterdir()) == []


def test_the_locks_of_a_database_in_use_stay(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    with Store.open(url) as store, store.writing():
        create_private(tmp_path / "digest.db")
        command = [sys.executable, "-c", script, str(tmp_path / "digest.db")]
        other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "database is locked" in other.stderr  # closing a file of its own would have ended this process's locks
