"""The SMTP protocol on one socket: commands and replies, EHLO, STARTTLS and AUTH, each within a time and a size."""

from __future__ import annotations

import base64
import ipaddress
import math
import re
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

_LONGEST_LINE = 8_192  # RFC 5321 section 4.5.3.1.5 asks for 512
_LONGEST_REPLY = 16_384
_NOT_THIS_MECHANISM = (504, 534)  # RFC 4954 section 6: unrecognized, or too weak
_REPLY = re.compile(rb"([2-5][0-9]{2})(?:(-)| |\Z)(.*)", re.DOTALL)  # code, whether more follows, words
_ENHANCED = re.compile(r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?=\s|$)")  # RFC 2034
_FQDN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE)
_MAIL = re.compile(r"<?[^\s<>@]+@[^\s<>]+>?")


class SmtpConnectionLost(Exception):
    """The connection was closed, timed out, or does not speak SMTP; nothing more can be sent over it."""


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """The reply of a server to one command."""

    code: int
    raw: bytes

    @property
    def text(self) -> str:
        """The text, cleaned for a log at each call: nobody asks for that of a "250 Ok" to MAIL."""
        return clean_reply(self.raw)

    @property
    def good(self) -> bool:
        return 200 <= self.code < 300

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code of RFC 3463, such as "5.1.1"."""
        found = _ENHANCED.match(self.text)
        return found[0] if found else None

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


def clean_reply(raw: bytes) -> str:
    """A reply's text as one line of at most 500 characters, without control characters and mail addresses."""
    text = raw[:4_000].decode("utf-8", "replace")
    if not text.isprintable():  # hardly ever
        text = "".join(c if c.isprintable() else " " for c in text)
    if "@" in text:
        text = _MAIL.sub("<…>", text)
    return " ".join(text.split())[:500]


class SmtpConnection:
    """A connection from its greeting on; `offers` are the extensions of EHLO. Every method but `close` may raise
    SmtpConnectionLost.
    """

    def __init__(self, sock: socket.socket) -> None:
        # the last segment of a letter and its dot go out in two writes; Nagle would put 40 ms between them
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Non-blocking, with poll: a timeout is for a whole step however it drips, and what need not wait is one call.
        sock.setblocking(False)
        self._sock = sock
        self._lines = deque[bytes]()  # received and not yet read
        self._rest = b""  # received, of a line that has not ended
        self.offers: dict[str, str] = {}  # upper-case keyword -> parameters

    @property
    def encrypted(self) -> bool:
        return isinstance(self._sock, ssl.SSLSocket)

    @property
    def encryption(self) -> str:
        """TLS and its version; empty in clear."""
        return (self._sock.version() or "") if isinstance(self._sock, ssl.SSLSocket) else ""

    @property
    def on_this_machine(self) -> bool:
        return ipaddress.ip_address(self._sock.getpeername()[0].partition("%")[0]).is_loopback

    def ask(self, command: str, seconds: float) -> SmtpReply:
        """Send one command and read its reply."""
        self.put(command.encode("utf-8") + b"\r\n", seconds)
        return self.reply(seconds)

    def put(self, data: bytes, seconds: float) -> None:
        """Write all of it within the time."""
        until = time.monotonic() + seconds
        sent = self._do(self._sock.send, data, select.POLLOUT, until)
        while sent < len(data):
            sent += self._do(self._sock.send, memoryview(data)[sent:], select.POLLOUT, until)

    def drain(self, seconds: float) -> None:
        """Wait until all that was put has left this machine, or the server speaks.

        A server that reads no more would leave it in our buffers; with the dot behind it nobody knows what arrives.
        """
        self._notsent_lowat(1)  # writable is then who has nothing unsent (tcp(7)); elsewhere than on Linux it always is
        try:
            poll = select.poll()
            poll.register(self._sock, select.POLLIN | select.POLLOUT)
            if not poll.poll(math.ceil(seconds * 1_000)):
                raise SmtpConnectionLost("no answer in time")
        finally:
            self._notsent_lowat(0)

    def _notsent_lowat(self, count: int) -> None:
        if option := getattr(socket, "TCP_NOTSENT_LOWAT", None):
            with suppress(OSError):
                self._sock.setsockopt(socket.IPPROTO_TCP, option, count)

    def reply(self, seconds: float) -> SmtpReply:
        """The next reply, all its lines (RFC 5321 section 4.2.1), within so many seconds."""
        # nearly always one line that was received already, with the replies before it
        if self._lines and (found := _REPLY.fullmatch(self._lines[0])) and not found[2]:
            self._lines.popleft()
            return SmtpReply(int(found[1]), found[3])
        code, lines = self._read_reply(seconds)
        return SmtpReply(code, b" ".join(lines))

    def quiet(self) -> bool:
        """Whether nothing has come unasked: no 421, no early reply, no end of the connection."""
        if self._lines or self._rest:
            return False
        try:
            self._take(self._sock.recv(4_096))
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def greet(self, seconds: float) -> SmtpReply:
        """EHLO, or HELO where that is not known; keeps the extensions in `offers`."""
        name = self._own_name()
        self.put(f"EHLO {name}\r\n".encode("ascii"), seconds)
        code, lines = self._read_reply(seconds)
        if code in (500, 502, 504, 550):
            return self.ask(f"HELO {name}", seconds)
        words = (line.decode("ascii", "replace").upper().partition(" ") for line in lines[1:])
        self.offers = {keyword.partition("=")[0]: rest for keyword, _, rest in words}
        return SmtpReply(code, b" ".join(lines))

    def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Encrypt from here on (RFC 3207); the extensions offered in clear are forgotten."""
        if self._lines or self._rest:
            raise SmtpConnectionLost("it spoke before the encryption had begun")
        try:
            self._sock.settimeout(seconds)
            self._sock = context.wrap_socket(self._sock, server_hostname=host)
            self._sock.setblocking(False)
        except (OSError, ValueError) as error:
            raise SmtpConnectionLost(_why(error)) from None
        self.offers = {}

    def log_in(self, user: str, password: str, seconds: float) -> SmtpReply:
        """AUTH PLAIN (RFC 4616) or LOGIN; user and password are removed from the reply.

        A mechanism that is offered and then refused as such (504, 534) makes way for the other one.
        """
        offered = self.offers.get("AUTH", "").split()
        mechanisms = [name for name in ("PLAIN", "LOGIN") if name in offered] or ["PLAIN" if not offered else "LOGIN"]
        for mechanism in mechanisms:
            said = self._authenticate(mechanism, user, password, seconds)
            if said.code not in _NOT_THIS_MECHANISM:
                break
        text = said.text
        spoken = (_base64(f"\0{user}\0{password}"), _base64(password), _base64(user))
        for secret in filter(None, (*spoken, password, user)):
            text = text.replace(secret, "…")
        return SmtpReply(said.code, text.encode("utf-8"))

    def _authenticate(self, mechanism: str, user: str, password: str, seconds: float) -> SmtpReply:
        if mechanism == "PLAIN":
            return self.ask("AUTH PLAIN " + _base64(f"\0{user}\0{password}"), seconds)
        said = self.ask("AUTH LOGIN", seconds)
        for answer in (user, password):
            said = self.ask(_base64(answer), seconds) if said.code == 334 else said
        return said

    def close(self) -> None:
        """Close the socket without QUIT."""
        self._sock.close()

    def _read_reply(self, seconds: float) -> tuple[int, list[bytes]]:
        until = time.monotonic() + seconds
        lines: list[bytes] = []
        room = _LONGEST_REPLY
        while room > 0:
            line = self._read_line(until)
            found = _REPLY.fullmatch(line)
            if not found:
                raise SmtpConnectionLost("it does not speak SMTP")
            code, more, words = found.groups()
            lines.append(words.strip())
            if not more:
                return int(code), lines
            room -= len(line)
        raise SmtpConnectionLost("its reply does not end")

    def _read_line(self, until: float) -> bytes:
        while not self._lines:
            if len(self._rest) > _LONGEST_LINE:
                raise SmtpConnectionLost("its reply does not end")
            data = self._do(self._sock.recv, 4_096, select.POLLIN, until)
            if not data:
                raise SmtpConnectionLost("it hung up")
            self._take(data)
        return self._lines.popleft().rstrip(b"\r")

    def _take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines += lines

    def _do(self, step: Callable[[_Given], _Made], given: _Given, event: int, until: float) -> _Made:
        """Send or receive as soon as that can be done; under TLS either may have to wait for the other."""
        while True:
            try:
                return step(given)
            except BlockingIOError:
                pass
            except ssl.SSLWantReadError:
                event = select.POLLIN
            except ssl.SSLWantWriteError:
                event = select.POLLOUT
            except OSError as error:
                raise SmtpConnectionLost(_why(error)) from None
            poll = select.poll()
            poll.register(self._sock, event)
            if not poll.poll(max(0, math.ceil((until - time.monotonic()) * 1_000))):
                raise SmtpConnectionLost("no answer in time")

    def _own_name(self) -> str:
        """Our name in EHLO: this machine's full name, else an address literal (RFC 5321 section 4.1.4)."""
        address = ipaddress.ip_address(self._sock.getsockname()[0].partition("%")[0])
        return _full_name() or (f"[{address}]" if address.version == 4 else f"[IPv6:{address}]")


@cache
def _full_name() -> str | None:
    """Asked once: a slow name server would delay every connection."""
    name = socket.getfqdn()
    return name if _FQDN.fullmatch(name) and not name.lower().startswith("localhost") else None


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no encryption with it: {error.reason or 'the handshake failed'}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "no such host"
    return error.strerror or "the connection was lost" if isinstance(error, OSError) else "the connection was lost"
