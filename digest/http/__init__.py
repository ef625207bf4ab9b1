"""The HTTP client of all sources: rate limit per service, retries, back-off, redirects, size limits, one error type."""

from __future__ import annotations

import random as chance
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, local
from types import TracebackType
from typing import Protocol, Self

import httpx

from digest import __version__
from digest.errors import SourceError
from digest.http.connection import (
    check_url,
    error_excerpt,
    host_and_path,
    prepare_request,
    private_address_error,
    redirect_target,
    strip_credentials,
)
from digest.http.ssrf import PrivateAddressRefused, proxy_for
from digest.http.throttle import ARXIV, GENTLE, SLOW, AddressBackoff, HostBackoff, ServiceRateLimit, retry_after
from digest.http.transport import HttpResponse, HttpTransport, ResponseTooLarge, TransientHttpError

_REDIRECTS = 5
_TRIES = 5
_LOOK = 1.0  # seconds between two checks whether another machine has released the service
_PATIENCE = 45.0  # seconds of waiting in one get(); a service that wants a longer wait is asked at the next interval


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified of an earlier response, for a conditional request; kept byte for byte, even if invalid."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """A successful response; with `not_modified` (304) the body is empty."""

    url: str  # of the last hop, after redirects
    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]  # lower-case names
    validators: Validators
    not_modified: bool = False
    moved_to: str | None = None  # the new address after permanent redirects (301, 308)


class FetchStopped(SourceError):
    """The caller's stop event was set during a wait; the service is not at fault."""


@dataclass(slots=True)
class _PendingRequest:
    """State of one call of HttpClient.get(), over its tries and redirects."""

    request: httpx.Request
    validators: Validators
    trusted: str | None  # the host that may have a private address
    service: str | None
    stop: Event | None
    limit: float  # the latest end of a wait, in seconds of the monotonic clock


class _LiftedWaits(local):
    """The addresses that were asked on this thread since its waits were lifted; None where they count."""

    seen: set[httpx.URL] | None = None


class SharedRateLimit(Protocol):
    """A rate limit for each service that several machines share."""

    def take(self, service: str) -> float:
        """Reserve a service for this process: zero on success, else the seconds to wait before the next try."""

    def done(self, service: str, every: float) -> None:
        """Release a service after a request; the next request to it is allowed in `every` seconds."""


class HttpClient:
    """The HTTP client. Thread-safe; a service gets one request at a time.

    For tests: `wire` (with its network and time-outs), `proxies` (as urllib.request.getproxies() gives them), `clock`
    (monotonic seconds), `wall` (Unix seconds), `sleep`, `random` (in [0, 1)). With `turns`, all machines that share
    them share the rate limit of each service.
    """

    def __init__(
        self,
        *,
        contact: str,
        wire: HttpTransport | None = None,
        proxies: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
        random: Callable[[], float] = chance.random,
        turns: SharedRateLimit | None = None,
    ) -> None:
        self._agent = f"MorningPapers/{__version__} (+mailto:{contact})"
        self._wire = wire or HttpTransport(clock=clock)
        self._proxies = urllib.request.getproxies() if proxies is None else proxies
        self._clock, self._wall, self._sleep, self._random = clock, wall, sleep, random
        self._turns = turns
        self._service_limits: dict[str, ServiceRateLimit] = {}
        self._hosts: dict[str, HostBackoff] = {}
        self._lifted = _LiftedWaits()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all idle connections."""
        self._wire.close()

    @contextmanager
    def passing_over_waits(self) -> Iterator[None]:
        """Meanwhile, on this thread, the wait that each address had before counts no more; a new one does."""
        self._lifted.seen = set()
        try:
            yield
        finally:
            self._lifted.seen = None

    def get(
        self,
        request: httpx.Request,
        *,
        validators: Validators | None = None,
        allow_private: bool = False,
        service: str | None = None,
        stop: Event | None = None,
    ) -> FetchResult:
        """The response to a request, retried after transient failures for about a minute at most.

        `service` "arxiv" applies arXiv's rate limit to any address; *.arxiv.org always has it. `allow_private` permits
        a private address for the request's own host; after a redirect to another host it does not count. `stop` ends
        every wait with FetchStopped.
        Raises SourceError; its retry_after is the wait that the host asks for.
        """
        pending = _PendingRequest(
            request=request,
            validators=validators or Validators(),
            trusted=request.url.host if allow_private else None,
            service=service,
            stop=stop,
            limit=self._clock() + _PATIENCE,
        )
        why = ""
        for _ in range(_TRIES):
            try:
                return self._follow(pending)
            except TransientHttpError as fault:  # HostBackoff holds the wait before the next try
                why = str(fault)
        raise SourceError(f"{host_and_path(request.url)}: {why}")

    def _follow(self, pending: _PendingRequest) -> FetchResult:
        url, lasting, moved = pending.request.url, True, None
        for _ in range(_REDIRECTS + 1):
            reply = self._ask(pending, url)
            location = reply.headers.get("location")
            if reply.status not in (301, 302, 303, 307, 308) or not location:
                return _fetched(pending, url, reply, moved)
            url = redirect_target(pending.request, url, location)
            lasting = lasting and reply.status in (301, 308)
            moved = str(url) if lasting else moved
        raise SourceError(f"{host_and_path(pending.request.url)}: more than {_REDIRECTS} redirects")

    def _ask(self, pending: _PendingRequest, url: httpx.URL) -> HttpResponse:
        """One hop of the request, within the rate limit of its service."""
        guarded = url.host != pending.trusted
        proxy = proxy_for(url, self._proxies)
        check_url(url, guarded=guarded)
        known = pending.validators
        request = prepare_request(pending.request, url, agent=self._agent, etag=known.etag, since=known.last_modified)
        with self._turn(pending, url) as (at, service_limit):
            try:
                reply = self._wire.exchange(
                    request, guarded=guarded, proxy=proxy, alive=lambda: _go_on(pending.stop, url)
                )
            except TransientHttpError as fault:
                self._record_failure(at, service_limit, f"{host_and_path(url)}: {fault}")
                raise
            except ResponseTooLarge as error:
                raise SourceError(f"{host_and_path(url)}: {error}") from None
            except PrivateAddressRefused:
                raise private_address_error(url) from None
            self._record(at, service_limit, url, reply)
            return reply

    def _record(self, at: AddressBackoff, service_limit: ServiceRateLimit, url: httpx.URL, reply: HttpResponse) -> None:
        """Record success or failure for the back-off, with Retry-After; raise for an error status."""
        asked = retry_after(reply.headers.get("retry-after"), date=reply.headers.get("date"), wall=self._wall())
        words = error_excerpt(url, reply)
        why = f"{host_and_path(url)}: answered {reply.status}" + (f" ({words})" if words else "")
        if reply.status == 429 or (reply.status >= 500 and reply.status != 501):
            self._record_failure(at, service_limit, why, throttled=reply.status in (429, 503), asked=asked)
            raise TransientHttpError(f"answered {reply.status}")
        at.record_success()
        if reply.status >= 400:
            if asked is not None:
                at.record_retry_after(self._clock(), asked, why)
            raise SourceError(why, retry_after=_span(asked), status=reply.status)

    def _record_failure(
        self,
        at: AddressBackoff,
        service_limit: ServiceRateLimit,
        why: str,
        *,
        throttled: bool = False,
        asked: float | None = None,
    ) -> None:
        at.record_failure(self._clock(), why, service_limit.policy, self._random(), throttled=throttled, asked=asked)

    @contextmanager
    def _turn(self, pending: _PendingRequest, url: httpx.URL) -> Iterator[tuple[AddressBackoff, ServiceRateLimit]]:
        """Wait for the back-off and the rate limit, then hold the service for one request."""
        name = url.netloc.decode("ascii")
        at = AddressBackoff(
            self._hosts.setdefault(name, HostBackoff()), self._hosts.setdefault(name + url.path, HostBackoff())
        )
        service_limit = self._service_limit(url, pending.service)
        if self._lifted.seen is not None and url not in self._lifted.seen:
            self._lifted.seen.add(url)
            at.lift()
        while True:
            self._wait_for(at.worst(self._clock()), pending, url)
            queued = self._clock()
            with service_limit.lock:
                if at.worst(self._clock()).seconds_left(self._clock()) > 0:
                    continue  # another thread's request has failed meanwhile
                self._pause(service_limit.ready_at - self._clock(), pending.stop, url)
                while self._turns and (wait := self._turns.take(service_limit.name)):
                    self._pause(min(wait, _LOOK), pending.stop, url)
                pending.limit += self._clock() - queued  # waiting for other requests does not count
                try:
                    yield at, service_limit
                finally:
                    every = service_limit.policy.limit.interval.total_seconds()
                    service_limit.ready_at = self._clock() + every
                    if self._turns:
                        self._turns.done(service_limit.name, every)
                return

    def _service_limit(self, url: httpx.URL, service: str | None) -> ServiceRateLimit:
        if service == "arxiv" or url.host == "arxiv.org" or url.host.endswith(".arxiv.org"):
            return self._service_limits.setdefault("arxiv", ServiceRateLimit("arxiv", ARXIV))
        host = url.netloc.decode("ascii")
        return self._service_limits.setdefault(host, ServiceRateLimit(host, SLOW if service == "dblp" else GENTLE))

    def _wait_for(self, host: HostBackoff, pending: _PendingRequest, url: httpx.URL) -> None:
        now = self._clock()
        wait = host.seconds_left(now)
        if wait and now + wait > pending.limit:
            raise SourceError(
                f"{host.why}; not asked again for {round(wait)} s", retry_after=_span(wait) if host.throttled else None
            )
        self._pause(wait, pending.stop, url)

    def _pause(self, seconds: float, stop: Event | None, url: httpx.URL) -> None:
        if seconds > 0:
            (self._sleep or (stop or Event()).wait)(seconds)
        _go_on(stop, url)


def _fetched(pending: _PendingRequest, url: httpx.URL, reply: HttpResponse, moved: str | None) -> FetchResult:
    unchanged = reply.status == 304 and pending.validators != Validators()
    if not unchanged and not reply.good:
        raise SourceError(f"{host_and_path(url)}: answered {reply.status}, which says nothing here")
    given = Validators(etag=reply.as_sent("etag"), last_modified=reply.as_sent("last-modified"))
    return FetchResult(
        url=str(strip_credentials(url)),
        status=reply.status,
        body=reply.body,
        content_type=reply.headers.get("content-type", ""),
        headers=dict(reply.headers),
        validators=pending.validators if unchanged and given == Validators() else given,
        not_modified=unchanged,
        moved_to=moved,
    )


def _go_on(stop: Event | None, url: httpx.URL) -> None:
    if stop is not None and stop.is_set():
        raise FetchStopped(f"{host_and_path(url)}: asked to stop")


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
