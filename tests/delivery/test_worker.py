"""From the outbox onto a channel: a real mail server, a real store, and everything that can go wrong between them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from threading import Event

import pytest
from sqlalchemy import select

from digest.delivery import Delivered, DeliverySummary, NotSent, deliver
from digest.delivery.channels.smtp import SmtpChannel
from digest.delivery.recovery import recover
from digest.delivery.relay_limits import Route
from digest.limits import BackOff, RateLimit
from digest.mail.envelope import Envelope, LeasedDelivery
from digest.mail.message import Mailbox, build_message
from digest.store import NewIssue, Store
from digest.store import tables as t
from tests.support.send_policy import FixedPolicy, RecipientOf
from tests.support.servers import DROP, MailServer, Says, unused_port
from tests.support.store_samples import NOW

SENDER = Mailbox(name="Papers", address="papers@example.org")


def put(store: Store, *readers: str, kind: str = "scheduled") -> None:
    """A letter for each reader into the outbox."""
    for name in readers:
        mailbox = Mailbox(name=name.title(), address=f"{name}@example.org")
        key = f"<{name}.1@example.org>"
        message = build_message(
            sender=SENDER, to=mailbox, subject="7 papers", text="Seven.\n", message_id=key, date=NOW
        )
        envelope = Envelope(sender=SENDER.wire, recipient=mailbox.wire, message=message, message_id=key)
        store.issues.publish(
            NewIssue(
                subscriber=name,
                subscription="Mine",
                kind=kind,
                slot="2026-11-20T07:30",
                number=1,
                created=NOW,
                since=NOW - timedelta(days=1),
                until=NOW,
                envelope=envelope,
            )
        )


def at_home(delivery: LeasedDelivery) -> Mailbox | NotSent:
    return Mailbox(name=delivery.subscriber.title(), address=f"{delivery.subscriber}@example.org")


def route(port: int, **more: object) -> Route:
    url = f"smtp://127.0.0.1:{port}"
    return Route(name=url, open=lambda: SmtpChannel(url), **more)  # type: ignore[arg-type]


def journals(store: Store) -> Path:
    """A folder for each database."""
    return Path(gettempdir()) / f"letters-of-{store.journals.database_id()}"


def send(
    store: Store,
    *servers: MailServer | Route,
    now: datetime = NOW,
    recipient: RecipientOf = at_home,
    restored: bool = False,
    **more: object,
) -> DeliverySummary:
    routes = [server if isinstance(server, Route) else route(server.port) for server in servers]
    presume = more.pop("presume", None)
    policy = FixedPolicy(recipient, presume_sent=presume or (lambda _: False))  # type: ignore[arg-type]
    with recover(store, journals(store), clock=lambda: now, restored=restored)() as journal:
        return deliver(store, routes, policy, journal, **({"clock": lambda: now} | more))  # type: ignore[arg-type]


def outcomes(result: DeliverySummary) -> dict[str, str]:
    return {letter.subscriber: letter.outcome for letter in result.letters}


def arrived(server: MailServer) -> Counter[str]:
    return Counter(taken.recipients[0] for taken in server.taken)


def test_every_letter_once_over_one_connection(store: Store) -> None:
    names = [f"reader{n}" for n in range(120)]
    put(store, *names)
    with MailServer() as server:
        assert outcomes(send(store, server)) == dict.fromkeys(names, "sent")
        assert send(store, server).letters == ()
        assert arrived(server) == Counter(f"{name}@example.org" for name in names)
        assert server.connections == 2  # a hundred letters each
    assert store.outbox.count_by_state() == {"sent": 120}


def test_a_refused_letter_keeps_the_servers_words_and_stops_no_other(store: Store) -> None:
    put(store, "ada", "grace")
    with MailServer({"RCPT": Says.line("550 5.1.1 no such mailbox here")}) as server:
        result = send(store, server)
    assert outcomes(result) == {"ada": "failed", "grace": "sent"}
    (row,) = store.outbox.unsent()
    assert (row.subscriber, row.state) == ("ada", "failed")
    assert "no such mailbox here" in str(row.reason)
    assert "@" not in "".join(letter.words for letter in result.letters)


def test_a_deferred_letter_goes_out_later_the_same_bytes(store: Store) -> None:
    put(store, "ada")
    with MailServer({"DOT": Says.line("451 4.3.0 try again later")}) as server:
        assert outcomes(send(store, server)) == {"ada": "deferred"}
        assert send(store, server, now=NOW + timedelta(minutes=1)).letters == ()
        assert outcomes(send(store, server, now=NOW + timedelta(hours=1))) == {"ada": "sent"}
        (taken,) = server.taken
    assert taken.message.count(b"Message-ID: <ada.1@example.org>") == 1


def test_a_greylist_is_waited_for(store: Store) -> None:
    put(store, "ada")
    with MailServer({"RCPT": Says.line("450 4.7.1 Greylisted, try again in 1800 seconds")}) as server:
        send(store, server)
        (row,) = store.outbox.unsent()
        assert row.next_at is not None
        assert timedelta(minutes=30) <= row.next_at - NOW <= timedelta(minutes=45)


def test_a_relay_that_is_down_stops_the_round_and_counts_nothing(store: Store) -> None:
    put(store, "ada", "grace")
    with unused_port() as port:
        result = send(store, route(port))
    assert result.stopped is not None
    assert [(row.state, row.attempts) for row in store.outbox.unsent()] == [("ready", 0), ("ready", 0)]
    with MailServer() as again:
        assert outcomes(send(store, again)) == {"ada": "sent", "grace": "sent"}


def test_a_line_lost_after_the_dot_is_in_doubt_and_sent_once_more_the_same_bytes(store: Store) -> None:
    put(store, "ada", "grace")
    with MailServer({"DOT": [DROP, Says.line("250 ok"), DROP]}) as server:
        assert outcomes(send(store, server)) == {"ada": "in doubt", "grace": "sent"}
        (row,) = store.outbox.unsent(in_doubt=True)
        assert (row.subscriber, row.message_id) == ("ada", "<ada.1@example.org>")
        assert send(store, server, now=NOW + timedelta(minutes=14)).letters == ()
        assert outcomes(send(store, server, now=NOW + timedelta(minutes=15))) == {"ada": "in doubt"}
        assert send(store, server, now=NOW + timedelta(days=2)).letters == ()
        first, _, second = server.taken
    assert first.message == second.message
    assert first.recipients == second.recipients == ("ada@example.org",)


def test_a_line_lost_after_the_dot_may_be_presumed_sent(store: Store) -> None:
    put(store, "ada", kind="alert")
    with MailServer({"DOT": DROP}) as server:
        assert outcomes(send(store, server, presume=lambda delivery: delivery.kind == "alert")) == {"ada": "in doubt"}
        assert send(store, server, now=NOW + timedelta(days=2)).letters == ()
    (row,) = store.outbox.unsent(in_doubt=True)
    assert row.next_at is None
    assert "presumed sent" in str(row.reason)


def test_a_line_lost_before_the_dot_is_sent_again(store: Store) -> None:
    put(store, "ada")
    with MailServer({"DATA": DROP}) as server:
        send(store, server)
        assert outcomes(send(store, server, now=NOW + timedelta(hours=1))) == {"ada": "sent"}
        assert arrived(server) == Counter({"ada@example.org": 1})


def test_a_new_address_gets_the_letter_once_and_nothing_else_of_it_changes(store: Store) -> None:
    put(store, "ada")
    moved = Mailbox(name="Ada", address="ada@elsewhere.example")
    with MailServer() as server:
        send(store, server, recipient=lambda _: moved)
        (taken,) = server.taken
    assert taken.recipients == ("ada@elsewhere.example",)
    assert b'To: "Ada" <ada@elsewhere.example>' in taken.message
    assert b"ada@example.org" not in taken.message.replace(b"<ada.1@example.org>", b"")


def test_an_address_that_has_not_changed_need_not_be_told(store: Store) -> None:
    put(store, "ada")
    with MailServer() as server:
        assert outcomes(send(store, server, recipient=lambda _: None)) == {"ada": "sent"}
        assert arrived(server) == Counter({"ada@example.org": 1})


def test_who_has_left_gets_nothing(store: Store) -> None:
    put(store, "ada")
    with MailServer() as server:
        assert outcomes(send(store, server, recipient=lambda _: NotSent("the reader has left"))) == {"ada": "cancelled"}
        assert server.taken == []
    assert store.outbox.unsent() == []


def test_only_the_letter_that_is_meant(store: Store) -> None:
    put(store, "ada", "grace")
    with MailServer() as server:
        assert outcomes(send(store, server, only="<grace.1@example.org>")) == {"grace": "sent"}
    assert store.outbox.count_by_state() == {"ready": 1, "sent": 1}


def test_asked_to_stop_it_finishes_the_letter_in_hand_and_gives_back_the_rest(store: Store) -> None:
    put(store, "ada", "grace", "emmy")
    stop = Event()

    def after_the_first(_: Delivered) -> None:
        stop.set()

    with MailServer() as server:
        result = send(store, server, stop=stop, tell=after_the_first)
        assert [letter.outcome for letter in result.letters] == ["sent", "sent"]  # the next was announced already
        assert len(server.taken) == 2
    assert store.outbox.count_by_state() == {"ready": 1, "sent": 2}


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from digest.delivery import deliver
from digest.delivery.channels.smtp import SmtpChannel
from digest.delivery.journal import Journal
from digest.delivery.relay_limits import Route
from digest.store import Store
from tests.support.send_policy import FixedPolicy

url, folder, port, moment = sys.argv[1:]
now = datetime.fromisoformat("2026-11-20T07:30:00+00:00")

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

class Deadly(Journal):
    def taken(self, *args):
        if moment == "after the answer":
            die()
        super().taken(*args)
        if moment == "after the record":
            die()

with Store.open(url) as store:
    route = Route(name="relay", open=lambda: SmtpChannel(f"smtp://127.0.0.1:{port}"))
    journal = Deadly.begin(Path(folder), store.journals.database_id(), now=now)
    deliver(store, [route], FixedPolicy(), journal, clock=lambda: now)
"""

MOMENTS = {
    "MAIL": "sent",
    "BODY": "in doubt",  # a letter as short as these goes out with its dot at once
    "DOT": "in doubt",
    "after the answer": "in doubt",
    "after the record": "sent",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_nothing_is_lost_and_nothing_comes_twice(
    store: Store, store_url: str, moment: str
) -> None:
    put(store, "ada", "grace")
    script = {} if moment.startswith("after") else {moment: Says(delay=60)}
    with MailServer(script) as server:  # type: ignore[arg-type]
        command = [sys.executable, "-c", KILLED, store_url, str(journals(store))]
        process = subprocess.Popen([*command, str(server.port), moment])
        if script:
            _until(lambda: _reached(server, moment))
            process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
        with MailServer() as again:
            send(store, again)
            together = arrived(server) + arrived(again)
    doubtful = {f"{row.subscriber}@example.org" for row in store.outbox.unsent(in_doubt=True)}
    assert together["grace@example.org"] == 1
    assert together["ada@example.org"] + ("ada@example.org" in doubtful and not together["ada@example.org"]) == 1
    assert doubtful == ({"ada@example.org"} if MOMENTS[moment] == "in doubt" else set())


def _reached(server: MailServer, moment: str) -> bool:
    """Has the server come to where it waits? (The body and the dot come after the last command.)"""
    wanted = "MAIL" if moment == "MAIL" else "DATA"
    if wanted not in server.verbs():
        return False
    time.sleep(0.5 if moment != "MAIL" else 0.1)
    return True


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_letter_that_is_asked_for_goes_out_although_its_domain_is_left_alone(store: Store) -> None:
    put(store, "ada", "ben")
    store.breakers.record_failure(
        "domain", "example.org", now=NOW, words="450 slow down", back_off=BackOff((timedelta(hours=1),))
    )
    with MailServer() as server:
        assert send(store, server).letters == ()
        assert outcomes(send(store, server, only="<ada.1@example.org>")) == {"ada": "sent"}


def test_a_domain_that_wants_fewer_letters_is_left_alone_and_no_other(store: Store) -> None:
    put(store, "ada", "ben", "cleo")
    homes = {"ada": "gmail.example", "ben": "gmail.example", "cleo": "lab.example"}

    def home(delivery: LeasedDelivery) -> Mailbox:
        return Mailbox(address=f"{delivery.subscriber}@{homes[delivery.subscriber]}")

    with MailServer({"RCPT": Says.line("450 4.7.28 too many, rate limited")}) as server:
        assert outcomes(send(store, server, recipient=home)) == {"ada": "deferred", "cleo": "sent"}
        assert {row.subscriber: row.state for row in store.outbox.unsent()} == {"ada": "deferred", "ben": "ready"}
        assert [(breaker.name, breaker.failures) for breaker in store.breakers.list_all()] == [("gmail.example", 1)]
        later = send(store, server, recipient=home, now=NOW + timedelta(minutes=30))
        assert outcomes(later) == {"ada": "sent", "ben": "sent"}
    assert store.breakers.list_all() == []


def test_one_relay_takes_over_where_another_fails(store: Store) -> None:
    put(store, *(f"reader{n}" for n in range(9)))
    with unused_port() as port, MailServer() as server:
        result = send(store, route(port, weight=1000), server)
    assert result.count("sent") == 9
    assert result.stopped is None
    assert [f"127.0.0.1:{port}: no connection" in words for words in result.halted] == [True]


def test_a_relay_is_left_alone_after_five_failures_and_asked_by_hand_all_the_same(store: Store) -> None:
    put(store, "ada")
    with unused_port() as port:
        closed = route(port)
        for minute in range(5):
            send(store, closed, now=NOW + timedelta(seconds=minute))
    with MailServer() as server:
        again = Route(name=closed.name, open=route(server.port).open)
        assert "left alone until" in str(send(store, again, now=NOW + timedelta(seconds=30)).stopped)
        assert server.connections == 0
        assert outcomes(send(store, again, now=NOW + timedelta(seconds=30), by_hand=True)) == {"ada": "sent"}
    assert store.breakers.list_all() == []


def test_a_fault_that_many_connections_meet_is_one(store: Store) -> None:
    put(store, *(f"reader{n}" for n in range(600)))
    with unused_port() as port:
        assert send(store, route(port), connections=10).stopped
    (breaker,) = store.breakers.list_all()
    assert (breaker.failures, breaker.until) == (1, None)


def test_a_relay_that_refuses_our_login_is_left_alone_at_once(store: Store) -> None:
    put(store, "ada")
    with MailServer({"MAIL": Says.line("553 5.7.1 sender not owned by you")}) as server:
        send(store, server)
        assert send(store, server, now=NOW + timedelta(minutes=14)).letters == ()
        assert outcomes(send(store, server, now=NOW + timedelta(minutes=15))) == {"ada": "sent"}


def test_a_relay_takes_no_more_than_its_day_allows(store: Store) -> None:
    put(store, *(f"reader{n}" for n in range(9)))
    with MailServer() as server:
        few = route(server.port, per_day=5)
        result = send(store, few)
        assert (result.count("sent"), "letters of today" in str(result.stopped)) == (5, True)
        assert send(store, few).count("sent") == 0
        assert send(store, few, now=NOW + timedelta(days=1)).count("sent") == 4


def test_a_relay_with_a_pace_is_booked_in_the_store(store: Store) -> None:
    put(store, "ada", "ben", "cleo")
    with MailServer() as server:
        assert send(store, route(server.port, per_second=1000)).count("sent") == 3
    assert store.rate_limits.reserve(
        f"relay {route(server.port).name}", RateLimit.every(0.001), now=NOW
    ) == NOW + timedelta(seconds=0.01)


def test_no_jump_of_the_clock_makes_a_letter_wait(store: Store) -> None:
    put(store, *(f"reader{n}" for n in range(9)))
    now = [NOW]

    def jump(_: Delivered) -> None:
        now[0] = NOW - timedelta(hours=1)

    with MailServer() as server:
        begun = time.monotonic()
        sent = send(store, route(server.port, per_second=20), clock=lambda: now[0], tell=jump).count("sent")
        assert (sent, time.monotonic() - begun < 10) == (9, True)


def test_no_reader_pays_for_what_is_the_senders_fault(store: Store) -> None:
    put(store, *(f"reader{n}" for n in range(9)))
    with MailServer({"RCPT": [Says.line("550 5.7.1 we do not trust you")] * 9}) as server:
        assert send(store, server).count("deferred") == 3
    assert store.outbox.count_by_state() == {"deferred": 3, "ready": 6}
    assert store.suppressions.list_all() == []


def test_an_address_that_does_not_exist_gets_no_more_letters(store: Store) -> None:
    put(store, "ada")
    with MailServer({"RCPT": Says.line("550 5.1.1 no such user")}) as server:
        send(store, server)
    assert [row.address for row in store.suppressions.list_all()] == ["ada@example.org"]


def test_a_letter_that_is_no_longer_wanted_is_not_sent_whatever_was_leased(store: Store) -> None:
    put(store, *(f"reader{n}" for n in range(6)))
    done: list[str] = []

    def after_the_first(letter: Delivered) -> None:
        done.append(letter.subscriber)
        if len(done) == 1:
            store.suppressions.add("reader4@example.org", "a bounce", now=NOW)
            store.unsubscribes.add("reader5", "Mine", "asked to", now=NOW)

    with MailServer() as server:
        result = send(store, server, tell=after_the_first)
    assert outcomes(result) | {"reader4": "suppressed", "reader5": "cancelled"} == outcomes(result)
    assert len(server.taken) == 4


def test_connections_share_the_letters(store: Store) -> None:
    names = [f"reader{n}" for n in range(200)]
    put(store, *names)
    with MailServer() as server:
        assert outcomes(send(store, server, connections=4)) == dict.fromkeys(names, "sent")
        assert arrived(server) == Counter(f"{name}@example.org" for name in names)


def test_while_one_connection_waits_another_takes_what_is_left(store: Store) -> None:
    names = [f"reader{n:02}" for n in range(60)]  # more than one connection takes at a time
    put(store, *names)
    with MailServer({"DOT": [Says(b"250 2.0.0 ok\r\n", delay=2)]}) as server:
        result = send(store, server, connections=2)
        assert server.connections == 2
    assert [letter.subscriber for letter in result.letters[:10]] == names[50:]


def test_one_letter_needs_one_connection(store: Store) -> None:
    put(store, "ada")
    with MailServer({"DOT": [Says(b"250 2.0.0 ok\r\n", delay=0.3)]}) as server:
        send(store, server, connections=4)
        assert server.connections == 1


def test_a_lease_that_ran_out_is_noticed_right_before_the_dot(store: Store) -> None:
    put(store, "ada")
    ticks = iter([0.0, 0.0, *[9_999.0] * 99])

    def steal(delivery: LeasedDelivery) -> Mailbox:
        store.outbox.expire_leases(lambda _: (), now=NOW + timedelta(days=1), retry_at=NOW)
        return at_home(delivery)  # type: ignore[return-value]

    with MailServer() as server:
        result = send(store, server, recipient=steal, ticks=lambda: next(ticks))
        assert outcomes(result) == {"ada": "left"}
        assert server.taken == []


def test_the_dot_stands_in_a_database_that_machines_share(store: Store) -> None:
    put(store, "ada")
    with MailServer() as server:
        send(store, server)
    with store.reading() as connection:
        at_dot, epoch = connection.execute(select(t.delivery.c.at_dot, t.delivery.c.epoch)).one()
    assert at_dot == (epoch if store.is_shared else None)
