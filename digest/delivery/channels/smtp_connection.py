"""The connection to a relay: TLS and login as configured and never weaker, reused for many letters."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.delivery.channels.smtp_protocol import SmtpConnection, SmtpConnectionLost, SmtpReply
from digest.errors import ConfigError, Deferred, DeliveryError
from digest.mail.smtp_reply import ReplyReason, ReplyVerdict, SmtpPhase, classify_reply

_LETTERS = 100  # over one connection
_SECONDS = 300.0  # of one connection
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTimeouts:
    """Timeouts of each step, in seconds (RFC 5321 section 4.5.3.2).

    A short timeout after the dot makes duplicates, says section 4.5.3.2.6.
    """

    connect: float = 30
    greeting: float = 300
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600
    farewell: float = 5  # RSET and QUIT: no letter depends on them


class RelayConnection:
    """One relay and at most one connection to it. All errors are Deferred with relay=True: no letter's fault."""

    def __init__(
        self,
        url: str,
        *,
        user: str | None,
        password: str | None,
        context: ssl.SSLContext | None,
        timeouts: SmtpTimeouts,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scheme, self.host, self._port = _address(url)
        self._user, self._password = user, password
        self._context = context
        self.timeouts = timeouts
        self._clock = clock
        self._connection: SmtpConnection | None = None
        self._sent = 0
        self._opened = 0.0

    def __str__(self) -> str:
        return f"{self._scheme}://{self.host}:{self._port}"

    def ready(self) -> tuple[SmtpConnection, bool]:
        """A connection that is alive as far as can be seen, and whether it is a new one."""
        connection = self._connection
        if connection and (self._sent >= _LETTERS or self._clock() - self._opened >= _SECONDS):
            self.quit()
        elif connection and connection.quiet():
            return connection, False
        self.drop()
        return self.open(), True

    def open(self) -> SmtpConnection:
        """Connect, encrypt as configured, log in. Raises Deferred: none of this is any letter's fault."""
        try:
            self._connection = SmtpConnection(socket.create_connection((self.host, self._port), self.timeouts.connect))
            self._begin(self._connection)
        except SmtpConnectionLost as lost:
            self.drop()
            raise self.trouble(str(lost)) from None
        except OSError as error:
            raise self.trouble(_no_connection(error)) from None
        except DeliveryError:
            self.drop()
            raise
        self._sent, self._opened = 0, self._clock()
        return self._connection

    def count(self) -> None:
        """Count one letter sent over this connection."""
        self._sent += 1

    @property
    def has_room(self) -> bool:
        """Whether this connection may carry one more letter after the present one."""
        return self._sent + 1 < _LETTERS and self._clock() - self._opened < _SECONDS

    def trouble(self, why: str, said: SmtpReply | None = None, phase: SmtpPhase | None = None) -> Deferred:
        """The error to raise when the relay is at fault."""
        what = f"{self.host}:{self._port}: {why}"
        if said is None:
            return Deferred(what, phase=phase, relay=True)
        verdict = classify_reply(said.code, said.enhanced, said.text, phase or "CONNECT")
        if verdict.reason == ReplyReason.SENDER_LIMIT:
            what = f"{what}; {verdict.words}"
        return deferred(what, said, verdict, phase, relay=True)

    def _begin(self, connection: SmtpConnection) -> None:
        if self._scheme == "smtps":
            connection.start_tls(self._tls(), self.host, self.timeouts.connect)
        self._want(connection.reply(self.timeouts.greeting))
        self._want(connection.greet(self.timeouts.mail))
        if self._scheme == "smtp+starttls":
            self._start_tls(connection)
        if self._user is not None:
            self._log_in(connection, self._user, self._password or "")

    def _start_tls(self, connection: SmtpConnection) -> None:
        if "STARTTLS" not in connection.offers:
            raise self.trouble("offers no STARTTLS; nothing is sent in clear")
        self._want(connection.ask("STARTTLS", self.timeouts.mail))
        connection.start_tls(self._tls(), self.host, self.timeouts.connect)
        self._want(connection.greet(self.timeouts.mail))

    def _log_in(self, connection: SmtpConnection, user: str, password: str) -> None:
        if not connection.encrypted and not connection.on_this_machine:
            raise self.trouble("the connection is not encrypted; the password is not said over it")
        if "AUTH" not in connection.offers:
            raise self.trouble("offers no AUTH, but a user is configured")
        self._want(connection.log_in(user, password, self.timeouts.mail))

    def _want(self, said: SmtpReply) -> None:
        if not said.good:
            raise self.trouble(str(said), said)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context

    def quit(self) -> None:
        """QUIT and hang up; errors concern no letter."""
        if self._connection and self._connection.quiet():
            with suppress(SmtpConnectionLost):
                self._connection.ask("QUIT", self.timeouts.farewell)
        self.drop()

    def drop(self) -> None:
        """Close the connection without QUIT."""
        if self._connection:
            self._connection.close()
        self._connection = None


def deferred(what: str, said: SmtpReply, verdict: ReplyVerdict, phase: SmtpPhase | None, *, relay: bool) -> Deferred:
    """The error for a reply after which a letter waits; `relay`: the relay is at fault, and no letter."""
    return Deferred(
        what,
        code=said.code,
        enhanced=said.enhanced,
        phase=phase,
        reason=verdict.reason,
        retry_after=verdict.retry_after,
        relay=relay,
    )


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
