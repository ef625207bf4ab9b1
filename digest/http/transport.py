"""HTTP transport: one request and its whole response, streamed and decompressed within a size limit and a deadline."""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore
import httpx

from digest.errors import SourceError
from digest.http.ssrf import Deadline, GuardedNetworkBackend, SystemNetwork

_STEPS = {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 30.0}  # time-outs of single steps, in seconds
_KEEP = 30.0  # seconds that an idle connection is kept

_FAULTS: dict[type[Exception], str] = {  # the first class that matches gives the text
    httpcore.ConnectTimeout: "no connection in time",
    httpcore.TimeoutException: "no whole answer in time",
    httpcore.ConnectError: "no connection",
    httpcore.NetworkError: "the connection was lost",
    httpcore.ProxyError: "the proxy refused",
    httpcore.ProtocolError: "the answer broke off, or is no HTTP",
}


class TransientHttpError(Exception):
    """The exchange failed, and a retry may succeed; the text can be shown to people."""


class ResponseTooLarge(Exception):
    """The response is larger than the limit."""

    def __init__(self, largest: int) -> None:
        super().__init__(f"the answer is larger than {largest / 2**20:g} MB")


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response with its body decompressed."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    def as_sent(self, name: str) -> str | None:
        """The first header of that name byte for byte (as Latin-1); httpx would guess an encoding."""
        wanted = name.lower().encode("ascii")
        return next((value.decode("latin-1") for key, value in self.headers.raw if key.lower() == wanted), None)


class HttpTransport:
    """Connection pools: a guarded one (SSRF), an unguarded one, and one for each proxy."""

    def __init__(
        self,
        *,
        network: SystemNetwork | None = None,
        clock: Callable[[], float] = time.monotonic,
        timeout: float = 60,
        largest: int = 10 * 1024 * 1024,
    ) -> None:
        self._network = network or SystemNetwork()
        self._clock = clock
        self._timeout = timeout
        self._largest = largest
        self._deadline = Deadline(clock)
        self._tls: ssl.SSLContext | None = None
        self._pools: dict[tuple[bool, str | None], httpcore.ConnectionPool] = {}

    def exchange(
        self, request: httpx.Request, *, guarded: bool, proxy: str | None, alive: Callable[[], None] = lambda: None
    ) -> HttpResponse:
        """The response to one request; redirects are not followed. `alive` is called between chunks and may raise.

        Raises TransientHttpError, ResponseTooLarge, and PrivateAddressRefused where a guarded request would connect to
        a private address.
        """
        self._deadline.at = self._clock() + self._timeout
        with self._faults(), self._answer(request, self._pool(guarded, proxy)) as answer:
            headers = httpx.Headers(answer.headers)
            body = _read(self._pieces(answer, alive), headers, self._largest)
            return HttpResponse(answer.status, headers, body)

    def close(self) -> None:
        """Close all idle connections."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    @contextmanager
    def _answer(self, request: httpx.Request, pool: httpcore.ConnectionPool) -> Iterator[httpcore.Response]:
        url = request.url
        answer = pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.read(),
                extensions={"timeout": _STEPS},
            )
        )
        try:
            yield answer
        finally:
            answer.close()

    def _pieces(self, answer: httpcore.Response, alive: Callable[[], None]) -> Iterator[bytes]:
        assert isinstance(answer.stream, Iterable)
        for piece in answer.stream:
            alive()
            yield piece

    def _pool(self, guarded: bool, proxy: str | None) -> httpcore.ConnectionPool:
        """Guarded and unguarded requests have separate pools: a reused connection would bypass the address check."""
        key = (guarded and proxy is None, proxy)
        if key not in self._pools:
            self._pools[key] = self._new_pool(guarded=key[0], proxy=proxy)
        return self._pools[key]

    def _new_pool(self, *, guarded: bool, proxy: str | None) -> httpcore.ConnectionPool:
        self._tls = self._tls or httpx.create_ssl_context()
        return httpcore.ConnectionPool(
            ssl_context=self._tls,
            proxy=_proxy(proxy) if proxy else None,
            max_connections=None,  # ServiceRateLimit allows each service one
            max_keepalive_connections=10,
            keepalive_expiry=_KEEP,
            network_backend=GuardedNetworkBackend(self._network, self._deadline, guarded=guarded),
        )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except tuple(_FAULTS) as error:
            raise TransientHttpError(
                next(words for kind, words in _FAULTS.items() if isinstance(error, kind))
            ) from error


def _proxy(address: str) -> httpcore.Proxy:
    url = httpx.URL(address if "://" in address else f"http://{address}")
    if url.scheme not in ("http", "https"):
        raise SourceError("the proxy that the environment names is neither http nor https")
    auth = (url.username, url.password) if url.userinfo else None
    return httpcore.Proxy(url=str(url.copy_with(userinfo=b"")), auth=auth)


def _read(pieces: Iterable[bytes], headers: httpx.Headers, largest: int) -> bytes:
    """The body; gzip is decompressed chunk by chunk, so that a decompression bomb cannot fill the memory."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding in ("gzip", "x-gzip"):
        return _gunzip(pieces, largest)
    if coding not in ("", "identity"):
        raise TransientHttpError("the answer is packed in a way that was not asked for")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > largest:
            raise ResponseTooLarge(largest)
    return bytes(body)


def _gunzip(pieces: Iterable[bytes], largest: int) -> bytes:
    """Decompress gzip members (RFC 1952). A last member without its end is a truncated response."""
    body = bytearray()
    unpacker = None
    try:
        for packed in pieces:
            while packed:
                unpacker = unpacker or zlib.decompressobj(16 + zlib.MAX_WBITS)
                body += unpacker.decompress(packed, largest - len(body) + 1)
                if len(body) > largest:
                    raise ResponseTooLarge(largest)
                packed, unpacker = (
                    (unpacker.unused_data, None) if unpacker.eof else (unpacker.unconsumed_tail, unpacker)
                )
    except zlib.error as error:
        raise TransientHttpError("the answer cannot be unpacked") from error
    if unpacker is not None:
        raise TransientHttpError("the answer broke off")
    return bytes(body)
