"""A whole morning: 5,000 papers for 100,000 readers with three rules each, matched, written, signed, sent and recorded.

Ten million readers, by arithmetic from runs of 4,000 to 30,000 (two cores shared with other work; nothing of that
size was run): at 8 ms of CPU a letter, matching included, a morning is 22 hours of one core, or half an hour of 45;
workers divide it, since shards have nothing in common but the day's papers. What gives first is the database: a
letter is some 50 rows (32 of `memory`, 13 of `item`, an issue, a delivery, a letter, an attempt, and its clock row
moves three times), so a morning is 500 million, and at ten thousand a second, which is much for one PostgreSQL, 14
hours. `memory` is kept for good and gives first of all tables: 320 million rows a day. It is asked by reader alone:
partition it, and `item` and `attempt`, by reader over servers, with the readers; ten servers and rows by COPY make an
hour and a half of it. `letter` is next: 11 kB each, packed, 110 GB a day, written and dropped; keep the bytes on the
machines that send them, or only what a letter is made of. Then the relay: half an hour wants 5,600 letters a second,
more than one takes; `smtp:` is a list. The signature: 0.3 ms of RSA-2048 is an hour of a core, one part in
twenty-five; Ed25519 takes a tenth of that. The queue gives last: a job for each transaction of 200 letters is 28 jobs a
second, at 6 ms a job a sixth of one core. A tick reads who is due by an index, but all of ten
million at 07:30 wait in line whatever one adds: spread the hours.
"""

from __future__ import annotations

import os
import resource
import smtplib
import socket
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import Engine

from digest.app import open_app
from digest.app.queue import Job, enqueue_missing
from digest.app.work import find_work, run_job
from digest.config import Config, Relay
from digest.issues import Issue
from digest.issues.compose import ComposeWindow
from digest.issues.matching import RuleSet
from digest.letters import LetterFactory
from digest.mail.dkim import Signer, generate_key
from digest.mail.envelope import Envelope
from digest.mail.message import Mailbox
from digest.render import LetterLinks, LetterParts, Renderer
from digest.rules import parse
from digest.store import IssueStore, NewIssue, Store
from digest.subscriptions import Rule, Schedule, Subscriber, Subscription
from tests.bench.databases import database as an_empty
from tests.bench.day import Day, papers_of_a_day, rules_of_readers

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
WORKERS = 2
RULES = 3
_SAMPLE = 20  # letters, and twice as many rules, that are done the plain way and scaled
_SENDER = Mailbox(name="Morning Papers", address="papers@example.org")


def run(readers: int = 100_000, papers: int = 5_000, database: str = "sqlite") -> dict[str, object]:
    """Wall seconds from the config that is read to the last letter recorded, and CPU seconds of the workers.

    `stages` are CPU seconds: `ready` makes the rules ready; `read` loads and folds the papers and matches all rules;
    `choose` is the rest of composing; `render`, `sign` and `build` make a letter, `keep` is its transaction, `deliver`
    the way into smtp-sink and the ledger. `plain_seconds_scaled` is the plain way (a regex a rule, Jinja2 and premailer
    a letter, EmailMessage, dkimpy, a connection and a commit a letter) on as many cores, measured on a sample.
    """
    day = papers_of_a_day(papers)
    people = tuple(_readers(day, readers))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="digest-day-", ignore_cleanup_errors=True)))
        url = stack.enter_context(an_empty(database, folder))
        port = stack.enter_context(_sink(folder))
        config = _config(url, folder, port, people)
        with Store.open(url) as store:
            for begin in range(0, papers, 1_000):
                page = [
                    replace(paper, published=NOW - timedelta(days=1), announced=NOW - timedelta(hours=8))
                    for paper in day.papers[begin : begin + 1_000]
                ]
                store.papers.add(page, now=NOW - timedelta(hours=1), since=NOW - timedelta(days=7), first=False)
        tick, found = _tick(config)
        assert len(found) >= readers // 1_000
        del day  # which a worker elsewhere would not have
        figures = _morning(config)
        counts, stages = _outcome(url), figures.stages
        plain = _plain(papers_of_a_day(papers), readers, figures.samples, port, folder)
    letters = counts.pop("sent", 0)
    assert not counts, counts  # every letter is sent
    return {
        "papers": papers,
        "readers": readers,
        "letters": letters,
        "seconds": round(figures.seconds, 1),
        "cpu_seconds": round(figures.cpu, 1),
        "stages": {name: round(seconds, 1) for name, seconds in stages.items()},
        "plain_seconds_scaled": round(sum(plain.values()) / WORKERS),
        "plain_stages": {name: round(seconds) for name, seconds in plain.items()},
        "ratio": round(sum(plain.values()) / WORKERS / figures.seconds, 1),
        "tick_s": round(tick, 3),
        "rss_mb": figures.memory,
        "database": database,
    }


def show(figures: dict[str, Any]) -> Iterator[str]:
    """Where the time goes, line by line."""
    letters, plain = max(1, figures["letters"]), figures["plain_stages"]
    yield f"{figures['readers']:,} readers, {figures['papers']:,} papers, {letters:,} letters, {figures['database']}"
    yield f"{'':14}{'CPU s':>9}{'ms a letter':>13}"
    for name, seconds in figures["stages"].items():
        yield f"{name:14}{seconds:9,.1f}{1_000 * seconds / letters:13.3f}"
    yield f"{'all':14}{figures['cpu_seconds']:9,.1f}{1_000 * figures['cpu_seconds'] / letters:13.3f}"
    yield f"{figures['seconds']:,} s on {WORKERS} workers, {figures['rss_mb']:,} MB each; a tick {figures['tick_s']} s"
    said = ", ".join(f"{name} {seconds:,} s" for name, seconds in plain.items())
    yield f"the plain way, scaled from a sample: {figures['plain_seconds_scaled']:,} s ({said} of CPU)"
    yield f"ratio {figures['ratio']}"


def _readers(day: Day, count: int) -> Iterator[Subscriber]:
    """Equal rules are read once, as they are matched once."""
    rules, once, when, zone = rules_of_readers(day, RULES * count), cache(parse), Schedule.parse("daily 07:30"), "UTC"
    for number in range(count):
        texts = dict.fromkeys(next(rules).text for _ in range(RULES))
        wanted = tuple(Rule(title=text, query=once(text)) for text in texts)
        yield Subscriber(
            id=f"r{number:07}",
            email=f"r{number}@example{number % 40}.org",
            timezone=ZoneInfo(zone),
            subscriptions=(Subscription(name="Mine", when=when, rules=wanted),),
        )


def _config(url: str, folder: Path, port: int, readers: tuple[Subscriber, ...]) -> Config:
    return Config(
        folder=folder,
        database=url,
        queue=url.startswith("postgresql"),
        sender=_SENDER,
        owner=_SENDER,
        postal="Example Street 1, Example Town",
        contact=_SENDER.address,
        relays=(Relay(scheme="smtp", host="127.0.0.1", port=port),),
        connections=1,
        presumed=frozenset(),
        journal=folder / "letters",
        bounces=None,
        site="https://papers.example.org",
        listen=None,
        admin=None,
        signup=(),
        proxies=(),
        keys=(SecretStr("a secret of the bench alone"),),
        signers=(Signer(domain="example.org", selector="papers", key=generate_key()),),
        complaints=None,
        templates=None,
        language="en",
        sources={},
        subscribers=readers,
    )


def _tick(config: Config) -> tuple[float, list[Job]]:
    """Seconds of a tick that finds all due, once their clock rows are there."""
    with open_app(config) as app:
        app.sync_schedules(NOW)
    with open_app(config) as app:
        begin = time.perf_counter()
        found = find_work(app, NOW, "compose", "deliver")
        return time.perf_counter() - begin, found


# -- our way --


@dataclass
class _Figures:
    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    stages: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    samples: list[Issue] = field(default_factory=list)


def _morning(config: Config) -> _Figures:
    """All letters, by workers that share nothing but the rules and the database."""
    figures, context = _Figures(), get_context("fork")
    book = RuleSet.of(config.subscribers)
    begin, cpu = time.perf_counter(), time.process_time()
    book.ready()
    figures.stages["ready"] = time.process_time() - cpu
    pipes = []
    for _ in range(WORKERS):
        ours, theirs = context.Pipe()
        context.Process(target=_worker, args=(config, book, theirs)).start()
        pipes.append(ours)
    if config.queue:
        with open_app(config) as app:
            enqueue_missing(app.queue, find_work(app, NOW, "compose"))
    for pipe in pipes:
        pipe.send("go")
    for pipe in pipes:
        stages, cpu, memory, samples = pipe.recv()
        for name, spent in stages.items():
            figures.stages[name] += spent
        figures.cpu += cpu
        figures.memory = max(figures.memory, memory)
        figures.samples += samples
    figures.seconds = time.perf_counter() - begin
    figures.cpu += figures.stages["ready"]
    return figures


def _worker(config: Config, book: RuleSet, pipe: Connection) -> None:
    """As `digest worker --once` does it."""
    with open_app(config) as plain:
        watch = _Watch()
        letters = replace(plain.letters, renderer=watch.renderer(plain.letters), signers=watch.signers(plain.letters))
        store = watch.store(config.database)
        app = replace(plain, store=store, letters=watch.factory(letters), compose_window=watch.morning(book))
        pipe.recv()
        cpu = time.process_time()

        def one(job: Job, stop: Event) -> None:
            with watch.over(job.kind):
                run_job(app, job, lambda: NOW, stop=stop)

        while jobs := find_work(app, NOW, "compose", "deliver"):
            if not config.queue:
                enqueue_missing(app.queue, jobs)
            app.queue.run(one, Event(), once=True)
        cpu = time.process_time() - cpu
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        pipe.send((watch.stages(cpu), cpu, memory, watch.samples))
        store.close()


class _Watch:
    """Where the CPU goes, by what is called; threads share it."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.samples: list[Issue] = []
        self._lock = Lock()

    @contextmanager
    def over(self, name: str) -> Iterator[None]:
        begin = time.thread_time()
        try:
            yield
        finally:
            with self._lock:
                self.spent[name] += time.thread_time() - begin

    def stages(self, cpu: float) -> dict[str, float]:
        """Each without what lies within it."""
        spent = self.spent
        inside = spent["read"] + spent["letters"] + spent["keep"]
        found = {
            "read": spent["read"],
            "choose": spent["compose"] - inside,
            "render": spent["render"],
            "build": spent["letters"] - spent["render"] - spent["sign"],
            "sign": spent["sign"],
            "keep": spent["keep"],
        }
        return found | {"deliver": cpu - sum(found.values())}  # over threads of its own, with what is left of the rest

    def renderer(self, letters: LetterFactory) -> Renderer:
        watch = self

        class Watched(Renderer):
            def letter(
                self, issue: Issue, links: LetterLinks, *, title: str = "Morning Papers", postal: str = ""
            ) -> LetterParts:
                with watch.over("render"):
                    return super().letter(issue, links, title=title, postal=postal)

        return Watched()

    def signers(self, letters: LetterFactory) -> Sequence[Signer]:
        watch = self

        class Watched(Signer):
            def sign(self, data: bytes) -> bytes:
                with watch.over("sign"):
                    return Signer.sign(self, data)

        return [Watched(domain=each.domain, selector=each.selector, key=each.key) for each in letters.signers]

    def factory(self, letters: LetterFactory) -> LetterFactory:
        watch = self

        class Watched(LetterFactory):
            def __call__(self, issue: Issue, *, to: str | None = None) -> Envelope:
                if len(watch.samples) < _SAMPLE // WORKERS:
                    watch.samples.append(issue)
                with watch.over("letters"):
                    return LetterFactory.__call__(self, issue, to=to)

        return Watched(**{name: getattr(letters, name) for name in LetterFactory.__slots__})

    def morning(self, book: RuleSet) -> ComposeWindow:
        watch = self

        class Watched(ComposeWindow):
            def rule_set(self, readers: Sequence[Subscriber]) -> RuleSet:
                return book

            def matches(self, *given: Any, **named: Any) -> Any:
                with watch.over("read"):
                    return super().matches(*given, **named)

        return Watched()

    def store(self, url: str) -> Store:
        watch = self

        class WatchedIssues(IssueStore):
            def publish_all(self, publications: Sequence[NewIssue], in_transaction: Any = None) -> list[bool]:
                with watch.over("keep"):
                    return super().publish_all(publications, in_transaction)

        class Watched(Store):
            def __init__(self, engine: Engine) -> None:
                super().__init__(engine)
                self.issues = WatchedIssues(self)

        return Watched.open(url)


def _outcome(url: str) -> dict[str, int]:
    with Store.open(url) as store:
        return store.outbox.count_by_state()


# -- the plain way --


def _plain(day: Day, readers: int, samples: Sequence[Issue], port: int, folder: Path) -> dict[str, float]:
    """CPU seconds of each step for all readers."""
    from tests.bench.letters import _Plain
    from tests.bench.peers import by_regex

    rules = [rule for rule, _ in zip(rules_of_readers(day, RULES * readers), range(2 * _SAMPLE), strict=False)]
    match = _seconds(lambda: [*by_regex(day, rules)]) / len(rules) * RULES * readers
    plain, letters = _Plain(), list[bytes]()
    plain.message(samples[0])
    make = _seconds(lambda: letters.extend(plain.message(issue) for issue in samples)) / len(samples) * readers
    post = _seconds(lambda: _post(letters, port)) / len(letters) * readers
    record = _seconds(lambda: _record(letters, folder)) / len(letters) * readers
    return {"match": match, "make and sign": make, "send": post, "record": record}


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _post(letters: Sequence[bytes], port: int) -> None:
    for letter in letters:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("a@example.org", ["b@example.org"], letter)


def _record(letters: Sequence[bytes], folder: Path) -> None:
    with sqlite3.connect(folder / "plain.db") as database:
        database.execute("CREATE TABLE sent (id INTEGER PRIMARY KEY, letter BLOB)")
        for letter in letters:
            database.execute("INSERT INTO sent (letter) VALUES (?)", (letter,))
            database.commit()


# -- what stands around it --


@contextmanager
def _sink(folder: Path) -> Iterator[int]:
    """Postfix's own receiver, which reads letters and forgets them."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/postfix/sbin"))
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = ["smtp-sink", *user, f"127.0.0.1:{port}", "1000"]
    with subprocess.Popen(command, env={**os.environ, "PATH": path}, cwd="/", stderr=sys.stderr) as process:
        try:
            _reach(port)
            yield port
        finally:
            process.terminate()


def _reach(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("smtp-sink does not listen")
