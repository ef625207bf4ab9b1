"""One SMTP connection: commands out, replies in, each within a time and a size; it knows no letters."""

from __future__ import annotations

import base64
import ipaddress
import re
import socket
import ssl
import time
from dataclasses import dataclass
from functools import cache

_LONGEST_LINE = 8_192  # RFC 5321 section 4.5.3.1.5 asks for 512
_LONGEST_REPLY = 16_384
_REPLY = re.compile(rb"([2-5][0-9]{2})([ -].*|)", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?=\s|$)")  # RFC 2034
_FQDN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE)
_MAIL = re.compile(r"<?[^\s<>@]+@[^\s<>]+>?")


class Lost(Exception):
    """The connection is gone, silent for too long, or does not speak SMTP; nothing more can be sent over it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side said: the code, and its words cleaned for a log."""

    code: int
    text: str

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


def clean(raw: bytes) -> str:
    """A server's words as one line of at most 500 characters, without control characters and mail addresses."""
    text = "".join(c if c.isprintable() else " " for c in raw[:4_000].decode("utf-8", "replace"))
    return " ".join(_MAIL.sub("<…>", text).split())[:500]


class Line:
    """A connection from its greeting on. Every method but `close` may raise Lost; `offers` is what EHLO brought."""

    def __init__(self, sock: socket.socket) -> None:
        # the last segment of a letter and its dot go out in two writes; Nagle would put 40 ms between them
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._unread = bytearray()
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

    def ask(self, command: str, seconds: float) -> Reply:
        """Send one command and read its reply."""
        self.put(command.encode("utf-8") + b"\r\n", seconds)
        return self.reply(seconds)

    def put(self, data: bytes, seconds: float) -> None:
        """Write all of it within the time."""
        try:
            self._sock.settimeout(seconds)
            self._sock.sendall(data)
        except OSError as error:
            raise Lost(_why(error)) from None

    def reply(self, seconds: float) -> Reply:
        """The next reply, all its lines (RFC 5321 section 4.2.1); `seconds` is for the whole of it."""
        return self._read_reply(seconds)[0]

    def quiet(self) -> bool:
        """Whether nothing unasked has come: no farewell, no early answer, no end of the line."""
        if self._unread:
            return False
        try:
            self._sock.settimeout(0)
            self._unread += self._sock.recv(4_096)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def greet(self, seconds: float) -> Reply:
        """EHLO, or HELO where that is not known; keeps what is offered."""
        name = self._own_name()
        self.put(f"EHLO {name}\r\n".encode("ascii"), seconds)
        said, lines = self._read_reply(seconds)
        if said.code in (500, 502, 504, 550):
            return self.ask(f"HELO {name}", seconds)
        words = (line.decode("ascii", "replace").upper().partition(" ") for line in lines[1:])
        self.offers = {keyword.partition("=")[0]: rest for keyword, _, rest in words}
        return said

    def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Encrypt from here on (RFC 3207); what was said in clear before counts no more."""
        if self._unread:
            raise Lost("it spoke before the encryption had begun")
        try:
            self._sock.settimeout(seconds)
            self._sock = context.wrap_socket(self._sock, server_hostname=host)
        except (OSError, ValueError) as error:
            raise Lost(_why(error)) from None
        self.offers = {}

    def log_in(self, user: str, password: str, seconds: float) -> Reply:
        """AUTH PLAIN (RFC 4616), else LOGIN; the reply never repeats what we said."""
        ways = self.offers.get("AUTH", "").split()
        if "PLAIN" in ways or not ways:
            said = self.ask("AUTH PLAIN " + _base64(f"\0{user}\0{password}"), seconds)
        else:
            said = self.ask("AUTH LOGIN", seconds)
            for answer in (user, password):
                said = self.ask(_base64(answer), seconds) if said.code == 334 else said
        text = said.text
        spoken = (_base64(f"\0{user}\0{password}"), _base64(password), _base64(user))
        for secret in filter(None, (*spoken, password, user)):
            text = text.replace(secret, "…")
        return Reply(said.code, text)

    def close(self) -> None:
        """Hang up without a word."""
        self._sock.close()

    def _read_reply(self, seconds: float) -> tuple[Reply, list[bytes]]:
        until = time.monotonic() + seconds
        lines: list[bytes] = []
        while sum(map(len, lines)) + len(lines) < _LONGEST_REPLY:
            found = _REPLY.fullmatch(self._read_line(until))
            if not found:
                raise Lost("it does not speak SMTP")
            lines.append(found[2][1:].strip())
            if not found[2].startswith(b"-"):
                return Reply(int(found[1]), clean(b" ".join(lines))), lines
        raise Lost("its reply does not end")

    def _read_line(self, until: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > _LONGEST_LINE:
                raise Lost("its reply does not end")
            self._unread += self._receive(until - time.monotonic())
        line, _, self._unread = self._unread.partition(b"\n")
        return bytes(line.rstrip(b"\r"))

    def _receive(self, seconds: float) -> bytes:
        if seconds <= 0:
            raise Lost("no answer in time")
        try:
            self._sock.settimeout(seconds)
            data = self._sock.recv(4_096)
        except OSError as error:
            raise Lost(_why(error)) from None
        if not data:
            raise Lost("it hung up")
        return data

    def _own_name(self) -> str:
        """How we call ourselves: this machine's full name, else an address literal (RFC 5321 section 4.1.4)."""
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
