"""K1 to K11: a process is killed, stopped or held at any point of its work; what it left is taken over."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.issues.compose import compose
from digest.mail.delivery_state import DeliveryState
from digest.store import Store
from tests.support.delivery_scenario import DeliveryScenario, opened
from tests.support.graph_reader import FACTORY, reader
from tests.support.processes import child, until
from tests.support.servers import DROP, MailServer, Says, Taken, Verb

pytestmark = pytest.mark.faults


def killed_at(scenario: DeliveryScenario, point: str, server: MailServer) -> None:
    """A process that kills itself there."""
    with child(scenario, "deliver", "--port", server.port, "--point", point) as process:
        assert process.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize(("point", "written"), [("issue inserted", 0), ("issue committed", 1)])
def test_k1_k2_killed_while_an_issue_is_written(anywhere: DeliveryScenario, point: str, written: int) -> None:
    """An issue and its letter are one transaction: both are there, or neither, and then the next run makes the same."""
    scenario = anywhere
    with child(scenario, "compose", "--point", point) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert len(scenario.rows("SELECT id FROM issue")) == len(scenario.rows("SELECT id FROM delivery")) == written
    compose([reader("Europe/Berlin", "daily 07:30")], scenario.store, FACTORY, now=scenario.now)
    (row,) = scenario.rows("SELECT slot FROM issue")
    assert row["slot"] == "2026-11-20T07:30"
    scenario.homes["ada"] = "ada@example.org"
    with MailServer() as server:
        assert scenario.round(server).count("sent") == 1
        assert len(server.taken) == 1


def test_k3_killed_with_letters_in_hand(anywhere: DeliveryScenario) -> None:
    """They are free again as soon as the next process finds the journal of the dead one, and not at their time."""
    scenario = anywhere
    scenario.put("ada", "ben", "cleo")
    with MailServer() as server:
        killed_at(scenario, "claimed", server)
        assert set(scenario.states().values()) == {"leased"}
        assert scenario.round(server).count("sent") == 3
        scenario.holds(server)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "BODY"])
def test_k4_killed_before_the_dot(anywhere: DeliveryScenario, step: Verb) -> None:
    scenario = anywhere
    scenario.put("ada", size=4_000_000 if step == "BODY" else 0)
    scenario.put("ben")
    with MailServer({step: Says(delay=60)}, extensions=["SIZE 10000000"]) as server:
        with child(scenario, "deliver", "--port", server.port) as process:
            until(lambda: ("DATA" if step == "BODY" else step) in server.verbs())
            process.kill()
        with MailServer() as other:
            assert scenario.round(other).count("sent") == 2
            scenario.holds(server, other)


def test_k5_killed_between_the_record_and_the_dot(anywhere: DeliveryScenario) -> None:
    """The one gap: nobody can tell this from K6, so it is presumed sent, is shown, and a person decides."""
    scenario = anywhere
    scenario.put("ada", "ben")
    with MailServer() as server:
        killed_at(scenario, "at the dot", server)
        assert scenario.arrived(server) == {}
        assert scenario.round(server).count("sent") == 1
        (row,) = scenario.store.outbox.unsent(in_doubt=True)
        assert (row.subscriber, row.next_at) == ("ada", None)
        assert "presumed sent" in str(row.reason)
        scenario.later(days=2)
        assert scenario.round(server).letters == ()
        scenario.store.outbox.decide([row.id], DeliveryState.READY, now=scenario.now, words="once more, said a person")
        scenario.holds(server)


def test_k6_killed_between_the_dot_and_the_answer(anywhere: DeliveryScenario) -> None:
    scenario = anywhere
    scenario.put("ada", "ben")
    with MailServer({"DOT": Says(delay=60)}) as server:
        with child(scenario, "deliver", "--port", server.port) as process:
            until(lambda: len(server.taken) == 1)
            process.kill()
        assert scenario.round(server).count("sent") == 1
        scenario.holds(server, final={"ada": "in doubt"})
        assert scenario.arrived(server) == {"ada": 1, "ben": 1}


def test_k6_killed_after_the_line_was_lost_at_the_dot(anywhere: DeliveryScenario) -> None:
    """It was to be sent once more, and that is not forgotten: what died here was more than the process alone."""
    scenario = anywhere
    scenario.put("ada")
    with MailServer({"DOT": DROP}) as server:
        server.taken = Swallowed()
        killed_at(scenario, "lost", server)
        assert scenario.round(server).letters == ()
        (row,) = scenario.store.outbox.unsent(in_doubt=True)
        assert row.next_at == scenario.now + timedelta(minutes=15)
        assert "the line was lost" in str(row.reason)
        scenario.holds()


class Swallowed(list[Taken]):
    """A server that loses what it has taken when the line goes."""

    def append(self, taken: Taken) -> None:
        pass


def test_k6_after_another_boot_it_is_sent_once_more(scenario: DeliveryScenario) -> None:
    """What the kernel still held of the letter is gone with the machine."""
    scenario.put("ada", "ben")
    with MailServer({"DOT": Says(delay=60)}) as server:
        with child(scenario, "deliver", "--port", server.port) as process:
            until(lambda: len(server.taken) == 1)
            process.kill()
        (journal,) = scenario.folder.glob("*.open")
        first, _, rest = journal.read_text().partition("\n")
        journal.write_text(f"{first.rpartition(' ')[0]} another-boot\n{rest}")
        assert scenario.round(server).count("sent") == 1
        scenario.holds(server, most={"ada": 2})


@pytest.mark.parametrize(("point", "final"), [("answered", {"ada": "in doubt"}), ("recorded", {})])
def test_k7_k8_killed_after_the_answer(anywhere: DeliveryScenario, point: str, final: dict[str, str]) -> None:
    scenario = anywhere
    scenario.put("ada", "ben")
    with MailServer() as server:
        killed_at(scenario, point, server)
        assert scenario.arrived(server)["ada"] == 1
        scenario.round(server)
        assert scenario.states() == {"ada": "sent", "ben": "sent"} | final
        scenario.holds(server, final=final)


def test_k9_killed_between_the_databases_last_word_and_the_journals(anywhere: DeliveryScenario) -> None:
    scenario = anywhere
    scenario.put("ada", "ben")
    with MailServer() as server:
        killed_at(scenario, "closing", server)
        assert len(list(scenario.folder.glob("*.open"))) == 1
        scenario.holds(server)
        assert list(scenario.folder.glob("*.open")) == []


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_k9_a_torn_last_line(scenario: DeliveryScenario, cut: int) -> None:
    """Half of "taken" is no "taken", and no line of another letter either."""
    scenario.put("ada", "ben")
    with MailServer() as server:
        killed_at(scenario, "recorded", server)
        (journal,) = scenario.folder.glob("*.open")
        whole = journal.read_bytes()
        assert b" K " in whole.splitlines()[-1]
        journal.write_bytes(whole[:-cut])
        scenario.round(server)
        final = {"ben": "in doubt"} if scenario.states()["ben"] == "in doubt" else {"ada": "in doubt"}
        scenario.holds(server, final=final)
        assert scenario.arrived(server) == {"ada": 1, "ben": 1}


@pytest.mark.parametrize("junk", [b"", b"\x00" * 4_096, b"\xff\xfe not a journal\n", b"morning-papers journal 1 "])
def test_k9_a_journal_that_is_none(scenario: DeliveryScenario, junk: bytes) -> None:
    """A file of a full or broken disk stops nobody."""
    scenario.put("ada")
    scenario.folder.mkdir()
    (scenario.folder / "20261119T000000-1-aaaaaa.open").write_bytes(junk)
    scenario.holds()


def test_k10_sigterm_with_ten_letters_in_flight(anywhere: DeliveryScenario) -> None:
    """All ten are finished, none is in doubt, and what was not begun waits."""
    scenario = anywhere
    scenario.put(*(f"reader{number}" for number in range(500)))
    with MailServer({"DOT": [Says(b"250 2.0.0 ok\r\n", delay=1)] * 10}) as server:
        with child(scenario, "deliver", "--port", server.port, "--connections", 10) as process:
            until(lambda: server.connections == 10 and len(server.taken) >= 10)
            process.terminate()
            assert process.wait(60) == 0
        states = list(scenario.states().values())
        assert set(states) <= {"sent", "ready"}
        assert "ready" in states
        assert states.count("sent") == len(server.taken)
        scenario.holds(server)


def test_k11_another_machine_takes_over_what_a_dead_one_has_sent(
    postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The letter at its dot is in doubt, one a connection, and goes once more: nobody else can read its journal."""
    with Store.open(postgres_url) as store:
        scenario = opened(store, tmp_path / "journals", caplog)
        scenario.now = datetime.now(UTC)
        scenario.put(*(f"reader{number}" for number in range(120)))
        with MailServer() as server, MailServer() as other:
            with child(scenario, "deliver", "--port", server.port) as process:
                until(lambda: len(server.taken) > 40)
                process.kill()
                process.wait(60)
            scenario.folder = tmp_path / "of another machine"
            scenario.later(minutes=40)
            scenario.round(other)
            states = list(scenario.states().values())
            assert set(states) <= {"sent", "in doubt"}
            assert states.count("in doubt") <= 1
            scenario.later(minutes=20)
            scenario.round(other)
            assert set(scenario.states().values()) == {"sent"}
            assert sum(count - 1 for count in scenario.arrived(server, other).values()) <= 1


def test_k11_held_before_it_could_tell_what_was_taken(anywhere: DeliveryScenario, tmp_path: Path) -> None:
    """Two letters are taken within a second and the third is slow, so the journal knows more than the database."""
    scenario, ticks = anywhere, tmp_path / "ticks"
    scenario.now = datetime.now(UTC)
    scenario.put("ada", "ben", "cleo")
    ok = Says(b"250 2.1.5 ok\r\n")
    with MailServer({"RCPT": [ok, ok, replace(ok, delay=2)]}, extensions=()) as server, MailServer() as other:
        with child(scenario, "deliver", "--port", server.port, "--ticks", ticks) as process:
            until(lambda: server.verbs().count("RCPT") == 3)
            process.send_signal(signal.SIGSTOP)
            assert scenario.states()["cleo"] == "leased"
            scenario.later(minutes=40)
            assert scenario.round(other).count("sent") == 1
            ticks.write_text("2400")
            process.send_signal(signal.SIGCONT)
            assert process.wait(60) == 0
        scenario.holds(server, other)


@pytest.mark.parametrize("step", ["MAIL", "DOT"])
def test_k11_held_for_longer_than_its_lease(anywhere: DeliveryScenario, tmp_path: Path, step: Verb) -> None:
    """A process is stopped for forty minutes; another takes its letters, and when it goes on it sends and writes none.

    The forty minutes are its clock's: the test moves that, as a sleeping machine does.
    """
    scenario, ticks = anywhere, tmp_path / "ticks"
    scenario.now = datetime.now(UTC)
    scenario.put("ada")
    with MailServer({step: Says(b"250 2.1.0 ok\r\n", delay=2)}) as server, MailServer() as other:
        with child(scenario, "deliver", "--port", server.port, "--ticks", ticks) as process:
            until(lambda: step in server.verbs() or bool(server.taken))
            process.send_signal(signal.SIGSTOP)
            scenario.later(minutes=40)
            taken_over = scenario.round(other)
            ticks.write_text("2400")
            process.send_signal(signal.SIGCONT)
            assert process.wait(60) == 0
        if step == "MAIL":
            assert taken_over.count("sent") == 1
            assert server.taken == []
        else:  # it had been handed over: nobody sends it at once, and the late answer settles it
            assert taken_over.letters == ()
        assert scenario.states() == {"ada": "sent"}
        scenario.holds(server, other)
