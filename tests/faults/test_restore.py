"""D8 to D10, K12, K13: a database that is not the one that was used last, and journals that are spoilt or gone."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from digest.delivery.recovery import DatabaseRestored, recover
from digest.issues.compose import compose
from digest.store import Store
from tests.support.delivery_scenario import DeliveryScenario
from tests.support.graph_reader import FACTORY, reader
from tests.support.processes import child
from tests.support.servers import MailServer
from tests.support.store_samples import already_sent, keep, preprint

pytestmark = pytest.mark.faults

SPOILS: dict[str, Callable[[Path], object]] = {
    "emptied": lambda file: file.write_bytes(b""),
    "without its head": lambda file: file.write_bytes(b"X" + file.read_bytes()[1:]),
    "cut": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10]),
    "with zeros at its end": lambda file: file.write_bytes(
        file.read_bytes()[: file.stat().st_size * 6 // 10] + bytes(99)
    ),
    "with a flipped bit": lambda file: file.write_bytes(
        (whole := file.read_bytes())[:-9] + bytes([whole[-9] ^ 4]) + whole[-8:]
    ),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_k12_a_journal_that_is_spoilt_after_a_kill(scenario: DeliveryScenario, spoil: Callable[[Path], object]) -> None:
    """What its process held is in doubt and said; nothing goes twice, and a person decides."""
    scenario.put("ada", "ben")
    with MailServer() as server:
        with child(scenario, "deliver", "--port", server.port, "--point", "answered") as process:
            assert process.wait(60) == -signal.SIGKILL
        (journal,) = scenario.folder.glob("*.open")
        spoil(journal)
        scenario.round(server)
        scenario.later(days=1)
        scenario.round(server)
        assert max(scenario.arrived(server).values()) == 1
        assert set(scenario.states().values()) <= {"in doubt", "sent"}
        assert scenario.states().keys() - scenario.arrived(server).keys() == {
            name
            for name, state in scenario.states().items()
            if state == "in doubt" and not scenario.arrived(server)[name]
        }
    assert not journal.exists()
    assert journal.with_suffix(".unreadable").exists()
    [told] = scenario.store.set_aside.list_all(scenario.now - timedelta(days=9))
    assert "could not be read whole" in str(told)


def test_k13_a_journal_that_is_deleted_after_a_kill(scenario: DeliveryScenario) -> None:
    scenario.put("ada", "ben")
    with MailServer() as server:
        with child(scenario, "deliver", "--port", server.port, "--point", "answered") as process:
            assert process.wait(60) == -signal.SIGKILL
        for file in scenario.folder.iterdir():
            file.unlink()
        for hours in (0, 1, 24):
            scenario.later(hours=hours)
            scenario.round(server)
        assert sum(scenario.arrived(server).values()) == 1
    assert set(scenario.states().values()) == {"in doubt"}
    assert all("is gone" in row["reason"] for row in scenario.rows("SELECT reason FROM delivery"))


def sent_letter(scenario: DeliveryScenario, server: MailServer, *numbers: str) -> None:
    papers = [preprint(number, title=f"A graph of {number[-1]} parts") for number in numbers]
    keep(scenario.store, *papers, now=scenario.now)
    compose([reader("Europe/Berlin", "daily 07:30")], scenario.store, FACTORY, now=scenario.now)
    scenario.homes["ada"] = "ada@example.org"
    scenario.round(server)


def test_d8_d10_the_database_is_lost_beside_its_journals(scenario: DeliveryScenario, tmp_path: Path) -> None:
    """Nothing is composed or sent by a new one before that is confirmed; then each paper comes once all the same."""
    with MailServer() as server, Store.open(f"sqlite:///{tmp_path}/new.db") as fresh:
        sent_letter(scenario, server, "2611.00001", "2611.00002")
        assert len(server.taken) == 1
        scenario.store = fresh
        with pytest.raises(DatabaseRestored, match="journals of another database"):
            scenario.round(server)
        recover(fresh, scenario.folder, clock=lambda: scenario.now, restored=True)
        sent_letter(scenario, server, "2611.00001", "2611.00002", "2611.00003")
        assert len(server.taken) == 2
        assert b"A graph of 3 parts" in server.taken[1].message
        assert b"A graph of 1 parts" not in server.taken[1].message
    assert already_sent(fresh, "ada") == {(1, "new"), (2, "new"), (3, "new")}


def test_d9_a_copy_of_the_service_with_a_journal_of_its_own(tmp_path: Path, scenario: DeliveryScenario) -> None:
    first = tmp_path / "first"
    first.mkdir()
    with Store.open(f"sqlite:///{first}/digest.db") as store:
        recover(store, first / "letters", clock=lambda: scenario.now)
    shutil.copytree(first, tmp_path / "second")
    with Store.open(f"sqlite:///{tmp_path}/second/digest.db") as copy:
        for _ in range(2):
            with pytest.raises(DatabaseRestored, match="second copy"):
                recover(copy, tmp_path / "second/letters", clock=lambda: scenario.now)
        recover(copy, tmp_path / "second/letters", clock=lambda: scenario.now, restored=True)
        recover(copy, tmp_path / "second/letters", clock=lambda: scenario.now)  # it was moved: from now on it is here
