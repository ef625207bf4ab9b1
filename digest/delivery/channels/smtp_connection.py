"""The connection to a relay: opened as configured, never weaker, kept for many letters."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.delivery.channels.smtp_protocol import Line, Lost, Reply
from digest.errors import ConfigError, Deferred, DeliveryError
from digest.mail.outcome import Phase

_LETTERS = 100  # over one connection
_SECONDS = 300.0  # of one connection
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long each step may take, in seconds (RFC 5321 section 4.5.3.2).

    A short wait after the dot makes double letters, says section 4.5.3.2.6.
    """

    connect: float = 30
    greeting: float = 300
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600
    farewell: float = 5  # RSET and QUIT decide nothing any more


class Relay:
    """One server and at most one connection to it. All trouble here is Deferred with relay=True: no letter's fault."""

    def __init__(
        self,
        url: str,
        *,
        user: str | None,
        password: str | None,
        context: ssl.SSLContext | None,
        waits: Waits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scheme, self.host, self._port = _address(url)
        self._user, self._password = user, password
        self._context = context
        self.waits = waits
        self._clock = clock
        self._line: Line | None = None
        self._sent = 0
        self._opened = 0.0

    def __str__(self) -> str:
        return f"{self._scheme}://{self.host}:{self._port}"

    def ready(self) -> tuple[Line, bool]:
        """A connection that looks alive, and whether it is a new one."""
        line = self._line
        if line and (self._sent >= _LETTERS or self._clock() - self._opened >= _SECONDS):
            self.quit()
        elif line and line.quiet():
            return line, False
        self.drop()
        return self.open(), True

    def open(self) -> Line:
        """Connect, encrypt as configured, log in. Raises Deferred: none of this is any letter's fault."""
        try:
            self._line = Line(socket.create_connection((self.host, self._port), self.waits.connect))
            self._begin(self._line)
        except Lost as lost:
            self.drop()
            raise self.trouble(str(lost)) from None
        except OSError as error:
            raise self.trouble(_no_connection(error)) from None
        except DeliveryError:
            self.drop()
            raise
        self._sent, self._opened = 0, self._clock()
        return self._line

    def count(self) -> None:
        """One letter more went over this connection."""
        self._sent += 1

    @property
    def has_room(self) -> bool:
        """Whether this connection may carry one letter more after the one in hand."""
        return self._sent + 1 < _LETTERS and self._clock() - self._opened < _SECONDS

    def trouble(self, why: str, said: Reply | None = None, phase: Phase | None = None) -> Deferred:
        """What to tell when it is the relay that is at fault."""
        code, enhanced = (said.code, said.enhanced) if said else (None, None)
        return Deferred(f"{self.host}:{self._port}: {why}", code=code, enhanced=enhanced, phase=phase, relay=True)

    def _begin(self, line: Line) -> None:
        if self._scheme == "smtps":
            line.start_tls(self._tls(), self.host, self.waits.connect)
        self._want(line.reply(self.waits.greeting))
        self._want(line.greet(self.waits.mail))
        if self._scheme == "smtp+starttls":
            self._start_tls(line)
        if self._user is not None:
            self._log_in(line, self._user, self._password or "")

    def _start_tls(self, line: Line) -> None:
        if "STARTTLS" not in line.offers:
            raise self.trouble("offers no STARTTLS; nothing is sent in clear")
        self._want(line.ask("STARTTLS", self.waits.mail))
        line.start_tls(self._tls(), self.host, self.waits.connect)
        self._want(line.greet(self.waits.mail))

    def _log_in(self, line: Line, user: str, password: str) -> None:
        if not line.encrypted and not line.on_this_machine:
            raise self.trouble("the connection is not encrypted; the password is not said over it")
        if "AUTH" not in line.offers:
            raise self.trouble("offers no AUTH, but a user is configured")
        self._want(line.log_in(user, password, self.waits.mail))

    def _want(self, said: Reply) -> None:
        if not said.good:
            raise self.trouble(str(said), said)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context

    def quit(self) -> None:
        """A polite end; what goes wrong here concerns no letter."""
        if self._line and self._line.quiet():
            with suppress(Lost):
                self._line.ask("QUIT", self.waits.farewell)
        self.drop()

    def drop(self) -> None:
        """Hang up at once."""
        if self._line:
            self._line.close()
        self._line = None


def _address(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or not port:
        raise ConfigError("a relay is written smtp://HOST, smtp+starttls://HOST or smtps://HOST, with :PORT if need be")
    if parts.username or parts.password:
        raise ConfigError("user and password of a relay are written apart from its address")
    return parts.scheme, parts.hostname, port


def _no_connection(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "no such host"
    return (
        "no connection in time" if isinstance(error, TimeoutError) else f"no connection: {error.strerror or 'refused'}"
    )
