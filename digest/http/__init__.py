"""The web, asked politely: one pace per service, retries, caps, and one way to fail."""

from __future__ import annotations

import random as chance
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
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
_LOOK = 1.0  # seconds between two looks at whether another machine has asked
_PATIENCE = 45.0  # seconds of waiting in one get; who asks for more is asked again by the clock


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask "has it changed?" with, kept byte for byte: unquoted and weak ETags too."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """A good answer; `not_modified` has no body."""

    url: str  # where the answer came from, after redirects
    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str]  # lower-case names
    validators: Validators
    not_modified: bool = False
    moved_to: str | None = None  # the service says: from now on ask here (301, 308)


class FetchStopped(SourceError):
    """We were asked to stop while waiting; nothing is wrong with the service."""


@dataclass(slots=True)
class _PendingRequest:
    """One get on its way."""

    request: httpx.Request
    validators: Validators
    trusted: str | None  # the host that may be private
    service: str | None
    stop: Event | None
    limit: float  # of the monotonic clock: no wait goes on beyond it


class SharedRateLimit(Protocol):
    """Who may ask a service when, of all machines together."""

    def take(self, service: str) -> float:
        """Zero where it may be asked now, by us alone; else how many seconds to wait before taking again."""

    def done(self, service: str, every: float) -> None:
        """It was asked; the next may do so in `every` seconds."""


class HttpClient:
    """The one client. Safe to use from several threads; one service is asked by one at a time.

    Seams: `wire` (with its network and time-outs), `proxies` (as urllib.request.getproxies() gives them), `clock`
    (monotonic seconds), `wall` (Unix seconds), `sleep`, `random` (in [0, 1)). With `turns` the pace of a service is one
    for all machines that have them in common.
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
        self._lanes: dict[str, ServiceRateLimit] = {}
        self._hosts: dict[str, HostBackoff] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all idle connections."""
        self._wire.close()

    def get(
        self,
        request: httpx.Request,
        *,
        validators: Validators | None = None,
        allow_private: bool = False,
        service: str | None = None,
        stop: Event | None = None,
    ) -> FetchResult:
        """The answer to a request, asked again after what may pass, for about a minute at most.

        `service` "arxiv" keeps arXiv's pace at any address; *.arxiv.org has it anyway. `allow_private` lets the
        request's own host lie in a private net; a redirect to another host is judged all the same. `stop` ends every
        wait; then Stopped is raised.
        Raises SourceError; its retry_after says when the host wants to be asked again.
        """
        errand = _PendingRequest(
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
                return self._follow(errand)
            except TransientHttpError as fault:  # the host keeps the wait
                why = str(fault)
        raise SourceError(f"{host_and_path(request.url)}: {why}")

    def _follow(self, errand: _PendingRequest) -> FetchResult:
        url, lasting, moved = errand.request.url, True, None
        for _ in range(_REDIRECTS + 1):
            reply = self._ask(errand, url)
            location = reply.headers.get("location")
            if reply.status not in (301, 302, 303, 307, 308) or not location:
                return _fetched(errand, url, reply, moved)
            url = redirect_target(errand.request, url, location)
            lasting = lasting and reply.status in (301, 308)
            moved = str(url) if lasting else moved
        raise SourceError(f"{host_and_path(errand.request.url)}: more than {_REDIRECTS} redirects")

    def _ask(self, errand: _PendingRequest, url: httpx.URL) -> HttpResponse:
        """One hop, in its turn."""
        guarded = url.host != errand.trusted
        proxy = proxy_for(url, self._proxies)
        check_url(url, guarded=guarded)
        known = errand.validators
        request = prepare_request(errand.request, url, agent=self._agent, etag=known.etag, since=known.last_modified)
        with self._turn(errand, url) as (at, lane):
            try:
                reply = self._wire.exchange(
                    request, guarded=guarded, proxy=proxy, alive=lambda: _go_on(errand.stop, url)
                )
            except TransientHttpError as fault:
                self._failed(at, lane, f"{host_and_path(url)}: {fault}")
                raise
            except ResponseTooLarge as error:
                raise SourceError(f"{host_and_path(url)}: {error}") from None
            except PrivateAddressRefused:
                raise private_address_error(url) from None
            self._heed(at, lane, url, reply)
            return reply

    def _heed(self, at: AddressBackoff, lane: ServiceRateLimit, url: httpx.URL, reply: HttpResponse) -> None:
        """Keep how the host is, and what it asks for."""
        asked = retry_after(reply.headers.get("retry-after"), date=reply.headers.get("date"), wall=self._wall())
        words = error_excerpt(url, reply)
        why = f"{host_and_path(url)}: answered {reply.status}" + (f" ({words})" if words else "")
        if reply.status == 429 or (reply.status >= 500 and reply.status != 501):
            self._failed(at, lane, why, throttled=reply.status in (429, 503), asked=asked)
            raise TransientHttpError(f"answered {reply.status}")
        at.well()
        if reply.status >= 400:
            if asked is not None:
                at.asked(self._clock(), asked, why)
            raise SourceError(why, retry_after=_span(asked), status=reply.status)

    def _failed(
        self,
        at: AddressBackoff,
        lane: ServiceRateLimit,
        why: str,
        *,
        throttled: bool = False,
        asked: float | None = None,
    ) -> None:
        at.failed(self._clock(), why, lane.manners, self._random(), throttled=throttled, asked=asked)

    @contextmanager
    def _turn(self, errand: _PendingRequest, url: httpx.URL) -> Iterator[tuple[AddressBackoff, ServiceRateLimit]]:
        """Wait until the host and its service may be asked, and be the only one to ask."""
        name = url.netloc.decode("ascii")
        at = AddressBackoff(
            self._hosts.setdefault(name, HostBackoff()), self._hosts.setdefault(name + url.path, HostBackoff())
        )
        lane = self._lane(url, errand.service)
        while True:
            self._wait_for(at.worst(self._clock()), errand, url)
            queued = self._clock()
            with lane.lock:
                if at.worst(self._clock()).left(self._clock()) > 0:
                    continue  # it asked someone else to wait, meanwhile
                self._pause(lane.ready_at - self._clock(), errand.stop, url)
                while self._turns and (wait := self._turns.take(lane.name)):
                    self._pause(min(wait, _LOOK), errand.stop, url)
                errand.limit += self._clock() - queued  # to stand in line is not to be put off
                try:
                    yield at, lane
                finally:
                    every = lane.manners.limit.interval.total_seconds()
                    lane.ready_at = self._clock() + every
                    if self._turns:
                        self._turns.done(lane.name, every)
                return

    def _lane(self, url: httpx.URL, service: str | None) -> ServiceRateLimit:
        if service == "arxiv" or url.host == "arxiv.org" or url.host.endswith(".arxiv.org"):
            return self._lanes.setdefault("arxiv", ServiceRateLimit("arxiv", ARXIV))
        host = url.netloc.decode("ascii")
        return self._lanes.setdefault(host, ServiceRateLimit(host, SLOW if service == "dblp" else GENTLE))

    def _wait_for(self, host: HostBackoff, errand: _PendingRequest, url: httpx.URL) -> None:
        now = self._clock()
        wait = host.left(now)
        if wait and now + wait > errand.limit:
            raise SourceError(
                f"{host.why}; not asked again for {round(wait)} s", retry_after=_span(wait) if host.throttled else None
            )
        self._pause(wait, errand.stop, url)

    def _pause(self, seconds: float, stop: Event | None, url: httpx.URL) -> None:
        if seconds > 0:
            (self._sleep or (stop or Event()).wait)(seconds)
        _go_on(stop, url)


def _fetched(errand: _PendingRequest, url: httpx.URL, reply: HttpResponse, moved: str | None) -> FetchResult:
    unchanged = reply.status == 304 and errand.validators != Validators()
    if not unchanged and not reply.good:
        raise SourceError(f"{host_and_path(url)}: answered {reply.status}, which says nothing here")
    given = Validators(etag=reply.as_sent("etag"), last_modified=reply.as_sent("last-modified"))
    return FetchResult(
        url=str(strip_credentials(url)),
        status=reply.status,
        body=reply.body,
        content_type=reply.headers.get("content-type", ""),
        headers=dict(reply.headers),
        validators=errand.validators if unchanged and given == Validators() else given,
        not_modified=unchanged,
        moved_to=moved,
    )


def _go_on(stop: Event | None, url: httpx.URL) -> None:
    if stop is not None and stop.is_set():
        raise FetchStopped(f"{host_and_path(url)}: asked to stop")


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
