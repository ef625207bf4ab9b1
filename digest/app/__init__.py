"""App: the parts of a running service, built from a config, and one method for each thing the service does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

from digest.app.conditions import Condition, conditions, read_state
from digest.app.doctor import (
    Finding,
    clock_findings,
    condition_findings,
    examine,
    in_doubt_findings,
    language_findings,
    relay_log_findings,
    service_findings,
)
from digest.app.owner_notice import OwnerNotices
from digest.app.queue import Job, JobKind, LocalQueue, ProcrastinateQueue, WorkQueue
from digest.app.registry import Registry, registry_of
from digest.app.wiring import DatabaseRateLimit, config_parts, greeters, http_status, is_missing, open_channel, routes
from digest.authors import FollowedAuthor
from digest.bounces import BounceRead, ReturnAddress, mailbox, read_bounces
from digest.config import ChannelKind, Config
from digest.config import load as _load
from digest.delivery import Delivered, DeliverySummary, deliver
from digest.delivery import log_evidence as evidence
from digest.delivery.log_evidence import LogEvidence
from digest.delivery.policy import SendPolicy
from digest.delivery.recovery import apply_statements, recover, take_over
from digest.delivery.relay_limits import Route
from digest.delivery.statement_log import StatementFile
from digest.errors import ConfigError, DigestError, MailboxError, SetAside, reason_of
from digest.http import HttpClient
from digest.ingest.enrich import EnrichResult, enrich
from digest.ingest.health import SourceHealth, enricher_health, missing_services, resting_services, source_health
from digest.ingest.pull import PullResult, pull
from digest.issues import Issue
from digest.issues.compose import ComposeResult, ComposeWindow, SourceOutlook, compose, with_answers
from digest.letters import LetterFactory
from digest.mail.dns import DnsResolver, SystemDnsResolver
from digest.readers import ReaderDirectory
from digest.readers.signup import Signup
from digest.render import PageRenderer
from digest.sources.base import Enricher, PaperLookUp, Source, SourceKind
from digest.store import Store, TransactionHook
from digest.subscriptions import Schedule, Subscriber


def load(
    folder: Path,
    env: Mapping[str, str] = os.environ,
    *,
    sources: Mapping[str, SourceKind] | None = None,
    channels: Mapping[str, ChannelKind] | None = None,
) -> Config:
    """The config of a folder, validated by the registries that are given, else by those that are installed.

    Raises ConfigError with every problem.
    """
    kinds = registry_of(sources, channels)
    return _load(folder, env=env, sources=kinds.sources, channels=kinds.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All parts of a running service. The store, the HTTP client and the queue outlive a change of the config."""

    config: Config
    store: Store
    client: HttpClient
    sources: tuple[Source, ...]
    look_ups: tuple[PaperLookUp, ...]
    enrichers: tuple[Enricher, ...]
    letters: LetterFactory
    pages: PageRenderer
    compose_window: ComposeWindow
    directory: ReaderDirectory
    queue: WorkQueue
    registry: Registry
    has_delivered: Event = field(default_factory=Event)  # whether this process has had a delivery round

    def with_config(self, config: Config) -> App:
        """The same App with a new config; a new `database` or `contact` needs a restart."""
        return replace(self, config=config, **config_parts(config, self.registry))

    def readers(self) -> tuple[Subscriber, ...]:
        """All readers as of now: those in files and those who signed up."""
        return self.directory.readers(self.store)

    def reader(self, id: str) -> Subscriber | None:
        """The reader with that id."""
        return self.directory.reader(self.store, id)

    @property
    def signup(self) -> Signup:
        """The sign-up service. Raises ConfigError where the config has no `site:`."""
        return Signup(
            store=self.store,
            directory=self.directory,
            letters=self.letters,
            links=self.letters.links,
            language=self.config.language,
        )

    def routes(self, clock: Callable[[], datetime]) -> list[Route]:
        """The relays and other ways out of one delivery run, as they are configured."""
        return routes(self.config, self.registry, clock)

    def examine(self, resolver: DnsResolver | None = None, *, now: datetime) -> Iterator[Finding]:
        """The findings of `digest doctor`. Sends nothing but SMTP greetings and one request with an invalid token."""
        yield from examine(
            self.config,
            resolver or SystemDnsResolver(),
            greet=greeters(self.config, self.registry),
            ask=partial(http_status, self.client),
        )
        yield from clock_findings(self.store.clock(), now)
        yield from in_doubt_findings(self.read_relay_logs(now))
        yield from self.service_findings(now)

    def read_relay_logs(self, now: datetime) -> list[LogEvidence]:
        """Search the relays' logs for letters in doubt, and mark as sent those that a relay accepted."""
        return evidence.search_logs(self.store, self.config.logs, now=now)

    def service_findings(self, now: datetime) -> Iterator[Finding]:
        """What the database says is late, stuck or paused, and which relay logs cannot be read."""
        yield from relay_log_findings(self.config.relays)
        store = self.store
        unread = self.directory.faults(store)
        yield from service_findings(
            store.stats.collect(now=now), store.breakers.list_all(), self.health(now), unread, now=now
        )
        yield from language_findings(self.directory.readers(store))
        yield from condition_findings(self.conditions(now))

    def conditions(self, now: datetime) -> list[Condition]:
        """What needs a person now."""
        url, config = self.config.database, self.config
        files = [config.journal, *([Path(url.partition(":///")[2])] if url.startswith("sqlite:") else [])]
        state = read_state(
            self.store,
            self.sources,
            relays=[str(relay) for relay in config.relays],
            unread=self.directory.faults(self.store),
            folders={file.absolute().parent for file in files},
            now=now,
        )
        return conditions(state)

    def tell_owner(self, now: datetime) -> bool:
        """Write the notice to the owner that is due into the outbox, if any is."""
        return OwnerNotices(self.store, self.letters).write(self.conditions(now), now=now)

    def untold(self, now: datetime) -> Sequence[Condition]:
        """What needs a person and could not be told by mail."""
        return OwnerNotices(self.store, self.letters).untold(self.conditions(now))

    def health(self, now: datetime) -> list[SourceHealth]:
        """The health of each source and each enricher."""
        return [
            *source_health(self.sources, self.store, now=now),
            *enricher_health(self.enrichers, self.store, now=now),
        ]

    def send_test_letter(self, to: str, *, now: datetime) -> str:
        """Send a letter without papers, bypassing the outbox; returns the relay's reply. Raises DeliveryError."""
        reader = Subscriber(id="test", email=to, timezone=ZoneInfo("UTC"), language=self.config.language)
        when = Schedule(days=frozenset(range(7)), hour=7, minute=30, at_once=False)
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
        with open_channel(self.config.relays[0], self.registry) as channel:
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
        tell: Callable[[PullResult], None] = lambda _: None,
    ) -> list[PullResult]:
        """Ask the sources, or `only` those of one name or kind. Raises ConfigError where there are none.

        `exactly` selects one source or look-up by name; if the config no longer has it, nothing is asked.
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
            self.client,
            now=now,
            look_ups=helpers,
            by_hand=by_hand,
            since=since,
            stop=stop,
            in_transaction=self._enqueue_in_transaction("compose"),
            tell=tell,
        )

    def enrich(
        self,
        *,
        now: datetime,
        only: str | None = None,
        by_hand: bool = False,
        stop: Event | None = None,
        tell: Callable[[EnrichResult], None] = lambda _: None,
    ) -> list[EnrichResult]:
        """Ask the enrichers about new papers and about the authors whom readers follow."""
        chosen = [enricher for enricher in self.enrichers if only in (None, enricher.name)]
        return enrich(chosen, self.store, self.client, self._followed(), now=now, by_hand=by_hand, stop=stop, tell=tell)

    def _followed(self) -> list[FollowedAuthor]:
        readers = self.readers() if self.enrichers else ()
        answers = self.store.answers.of_readers(reader.id for reader in readers)
        subscriptions = (with_answers(reader.id, each, answers) for reader in readers for each in reader.subscriptions)
        return [rule.person for each in subscriptions for rule in each.rules if rule.person]

    def _enqueue_in_transaction(self, kind: JobKind) -> TransactionHook | None:
        """With a shared queue, a hook that enqueues the follow-up job in the transaction that writes its work."""
        return partial(_enqueue, self.queue, Job(kind)) if self.config.queue else None

    def sync_schedules(self, now: datetime) -> None:
        """Bring the schedule rows of the database in line with the config."""
        self.compose_window.active(self.readers(), self.store, now=now)

    def compose(
        self,
        *,
        now: datetime,
        shards: int | None = None,
        stop: Event | None = None,
        restored: bool = False,
        tell: Callable[[ComposeResult], None] = lambda _: None,
    ) -> list[ComposeResult]:
        """Compose the due issues, of at most `shards` shards of readers.

        Raises DatabaseRestored where the database is not the one that was used last, unless `restored` confirms that:
        what an older state of it would compose has been sent.
        """
        take_over(self.store, self.config.journal, now=now, restored=restored)

        def outlook() -> SourceOutlook:
            absences = missing_services(self.sources, self.store, now=now)
            names = {key: kind.label for key, kind in self.registry.sources.items()}
            return SourceOutlook(absences, dict(resting_services(self.sources, now=now)), names)

        return compose(
            self.readers(),
            self.store,
            self.letters,
            now=now,
            window=self.compose_window,
            outlook=outlook,
            shards=shards,
            in_transaction=self._enqueue_in_transaction("deliver"),
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
        """Send what waits in the outbox, or `only` the letter of one Message-ID. `by_hand` also tries a relay whose
        circuit breaker is open; `restored` confirms that the database was restored from a backup on purpose.
        """
        folder, logs = self.config.journal, self.config.logs
        first = not self.has_delivered.is_set()  # later rounds know what this process has sent
        open_journal = recover(self.store, folder, clock=clock, restored=restored, logs=logs, waiting=first, tell=tell)
        self.has_delivered.set()
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
        """Take over the letters of dead processes on this machine, and merge issues that are too late."""
        recover(self.store, self.config.journal, clock=lambda: now, restored=restored, logs=self.config.logs)

    def read_bounces(
        self,
        clock: Callable[[], datetime],
        *,
        box: str | None = None,
        tell: Callable[[BounceRead], None] = lambda _: None,
    ) -> list[BounceRead]:
        """Read bounces from the mailbox of `bounces:` or from `box`. Raises ConfigError, MailboxError."""
        bounces = self.config.bounces
        if bounces is None:
            raise ConfigError("digest.yaml has no `bounces:`, so no letter has an address to which its bounces go")
        url = box or bounces.url
        if url is None:
            raise ConfigError(
                "`bounces:` names no mailbox: write `url:` there, or name one: `digest hear maildir:PATH`"
            )
        own = box is None
        opened = mailbox.open_mailbox(
            url,
            user=bounces.user.get_secret_value() if own and bounces.user else None,
            password=bounces.password.get_secret_value() if own and bounces.password else None,
        )
        keys = [key.get_secret_value() for key in self.config.keys]
        return_address = ReturnAddress(address=bounces.address, keys=keys, domain=self.config.sender.domain)
        try:
            return read_bounces(self.store, opened, url, return_address, clock=clock, tell=tell)
        except (ConfigError, MailboxError) as error:
            if own:
                self.store.set_aside.record([SetAside.of("mailbox", "bounces", error)], now=clock())
            raise


@contextmanager
def open_app(
    config: Config,
    *,
    client: HttpClient | None = None,
    looking: bool = False,
    sources: Mapping[str, SourceKind] | None = None,
    channels: Mapping[str, ChannelKind] | None = None,
) -> Iterator[App]:
    """Open the App of a config and close it at the end; `client` replaces the HTTP client.

    `sources` and `channels` are the registries by which the config was loaded; without them, those that are installed.

    With `looking`, a missing database is not created: the App sees an empty temporary one.
    """
    with ExitStack() as stack:
        url = config.database
        if looking and is_missing(url):
            url = f"sqlite:///{stack.enter_context(TemporaryDirectory(prefix='digest-'))}/empty.db"
        kinds = registry_of(sources, channels)
        trust = {key: kind.trust for key, kind in kinds.sources.items()}
        store = stack.enter_context(Store.open(url, trust=trust))
        if not looking:
            store.statements = StatementFile(config.journal, store.journals.database_id())
            apply_statements(store, now=datetime.now(UTC), shorten=True)
        turns = DatabaseRateLimit(store) if store.is_shared else None
        http_client = stack.enter_context(client or HttpClient(contact=config.contact, turns=turns))
        queue: WorkQueue = ProcrastinateQueue(config.database) if config.queue else LocalQueue()
        stack.enter_context(queue)
        parts = config_parts(config, kinds)
        yield App(config=config, store=store, client=http_client, queue=queue, registry=kinds, **parts)


def _enqueue(queue: WorkQueue, job: Job, connection: Any) -> None:
    try:
        queue.enqueue([job], connection)
    except Exception as error:  # it is the queue's fault: no paper and no issue in this transaction is to blame
        raise DigestError(f"the queue took no work: {reason_of(error)}") from error
