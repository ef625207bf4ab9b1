"""Deliver, and be killed again and again: what was lost, what came twice, and what is in doubt."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sqlalchemy import select

from digest.delivery import deliver
from digest.delivery.channels.smtp import SmtpChannel
from digest.delivery.recovery import recover
from digest.delivery.relay_limits import Route
from digest.mail.delivery_state import DeliveryState
from digest.mail.envelope import Envelope
from digest.mail.message import Mailbox, build_message
from digest.store import Store
from digest.store import tables as t
from digest.store.outbox_write import add_letter
from tests.chaos.sink import arrived, sink
from tests.support.send_policy import FixedPolicy

_SOONEST, _LATEST = 0.15, 0.4  # seconds that a process lives
_LINE = "One line of a letter of common length, with .dots and much more to read than that.\n"
_WAITING = (DeliveryState.READY, DeliveryState.LEASED, DeliveryState.DEFERRED)
_SENDER = Mailbox(name="Papers", address="papers@example.org")


@dataclass(frozen=True, kw_only=True)
class Storm:
    """How it is done."""

    kills: int  # at least; letters are added until then
    letters: int
    connections: int = 4
    workers: int = 1
    database: str
    folder: Path
    wait: float = 0.0  # seconds between a letter's end and the server's answer
    lines: int = 240  # of a letter: 240 make 20 kB
    seed: int = 1


def rage(storm: Storm) -> dict[str, object]:
    """The whole of it, counted."""
    log, began = storm.folder / "arrived", time.monotonic()
    total, poison = storm.letters, 0
    _put(storm, range(total))
    with sink(log, wait=storm.wait) as port:
        hunt = _Hunt(storm, port)
        while True:
            hunt.until_all_are_out()
            if hunt.kills >= storm.kills:
                break
            more = max(100, storm.letters // 4)
            _put(storm, range(total, total + more))
            total += more
        hunt.wait_for_all()
        while any(_states_left(storm.database)):  # who gave up left some
            hunt.spare()
        while set_aside := _set_aside(storm.database):  # a person looks at these first, and says: once more
            poison += len(set_aside)
            hunt.spare()
    return _counted(storm, log, total, poison, hunt.kills, hunt.gave_up) | {
        "seconds": round(time.monotonic() - began, 1)
    }


def _counted(storm: Storm, log: Path, total: int, poison: int, kills: int, gave_up: int) -> dict[str, object]:
    came, states = arrived(log), _states(storm.database)
    doubtful = [key for key, state in states.items() if state == DeliveryState.IN_DOUBT]
    return {
        "database": storm.database.partition(":")[0],
        "letters": total,
        "connections": storm.connections,
        "workers": storm.workers,
        "kills": kills,
        "sent": sum(state == DeliveryState.SENT for state in states.values()),
        "in_doubt": len(doubtful),
        "in_doubt_arrived": sum(came[key] == 1 for key in doubtful),
        "in_doubt_missing": sum(came[key] == 0 for key in doubtful),
        "set_aside": poison,
        "gave_up": gave_up,
        "lost": sum(came[key] == 0 for key, state in states.items() if state != DeliveryState.IN_DOUBT),
        "twice": sum(count > 1 for count in came.values()),
        "strangers": len(set(came) - set(states)),
        "states": dict(Counter(states.values())),
    }


class _Hunt:
    """Workers, one of whom is killed at a time and begins anew at once."""

    def __init__(self, storm: Storm, port: int) -> None:
        self.kills = 0
        self.gave_up = 0  # workers that ended with an error, as where the database was busy for too long
        self._storm = storm
        self._port = port
        self._random = Random(storm.seed)
        self._workers = [self._start() for _ in range(storm.workers)]

    def _start(self) -> int:
        """This very program, warm: what it costs to start Python kills nobody."""
        child = os.fork()
        if child == 0:
            try:
                work(self._storm, self._port)
            except BaseException:  # noqa: BLE001, it is told, and the exit code tells it again
                traceback.print_exc(file=sys.stderr)
                os._exit(1)
            os._exit(0)
        return child

    def until_all_are_out(self) -> None:
        while True:
            time.sleep(self._random.uniform(_SOONEST, _LATEST))
            number = self._random.randrange(len(self._workers))
            self.kills += self._end(number)
            for other in range(len(self._workers)):
                self._renew(other)
            if not any(_states_left(self._storm.database)):
                return
            if not self._workers[number]:
                self._workers[number] = self._start()

    def _end(self, number: int) -> bool:
        """Kill one; False where it had nothing left to do."""
        child = self._workers[number]
        if child and not self._renew(number):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            self._workers[number] = 0
            return True
        return False

    def _renew(self, number: int) -> bool:
        """Has it ended by itself? Then another takes its place, as long as anything waits."""
        child = self._workers[number]
        ended, status = os.waitpid(child, os.WNOHANG) if child else (0, 0)
        if not ended:
            return False
        self.gave_up += status != 0
        self._workers[number] = self._start() if any(_states_left(self._storm.database)) else 0
        return True

    def wait_for_all(self) -> None:
        for child in filter(None, self._workers):
            self.gave_up += os.waitpid(child, 0)[1] != 0
        self._workers = [0] * len(self._workers)

    def spare(self) -> None:
        """One worker that nobody kills."""
        self._workers[0] = self._start()
        self.wait_for_all()


def work(storm: Storm, port: int) -> None:
    """One delivering process, as the daemon is one: until nothing waits."""
    route = Route(name="sink", open=lambda: SmtpChannel(f"smtp://127.0.0.1:{port}"))
    with Store.open(storm.database) as store:
        while True:
            open_journal = recover(store, storm.folder / "journals", clock=_now)
            if not store.outbox.has_ready(_now()):
                return
            with open_journal() as journal:
                count = storm.connections  # all at once: a process lives for moments only
                deliver(store, [route], FixedPolicy(), journal, clock=_now, connections=count, to_spare=lambda _: True)


def _put(storm: Storm, numbers: range) -> None:
    text = _LINE * storm.lines
    now = _now()
    with Store.open(storm.database) as store, store.writing() as connection:
        for number in numbers:
            name = f"reader{number}"
            mailbox = Mailbox(address=f"{name}@d{number % 50}.example.org")
            key = f"<{name}.1@example.org>"
            message = build_message(sender=_SENDER, to=mailbox, subject="7 papers", text=text, message_id=key, date=now)
            envelope = Envelope(sender=_SENDER.wire, recipient=mailbox.wire, message=message, message_id=key)
            assert add_letter(connection, envelope, created=now, notice=name, subscriber=name, kind="notice")


def _states(database: str) -> dict[str, str]:
    with Store.open(database) as store, store.reading() as connection:
        rows = connection.execute(select(t.delivery.c.message_id, t.delivery.c.state))
        return {row[0]: row[1] for row in rows}


def _states_left(database: str) -> Iterator[int]:
    with Store.open(database) as store:
        counts = store.outbox.count_by_state()
    return (counts.get(state, 0) for state in _WAITING)


def _set_aside(database: str) -> list[int]:
    with Store.open(database) as store:
        found = [row.id for row in store.outbox.unsent() if row.state == DeliveryState.POISON]
        store.outbox.decide(found, DeliveryState.READY, now=_now(), words="once more, said a person")
    return found


def _now() -> datetime:
    return datetime.now(UTC)
