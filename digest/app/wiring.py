"""Builds the parts of App from a config: sources, the letter factory, channels, routes, and the doctor's probes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from digest.app.registry import Registry
from digest.config import Config, Relay
from digest.delivery import log_evidence as evidence
from digest.delivery.channels import Channel
from digest.delivery.channels.smtp import SmtpChannel
from digest.delivery.relay_limits import Route
from digest.errors import SourceError
from digest.http import HttpClient
from digest.issues.compose import ComposeWindow
from digest.letters import LetterFactory
from digest.readers import ReaderDirectory
from digest.render import PageRenderer, Renderer
from digest.store import Store

_LEASE = timedelta(minutes=2)
"""How long one machine may hold its turn at a service while the others wait."""


class DatabaseRateLimit:
    """The rate limit of each service as a lease in the shared database, so that it holds for all machines together."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, service: str) -> float:
        return self._store.leases.acquire(f"web {service}", now=datetime.now(UTC), lease=_LEASE).total_seconds()

    def done(self, service: str, every: float) -> None:
        self._store.leases.release(f"web {service}", at=datetime.now(UTC) + timedelta(seconds=every))


def is_missing(url: str) -> bool:
    """Whether this is the URL of an SQLite file that does not exist yet."""
    scheme, _, file = url.partition(":///")
    return scheme == "sqlite" and not Path(file).exists()


def config_parts(config: Config, registry: Registry) -> dict[str, Any]:
    """The fields of App that follow from its config alone."""
    chosen = [(registry.sources[key], settings) for key, settings in config.sources.items()]
    return {
        "sources": tuple(source for kind, settings in chosen for source in kind.sources(settings)),
        "look_ups": tuple(kind.look_up(settings) for kind, settings in chosen if kind.look_up),
        "enrichers": tuple(found for kind, settings in chosen if kind.enricher and (found := kind.enricher(settings))),
        "letters": _letters(config, registry),
        "pages": PageRenderer(config.templates),
        "compose_window": ComposeWindow(),
        "directory": ReaderDirectory(config),
    }


def _letters(config: Config, registry: Registry) -> LetterFactory:
    return LetterFactory(
        renderer=Renderer(config.templates),
        shipped=Renderer() if config.templates else None,
        sender=config.sender,
        owner=config.owner,
        postal=config.postal,
        site=config.site,
        keys=[key.get_secret_value() for key in config.keys],
        signers=config.signers,
        complaints=config.complaints,
        with_content=any(registry.channels[relay.scheme].content for relay in config.relays),
    )


def open_channel(relay: Relay, registry: Registry) -> Channel:
    """The channel of a relay, not connected yet."""
    channel: Channel = registry.channels[relay.scheme].open(relay)
    return channel


def routes(config: Config, registry: Registry, clock: Callable[[], datetime]) -> list[Route]:
    """One route for each configured relay; opening its channel first searches the relay's log for letters in doubt."""
    checked = evidence.check_logs_first(config.logs, clock)
    return [
        Route(
            name=str(relay),
            open=checked(partial(open_channel, relay, registry)),
            weight=relay.weight,
            per_second=relay.per_second,
            per_day=relay.per_day,
            content=registry.channels[relay.scheme].content,
        )
        for relay in config.relays
    ]


def greeters(config: Config, registry: Registry) -> dict[str, Callable[[], str]]:
    """By the name of each SMTP relay, a function that connects, logs in, and returns the server's words."""
    opened = {str(relay): open_channel(relay, registry) for relay in config.relays}
    return {name: partial(_greet, channel) for name, channel in opened.items() if isinstance(channel, SmtpChannel)}


def _greet(channel: SmtpChannel) -> str:
    with channel:
        return channel.greet()


def http_status(client: HttpClient, request: httpx.Request) -> int:
    """The status of the response, even if the client counts it as an error. Raises SourceError without one."""
    try:
        return client.get(request).status
    except SourceError as error:
        if error.status is None:
            raise
        return error.status
