"""K1 to K11: a process is killed, stopped or held at any point of its work; what it left is taken over."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.issues.compose import compose
from digest.mail.outcome import State
from digest.store import Store
from tests.subscriptions.test_clock_changes import PRESS, reader
from tests.support.delivery_scenario import House, opened
from tests.support.processes import child, until
from tests.support.servers import DROP, MailServer, Says, Taken, Verb

pytestmark = pytest.mark.faults


def killed_at(house: House, point: str, server: MailServer) -> None:
    """A process that kills itself there."""
    with child(house, "deliver", "--port", server.port, "--point", point) as process:
        assert process.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize(("point", "written"), [("issue inserted", 0), ("issue committed", 1)])
def test_k1_k2_killed_while_an_issue_is_written(anywhere: House, point: str, written: int) -> None:
    """An issue and its letter are one transaction: both are there, or neither, and then the next run makes the same."""
    house = anywhere
    with child(house, "compose", "--point", point) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert len(house.rows("SELECT id FROM issue")) == len(house.rows("SELECT id FROM delivery")) == written
    compose([reader("Europe/Berlin", "daily 07:30")], house.store, PRESS, now=house.now)
    (row,) = house.rows("SELECT slot FROM issue")
    assert row["slot"] == "2026-11-20T07:30"
    house.homes["ada"] = "ada@example.org"
    with MailServer() as server:
        assert house.round(server).count("sent") == 1
        assert len(server.taken) == 1


def test_k3_killed_with_letters_in_hand(anywhere: House) -> None:
    """They are free again as soon as the next process finds the journal of the dead one, and not at their time."""
    house = anywhere
    house.put("ada", "ben", "cleo")
    with MailServer() as server:
        killed_at(house, "claimed", server)
        assert set(house.states().values()) == {"leased"}
        assert house.round(server).count("sent") == 3
        house.holds(server)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "BODY"])
def test_k4_killed_before_the_dot(anywhere: House, step: Verb) -> None:
    house = anywhere
    house.put("ada", size=4_000_000 if step == "BODY" else 0)
    house.put("ben")
    with MailServer({step: Says(delay=60)}, extensions=["SIZE 10000000"]) as server:
        with child(house, "deliver", "--port", server.port) as process:
            until(lambda: ("DATA" if step == "BODY" else step) in server.verbs())
            process.kill()
        with MailServer() as other:
            assert house.round(other).count("sent") == 2
            house.holds(server, other)


def test_k5_killed_between_the_record_and_the_dot(anywhere: House) -> None:
    """The one gap: nobody can tell this from K6, so it is presumed sent, is shown, and a person decides."""
    house = anywhere
    house.put("ada", "ben")
    with MailServer() as server:
        killed_at(house, "at the dot", server)
        assert house.arrived(server) == {}
        assert house.round(server).count("sent") == 1
        (row,) = house.store.outbox(in_doubt=True)
        assert (row.subscriber, row.next_at) == ("ada", None)
        assert "presumed sent" in str(row.reason)
        house.later(days=2)
        assert house.round(server).letters == ()
        house.store.decide([row.id], State.READY, [State.IN_DOUBT], now=house.now, words="once more, said a person")
        house.holds(server)


def test_k6_killed_between_the_dot_and_the_answer(anywhere: House) -> None:
    house = anywhere
    house.put("ada", "ben")
    with MailServer({"DOT": Says(delay=60)}) as server:
        with child(house, "deliver", "--port", server.port) as process:
            until(lambda: len(server.taken) == 1)
            process.kill()
        assert house.round(server).count("sent") == 1
        house.holds(server, final={"ada": "in doubt"})
        assert house.arrived(server) == {"ada": 1, "ben": 1}


def test_k6_killed_after_the_line_was_lost_at_the_dot(anywhere: House) -> None:
    """It was to be sent once more, and that is not forgotten: what died here was more than the process alone."""
    house = anywhere
    house.put("ada")
    with MailServer({"DOT": DROP}) as server:
        server.taken = Swallowed()
        killed_at(house, "lost", server)
        assert house.round(server).letters == ()
        (row,) = house.store.outbox(in_doubt=True)
        assert row.next_at == house.now + timedelta(minutes=15)
        assert "the line was lost" in str(row.reason)
        house.holds()


class Swallowed(list[Taken]):
    """A server that loses what it has taken when the line goes."""

    def append(self, taken: Taken) -> None:
        pass


def test_k6_after_another_boot_it_is_sent_once_more(house: House) -> None:
    """What the kernel still held of the letter is gone with the machine."""
    house.put("ada", "ben")
    with MailServer({"DOT": Says(delay=60)}) as server:
        with child(house, "deliver", "--port", server.port) as process:
            until(lambda: len(server.taken) == 1)
            process.kill()
        (journal,) = house.folder.glob("*.open")
        first, _, rest = journal.read_text().partition("\n")
        journal.write_text(f"{first.rpartition(' ')[0]} another-boot\n{rest}")
        assert house.round(server).count("sent") == 1
        house.holds(server, most={"ada": 2})


@pytest.mark.parametrize(("point", "final"), [("answered", {"ada": "in doubt"}), ("recorded", {})])
def test_k7_k8_killed_after_the_answer(anywhere: House, point: str, final: dict[str, str]) -> None:
    house = anywhere
    house.put("ada", "ben")
    with MailServer() as server:
        killed_at(house, point, server)
        assert house.arrived(server)["ada"] == 1
        house.round(server)
        assert house.states() == {"ada": "sent", "ben": "sent"} | final
        house.holds(server, final=final)


def test_k9_killed_between_the_databases_last_word_and_the_journals(anywhere: House) -> None:
    house = anywhere
    house.put("ada", "ben")
    with MailServer() as server:
        killed_at(house, "closing", server)
        assert len(list(house.folder.glob("*.open"))) == 1
        house.holds(server)
        assert list(house.folder.glob("*.open")) == []


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_k9_a_torn_last_line(house: House, cut: int) -> None:
    """Half of "taken" is no "taken", and no line of another letter either."""
    house.put("ada", "ben")
    with MailServer() as server:
        killed_at(house, "recorded", server)
        (journal,) = house.folder.glob("*.open")
        whole = journal.read_bytes()
        assert whole.splitlines()[-1].startswith(b"K ")
        journal.write_bytes(whole[:-cut])
        house.round(server)
        final = {"ben": "in doubt"} if house.states()["ben"] == "in doubt" else {"ada": "in doubt"}
        house.holds(server, final=final)
        assert house.arrived(server) == {"ada": 1, "ben": 1}


@pytest.mark.parametrize("junk", [b"", b"\x00" * 4_096, b"\xff\xfe not a journal\n", b"morning-papers journal 1 "])
def test_k9_a_journal_that_is_none(house: House, junk: bytes) -> None:
    """A file of a full or broken disk stops nobody."""
    house.put("ada")
    house.folder.mkdir()
    (house.folder / "20261119T000000-1-aaaaaa.open").write_bytes(junk)
    house.holds()


def test_k10_sigterm_with_ten_letters_in_flight(anywhere: House) -> None:
    """All ten are finished, none is in doubt, and what was not begun waits."""
    house = anywhere
    house.put(*(f"reader{number}" for number in range(500)))
    with MailServer({"DOT": [Says(b"250 2.0.0 ok\r\n", delay=1)] * 10}) as server:
        with child(house, "deliver", "--port", server.port, "--connections", 10) as process:
            until(lambda: server.connections == 10 and len(server.taken) >= 10)
            process.terminate()
            assert process.wait(60) == 0
        states = list(house.states().values())
        assert set(states) <= {"sent", "ready"}
        assert "ready" in states
        assert states.count("sent") == len(server.taken)
        house.holds(server)


def test_k11_another_machine_takes_over_what_a_dead_one_has_sent(
    postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It cannot read the dead one's journal: what the database does not know goes again, one letter a connection."""
    with Store.open(postgres_url) as store:
        house = opened(store, tmp_path / "journals", caplog)
        house.now = datetime.now(UTC)
        house.put(*(f"reader{number}" for number in range(120)))
        with MailServer() as server, MailServer() as other:
            with child(house, "deliver", "--port", server.port) as process:
                until(lambda: len(server.taken) > 40)
                process.kill()
                process.wait(60)
            house.folder = tmp_path / "of another machine"
            house.later(minutes=40)
            house.round(other)
            assert set(house.states().values()) == {"sent"}
            assert sum(count - 1 for count in house.arrived(server, other).values()) <= 1


def test_k11_held_before_it_could_tell_what_was_taken(anywhere: House, tmp_path: Path) -> None:
    """Two letters are taken within a second and the third is slow, so the journal knows more than the database."""
    house, ticks = anywhere, tmp_path / "ticks"
    house.now = datetime.now(UTC)
    house.put("ada", "ben", "cleo")
    ok = Says(b"250 2.1.5 ok\r\n")
    with MailServer({"RCPT": [ok, ok, replace(ok, delay=2)]}, extensions=()) as server, MailServer() as other:
        with child(house, "deliver", "--port", server.port, "--ticks", ticks) as process:
            until(lambda: server.verbs().count("RCPT") == 3)
            process.send_signal(signal.SIGSTOP)
            assert house.states()["cleo"] == "leased"
            house.later(minutes=40)
            assert house.round(other).count("sent") == 1
            ticks.write_text("2400")
            process.send_signal(signal.SIGCONT)
            assert process.wait(60) == 0
        house.holds(server, other)


@pytest.mark.parametrize("step", ["MAIL", "DOT"])
def test_k11_held_for_longer_than_its_lease(anywhere: House, tmp_path: Path, step: Verb) -> None:
    """A process is stopped for forty minutes; another takes its letters, and when it goes on it sends and writes none.

    The forty minutes are its clock's: the test moves that, as a sleeping machine does.
    """
    house, ticks = anywhere, tmp_path / "ticks"
    house.now = datetime.now(UTC)
    house.put("ada")
    with MailServer({step: Says(b"250 2.1.0 ok\r\n", delay=2)}) as server, MailServer() as other:
        with child(house, "deliver", "--port", server.port, "--ticks", ticks) as process:
            until(lambda: step in server.verbs() or bool(server.taken))
            process.send_signal(signal.SIGSTOP)
            house.later(minutes=40)
            taken_over = house.round(other)
            ticks.write_text("2400")
            process.send_signal(signal.SIGCONT)
            assert process.wait(60) == 0
        if step == "MAIL":
            assert taken_over.count("sent") == 1
            assert server.taken == []
        else:  # it had been handed over: nobody sends it at once, and the late answer settles it
            assert taken_over.letters == ()
        assert house.states() == {"ada": "sent"}
        house.holds(server, other)
