"""Letters a second to Postfix's smtp-sink: ours from the store and back into it, beside smtp-source and two clients."""

from __future__ import annotations

import asyncio
import os
import shutil
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import aiosmtplib

from digest.app import App, load, open_app
from digest.delivery.channels.smtp import SmtpChannel
from digest.mail.envelope import Envelope
from digest.mail.message import Mailbox, build_message
from digest.render import Renderer
from digest.store import Store
from digest.store.outbox_write import add_letter
from digest.subscriptions import Subscriber
from tests.bench.day import papers_of_a_day
from tests.support.issues import LINKS, POSTAL, issue, item, on_sparse
from tests.support.servers import unused_port

LETTERS = 10_000
_ROUNDS = 5
_FEWER = 10  # a peer that is slow sends one letter of so many
_BYTES = 37_000
_SESSIONS = 10  # of smtp-source, besides one and as many as our connections
_NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
_SENDER, _READER = Mailbox(name="Morning Papers", address="papers@example.org"), Mailbox(address="ada@example.org")

_DIGEST_YAML = """
database: sqlite:///{folder}/digest.db
sender: Morning Papers <papers@example.org>
smtp: smtp://127.0.0.1:{port}
bounces: bounces@example.org
secret: a secret that only a benchmark has
sources:
  arxiv: {{categories: [cs.LG]}}
"""


def run(letters: int = LETTERS) -> dict[str, object]:
    """Rates of all sides, by turns, and CPU of our process; slow peers and other modes send one letter of ten."""
    for tool in ("smtp-sink", "smtp-source"):
        if not _found(tool):
            sys.stderr.write(f"{tool} is missing: it comes with Postfix (Debian: apt-get install postfix)\n")
            raise SystemExit(2)
    bodies = list(_letters())
    share, few = letters // _ROUNDS, letters // _ROUNDS // _FEWER
    if not few:
        raise SystemExit(f"at least {_ROUNDS * _FEWER} letters")
    with _sink() as port, TemporaryDirectory() as folder, _app(Path(folder), port, letters) as app:
        connections = app.config.connections
        sides: dict[str, _Side] = {
            "ours": _Side(share, lambda: _ours(app, share)),
            "smtp_source": _Side(share, lambda: _smtp_source(port, share, connections, "-d")),
            "smtp_source_1": _Side(share, lambda: _smtp_source(port, share, 1, "-d")),
            f"smtp_source_{_SESSIONS}": _Side(share, lambda: _smtp_source(port, share, _SESSIONS, "-d")),
            "smtp_source_no_reuse": _Side(few, lambda: _smtp_source(port, few, connections)),
            "channel": _Side(few, lambda: _channel(port, _envelopes(bodies, few))),
            "smtplib": _Side(few, lambda: _smtplib(port, _envelopes(bodies, few))),
            "aiosmtplib": _Side(few, lambda: asyncio.run(_aiosmtplib(port, _envelopes(bodies, few)))),
        }
        for turn in range(_ROUNDS):
            _fill(app.store, _envelopes(bodies, share, turn * share))
            for side in sides.values():
                side.take_turn()
        sent = app.store.outbox.count_by_state()
    if sent != {"sent": share * _ROUNDS}:
        raise RuntimeError(f"not all was sent: {sent}")
    rates = {f"{name}_per_s": side.rate for name, side in sides.items()}
    return {
        "letters": share * _ROUNDS,
        "bytes": sum(map(len, bodies)) // len(bodies),
        "connections": connections,
        **rates,
        "ratio": sides["ours"].rate / sides["smtp_source"].rate,
        "cpu_us": sides["ours"].cpu_us,
        "channel_cpu_us": sides["channel"].cpu_us,
        "smtplib_cpu_us": sides["smtplib"].cpu_us,
        "aiosmtplib_cpu_us": sides["aiosmtplib"].cpu_us,
        "ratio_1": sides["ours"].rate / sides["smtp_source_1"].rate,  # over one connection, as ours to a sink so near
        "peers_letters": few * _ROUNDS,  # of all but ours and smtp_source with reuse
    }


@dataclass(slots=True)
class _Side:
    """One way to send; what its turns took together."""

    letters: int  # each turn
    send: Callable[[], None]
    sent: int = 0
    seconds: float = 0.0
    cpu: float = 0.0  # of this process

    def take_turn(self) -> None:
        begun, used = time.perf_counter(), time.process_time()
        self.send()
        self.cpu += time.process_time() - used
        self.seconds += time.perf_counter() - begun
        self.sent += self.letters

    @property
    def rate(self) -> float:
        return round(self.sent / self.seconds, 1)

    @property
    def cpu_us(self) -> float:
        return round(self.cpu * 1e6 / self.sent, 1)


def _ours(app: App, letters: int) -> None:
    """As `digest deliver`: claimed, watched, journalled, sent, and closed in the store."""
    result = app.deliver(lambda: datetime.now(UTC))
    if result.count("sent") != letters:
        raise RuntimeError(f"{result.count('sent')} of {letters} were sent; {result.stopped}")


def _channel(port: int, envelopes: list[Envelope]) -> None:
    """Our SMTP alone, without a store or a journal."""
    with SmtpChannel(f"smtp://127.0.0.1:{port}") as channel:
        left = iter(envelopes[1:])
        following: Envelope | None = envelopes[0]
        while following:
            envelope, following = following, next(left, None)
            channel.send(envelope, lambda: None, partial(lambda given: given, following))


def _smtp_source(port: int, letters: int, sessions: int, *more: str) -> None:
    """Postfix's own, in C; it makes its letters up as it sends them."""
    options = [*more, "-s", str(sessions), "-l", str(_BYTES), "-m", str(letters)]
    addresses = ["-f", _SENDER.wire, "-t", _READER.wire, "-M", "bench.example.org"]
    subprocess.run([_found("smtp-source"), *options, *addresses, f"127.0.0.1:{port}"], check=True)


def _smtplib(port: int, envelopes: list[Envelope]) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        for each in envelopes:
            client.sendmail(each.sender, [each.recipient], each.message)


async def _aiosmtplib(port: int, envelopes: list[Envelope]) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        for each in envelopes:
            await client.sendmail(each.sender, [each.recipient], each.message)


def _letters() -> Iterator[bytes]:
    """As our readers get them, each with other papers, of about so many bytes."""
    renderer, papers = Renderer(), papers_of_a_day(120).papers
    for first in range(0, 120, 12):
        picked = on_sparse(*(item(paper, "the") for paper in papers[first : first + 12]))
        parts = renderer.letter(issue(picked), LINKS, postal=POSTAL)
        yield build_message(
            sender=_SENDER,
            to=_READER,
            subject=parts.subject,
            text=parts.text_lines,
            html=parts.html_lines,
            message_id=f"<{first}@example.org>",
            date=_NOW,
        )


def _envelopes(bodies: list[bytes], count: int, first: int = 0) -> list[Envelope]:
    return [
        Envelope(sender=_SENDER.wire, recipient=_address(number), message=body, message_id=f"<{number}.1@example.org>")
        for number, body in enumerate(islice(cycle(bodies), count), start=first)
    ]


def _address(number: int) -> str:
    return f"reader{number}@example.org"


def _fill(store: Store, envelopes: list[Envelope]) -> None:
    """The outbox as it is in the morning, after a night's composing."""
    with store.writing() as connection:
        for each in envelopes:
            reader = each.recipient.partition("@")[0]
            add_letter(connection, each, created=_NOW, notice=each.message_id, subscriber=reader, kind="scheduled")


@contextmanager
def _app(folder: Path, port: int, letters: int) -> Iterator[App]:
    """An App with one reader for each letter and its store in a file."""
    (folder / "digest.yaml").write_text(_DIGEST_YAML.format(folder=folder, port=port))
    readers = tuple(
        Subscriber(id=f"reader{number}", email=_address(number), timezone=ZoneInfo("UTC"), language="en")
        for number in range(letters)
    )
    with open_app(replace(load(folder), subscribers=readers)) as app:
        yield app


@contextmanager
def _sink() -> Iterator[int]:
    """smtp-sink at a port of loopback; root may not run it as root."""
    with ExitStack() as stack:
        with unused_port() as port:
            pass
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        process = stack.enter_context(subprocess.Popen([_found("smtp-sink"), *user, f"127.0.0.1:{port}", "100"]))
        stack.callback(process.kill)
        deadline = time.monotonic() + 10
        while True:
            try:
                smtplib.SMTP("127.0.0.1", port).quit()
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                break
        yield port


def _found(tool: str) -> str:
    """Where a tool of Postfix lies; empty where it does not. A plain user's path often leaves out sbin."""
    return shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/usr/local/sbin:/sbin") or ""
