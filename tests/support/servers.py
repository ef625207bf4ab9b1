"""Real servers on loopback that answer by a script: a web server and a mail server."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, urlsplit

# --------------------------------------------------------------------------------------------------------------- web


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted answer. The body is `parts` sent one after another with `drip` seconds before each."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before the first byte
    cut: int | None = None  # send only so many bytes of the body, then close
    drip: float = 0.0  # seconds before each byte of the body
    drip_head: float = 0.0  # seconds before each byte of the status line and headers


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]  # lower-case names
    body: bytes
    at: float  # monotonic seconds


class WebServer:
    """Answers each path with its replies in order; the last one is repeated. A path with a query is looked up first."""

    def __init__(self, routes: Mapping[str, Reply | Sequence[Reply]], *, tls: ssl.SSLContext | None = None) -> None:
        self.routes = {path: [reply] if isinstance(reply, Reply) else list(reply) for path, reply in routes.items()}
        self.asked: list[Asked] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    def reply(self, target: str) -> Reply:
        with self._lock:
            replies = self.routes.get(target) or self.routes.get(urlsplit(target).path) or [Reply(404, b"no such page")]
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def __enter__(self) -> WebServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(server: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            server.connections += 1
            super().setup()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is the library's
            """Tests read `asked`."""

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(Asked(self.command, parts.path, parse_qs(parts.query), headers, body, time.monotonic()))
            with suppress(OSError):
                self._send(server.reply(self.path))

        def _send(self, reply: Reply) -> None:
            time.sleep(reply.delay)
            bodyless = reply.status in (204, 304)
            headers = {"Date": self.date_time_string()} | ({} if bodyless else {"Content-Length": str(len(reply.body))})
            lines = [
                f"HTTP/1.1 {reply.status} said",
                *(f"{n}: {v}" for n, v in (headers | dict(reply.headers)).items()),
            ]
            self._write("\r\n".join([*lines, "", ""]).encode("latin-1"), reply.drip_head)
            self._write(b"" if bodyless else reply.body[: reply.cut], reply.drip)
            self.close_connection = self.close_connection or reply.cut is not None

        def _write(self, data: bytes, drip: float) -> None:
            for piece in [data] if not drip else [bytes([byte]) for byte in data]:
                time.sleep(drip)
                self.wfile.write(piece)

    return Handler


# -------------------------------------------------------------------------------------------------------------- mail

Verb = Literal[
    "CONNECT", "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY", "DOT", "RSET", "NOOP", "QUIT"
]


@dataclass(frozen=True, slots=True)
class Says:
    """What the mail server does at one verb: these bytes, after a delay, perhaps dripping; then perhaps hang up."""

    words: bytes = b""
    close: bool = False
    delay: float = 0.0
    drip: float = 0.0  # seconds before each byte

    @classmethod
    def line(cls, text: str, *, close: bool = False) -> Says:
        return cls(text.encode() + b"\r\n", close=close)


DROP = Says(close=True)
"""Hangs up without a word."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One letter that the server has said 250 to (or has swallowed before it hung up)."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes  # dots unstuffed
    parameters: str  # of MAIL FROM


class MailServer:
    """A small SMTP server. `script` gives what it does at a verb, in order over all connections; then it is friendly.

    At BODY the script acts after the first bytes of the letter, at DOT in place of the 250; a letter counts as taken
    once its dot is read, whatever is said then, unless the answer begins with 4 or 5.
    """

    def __init__(
        self,
        script: Mapping[Verb, Says | Sequence[Says]] | None = None,
        *,
        extensions: Iterable[str] = ("PIPELINING", "SIZE 10000000", "8BITMIME", "ENHANCEDSTATUSCODES"),
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        host: str = "127.0.0.1",
        buffer: int | None = None,  # bytes that are received before they are read; the system's default
    ) -> None:
        self.script = {verb: [says] if isinstance(says, Says) else list(says) for verb, says in (script or {}).items()}
        self.extensions = list(extensions)
        self.commands: list[str] = []
        self.taken: list[Taken] = []
        self.connections = 0
        self.secured: list[str] = []  # the TLS version of each secured connection
        self._tls = tls
        self._implicit = implicit
        self._listener = socket.create_server((host, 0))
        if buffer is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._sockets: list[socket.socket] = []
        self._open = True
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> MailServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        close([self._listener, *self._sockets])

    def hang_up(self) -> None:
        """On everybody, in the middle of whatever it is."""
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def verbs(self) -> list[str]:
        return [command.split(" ")[0].upper() for command in self.commands]

    def _accept(self) -> None:
        while self._open:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        ends = [connection]
        with suppress(OSError, _HangUp, ValueError):
            if self._implicit and self._tls:
                connection = self._secure(connection)
                ends.append(connection)
            session = _Session(self, connection)
            try:
                session.run()
            finally:
                ends.append(session.connection)  # STARTTLS may have made another of it
        close(ends)

    def _secure(self, connection: socket.socket) -> ssl.SSLSocket:
        assert self._tls is not None
        secured = self._tls.wrap_socket(connection, server_side=True)
        self._sockets.append(secured)
        self.secured.append(secured.version() or "")
        return secured

    def says(self, verb: Verb, friendly: str) -> Says:
        waiting = self.script.get(verb)
        return waiting.pop(0) if waiting else Says.line(friendly)


class DomainServer(MailServer):
    """Answers RCPT by the recipient's domain; what it was last asked is what it answers, over one connection."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        super().__init__(extensions=["SIZE 10000000", "ENHANCEDSTATUSCODES"])
        self.answers = dict(answers)

    def says(self, verb: Verb, friendly: str) -> Says:
        domain = self.commands[-1].rpartition("@")[2].rstrip(">") if verb == "RCPT" else ""
        return Says.line(self.answers.get(domain, friendly))


def close(sockets: Iterable[socket.socket]) -> None:
    """At once, also where another thread waits at one of them."""
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


class _HangUp(Exception):
    pass


class _Session:
    def __init__(self, server: MailServer, connection: socket.socket) -> None:
        self.server = server
        self.connection = connection
        self.lines = connection.makefile("rb")
        self.sender = ""
        self.begun = False  # MAIL was taken
        self.parameters = ""
        self.recipients: list[str] = []
        self.secure = isinstance(connection, ssl.SSLSocket)

    def run(self) -> None:
        self.say("CONNECT", "220 mail.example.org ESMTP")
        while line := self.lines.readline():
            command = line.decode("utf-8", "replace").rstrip("\r\n")
            self.server.commands.append(command)
            self.obey(command)

    def say(self, verb: Verb, friendly: str) -> bytes:
        says = self.server.says(verb, friendly)
        time.sleep(says.delay)
        for piece in [says.words] if not says.drip else [bytes([byte]) for byte in says.words]:
            time.sleep(says.drip)
            self.connection.sendall(piece)
        if says.close:
            raise _HangUp
        return says.words

    def obey(self, command: str) -> None:
        verb = command.split(" ")[0].upper()
        if verb in ("EHLO", "HELO"):
            self.say("EHLO" if verb == "EHLO" else "HELO", self.greeting(verb))
        elif verb == "STARTTLS":
            self.start_tls()
        elif verb == "AUTH":
            self.say("AUTH", "235 2.7.0 welcome")
        elif verb == "MAIL":
            self.mail(command)
        elif verb == "RCPT" and not self.begun:
            self.say("NOOP", "503 5.5.1 MAIL first")
        elif verb == "RCPT":
            if self.say("RCPT", "250 2.1.5 ok").startswith(b"25"):
                self.recipients.append(command[len("RCPT TO:<") : command.rindex(">")])
        elif verb == "DATA":
            self.data()
        elif verb == "RSET":
            self.recipients.clear()
            self.say("RSET", "250 2.0.0 ok")
        elif verb == "QUIT":
            self.say("QUIT", "221 2.0.0 bye")
            raise _HangUp
        else:
            self.say("NOOP", "250 2.0.0 ok")

    def greeting(self, verb: str) -> str:
        if verb == "HELO":
            return "250 mail.example.org"
        offered = [one for one in self.server.extensions if one != "STARTTLS" or not self.secure]
        lines = ["mail.example.org", *offered]
        return "\r\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines)

    def start_tls(self) -> None:
        self.say("STARTTLS", "220 2.0.0 go ahead")
        self.connection = self.server._secure(self.connection)
        self.lines = self.connection.makefile("rb")
        self.secure = True

    def mail(self, command: str) -> None:
        path, _, self.parameters = command[len("MAIL FROM:<") :].partition(">")
        self.sender, self.recipients = path, []
        self.begun = self.say("MAIL", "250 2.1.0 ok").startswith(b"2")

    def data(self) -> None:
        if not self.recipients:
            self.say("DATA", "554 5.5.1 no valid recipients")
            return
        if not self.say("DATA", "354 go on").startswith(b"354"):
            return
        message = self.body()
        taken = Taken(self.sender, tuple(self.recipients), message, self.parameters.strip())
        waiting = self.server.script.get("DOT")
        refused = bool(waiting) and waiting is not None and waiting[0].words[:1] in (b"4", b"5")
        if not refused:
            self.server.taken.append(taken)
        self.recipients = []
        self.say("DOT", "250 2.0.0 queued as TEST")

    def body(self) -> bytes:
        message = bytearray()
        if self.server.script.get("BODY"):
            self.lines.read(10)
            self.say("BODY", "")
        while line := self.lines.readline():
            if line == b".\r\n":
                return bytes(message)
            message += line[1:] if line.startswith(b".") else line
        raise _HangUp


@contextmanager
def unused_port() -> Iterator[int]:
    """A loopback port where nobody listens, held so that nobody else takes it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def outside_address() -> str | None:
    """An address of this machine that is not loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing; RFC 5737
        address = str(probe.getsockname()[0])
        return None if address.startswith("127.") else address
    return None
