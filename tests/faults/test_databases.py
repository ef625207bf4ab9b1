"""D1 to D6: the disk is full, the database is busy, gone, older than it was, or broken."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from digest.delivery import Delivered
from digest.delivery.journal import Journal, JournalError
from digest.delivery.recovery import DatabaseRestored
from digest.errors import DigestError
from digest.issues.compose import compose
from digest.store import Store
from tests.support.delivery_scenario import DeliveryScenario, opened
from tests.support.graph_reader import FACTORY, reader
from tests.support.postgres_proxy import proxy
from tests.support.servers import MailServer, Says

pytestmark = pytest.mark.faults


# -------------------------------------------------------------------------------------------------------- D1, D2


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may mount no file system: the tests with /dev/full and max_page_count stand in")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(file: Path, leave: int = 0) -> None:
    """Take all room that is left but so many bytes."""
    handle = os.open(file, os.O_CREAT | os.O_WRONLY)
    with suppress(OSError):
        while os.write(handle, b"x" * 4_096):
            pass
    os.ftruncate(handle, max(0, os.fstat(handle).st_size - leave))
    os.close(handle)


def test_d1_no_room_for_the_journal(scenario: DeliveryScenario, tmp_path: Path) -> None:
    """Nothing is sent without a record; with room again all goes out."""
    scenario.put("ada", "ben")
    with small_disk(tmp_path / "disk", 64) as disk, MailServer() as server:
        small = replace(scenario, folder=disk / "journals")
        filler = disk / "filler"
        fill(filler)
        with suppress(DigestError):
            done = small.round(server)
            assert done.stopped
            assert "make room" in done.stopped or "no record" in done.stopped
        assert server.taken == []
        filler.unlink()
        assert small.round(server).count("sent") == 2
        scenario.holds(server)


def test_d1_the_journal_fills_the_disk_midway(scenario: DeliveryScenario, tmp_path: Path) -> None:
    names = [f"reader{number}" for number in range(200)]
    scenario.put(*names)
    with small_disk(tmp_path / "disk", 512) as disk, MailServer() as server:
        small = replace(scenario, folder=disk / "journals")
        (disk / "journals").mkdir()
        fill(disk / "filler", leave=4_096)
        for _ in range(3):
            with suppress(DigestError):
                small.round(server)
            scenario.later(minutes=20)
        assert 0 < len(server.taken) < len(names)
        assert max(scenario.arrived(server).values()) == 1
        (disk / "filler").unlink()
        small.round(server)
        small.holds(server)
        assert list(small.folder.glob("*.open")) == []


def test_d1_a_journal_on_a_device_that_is_full(scenario: DeliveryScenario) -> None:
    """What stands in for a full disk where none can be mounted: /dev/full answers as one does."""
    scenario.put("ada", "ben")

    class Full(Journal):
        def __init__(self, path: Path, handle: int) -> None:
            os.dup2(os.open("/dev/full", os.O_WRONLY), handle)
            super().__init__(path, handle)

    with pytest.raises(JournalError, match="no record can be kept there"):
        Full.begin(scenario.folder, scenario.store.journals.database_id(), now=scenario.now)
    scenario.holds()


def test_d1_no_room_for_the_database(scenario: DeliveryScenario) -> None:
    """SQLite's own limit says what a full disk says: no letter is claimed, or what was sent stands in the journal."""
    scenario.put(*(f"reader{number}" for number in range(120)))
    room = [0]
    event.listen(
        scenario.store.engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={room[0] or 1_000_000}")
    )
    (pages,) = scenario.rows("PRAGMA page_count")
    with MailServer() as server:
        for more in range(6):
            room[0] = int(str(pages["page_count"])) + more
            with suppress(DigestError):
                scenario.round(server)
            scenario.later(minutes=20)
        room[0] = 0
        scenario.holds(server)


def test_d2_another_writes_for_a_while(scenario: DeliveryScenario) -> None:
    """We wait for our turn."""
    scenario.put("ada", "ben")
    held = sqlite3.connect(str(scenario.store.engine.url.database), isolation_level=None, check_same_thread=False)
    held.execute("BEGIN IMMEDIATE")
    release = threading.Timer(1.0, held.close)
    release.start()
    with MailServer() as server:
        assert scenario.round(server).count("sent") == 2
        release.join()
        scenario.holds(server)


@pytest.mark.parametrize("moment", ["before", "midway"])
def test_d2_another_writes_for_too_long(scenario: DeliveryScenario, moment: str) -> None:
    """It is told in words, and what was sent meanwhile is not sent again."""
    scenario.put("ada", "ben", "cleo")
    event.listen(scenario.store.engine, "begin", lambda c: c.exec_driver_sql("PRAGMA busy_timeout=100"))
    held = sqlite3.connect(str(scenario.store.engine.url.database), isolation_level=None, check_same_thread=False)

    def lock(letter: Delivered | None = None) -> None:
        if not held.in_transaction:
            held.execute("BEGIN IMMEDIATE")

    with MailServer() as server:
        if moment == "before":
            lock()
        with pytest.raises(DigestError, match="another process has been writing for long"):
            scenario.round(server, tell=lock)
        assert (len(server.taken) > 0) == (moment == "midway")
        held.execute("COMMIT")
        held.close()
        scenario.holds(server)


# -------------------------------------------------------------------------------------------------------- D3, D4


@pytest.fixture
def remote(postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[DeliveryScenario]:
    with Store.open(postgres_url) as store:
        yield opened(store, tmp_path / "journals", caplog)


@pytest.mark.parametrize("done", [True, False], ids=["committed", "not committed"])
def test_d3_the_line_drops_after_commit_is_sent(remote: DeliveryScenario, done: bool) -> None:
    """At each COMMIT of a round in turn, carried out or not: the next round knows by the keys and the journal."""
    url = remote.store.engine.url.render_as_string(hide_password=False)
    with proxy(url) as wire, MailServer() as server:
        wire.done = done
        for number in range(40):
            remote.put(*(f"reader{number}x{each}" for each in range(3)))
            with Store.open(wire.url) as store:
                wire.cut_at = number
                before = wire.cuts
                with suppress(DigestError):
                    replace(remote, store=store).round(server)
                wire.cut_at = None
            remote.round(server)
            assert set(remote.states().values()) == {"sent"}
            if wire.cuts == before:
                break
        assert wire.cuts >= 5
        assert number < 39
        remote.holds(server)


def test_d3_an_issue_of_which_nobody_knows_whether_it_was_kept(remote: DeliveryScenario) -> None:
    url = remote.store.engine.url.render_as_string(hide_password=False)
    ada = [reader("Europe/Berlin", "daily 07:30")]
    with proxy(url) as wire:
        for number in range(20):
            now = remote.now + timedelta(days=number)
            with Store.open(wire.url) as store:
                wire.cut_at = number
                before = wire.cuts
                with suppress(DigestError):
                    compose(ada, store, FACTORY, now=now)
                wire.cut_at = None
            compose(ada, remote.store, FACTORY, now=now)
            if wire.cuts == before:
                break
        slots = [row["slot"] for row in remote.rows("SELECT slot FROM issue ORDER BY id")]
        assert slots == [f"{remote.now + timedelta(days=day):%Y-%m-%d}T07:30" for day in range(number + 1)]


def test_d4_the_server_fails_over(remote: DeliveryScenario) -> None:
    """Every connection is ended in the middle of a round."""
    remote.put(*(f"reader{number}" for number in range(30)))
    ended: list[int] = []

    def fail_over(_: Delivered) -> None:
        if not ended:
            ended.append(1)
            with remote.store.engine.connect() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    with MailServer() as server:
        with Store.open(remote.store.engine.url.render_as_string(hide_password=False)) as store:
            with suppress(DigestError):
                replace(remote, store=store).round(server, tell=fail_over)
            replace(remote, store=store).round(server)
        remote.holds(server)


def test_d4_a_deadlock(remote: DeliveryScenario) -> None:
    """Of letters that are given back somebody holds the last row and wants the one before it; one of us two begins
    again.
    """
    remote.put("ada", "ben", "cleo")
    admin = remote.store.engine.connect()
    lock = text("SELECT id FROM delivery WHERE subscriber = :name FOR UPDATE")
    told: list[str] = []

    def want() -> None:
        try:
            admin.execute(lock, {"name": "ben"})
        except OperationalError as error:
            told.append(str(error))
        admin.rollback()

    threads = [threading.Timer(0.3, want)]

    def hold(letter: Delivered) -> None:
        if letter.subscriber == "ada":
            admin.execute(lock, {"name": "cleo"})
            threads[0].start()

    with MailServer({"MAIL": Says.line("553 5.7.1 not yours")}) as server:
        try:
            remote.round(server, tell=hold)
        except DigestError as error:
            told.append(str(error))
        threads[0].join()
        admin.close()
        assert len(told) == 1
        assert "deadlock" in told[0]
        remote.holds(server)


def test_d4_two_senders_whose_transactions_cannot_be_put_in_a_row(remote: DeliveryScenario) -> None:
    """Under SERIALIZABLE one of two is refused again and again, and begins again."""
    remote.put(*(f"reader{number}" for number in range(200)))
    url = make_url(remote.store.engine.url.render_as_string(hide_password=False))
    strict = url.update_query_dict({"options": "-c default_transaction_isolation=serializable"})
    refused: list[str] = []

    def send(server: MailServer) -> None:
        with Store.open(strict.render_as_string(hide_password=False)) as store:
            for _ in range(20):
                try:
                    replace(remote, store=store).round(server, connections=2)
                except DigestError as error:
                    refused.append(str(error))

    with MailServer() as server:
        threads = [threading.Thread(target=send, args=(server,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        remote.holds(server)


# -------------------------------------------------------------------------------------------------------- D5, D6


def test_d5_the_database_is_put_back_to_yesterday(scenario: DeliveryScenario, tmp_path: Path) -> None:
    """Nothing is sent until somebody confirms, and then nothing a second time."""
    scenario.put("ada", "ben", "cleo")
    with MailServer({"RCPT": Says.line("450 4.2.0 later")}) as server:
        scenario.store.copy_to(str(tmp_path / "yesterday.db"))
        assert scenario.round(server).count("sent") == 2
        with Store.open(f"sqlite:///{tmp_path / 'yesterday.db'}") as restored:
            again = replace(scenario, store=restored)
            assert set(again.states().values()) == {"ready"}
            with pytest.raises(DatabaseRestored, match="--confirm-restore"):
                again.round(server)
            assert len(server.taken) == 2
            again.round(server, restored=True)
            again.holds(server)


def test_d5_an_old_record_of_which_the_database_was_pruned_is_no_restore(scenario: DeliveryScenario) -> None:
    """After half a year without a letter."""
    scenario.put("ada")
    with MailServer() as server:
        scenario.round(server)
        scenario.later(days=200)
        scenario.store.retention.prune(before=scenario.now - timedelta(days=180))
        scenario.round(server)
        assert len(server.taken) == 1
    assert scenario.rows("SELECT id FROM delivery") == []


def test_d5_also_on_postgresql(remote: DeliveryScenario) -> None:
    url = remote.store.engine.url
    remote.put("ada", "ben")
    copy = f"{url.database}_copy"
    remote.store.engine.dispose()
    with (
        create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT").connect() as bare,
        MailServer() as server,
    ):
        bare.execute(text(f"CREATE DATABASE {copy} TEMPLATE {url.database}"))
        assert remote.round(server).count("sent") == 2
        with Store.open(url.set(database=copy).render_as_string(hide_password=False)) as restored:
            again = replace(remote, store=restored)
            with pytest.raises(DatabaseRestored):
                again.round(server)
            again.round(server, restored=True)
            again.holds(server)
        bare.execute(text(f"DROP DATABASE {copy} WITH (FORCE)"))
    bare.engine.dispose()


def test_d6_a_database_that_may_only_be_read(scenario: DeliveryScenario) -> None:
    scenario.put("ada")
    file = scenario.store.engine.url.database
    with Store.open(f"sqlite:///file:{file}?mode=ro&uri=true") as store, MailServer() as server:
        with pytest.raises(DigestError, match="give this user the right to write"):
            replace(scenario, store=store).round(server)
        assert server.commands == []
        scenario.holds(server)


def test_d6_a_corrupt_page(scenario: DeliveryScenario, tmp_path: Path) -> None:
    """What cannot be read is told, and no letter goes out of it; a backup goes on where it was."""
    scenario.put(*(f"reader{number}" for number in range(50)))
    backup = tmp_path / "backup.db"
    scenario.store.copy_to(str(backup))
    broken = tmp_path / "broken.db"
    whole = backup.read_bytes()
    broken.write_bytes(whole[:4_096] + os.urandom(len(whole) - 4_096))
    with MailServer() as server:
        with pytest.raises(DigestError, match="restore a backup"), Store.open(f"sqlite:///{broken}") as store:
            replace(scenario, store=store).round(server)
        assert server.commands == []
        with Store.open(f"sqlite:///{backup}") as store:
            replace(scenario, store=store).holds(server)
