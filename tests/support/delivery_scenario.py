"""A delivery scenario with faults: an outbox, a clock, channels, and what must hold afterwards."""

from __future__ import annotations

import base64
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from digest.delivery import Delivered, DeliverySummary, SendPolicy, deliver
from digest.delivery.channels.smtp import SmtpChannel
from digest.delivery.channels.smtp_connection import SmtpTimeouts
from digest.delivery.log_evidence import NO_LOGS, RelayLogs
from digest.delivery.recovery import recover
from digest.delivery.relay_limits import Route
from digest.links.token import stamp
from digest.mail.delivery_state import DeliveryState
from digest.mail.envelope import Envelope, LeasedDelivery
from digest.mail.message import Mailbox, build_message
from digest.store import NewIssue, Store
from tests.support.send_policy import FixedPolicy, RecipientOf
from tests.support.servers import MailServer
from tests.support.store_samples import NOW

QUICK = SmtpTimeouts(connect=2, greeting=2, mail=2, rcpt=2, data=2, block=10, dot=10, farewell=0.3)
HASTY = SmtpTimeouts(connect=0.3, greeting=0.3, mail=0.3, rcpt=0.3, data=0.3, block=0.3, dot=0.3, farewell=0.1)
"""For servers that never answer."""

USER, PASSWORD = "postmaster-of-ours", "hunter2-of-the-relay"
KEY = "the key that signs our addresses"
SENDER = Mailbox(name="Papers", address="papers@house.example")
SILENT = frozenset({"failed", "suppressed", "cancelled", "merged", "poison", "in doubt"})
_KEY_LINE = re.compile(rb"^Message-ID: (<\S+>)", re.MULTILINE)
_PAUSES = [timedelta(minutes=20), timedelta(hours=5), timedelta(hours=5), timedelta(days=2)]


def key_of(message: bytes) -> str:
    """The Message-ID of a letter's bytes."""
    found = _KEY_LINE.search(message)
    return found[1].decode("ascii") if found else ""


def bounce_address(delivery: LeasedDelivery) -> str:
    """Where the bounces of one letter go, and of no other."""
    return f"b+{stamp(delivery.id, delivery.message_id, [KEY])}@house.example"


@dataclass
class DeliveryScenario:
    """One store and all that is said on its behalf; the test moves `now`."""

    store: Store
    folder: Path  # of the journals
    log: pytest.LogCaptureFixture
    now: datetime = NOW
    letters: list[Delivered] = field(default_factory=list)  # of all rounds
    said: list[str] = field(default_factory=list)  # words that an admin reads
    homes: dict[str, str] = field(default_factory=dict)  # reader -> address
    came: Counter[str] = field(default_factory=Counter)  # letters that other servers took, by Message-ID

    def put(
        self,
        *readers: str,
        domain: str = "readers.example",
        size: int = 0,
        kind: str = "scheduled",
        at: datetime = NOW,
        number: int = 1,
    ) -> None:
        """A letter for each reader into the outbox, of the issue with this number."""
        for name in readers:
            mailbox = Mailbox(name=name.title(), address=f"{name}@{domain}")
            self.homes[name] = mailbox.address
            words = "Seven.\n" + ("A line of a paper with .dots.\n" * (size // 30))
            message = build_message(
                sender=SENDER, to=mailbox, subject="7 papers", text=words, message_id=self.key(name, number), date=NOW
            )
            self.store.issues.publish(
                NewIssue(
                    subscriber=name,
                    subscription="Mine",
                    kind=kind,
                    slot=f"2026-11-{19 + number}T07:30",
                    number=number,
                    created=at,
                    since=NOW - timedelta(days=1),
                    until=NOW,
                    envelope=Envelope(
                        sender=SENDER.wire, recipient=mailbox.wire, message=message, message_id=self.key(name, number)
                    ),
                )
            )

    @staticmethod
    def key(name: str, number: int = 1) -> str:
        return f"<{name}.{number}@house.example>"

    def later(self, **pause: float) -> None:
        self.now += timedelta(**pause)

    def route(
        self,
        server: MailServer | int,
        scheme: str = "smtp",
        *,
        timeouts: SmtpTimeouts = QUICK,
        host: str = "127.0.0.1",
        name: str = "relay",
        **more: object,
    ) -> Route:
        """By one server; whichever it is, it is known as the same relay."""
        port = server if isinstance(server, int) else server.port
        return Route(name=name, open=lambda: SmtpChannel(f"{scheme}://{host}:{port}", timeouts=timeouts, **more))  # type: ignore[arg-type]

    def home(self, delivery: LeasedDelivery) -> Mailbox:
        return Mailbox(name=delivery.subscriber.title(), address=self.homes[delivery.subscriber])

    def round(
        self,
        *routes: Route | MailServer,
        recipient: RecipientOf | None = None,
        presume_sent: Callable[[LeasedDelivery], bool] = lambda _: False,
        restored: bool = False,
        logs: RelayLogs = NO_LOGS,
        policy: SendPolicy | None = None,
        **more: object,
    ) -> DeliverySummary:
        """What the daemon does in one interval."""
        policy = policy or FixedPolicy(recipient or self.home, return_path=bounce_address, presume_sent=presume_sent)
        chosen = [route if isinstance(route, Route) else self.route(route) for route in routes]

        def clock() -> datetime:
            return self.now

        def tell(letter: Delivered) -> None:
            self.said.append(letter.words)

        open_journal = recover(self.store, self.folder, clock=clock, restored=restored, logs=logs, tell=tell)
        with open_journal() as journal:
            done = deliver(self.store, chosen, policy, journal, **({"clock": clock} | more))  # type: ignore[arg-type]
        self.letters += done.letters
        self.said += [letter.words for letter in done.letters] + list(done.halted) + [done.stopped or ""]
        return done

    def states(self) -> dict[str, str]:
        """Each reader's letter."""
        return {row["subscriber"]: row["state"] for row in self.rows("SELECT subscriber, state FROM delivery")}

    def attempts(self) -> dict[str, int]:
        """Tries that count against a letter."""
        return {row["subscriber"]: row["attempts"] for row in self.rows("SELECT subscriber, attempts FROM delivery")}

    def rows(self, question: str) -> list[dict[str, Any]]:
        with self.store.reading() as connection:
            return [dict(row) for row in connection.execute(text(question)).mappings()]

    def arrived(self, *servers: MailServer) -> Counter[str]:
        """How often each reader's letter was taken, by these servers and by what stood behind others."""
        keys = Counter(key_of(taken.message) for server in servers for taken in server.taken)
        names = {self.key(name): name for name in self.homes}
        return Counter({names[key]: count for key, count in (keys + self.came).items()})

    # -- what must hold --

    def holds(
        self, *servers: MailServer, final: Mapping[str, str] | None = None, most: Mapping[str, int] | None = None
    ) -> None:
        """After a fault: one state each; once the fault is gone and time has passed, each letter out once and no more.

        `final` names letters that rightly end otherwise, `most` those of which so many copies are allowed.
        """
        final, most = dict(final or {}), dict(most or {})
        self._each_is_in_one_state(at_rest=False)
        with MailServer() as healthy:
            for pause in _PAUSES:
                self.now += pause
                self.round(healthy)
                self._each_is_in_one_state()
            counts = self.arrived(*servers, healthy)
        assert self.states() == dict.fromkeys(self.homes, "sent") | final
        for name in self.homes:
            assert counts[name] <= most.get(name, 1), f"{name}: {counts[name]} copies"
            assert counts[name] >= 1 or final.get(name) in SILENT, f"{name} is lost"
        self.no_secret_is_told()

    def _each_is_in_one_state(self, *, at_rest: bool = True) -> None:
        """At rest no process has any in hand; one that died has, until the next one begins."""
        names = []
        for row in self.rows("SELECT subscriber, state, next_at, owner, until FROM delivery"):
            names.append(row["subscriber"])
            assert row["state"] in set(DeliveryState), row
            assert not at_rest or row["state"] != DeliveryState.LEASED, row
            leased = row["state"] == DeliveryState.LEASED
            assert (row["owner"] is not None, row["until"] is not None) == (leased, leased), row
            waits = row["state"] in (DeliveryState.READY, DeliveryState.DEFERRED)
            assert row["state"] == DeliveryState.IN_DOUBT or waits == (row["next_at"] is not None), row
        assert sorted(map(str, names)) == sorted(self.homes)

    def no_secret_is_told(self, *more: str) -> None:
        """Neither in logs, nor in what is kept of tries, nor in what an admin reads."""
        kept = [
            str(row["words"])
            for table in ("attempt", "evidence", "brake")
            for row in self.rows(f"SELECT words FROM {table}")
        ]
        reasons = [str(row["reason"]) for row in self.rows("SELECT reason FROM delivery")]
        told = "\n".join([*kept, *reasons, *self.said, self.log.text, *more])
        for secret in self._secrets():
            assert secret not in told, f"{secret!r} is told"

    def _secrets(self) -> Iterable[str]:
        yield PASSWORD
        yield USER
        yield KEY
        yield base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
        yield base64.b64encode(PASSWORD.encode()).decode()
        yield "b+"  # an address of bounces
        yield from self.homes.values()


def opened(store: Store, folder: Path, log: pytest.LogCaptureFixture) -> DeliveryScenario:
    log.set_level(logging.DEBUG)
    return DeliveryScenario(store=store, folder=folder, log=log)
