"""A database that is missing, broken or locked: each fault is one sentence; guarantees of transactions."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from digest.errors import ConfigError, DigestError
from digest.store import Store
from tests.support.store_samples import NOW, SINCE, keep, preprint


@pytest.mark.parametrize("url", ["digest.db", "", "mysql://localhost/digest", "oracle+nothing://x"])
def test_an_address_of_no_database_is_a_mistake_in_the_config(url: str) -> None:
    with pytest.raises(ConfigError, match="write sqlite:///FILE or postgresql://"):
        Store.open(url)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DigestError, match=r"nowhere/digest\.db: unable to open database file: make its folder"):
        Store.open(f"sqlite:///{tmp_path / 'nowhere' / 'digest.db'}")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "digest.db"
    file.write_bytes(b"Dear reader, this is a letter.\n" * 100)
    with pytest.raises(DigestError, match="file is not a database: restore a backup"):
        Store.open(f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"Dear reader")


def test_a_file_that_may_only_be_read_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "digest.db"
    with Store.open(f"sqlite:///{file}") as store:
        keep(store, preprint())
    with Store.open(f"sqlite:///file:{file}?mode=ro&uri=true") as store:
        assert store.papers.get("arxiv:2611.00001") == preprint()
        with pytest.raises(DigestError, match="readonly database: give this user the right to write"):
            keep(store, preprint("2611.00002"))


def test_a_damaged_database_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "digest.db"
    with Store.open(f"sqlite:///{file}") as store:
        keep(store, *(preprint(f"2611.{number:05d}") for number in range(1, 200)))
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(os.urandom(file.stat().st_size - 4096))
    with pytest.raises(DigestError, match="restore a backup"), Store.open(f"sqlite:///{file}") as store:
        store.papers.arrivals(SINCE, NOW)


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(DigestError) as caught:
        Store.open("postgresql://digest:hunter2@127.0.0.1:9/digest")
    assert "127.0.0.1:9" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="a time without a zone"):
        store.subscriptions.due(datetime(2026, 11, 20))  # noqa: DTZ001


def test_sqlite_promises_what_it_has_taken(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'digest.db'}") as store, store.reading() as connection:
        kept = [connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert kept == ["wal", 2, 1]


def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    keep(store, preprint())
    with store.writing() as connection:
        connection.execute(text("DELETE FROM name"))
        assert store.papers.get("arxiv:2611.00001") == preprint()
        connection.rollback()
