"""SSRF guard of the HTTP client: refuses private addresses at connect time, and picks the proxy."""

from __future__ import annotations

import ipaddress
import math
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from ssl import SSLContext

import httpcore
import httpx

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the low 32 bits are an IPv4 address
_UNICAST = ipaddress.IPv6Network("2000::/3")  # the only global unicast range that IANA has given out

# The IANA registries of special-purpose addresses (RFC 6890). Not `is_global`: what it says differs between Pythons.
_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4, RFC 3056: the next 32 bits may be any IPv4 address
        "3fff::/20",  # documentation, RFC 9637
    )
)


class PrivateAddressRefused(Exception):
    """All addresses of the host are private, and a URL from outside may not lead there."""


def is_public(address: str) -> bool:
    """Whether an IP address is global unicast: not private, link-local, CGNAT, multicast …"""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _SPECIAL_V4)
    inner = ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
    if inner is not None:
        return is_public(str(inner))
    return ip in _UNICAST and not any(ip in network for network in _SPECIAL_V6)


def literal(host: str) -> str | None:
    """The IP address that a host is written as, in any spelling that resolvers accept (`127.1`); None for a name."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(name.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except (OSError, UnicodeError):
        return None


def proxy_for(url: httpx.URL, proxies: Mapping[str, str]) -> str | None:
    """The proxy for a URL by the environment; `proxies` as urllib.request.getproxies() gives them."""
    address = literal(url.host)
    if address is not None and ipaddress.ip_address(address).is_loopback:
        return None  # loopback means this machine, not the proxy's
    for entry in proxies.get("no", "").lower().split(","):
        name = entry.strip().lstrip("*").lstrip(".")
        if entry.strip() == "*" or (name and (url.host == name or url.host.endswith("." + name))):
            return None
    return proxies.get(url.scheme) or proxies.get("all")


class SystemNetwork:
    """Name resolution and TCP connections by the operating system; tests replace it."""

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of a host, preferred first. Raises OSError if there are none."""
        return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]

    def dial(self, address: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        """Connect to one address. Raises httpcore.ConnectError or httpcore.ConnectTimeout."""
        return httpcore.SyncBackend().connect_tcp(address, port, timeout, socket_options=[])


class Deadline(threading.local):
    """The end of this thread's exchange as a whole; unlike a read time-out it is not prolonged by received bytes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.at = math.inf
        self._clock = clock

    def left(self, timeout: float | None) -> float:
        """The seconds left for one read or write. Raises httpcore.ReadTimeout after the deadline."""
        left = self.at - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole answer took too long")
        return left if timeout is None else min(timeout, left)


class GuardedNetworkBackend(httpcore.NetworkBackend):
    """Connects to the very address that was checked, so that DNS rebinding between check and connect has no effect."""

    def __init__(self, network: SystemNetwork, deadline: Deadline, *, guarded: bool) -> None:
        self._network = network
        self._deadline = deadline
        self._guarded = guarded

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        fault: Exception = httpcore.ConnectError("no address")
        for address in self._addresses(host, port):
            try:
                return _DeadlineStream(self._network.dial(address, port, self._deadline.left(timeout)), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._network.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("no such host") from error
        allowed = [address for address in addresses if not self._guarded or is_public(address)]
        if addresses and not allowed:
            raise PrivateAddressRefused(host)
        return allowed


class _DeadlineStream(httpcore.NetworkStream):
    """A network stream whose reads and writes end at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _DeadlineStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
