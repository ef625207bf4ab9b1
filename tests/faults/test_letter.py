"""F14 to F30: something breaks while a letter goes over. What was not ended is sent again, what was taken is not."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.delivery import Delivered
from tests.support.delivery_scenario import HASTY, QUICK, DeliveryScenario, key_of
from tests.support.servers import DROP, MailServer, Says, Verb

pytestmark = pytest.mark.faults

GONE = Says.line("421 4.3.2 going down", close=True)
LARGE = 4_000_000  # more than lies in the buffers between us and a server that does not read


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()], ids=["pipelined", "plain"])
def test_f14_mail_is_put_off(scenario: DeliveryScenario, extensions: tuple[str, ...]) -> None:
    scenario.put("ada", "ben")
    with MailServer({"MAIL": Says.line("451 4.3.0 later")}, extensions=extensions) as server:
        done = scenario.round(server)
        assert [letter.outcome for letter in done.letters] == ["deferred", "sent"]
        scenario.holds(server)


def test_f14_the_sender_is_refused(scenario: DeliveryScenario) -> None:
    """The reply is about the sender's configuration, and no letter fails by it."""
    scenario.put("ada", "ben")
    with MailServer({"MAIL": Says.line("553 5.7.1 not yours")}) as server:
        done = scenario.round(server)
        assert done.stopped
        assert set(scenario.attempts().values()) == {0}
        assert scenario.store.breakers.list_all()[0].until == scenario.now + timedelta(minutes=15)
        scenario.holds(server)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("says", [DROP, GONE], ids=["drop", "421"])
def test_f14_f17_f18_lost_once_before_the_letter(scenario: DeliveryScenario, step: Verb, says: Says) -> None:
    """The letter in hand and all behind it go out in the same round over a new connection, and nothing is counted."""
    scenario.put("ada", "ben", "cleo")
    with MailServer({step: [Says.line("354 go on" if step == "DATA" else "250 ok"), says]}) as server:
        assert scenario.round(server).count("sent") == 3
        assert server.connections == 2
        assert set(scenario.attempts().values()) == {1}
        scenario.holds(server)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("says", [DROP, GONE], ids=["drop", "421"])
def test_f14_f17_f18_lost_again_and_again(scenario: DeliveryScenario, step: Verb, says: Says) -> None:
    """Nothing is counted; the letter lets others go first, and comes next time."""
    scenario.put("ada", "ben", "cleo")
    with MailServer({step: says}) as server:
        done = scenario.round(server)
        assert bool(done.stopped) == (step == "MAIL" or says == DROP)  # a reply to RCPT or DATA may be about the letter
        assert (scenario.states()["ada"], scenario.attempts()["ada"]) == ("deferred", 0)
        scenario.later(minutes=7)
        scenario.round(server)
        assert scenario.arrived(server) == {"ada": 1, "ben": 1, "cleo": 1}
        scenario.holds(server)


class Objecting(MailServer):
    """Has something against ada."""

    def __init__(self, step: Verb, objection: Says) -> None:
        super().__init__()
        self._step, self._objection = step, objection

    def says(self, verb: Verb, friendly: str) -> Says:
        last = next((command for command in reversed(self.commands) if command.startswith("RCPT")), "")
        return self._objection if verb == self._step and "<ada@" in last else super().says(verb, friendly)


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    "says", [DROP, GONE, Says.line("554 5.7.1 Relay access denied")], ids=["drop", "421", "relaying"]
)
def test_f17_f18_one_letter_that_no_relay_stands_stops_no_other(
    scenario: DeliveryScenario, step: Verb, says: Says
) -> None:
    """Whatever it is about ada's letter, and however often it is tried."""
    scenario.put("ada", *(f"reader{number}" for number in range(5)))
    with Objecting(step, says) as server:
        for _ in range(3):
            scenario.round(server)
            assert (scenario.states()["ada"], scenario.attempts()["ada"]) == ("deferred", 0)
            scenario.later(minutes=7)
        assert Counter(scenario.states().values()) == {"deferred": 1, "sent": 5}


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_f17_f18_what_two_letters_in_a_row_meet_is_the_relays_fault(scenario: DeliveryScenario, step: Verb) -> None:
    names = [f"reader{number}" for number in range(5)]
    scenario.put(*names)
    with MailServer({step: [Says.line("554 5.7.1 Relay access denied")] * 9}) as server:
        assert scenario.round(server).stopped
        assert sorted(scenario.states().values()) == ["deferred"] * 2 + ["ready"] * 3
        assert set(scenario.attempts().values()) == {0}
        assert scenario.store.breakers.list_all()[0].until == scenario.now + timedelta(minutes=15)


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()], ids=["pipelined", "plain"])
def test_f15_a_greylist(scenario: DeliveryScenario, extensions: tuple[str, ...]) -> None:
    scenario.put("ada", "ben")
    grey = Says.line("450 4.7.1 Greylisted, try again in 1800 seconds")
    with MailServer({"RCPT": [grey, grey]}, extensions=extensions) as server:
        assert scenario.round(server).count("deferred") == 2
        scenario.later(minutes=29)
        assert scenario.round(server).letters == ()
        scenario.later(minutes=2)
        assert scenario.round(server).count("sent") == 2
        assert scenario.arrived(server) == {"ada": 1, "ben": 1}
        scenario.holds(server)


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()], ids=["pipelined", "plain"])
def test_f16_no_such_reader(scenario: DeliveryScenario, extensions: tuple[str, ...]) -> None:
    """The session goes on, and the address of a new reader gets no more letters; the evidence tells no address."""
    scenario.put("ada", "ben")
    words = "550 5.1.1 <ada@readers.example>: nobody of that name"
    with MailServer({"RCPT": Says.line(words)}, extensions=extensions) as server:
        done = scenario.round(server)
        assert {letter.subscriber: letter.outcome for letter in done.letters} == {"ada": "failed", "ben": "sent"}
        assert server.connections == 1
        assert "RSET" in server.verbs()
        (suppressed,) = scenario.store.suppressions.list_all()
        assert suppressed.address == "ada@readers.example"
        assert "nobody of that name" in suppressed.reason
        scenario.holds(server, final={"ada": "failed"})


def test_f17_421_with_more_letters_behind_it(scenario: DeliveryScenario) -> None:
    names = [f"reader{number}" for number in range(60)]
    scenario.put(*names)
    with MailServer({"RCPT": [Says.line("250 ok")] * 10 + [GONE]}) as server:
        assert scenario.round(server).count("sent") == 60
        assert server.connections == 2
        scenario.holds(server)


@pytest.mark.parametrize(
    "words",
    ["451 4.3.0 later", "452 4.2.2 mailbox full", "550 5.6.0 no such letters here", "554 5.7.1 spam"],
)
@pytest.mark.parametrize("step", ["DATA", "DOT"])
def test_f18_the_letter_is_refused(scenario: DeliveryScenario, step: Verb, words: str) -> None:
    scenario.put("ada", "ben")
    with MailServer({step: Says.line(words)}) as server:
        done = scenario.round(server)
        assert {letter.subscriber: letter.outcome for letter in done.letters} == {"ada": "deferred", "ben": "sent"}
        assert scenario.store.suppressions.list_all() == []  # not the address is at fault
        scenario.holds(server)


@pytest.mark.parametrize("says", [DROP, GONE], ids=["drop", "421"])
def test_f19_lost_in_the_middle_of_the_letter(scenario: DeliveryScenario, says: Says) -> None:
    scenario.put("ada")
    scenario.put("ben", size=LARGE)
    with MailServer({"BODY": [Says(), says]}) as server:
        assert scenario.round(server).count("sent") == 2
        assert server.connections == 2
        scenario.holds(server)


@pytest.mark.parametrize("says", [DROP, GONE], ids=["drop", "421"])
def test_f19_lost_in_the_middle_of_the_very_first_letter(scenario: DeliveryScenario, says: Says) -> None:
    """A relay that hangs up without a word is left alone for this round; of 421 the next letter tells what is meant."""
    scenario.put("ada", "ben", size=LARGE)
    with MailServer({"BODY": says}) as server:
        assert bool(scenario.round(server).stopped) == (says == DROP)
        assert scenario.attempts()["ada"] == 0
        scenario.holds(server)


NO_ANSWER = {
    "drop": DROP,
    "time-out": Says(delay=1),
    "junk": Says(b"not smtp\r\n"),
    "half": Says(b"25", close=True),
    "354": Says(b"354 go on\r\n"),
}


@pytest.mark.parametrize("how", NO_ANSWER)
def test_f20_f21_no_answer_to_the_dot_is_sent_once_more(scenario: DeliveryScenario, how: str) -> None:
    scenario.put("ada", "ben")
    with MailServer({"DOT": NO_ANSWER[how]}) as server:
        scenario.round(scenario.route(server, timeouts=replace(QUICK, dot=0.3)))
        assert scenario.states() == {"ada": "in doubt", "ben": "sent"}
        assert scenario.round(server).letters == ()  # not before a quarter of an hour
        scenario.later(minutes=15)
        assert scenario.round(server).count("sent") == 1
        first, second = (taken.message for taken in server.taken if key_of(taken.message) == scenario.key("ada"))
        assert first == second
        scenario.holds(server, most={"ada": 2})


@pytest.mark.parametrize("how", NO_ANSWER)
def test_f20_f21_no_answer_to_the_dot_is_presumed_sent(scenario: DeliveryScenario, how: str) -> None:
    scenario.put("ada")
    with MailServer({"DOT": NO_ANSWER[how]}) as server:
        scenario.round(scenario.route(server, timeouts=replace(QUICK, dot=0.3)), presume_sent=lambda _: True)
        (row,) = scenario.store.outbox.unsent(in_doubt=True)
        assert "presumed sent" in str(row.reason)
        assert scenario.arrived(server) == {"ada": 1}
        scenario.holds(server, final={"ada": "in doubt"})


def test_f20_twice_without_an_answer_is_left_to_a_person(scenario: DeliveryScenario) -> None:
    scenario.put("ada")
    with MailServer({"DOT": [DROP, DROP]}) as server:
        scenario.round(server)
        scenario.later(minutes=16)
        scenario.round(server)
        scenario.holds(server, final={"ada": "in doubt"}, most={"ada": 2})


def test_f21_the_answer_to_the_dot_has_ten_minutes() -> None:
    assert type(QUICK)().dot >= 600


def test_f22_421_to_the_dot(scenario: DeliveryScenario) -> None:
    """A refusal of that letter: it was not taken, and no relay is left alone for it."""
    scenario.put("ada", "ben")
    with MailServer({"DOT": GONE}) as server:
        scenario.round(server)
        assert scenario.states() == {"ada": "deferred", "ben": "sent"}
        assert scenario.arrived(server) == {"ben": 1}
        scenario.holds(server)


@pytest.mark.parametrize("after", ["close", "reset", "junk", "silence"])
def test_f23_what_goes_wrong_after_the_250(scenario: DeliveryScenario, after: str) -> None:
    taken = Says.line("250 2.0.0 queued as TEST")
    scripts: dict[str, dict[Verb, Says]] = {
        "close": {"DOT": replace(taken, close=True)},
        "reset": {"QUIT": DROP},
        "junk": {"QUIT": Says(b"\xff\r\n")},
        "silence": {"QUIT": Says(delay=1)},
    }
    scenario.put("ada")
    with MailServer(scripts[after]) as server:
        done = scenario.round(server)
        assert [letter.outcome for letter in done.letters] == ["sent"]
        assert done.stopped is None
        assert done.halted == ()
        scenario.holds(server)


def test_f24_an_answer_while_we_still_write(scenario: DeliveryScenario) -> None:
    scenario.put("ada", size=LARGE)
    scenario.put("ben")
    with MailServer({"BODY": Says.line("550 5.7.1 not this one", close=True)}) as server:
        scenario.round(server)
        assert scenario.states() == {"ada": "deferred", "ben": "sent"}
        assert scenario.store.suppressions.list_all() == []
        scenario.holds(server)


def test_f25_replies_byte_by_byte(scenario: DeliveryScenario) -> None:
    scenario.put("ada", "ben")
    slow = Says(b"250-2.0.0 one\r\n250-2.0.0 and\r\n250 2.0.0 two\r\n", drip=0.002)
    with MailServer({"MAIL": [slow] * 2, "RCPT": [slow] * 2, "DOT": [slow] * 2}) as server:
        assert scenario.round(server).count("sent") == 2
        scenario.holds(server)


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00\x01\x02\r\n",
        b"250" + b"x" * 9_000 + b"\r\n",
        b"250-x\r\n" * 150_000,
        b"999 what\r\n",
        b"\r\n",
        b"25 0\r\n",
        "250 — ü\n".encode("utf-16"),
    ],
    ids=["bytes", "long", "a-megabyte", "999", "empty", "short", "utf-16"],
)
@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_f26_junk_instead_of_a_reply(scenario: DeliveryScenario, step: Verb, junk: bytes) -> None:
    scenario.put("ada", "ben")
    with MailServer({step: [Says(junk)] * 2}) as server:
        timeouts = replace(QUICK, mail=0.2, rcpt=0.2, data=0.2)
        for _ in range(3):
            scenario.round(scenario.route(server, timeouts=timeouts))
            scenario.later(minutes=20)
        assert max(len(words) for words in [*scenario.said, ""]) < 2_000
        scenario.holds(server)


def test_f27_a_reply_that_nobody_asked_for(scenario: DeliveryScenario) -> None:
    """The 250 too many is credited to no letter: the second is refused, and is not told as sent."""
    scenario.put("ada", "ben", "cleo")
    script = {"DOT": [Says(b"250 2.0.0 ok\r\n250 2.0.0 ok\r\n"), Says.line("554 5.6.0 not this one")]}
    with MailServer(script) as server:  # type: ignore[arg-type]
        scenario.round(server)
        states = scenario.states()
        taken = scenario.arrived(server)
        assert all(taken[name] == (state == "sent") for name, state in states.items()), (states, taken)
        scenario.holds(server, final={name: state for name, state in states.items() if state == "failed"})


def test_f27_a_whole_dialogue_that_nobody_asked_for(scenario: DeliveryScenario) -> None:
    """Answers to a letter that was never sent, in one packet with the last one's."""
    scenario.put("ada", "ben", "cleo", "dora")
    forged = b"250 2.0.0 ok\r\n" + b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n250 2.0.0 queued as EVIL\r\n"
    with MailServer({"DOT": Says(forged)}) as server:
        for _ in range(3):
            scenario.round(server)
            scenario.later(minutes=20)
        taken, states = scenario.arrived(server), scenario.states()
        assert all(taken[name] == 1 for name, state in states.items() if state == "sent"), (states, taken)
        scenario.holds(server, most=dict.fromkeys(scenario.homes, 2))


@contextmanager
def stone() -> Iterator[int]:
    """A server that is friendly up to DATA, and then reads nothing any more."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                held.append(connection)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                connection.sendall(b"220 hi\r\n")
                for answer in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                    connection.recv(4_096)
                    connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        for each in (listener, *held):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def test_f28_a_server_that_does_not_read(scenario: DeliveryScenario) -> None:
    """The letter is given up before its dot, and what goes by another relay is not kept waiting."""
    scenario.put("ada", size=LARGE * 2)
    with stone() as port, MailServer() as other:
        scenario.round(scenario.route(port, timeouts=replace(HASTY, data=5)))
        assert (scenario.states(), scenario.attempts()) == ({"ada": "deferred"}, {"ada": 0})
        scenario.put("ben", size=LARGE * 2)
        scenario.later(minutes=7)
        assert (
            scenario.round(scenario.route(port, timeouts=HASTY), scenario.route(other, name="other")).count("sent") == 2
        )
        scenario.holds(other)


def test_f29_one_letter_a_connection(scenario: DeliveryScenario) -> None:
    scenario.put("ada", "ben", "cleo")
    farewell = Says(b"250 2.0.0 ok\r\n421 4.7.0 one is enough\r\n", close=True)
    with MailServer({"DOT": [farewell] * 3}) as server:
        done = scenario.round(server)
        assert done.count("sent") == 3
        assert server.connections == 3
        scenario.holds(server)


@pytest.mark.parametrize("last", [b"", b"421 4.4.2 idle for too long\r\n"])
def test_f30_the_line_is_dropped_while_idle(scenario: DeliveryScenario, last: bytes) -> None:
    """A slow relay keeps us waiting between two letters, and the server does not."""
    scenario.put("ada", "ben")
    with MailServer() as server:

        def idle(letter: Delivered) -> None:
            if letter.subscriber == "ada":
                connection = server._sockets[0]
                with suppress(OSError):
                    connection.sendall(last)
                    connection.shutdown(socket.SHUT_RDWR)

        route = replace(scenario.route(server), per_second=1_000.0)  # with a pace no letter is announced ahead
        done = scenario.round(route, tell=idle)
        assert done.count("sent") == 2
        assert server.connections == 2
        assert set(scenario.attempts().values()) == {1}
        scenario.holds(server)


def test_f30_the_line_is_dropped_once_the_next_letter_is_announced(scenario: DeliveryScenario) -> None:
    scenario.put("ada", "ben")
    with MailServer({"MAIL": [Says.line("250 ok"), DROP]}) as server:
        assert scenario.round(server).count("sent") == 2
        assert set(scenario.attempts().values()) == {1}
        scenario.holds(server)
