"""IMAP connection on top of imaplib, with a time-out and a size limit for each step, and one exception."""

from __future__ import annotations

import imaplib
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass

from digest.bounces.mailbox.address import quoted

_LONGEST = 2_000_000  # bytes of lines in one step: the numbers of some 250,000 messages
_KEEPING = 50  # bytes of memory that a line costs beside its content
MANGLED = (imaplib.IMAP4.error, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""Exceptions of imaplib for responses that are no IMAP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapTimeouts:
    """Time-outs in seconds."""

    connect: float = 30
    silence: float = 30  # between two receives
    step: float = 120  # a command with its whole response
    farewell: float = 5  # LOGOUT, whose outcome does not matter


class ImapConnectionLost(Exception):
    """The connection is lost, timed out, or does not follow IMAP; it cannot be used further.

    The text quotes nothing of the server, whose words may repeat a user, a password or a message.
    """


class ImapSession(imaplib.IMAP4):
    """An IMAP connection. A literal is kept up to `largest` bytes; the rest is read and dropped.

    It overrides `read` and `readline` of imaplib, as its documentation allows: both have a deadline and a size limit.
    No response from before STARTTLS counts after it.
    """

    def __init__(
        self, host: str, port: int, *, largest: int, waits: ImapTimeouts, encrypted_by: ssl.SSLContext | None = None
    ) -> None:
        self._largest = largest
        self._waits = waits
        self._encrypted_by = encrypted_by
        self._unread = bytearray()
        self._begin()
        try:
            super().__init__(host, port)
        except MANGLED:
            raise ImapConnectionLost(self.complaint()) from None

    # ------------------------------------------------------------------------------- what imaplib calls

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        try:
            self.sock = socket.create_connection((host, port), self._waits.connect)
        except (OSError, UnicodeError) as error:
            raise ImapConnectionLost(_why(error)) from None
        if self._encrypted_by:
            self._encrypt(self._encrypted_by)

    def send(self, data: bytes) -> None:  # type: ignore[override]  # imaplib hands over bytes alone
        self._begin()
        try:
            self.sock.settimeout(self._waits.silence)
            self.sock.sendall(data)
        except OSError as error:
            raise ImapConnectionLost(_why(error)) from None

    def readline(self) -> bytes:
        while (end := self._unread.find(b"\n") + 1) == 0:
            if len(self._unread) > self._lines:
                raise ImapConnectionLost("its answer does not end")
            self._receive()
        self._lines -= end + _KEEPING
        if self._lines < 0:
            raise ImapConnectionLost("its answer does not end")
        return self._take(end)

    def read(self, size: int) -> bytes:
        """Read a literal; all literals of a step together are cut after `largest` bytes."""
        kept = bytearray()
        while size:
            if not self._unread:
                self._receive()
            part = self._take(min(size, len(self._unread)))
            size -= len(part)
            part = part[: self._room]
            self._room -= len(part)
            kept += part
        return bytes(kept)

    def shutdown(self) -> None:
        """Close the socket without LOGOUT."""
        self.sock.close()

    # -------------------------------------------------------------------------- what ImapMailbox calls

    @property
    def encrypted(self) -> bool:
        return isinstance(self.sock, ssl.SSLSocket)

    @property
    def on_this_machine(self) -> bool:
        return ipaddress.ip_address(self.sock.getpeername()[0].partition("%")[0]).is_loopback

    def said(self, *codes: str) -> bool:
        """Whether the last responses had one of these response codes (RFC 3501 section 7.1, RFC 5530)."""
        return any(code in self.untagged_responses for code in codes)

    def encrypt(self, context: ssl.SSLContext) -> None:
        """STARTTLS (RFC 3501 section 6.2.1); capabilities are asked for again afterwards."""
        if "STARTTLS" not in self.capabilities or self.state != "NONAUTH":
            raise ImapConnectionLost("offers no STARTTLS; nothing is read in clear")
        if self.xatom("STARTTLS")[0] != "OK":
            raise ImapConnectionLost("refuses STARTTLS; nothing is read in clear")
        if self._unread:
            raise ImapConnectionLost("it spoke before the encryption had begun")
        self._encrypt(context)
        self.untagged_responses.clear()
        self.capabilities = tuple(self.capability()[1][-1].decode("ascii").upper().split())

    def log_in(self, user: str, password: str) -> bool:
        """Log in by AUTHENTICATE PLAIN (RFC 4616), else by LOGIN; False if refused. Takes no control characters."""
        if "AUTH=PLAIN" in self.capabilities:
            answers = [f"\0{user}\0{password}".encode()]
            try:
                self.authenticate("PLAIN", lambda _: answers.pop())  # a second challenge is no PLAIN: IndexError
            except self.abort:
                raise
            except self.error:
                return False
            return True
        if self.xatom("LOGIN", quoted(user), quoted(password))[0] != "OK":
            return False
        self.state = "AUTH"
        return True

    def leave(self) -> None:
        """LOGOUT; no CLOSE, which would expunge messages that other programs have marked as deleted."""
        self._waits = ImapTimeouts(silence=self._waits.farewell, step=self._waits.farewell)
        try:
            self.logout()
        except (ImapConnectionLost, OSError, *MANGLED):
            pass
        finally:
            self.shutdown()

    def complaint(self) -> str:
        """The error text after an exception of imaplib."""
        return "it ended the conversation" if self.said("BYE") else "it does not speak IMAP as it should"

    def _begin(self) -> None:
        self._until = time.monotonic() + self._waits.step
        self._lines = _LONGEST
        self._room = self._largest

    def _receive(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise ImapConnectionLost("no answer in time")
        try:
            self.sock.settimeout(min(left, self._waits.silence))
            data = self.sock.recv(65_536)
        except OSError as error:
            raise ImapConnectionLost(_why(error)) from None
        if not data:
            raise ImapConnectionLost("it hung up")
        self._unread += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._unread[:size])
        del self._unread[:size]
        return taken

    def _encrypt(self, context: ssl.SSLContext) -> None:
        try:
            self.sock.settimeout(self._waits.connect)
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
        except (OSError, ValueError) as error:
            self.sock.close()
            raise ImapConnectionLost(_why(error)) from None


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no encryption with it: {error.reason or 'the handshake failed'}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "no such host"
    return (error.strerror if isinstance(error, OSError) else None) or "the connection was lost"
