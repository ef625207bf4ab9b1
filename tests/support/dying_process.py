"""A delivering or composing process that dies at a named point: ``python -m tests.support.dying_process …``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from digest.cli.shared.signals import on_signal
from digest.delivery import deliver
from digest.delivery.channels.smtp import SmtpChannel
from digest.delivery.channels.smtp_connection import SmtpTimeouts
from digest.delivery.journal import Journal
from digest.delivery.recovery import take_over
from digest.delivery.relay_limits import Route
from digest.issues.compose import compose
from digest.mail.delivery_state import DeliveryAttempt
from digest.mail.envelope import LeasedDelivery
from digest.store import IssueStore, JournalStore, NewIssue, OutboxStore, Store, TransactionHook
from tests.support.graph_reader import FACTORY, reader
from tests.support.send_policy import FixedPolicy

POINTS = (
    "never",
    "claimed",  # K3
    "at the dot",  # K5: the journal has it, the server has not
    "lost",  # K6: the line went at the dot, which the journal knows and the database does not
    "answered",  # K7: the server has said 250, the journal does not know
    "recorded",  # K8: the journal knows, the database does not
    "closing",  # K9: the database knows all, the journal is still open
    "issue inserted",  # K1
    "issue committed",  # K2
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _Outbox(OutboxStore):
    def claim(self, **given: Any) -> list[LeasedDelivery]:
        found = super().claim(**given)
        if _Store.point == "claimed":
            die()
        return found

    def record_results(self, results: Sequence[DeliveryAttempt]) -> None:
        if _Store.point == "recorded" and results:
            die()
        super().record_results(results)


class _Journals(JournalStore):
    def mark_closed(self, name: str, *, now: datetime) -> None:
        super().mark_closed(name, now=now)
        if _Store.point == "closing":
            die()


class _Issues(IssueStore):
    def publish_all(
        self, publications: Sequence[NewIssue], in_transaction: TransactionHook | None = None
    ) -> list[bool]:
        done = super().publish_all(publications, in_transaction)
        if _Store.point == "issue committed":
            die()
        return done


class _Store(Store):
    point = "never"

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.outbox = _Outbox(self)
        self.journals = _Journals(self)
        self.issues = _Issues(self)


class _Journal(Journal):
    point = "never"

    def dot(self, delivery: int, epoch: int) -> None:
        super().dot(delivery, epoch)
        if self.point == "at the dot":
            die()

    def lost(self, delivery: int, epoch: int) -> None:
        super().lost(delivery, epoch)
        if self.point == "lost":
            die()

    def taken(self, delivery: int, epoch: int) -> None:
        if self.point == "answered":
            die()
        super().taken(delivery, epoch)


def _deliver(store: _Store, given: argparse.Namespace, clock: Callable[[], datetime]) -> None:
    begun = time.monotonic()

    def ticks() -> float:
        return time.monotonic() - begun + _seconds(given.ticks)

    timeouts = SmtpTimeouts(connect=5, greeting=60, mail=60, rcpt=60, data=60, block=60, dot=60, farewell=1)
    route = Route(name="relay", open=lambda: SmtpChannel(f"smtp://127.0.0.1:{given.port}", timeouts=timeouts))
    take_over(store, given.folder, now=clock())
    _Journal.point = given.point
    journal = _Journal.begin(given.folder, store.journals.database_id(), now=clock())
    store.journals.add(journal.name, now=clock())
    with on_signal() as stop:
        _say("ready")
        deliver(
            store,
            [route],
            FixedPolicy(),
            journal,
            clock=clock,
            ticks=ticks,
            connections=given.connections,
            stop=stop,
            to_spare=lambda _: True,
        )
    store.journals.mark_closed(journal.name, now=clock())
    journal.close()


def _compose(store: _Store, given: argparse.Namespace, clock: Callable[[], datetime]) -> None:
    if store.point == "issue inserted":
        inserted: list[str] = []

        def after(_c: Any, _k: Any, statement: str, *_: Any) -> None:
            if statement.startswith("INSERT INTO issue"):
                inserted.append(statement)

        event.listen(store.engine, "after_cursor_execute", after)
        event.listen(store.engine, "commit", lambda _: die() if inserted else None)
    _say("ready")
    if given.start:
        while not given.start.exists():
            time.sleep(0.005)
    compose([reader("Europe/Berlin", "daily 07:30")], store, FACTORY, now=clock())


def _seconds(file: Path | None) -> float:
    """By which a test has moved a clock."""
    return float(file.read_text() or 0) if file and file.exists() else 0.0


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201, whoever started it reads it


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("deliver", "compose"))
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("now", type=datetime.fromisoformat)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--point", choices=POINTS, default="never")
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--ticks", type=Path)
    parser.add_argument("--moved", type=Path, help="a file of seconds by which the clock was moved")
    parser.add_argument("--start", type=Path, help="begin when this file is there")
    given = parser.parse_args()
    with _Store.open(given.url) as store:
        _Store.point = given.point

        def clock() -> datetime:
            begun: datetime = given.now
            return begun + timedelta(seconds=_seconds(given.moved))

        (_deliver if given.what == "deliver" else _compose)(store, given, clock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
