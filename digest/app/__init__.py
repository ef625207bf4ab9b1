"""Puts the parts together from a config, for every door."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from digest.app.doctor import Finding, clock_findings, examine, in_doubt_findings, relay_log_findings, service_findings
from digest.app.queue import Job, JobKind, LocalQueue, ProcrastinateQueue, WorkQueue
from digest.authors import Followed
from digest.bounces import Ear, Heard, hear, mailbox
from digest.config import Config, Relay
from digest.config import load as _load
from digest.delivery import Delivered, DeliverySummary, channels, deliver
from digest.delivery import log_evidence as evidence
from digest.delivery.channels.smtp import SmtpChannel
from digest.delivery.log_evidence import LogEvidence
from digest.delivery.policy import SendPolicy
from digest.delivery.recovery import recover
from digest.delivery.relay_limits import Route
from digest.errors import ConfigError, SourceError
from digest.http import Web
from digest.ingest.enrich import Enriched, enrich
from digest.ingest.health import Health, absent, of_all, of_helpers, rests
from digest.ingest.pull import Pulled, pull
from digest.issues import Issue
from digest.issues.compose import Composed, Morning, Outlook, answered, compose
from digest.letters import LetterFactory
from digest.mail.dns import Dns, Resolver
from digest.readers import ReaderDirectory
from digest.readers.signup import Signup
from digest.render import Pages, Renderer
from digest.sources import ENRICHERS, LOOK_UPS, SOURCES
from digest.sources.base import Enricher, LookUp, Source
from digest.store import Store, TransactionHook
from digest.subscriptions import Subscriber, When


def load(folder: Path, env: Mapping[str, str] = os.environ) -> Config:
    """The config of a folder, judged. Raises ConfigError with every problem."""
    return _load(folder, env=env)


_ASKING = timedelta(minutes=2)
"""How long one machine may ask a service while the others wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All parts of a running service. The store and the web outlive a change of the config."""

    config: Config
    store: Store
    web: Web
    sources: tuple[Source, ...]
    look_ups: tuple[LookUp, ...]
    enrichers: tuple[Enricher, ...]
    letters: LetterFactory
    pages: Pages
    morning: Morning
    directory: ReaderDirectory
    queue: WorkQueue

    def with_config(self, config: Config) -> App:
        """The same house under a new config; a new `database` or `contact` needs a new start."""
        return replace(self, config=config, **_parts(config))

    def readers(self) -> tuple[Subscriber, ...]:
        """All who read, as of now: those of the files, and those who signed up."""
        return self.directory.readers(self.store)

    def reader(self, id: str) -> Subscriber | None:  # noqa: A002
        """The reader of that id."""
        return self.directory.reader(self.store, id)

    @property
    def signup(self) -> Signup:
        """Where people sign up and move. Raises ConfigError where there is no site."""
        return Signup(
            store=self.store,
            directory=self.directory,
            letters=self.letters,
            links=self.letters.links,
            language=self.config.language,
        )

    def routes(self, clock: Callable[[], datetime]) -> list[Route]:
        """The relays and other ways out of one delivery run, as they are configured."""
        checked = evidence.check_logs_first(self.config.logs, clock)
        return [
            Route(
                name=str(relay),
                open=checked(partial(_channel, relay)),
                weight=relay.weight,
                per_second=relay.per_second,
                per_day=relay.per_day,
            )
            for relay in self.config.relays
        ]

    def examine(self, resolver: Resolver | None = None, *, now: datetime) -> Iterator[Finding]:
        """What stands in the way of letters; nothing is sent but a greeting and a token that is none."""
        opened = {str(relay): _channel(relay) for relay in self.config.relays}
        relays = {name: channel for name, channel in opened.items() if isinstance(channel, SmtpChannel)}

        def greeter(channel: SmtpChannel) -> Callable[[], str]:
            def greet() -> str:
                with channel:
                    return channel.greet()

            return greet

        def ask(request: httpx.Request) -> int:
            try:
                return self.web.get(request).status
            except SourceError as error:
                if error.status is None:
                    raise
                return error.status

        greet = {name: greeter(channel) for name, channel in relays.items()}
        yield from examine(self.config, resolver or Dns(), greet=greet, ask=ask)
        yield from clock_findings(self.store.clock(), now)
        yield from in_doubt_findings(self.read_relay_logs(now))
        yield from self.service_findings(now)

    def read_relay_logs(self, now: datetime) -> list[LogEvidence]:
        """Ask the relays' logs about letters in doubt: what was taken is sent from now on."""
        return evidence.search_logs(self.store, self.config.logs, now=now)

    def service_findings(self, now: datetime) -> Iterator[Finding]:
        """What is late, stuck or left alone in this house, as its database tells, and what cannot be read."""
        yield from relay_log_findings(self.config.relays)
        store = self.store
        unread = self.directory.faults(store)
        yield from service_findings(
            store.stats.collect(now=now), store.breakers.list_all(), self.health(now), unread, now=now
        )

    def health(self, now: datetime) -> list[Health]:
        """How each source and each helper is."""
        return [*of_all(self.sources, self.store, now=now), *of_helpers(self.enrichers, self.store, now=now)]

    def send_test_letter(self, to: str, *, now: datetime) -> str:
        """Send a letter without papers to an address, past the outbox; the relay's words. Raises DeliveryError."""
        reader = Subscriber(id="test", email=to, timezone=ZoneInfo("UTC"), language=self.config.language)
        when = When(days=frozenset(range(7)), hour=7, minute=30, at_once=False)
        issue = Issue(
            subscriber=reader,
            subscription="A test letter",
            when=when,
            kind="test",
            slot=now.isoformat(),
            number=0,
            date=now,
            since=now,
            sections=(),
        )
        with _channel(self.config.relays[0]) as channel:
            return channel.send(self.letters(issue), lambda: None).words

    def pull(
        self,
        *,
        now: datetime,
        only: str | None = None,
        exactly: str | None = None,
        by_hand: bool = False,
        since: datetime | None = None,
        stop: Event | None = None,
        tell: Callable[[Pulled], None] = lambda _: None,
    ) -> list[Pulled]:
        """Ask the sources, or `only` those of one name or kind. Raises ConfigError where there are none.

        With `exactly`, a name, that one alone is asked, and nothing where the config has it no more.
        """
        chosen = [source for source in self.sources if only in (None, source.name, source.kind)]
        helpers = [look_up for look_up in self.look_ups if only in (None, look_up.kind)]
        if only is not None and not chosen:
            names = ", ".join(source.name for source in self.sources) or "none is configured"
            raise ConfigError(f"no source is called {only!r}; there are: {names}")
        if exactly is not None:
            chosen = [source for source in chosen if source.name == exactly]
            helpers = [look_up for look_up in helpers if look_up.name == exactly]
        return pull(
            chosen,
            self.store,
            self.web,
            now=now,
            look_ups=helpers,
            by_hand=by_hand,
            since=since,
            stop=stop,
            along=self._along("compose"),
            tell=tell,
        )

    def enrich(
        self,
        *,
        now: datetime,
        only: str | None = None,
        by_hand: bool = False,
        stop: Event | None = None,
        tell: Callable[[Enriched], None] = lambda _: None,
    ) -> list[Enriched]:
        """Ask what services count and say about new papers, and about the people whom readers follow."""
        chosen = [enricher for enricher in self.enrichers if only in (None, enricher.name)]
        return enrich(chosen, self.store, self.web, self._followed(), now=now, by_hand=by_hand, stop=stop, tell=tell)

    def _followed(self) -> list[Followed]:
        readers = self.readers() if self.enrichers else ()
        answers = self.store.answers.of_readers(reader.id for reader in readers)
        subscriptions = (answered(reader.id, each, answers) for reader in readers for each in reader.subscriptions)
        return [rule.person for each in subscriptions for rule in each.rules if rule.person]

    def _along(self, kind: JobKind) -> TransactionHook | None:
        """Where work is handed on, the job for what is written goes into its transaction."""
        return partial(_enqueue, self.queue, Job(kind)) if self.config.queue else None

    def sync_schedules(self, now: datetime) -> None:
        """Bring the clock rows in line with the config."""
        self.morning.desks(self.readers(), self.store, now=now)

    def compose(
        self,
        *,
        now: datetime,
        shards: int | None = None,
        stop: Event | None = None,
        tell: Callable[[Composed], None] = lambda _: None,
    ) -> list[Composed]:
        """Write the issues that are due, of at most so many shards of readers."""

        def outlook() -> Outlook:
            absences = absent(self.sources, self.store, now=now)
            return Outlook(absences, dict(rests(self.sources, now=now)))

        return compose(
            self.readers(),
            self.store,
            self.letters,
            now=now,
            morning=self.morning,
            outlook=outlook,
            shards=shards,
            along=self._along("deliver"),
            stop=stop,
            tell=tell,
        )

    def deliver(
        self,
        clock: Callable[[], datetime],
        *,
        stop: Event | None = None,
        only: str | None = None,
        by_hand: bool = False,
        restored: bool = False,
        tell: Callable[[Delivered], None] = lambda _: None,
    ) -> DeliverySummary:
        """Send what waits in the outbox, or the letter of one Message-ID alone; `by_hand` also asks a relay that is
        being left alone, and `restored` confirms that the database was put back to an older state on purpose.
        """
        folder, logs = self.config.journal, self.config.logs
        open_journal = recover(self.store, folder, clock=clock, restored=restored, logs=logs, tell=tell)
        if not self.store.outbox.has_ready(clock()):
            return DeliverySummary()
        with open_journal() as journal:
            return deliver(
                self.store,
                self.routes(clock),
                SendPolicy(self.config, self.directory, self.store, self.letters, clock),
                journal,
                clock=clock,
                connections=self.config.connections,
                by_hand=by_hand,
                stop=stop,
                only=only,
                tell=tell,
            )

    def recover(self, now: datetime, *, restored: bool = False) -> None:
        """Take over the letters of processes on this machine that died, and merge those that come too late."""
        recover(self.store, self.config.journal, clock=lambda: now, restored=restored, logs=self.config.logs)

    def read_bounces(
        self,
        clock: Callable[[], datetime],
        *,
        box: str | None = None,
        tell: Callable[[Heard], None] = lambda _: None,
    ) -> list[Heard]:
        """Read what came back into the mailbox of `bounces:`, or into `box`. Raises ConfigError, MailboxError."""
        bounces = self.config.bounces
        if bounces is None:
            raise ConfigError("digest.yaml has no `bounces:`, so no letter has an address to which its bounces go")
        url = box or bounces.url
        if url is None:
            raise ConfigError(
                "`bounces:` names no mailbox: write `url:` there, or name one: `digest hear maildir:PATH`"
            )
        own = box is None
        opened = mailbox.open(
            url,
            user=bounces.user.get_secret_value() if own and bounces.user else None,
            password=bounces.password.get_secret_value() if own and bounces.password else None,
        )
        keys = [key.get_secret_value() for key in self.config.keys]
        ear = Ear(address=bounces.address, keys=keys, domain=self.config.sender.domain)
        return hear(self.store, opened, url, ear, clock=clock, tell=tell)


@contextmanager
def open_app(config: Config, *, web: Web | None = None, looking: bool = False) -> Iterator[App]:
    """The parts of a config, closed at the end; `web` is a seam for those who bring their own.

    Who is only `looking` makes no database where there is none yet, and sees an empty one.
    """
    with ExitStack() as stack:
        url = config.database
        if looking and _is_missing(url):
            url = f"sqlite:///{stack.enter_context(TemporaryDirectory(prefix='digest-'))}/empty.db"
        store = stack.enter_context(Store.open(url))
        turns = DatabaseRateLimit(store) if store.is_shared else None
        client = stack.enter_context(web or Web(contact=config.contact, turns=turns))
        queue: WorkQueue = ProcrastinateQueue(config.database) if config.queue else LocalQueue()
        stack.enter_context(queue)
        yield App(config=config, store=store, web=client, queue=queue, **_parts(config))


class DatabaseRateLimit:
    """The pace of services, kept in the database: one for all machines."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, service: str) -> float:
        return self._store.leases.acquire(f"web {service}", now=datetime.now(UTC), lease=_ASKING).total_seconds()

    def done(self, service: str, every: float) -> None:
        self._store.leases.release(f"web {service}", at=datetime.now(UTC) + timedelta(seconds=every))


def _enqueue(queue: WorkQueue, job: Job, connection: Any) -> None:
    queue.enqueue([job], connection)


def _is_missing(url: str) -> bool:
    scheme, _, file = url.partition(":///")
    return scheme == "sqlite" and not Path(file).exists()


def _parts(config: Config) -> dict[str, Any]:
    """What of a house follows from its config alone."""
    chosen = config.sources.items()
    return {
        "sources": tuple(source for kind, settings in chosen for source in SOURCES[kind].sources(settings)),
        "look_ups": tuple(LOOK_UPS[kind](settings) for kind, settings in chosen if kind in LOOK_UPS),
        "enrichers": tuple(
            found for kind, settings in chosen if kind in ENRICHERS and (found := ENRICHERS[kind](settings))
        ),
        "letters": _letters(config),
        "pages": Pages(config.templates),
        "morning": Morning(),
        "directory": ReaderDirectory(config),
    }


def _letters(config: Config) -> LetterFactory:
    return LetterFactory(
        renderer=Renderer(config.templates),
        sender=config.sender,
        owner=config.owner,
        postal=config.postal,
        site=config.site,
        keys=[key.get_secret_value() for key in config.keys],
        signers=config.signers,
        complaints=config.complaints,
    )


def _channel(relay: Relay) -> channels.Channel:
    return channels.open(
        str(relay),
        user=relay.user.get_secret_value() if relay.user else None,
        password=relay.password.get_secret_value() if relay.password else None,
    )
