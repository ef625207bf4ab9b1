"""The same faults by real servers: Postfix's smtp-sink, a Postfix behind which a scripted server stands, a Dovecot."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from types import TracebackType
from typing import Self

import pytest

from digest.bounces import mailbox
from digest.bounces.mailbox import BounceMailbox, MailboxMessage
from digest.delivery.log_evidence import search_logs
from digest.errors import MailboxError
from digest.mail import postfix_log as maillog
from digest.mail.postfix_log import LetterTrace
from tests.support.bounce_reports import report
from tests.support.bounce_storm import listen, stamps
from tests.support.delivery_scenario import HASTY, QUICK, DeliveryScenario
from tests.support.dovecot import Dovecot
from tests.support.postfix import Postfix, installed, smtp_sink, unheard
from tests.support.processes import child
from tests.support.servers import MailServer, Says

pytestmark = [pytest.mark.faults, pytest.mark.outside]

RELAY = {
    "F05 4xx": ("-r", "CONNECT"),
    "F05 5xx": ("-f", "CONNECT"),
    "F05 421": ("-Q", "CONNECT"),
    "F07": ("-q", "CONNECT"),
    "F14 5xx": ("-f", "MAIL"),
    "F14 drop": ("-q", "MAIL"),
    "F14 421": ("-Q", "MAIL"),
    "F17": ("-Q", "RCPT"),
    "F16": ("-f", "RCPT"),  # it says 500, by which no address is meant
    "F18 5xx": ("-f", "DATA"),
    "F18 drop": ("-q", "DATA"),
}


@pytest.mark.parametrize("which", RELAY)
def test_f05_f07_f14_f16_f17_f18_smtp_sink_takes_nothing(scenario: DeliveryScenario, which: str) -> None:
    """A letter that was begun lets others go first; what was said of two in a row is the relay's fault."""
    scenario.put("ada", "ben", "cleo")
    with smtp_sink(*RELAY[which]) as port:
        assert scenario.round(scenario.route(port)).stopped
    begun = {"F05": 0, "F07": 0, "F14": 1, "F18 drop": 1}.get(which if which == "F18 drop" else which[:3], 2)
    assert sorted(scenario.states().values()) == ["deferred"] * begun + ["ready"] * (3 - begun)
    assert set(scenario.attempts().values()) == {0}
    scenario.holds()


LETTER = {
    "F14 4xx": (("-r", "MAIL"), "deferred"),
    "F15": (("-r", "RCPT"), "deferred"),
    "F18 4xx": (("-r", "DATA"), "deferred"),
    "F22": (("-Q", "."), "deferred"),
    "F22 4xx": (("-r", "."), "deferred"),
    "F20": (("-q", "."), "in doubt"),
    "F21": (("-W", ".:9"), "in doubt"),
    "F08": (("-e",), "sent"),
    "F23": (("-q", "QUIT"), "sent"),
}


@pytest.mark.parametrize("which", LETTER)
def test_f08_f14_f15_f18_f20_f21_f22_f23_smtp_sink_on_a_letter(scenario: DeliveryScenario, which: str) -> None:
    """What it took it has taken, though nobody can ask it: a copy more is allowed for what is in doubt."""
    flags, state = LETTER[which]
    scenario.put("ada")
    with smtp_sink(*flags) as port:
        scenario.round(scenario.route(port, timeouts=HASTY if which == "F21" else QUICK))
    assert scenario.states() == {"ada": state}
    if state == "sent":
        scenario.came[scenario.key("ada")] += 1
    scenario.holds(final={"ada": "failed"} if state == "failed" else {})


@pytest.mark.parametrize("flags", [("-A", "0"), ("-A", "5")])
def test_f24_smtp_sink_hangs_up_within_a_letter(scenario: DeliveryScenario, flags: tuple[str, ...]) -> None:
    scenario.put("ada", size=4_000_000)
    with smtp_sink(*flags) as port:
        scenario.round(scenario.route(port))
    scenario.holds(final={"ada": state} if (state := scenario.states()["ada"]) == "failed" else {})


def test_f28_smtp_sink_reads_slowly(scenario: DeliveryScenario) -> None:
    scenario.put("ada", size=400_000)
    with smtp_sink("-T", "1024", "-H", "20") as port:
        scenario.round(scenario.route(port, timeouts=HASTY))
    scenario.holds(most={"ada": 2})


# ------------------------------------------------------------------------------------------------------- Postfix


def until(reached: Callable[[], bool], postfix: Postfix) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, postfix.log()
        time.sleep(0.1)


def test_f15_a_greylist_behind_postfix(scenario: DeliveryScenario) -> None:
    """We are done when the relay has it; exactly one copy arrives, after the relay's own retry."""
    scenario.put("ada")
    grey = Says.line("450 4.7.1 Greylisted, try again in 1 second")
    with MailServer({"RCPT": [grey, grey]}) as mx, Postfix(mx.port) as postfix:
        assert scenario.round(scenario.route(postfix.port)).count("sent") == 1
        (attempt,) = scenario.rows("SELECT queue_id FROM attempt")
        assert str(attempt["queue_id"]) in postfix.log()
        until(lambda: bool(mx.taken), postfix)
        scenario.holds(mx)
        assert postfix.bounces == []


def test_f16_no_such_reader_behind_postfix(anywhere: DeliveryScenario) -> None:
    """The relay's report comes to the one address that this letter had, and counts against its reader."""
    scenario = anywhere
    scenario.put("ada", "ben")
    with MailServer({"RCPT": Says.line("550 5.1.1 nobody of that name")}) as mx, Postfix(mx.port) as postfix:
        assert scenario.round(scenario.route(postfix.port)).count("sent") == 2
        until(lambda: len(mx.taken) == 1 and len(postfix.bounces) == 1, postfix)
        (heard,) = listen(scenario, mailbox.open_mailbox(f"maildir:{postfix.folder}/bounces"))
        assert (heard.kind, heard.proven, heard.suppressed) == ("hard", True, True)
        (row,) = scenario.store.suppressions.list_all()
        assert row.address == f"{heard.subscriber}@readers.example"
        assert listen(scenario, mailbox.open_mailbox(f"maildir:{postfix.folder}/bounces")) == []
        scenario.came[scenario.key(heard.subscriber)] += 1
        scenario.holds(mx)


def test_f32_b3_policy_and_a_full_mailbox_behind_postfix(scenario: DeliveryScenario) -> None:
    """Neither is held against the address as "hard": spam is the sender's matter, and full is for a while."""
    scenario.put("ada", "ben")
    script = [Says.line("550 5.7.1 spam")] + [Says.line("452 4.2.2 mailbox full")] * 40
    with MailServer({"RCPT": script}) as mx, Postfix(mx.port) as postfix:
        assert scenario.round(scenario.route(postfix.port)).count("sent") == 2
        until(lambda: len(postfix.bounces) == 2, postfix)
        heard = listen(scenario, mailbox.open_mailbox(f"maildir:{postfix.folder}/bounces"))
        assert {each.kind for each in heard} == {"soft"}
        assert all(each.proven and not each.suppressed for each in heard)
        assert scenario.store.suppressions.list_all() == []
        assert mx.taken == []
        scenario.came.update([scenario.key("ada"), scenario.key("ben")])
        scenario.holds(mx)


def test_k6_killed_while_postfix_answers(scenario: DeliveryScenario) -> None:
    """A relay that has the whole letter keeps it, also when we are gone."""
    scenario.put("ada", "ben")
    with MailServer() as mx, Postfix(mx.port) as postfix:
        with child(scenario, "deliver", "--port", postfix.port, "--point", "answered") as process:
            process.wait(60)
        assert scenario.round(scenario.route(postfix.port)).count("sent") == 1
        until(lambda: len(mx.taken) == 2, postfix)
        scenario.holds(mx, final={"ada": "in doubt"})


# --------------------------------------------------------------------------------------------------- Postfix's log


def moved_to_now(scenario: DeliveryScenario) -> None:
    """Postfix writes by the real clock."""
    scenario.now = datetime.now(UTC)


def handed_to(postfix: Postfix, letter: bytes, *, dot: bool, reset: bool = False) -> None:
    """A client that vanishes: before the dot or right after it, politely or with a reset."""
    with socket.create_connection(("127.0.0.1", postfix.port), 10) as line, line.makefile("rb") as replies:
        replies.readline()
        for command in ("HELO house.example", "MAIL FROM:<b@house.example>", "RCPT TO:<ada@readers.example>", "DATA"):
            line.sendall(f"{command}\r\n".encode())
            assert replies.readline()[:1] in b"23", command
        line.sendall(letter)
        time.sleep(0.3)  # it has read all that
        line.sendall(b".\r\n" if dot else b"")
        if reset:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


LETTER_OF_ADA = b"Message-ID: <ada.1@house.example>\r\nSubject: 7 papers\r\n\r\nSeven.\r\n"


@pytest.mark.parametrize("long", [False, True])
def test_what_postfix_writes_of_a_client_that_vanishes(long: bool) -> None:
    """The Message-ID stands there also where nothing was taken; only the queue manager's line tells."""
    begun = datetime.now(UTC)
    key = DeliveryScenario.key("ada")
    with MailServer() as mx, Postfix(mx.port, f"enable_long_queue_ids = {'yes' if long else 'no'}") as postfix:
        log = postfix.folder / "log"

        def trace() -> LetterTrace | None:
            return maillog.search_log(log, [key], begun).traces.get(key)

        handed_to(postfix, LETTER_OF_ADA, dot=False)
        until(lambda: trace() is not None, postfix)
        handed_to(postfix, LETTER_OF_ADA, dot=False, reset=True)
        until(lambda: postfix.log().count(f"message-id={key}") == 2, postfix)
        assert postfix.log().count("lost connection after DATA") == 2
        vanished = trace()
        assert vanished
        assert not vanished.taken
        handed_to(postfix, LETTER_OF_ADA, dot=True)
        until(lambda: (found := trace()) is not None and b"status=sent" in found.status, postfix)
        found = trace()
        assert found
        assert (found.taken, found.queue_id in postfix.log()) == (True, True)
        assert found.queue_id != vanished.queue_id
        assert len(found.queue_id) > 12 if long else len(found.queue_id) <= 12
        assert len(mx.taken) == 1


def test_k6_the_log_settles_what_a_dead_sender_left(anywhere: DeliveryScenario) -> None:
    """Killed after the dot: Postfix has the letter, and the next process reads that in its log."""
    scenario = anywhere
    moved_to_now(scenario)
    scenario.put("ada", "ben", at=scenario.now)
    with MailServer() as mx, Postfix(mx.port) as postfix:
        with child(scenario, "deliver", "--port", postfix.port, "--point", "answered") as process:
            process.wait(60)
        until(lambda: len(mx.taken) == 1, postfix)
        moved_to_now(scenario)
        logs = {"relay": postfix.folder / "log"}
        assert scenario.round(scenario.route(postfix.port), logs=logs).count("sent") == 1
        assert scenario.states() == {"ada": "sent", "ben": "sent"}
        (settled,) = [row for row in scenario.rows("SELECT * FROM attempt") if "log" in row["words"]]
        assert (settled["state"], str(settled["queue_id"]) in postfix.log()) == ("sent", True)
        assert str(settled["words"]).startswith(f"the relay's log has it: queue id {settled['queue_id']}, ")
        until(lambda: len(mx.taken) == 2, postfix)
        scenario.holds(mx)


def test_k5_the_log_does_not_have_what_never_reached_it(scenario: DeliveryScenario) -> None:
    """Killed right before the dot: presumed sent all the same, and the log says that it has nothing of it."""
    moved_to_now(scenario)
    scenario.put("ada", "ben", at=scenario.now)
    with MailServer() as mx, Postfix(mx.port) as postfix:
        with child(scenario, "deliver", "--port", postfix.port, "--point", "at the dot") as process:
            process.wait(60)
        until(lambda: "lost connection after DATA" in postfix.log(), postfix)
        moved_to_now(scenario)
        logs = {"relay": postfix.folder / "log"}
        assert scenario.round(scenario.route(postfix.port), logs=logs).count("sent") == 1
        assert scenario.states() == {"ada": "in doubt", "ben": "sent"}
        (word,) = search_logs(scenario.store, logs, now=scenario.now)
        assert not word.sent
        assert "only its beginning (queue id " in word.words
        until(lambda: len(mx.taken) == 1, postfix)
        scenario.holds(mx, final={"ada": "in doubt"})


def test_f20_the_log_spares_a_letter_its_second_try(scenario: DeliveryScenario) -> None:
    """The line breaks after the dot, and Postfix has it: a quarter of an hour later nothing is sent once more."""
    moved_to_now(scenario)
    scenario.put("ada", at=scenario.now)
    with MailServer() as mx, Postfix(mx.port) as postfix, unheard(postfix.port) as port:
        scenario.round(scenario.route(port))
        assert scenario.states() == {"ada": "in doubt"}
        until(lambda: len(mx.taken) == 1, postfix)
        scenario.later(minutes=16)
        assert scenario.round(scenario.route(postfix.port), logs={"relay": postfix.folder / "log"}).letters == ()
        assert scenario.states() == {"ada": "sent"}
        scenario.holds(mx)


def test_after_kills_at_any_moment_the_log_knows_of_each_letter_what_became_of_it(scenario: DeliveryScenario) -> None:
    """What is sent has arrived once; what is still in doubt has not, since the log would have told."""
    names = [f"r{number:03}" for number in range(300)]
    moved_to_now(scenario)
    scenario.put(*names, at=scenario.now)
    random = Random(7)
    with MailServer() as mx, Postfix(mx.port) as postfix:
        for _ in range(8):
            with child(scenario, "deliver", "--port", postfix.port, "--connections", 2) as process:
                time.sleep(random.uniform(0.02, 0.4))
                process.kill()
        logs = {"relay": postfix.folder / "log"}
        until(lambda: postfix.log().count(" removed\n") == postfix.log().count("(queue active)"), postfix)
        moved_to_now(scenario)
        scenario.round(scenario.route(postfix.port), logs=logs)
        search_logs(scenario.store, logs, now=scenario.now)
        states = scenario.states()
        until(lambda: len(mx.taken) >= sum(state == "sent" for state in states.values()), postfix)
        assert scenario.arrived(mx) == {name: 1 for name, state in states.items() if state == "sent"}
        assert set(states.values()) <= {"sent", "in doubt"}
        settled = [row for row in scenario.rows("SELECT words FROM attempt") if "log has it" in row["words"]]
        assert settled  # kills did leave letters in doubt


# ------------------------------------------------------------------------------------------------------- Dovecot


class Breaking:
    """A box whose server dies before the first mark."""

    def __init__(self, box: BounceMailbox, server: Dovecot) -> None:
        self._box, self._server = box, server

    def __enter__(self) -> Self:
        self._box.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._box.__exit__(kind, error, trace)

    def messages(self) -> Iterator[MailboxMessage]:
        return iter(self._box.messages())

    def done(self, message: MailboxMessage) -> None:
        self._server.stop()
        self._box.done(message)


def test_b4_dovecot_goes_down_between_the_deed_and_its_mark(anywhere: DeliveryScenario) -> None:
    scenario = anywhere
    senders = stamps(scenario, "ada", "ben")
    installed("dovecot")
    with Dovecot("s3cret") as server:
        server.deliver("1.host", report(senders["ada"]), 2)
        server.deliver("2.host", report(senders["ben"], reader="ben"), 1)
        for _ in range(2):
            box = mailbox.open_mailbox(f"imap://127.0.0.1:{server.port}/INBOX", user="ada", password="s3cret")
            with pytest.raises(MailboxError):
                listen(scenario, Breaking(box, server), "imap")
            server.start()
        listen(
            scenario,
            mailbox.open_mailbox(f"imap://127.0.0.1:{server.port}/INBOX", user="ada", password="s3cret"),
            "imap",
        )
        assert len(scenario.rows("SELECT * FROM evidence")) == 2
        assert len(scenario.store.suppressions.list_all()) == 2
    scenario.no_secret_is_told()
