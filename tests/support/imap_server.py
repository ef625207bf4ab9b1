"""A small IMAP server on loopback that follows a script; what it is not told, it does in a friendly way."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Literal

from tests.support.servers import Says, close

Verb = Literal[
    "CONNECT",
    "CAPABILITY",
    "STARTTLS",
    "AUTHENTICATE",
    "LOGIN",
    "SELECT",
    "SEARCH",
    "FETCH",
    "STORE",
    "LOGOUT",
    "OTHER",
]
VALIDITY = 1_800_000_000


class ImapServer:
    """One folder of messages by UID. `script` gives what it says at a verb, in order over all connections.

    In a script's words TAG stands for the tag of the command.
    """

    def __init__(
        self,
        messages: Mapping[int, bytes] | None = None,
        script: Mapping[Verb, Says | Sequence[Says]] | None = None,
        *,
        offers: str = "IMAP4rev1 AUTH=PLAIN",
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        host: str = "127.0.0.1",
        user: str = "ada",
        password: str = "s3cret",
        whole: bool = False,  # gives all of a message, whatever part was asked for
    ) -> None:
        self.messages = dict(messages or {})
        self.script = {verb: [says] if isinstance(says, Says) else list(says) for verb, says in (script or {}).items()}
        self.offers = offers
        self.login = (user, password)
        self.whole = whole
        self.seen: set[int] = set()
        self.commands: list[str] = []  # without their tags
        self.received = bytearray()
        self.connections = 0
        self.secured = 0
        self.tls = tls
        self._implicit = implicit
        self._listener = socket.create_server((host, 0))
        self._sockets: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> ImapServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        close([self._listener, *self._sockets])

    def verbs(self) -> list[str]:
        return [command.removeprefix("UID ").split(" ")[0] for command in self.commands]

    def secure(self, connection: socket.socket) -> ssl.SSLSocket:
        assert self.tls
        secured = self.tls.wrap_socket(connection, server_side=True)
        self._sockets.append(secured)
        self.secured += 1
        return secured

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        ends = [connection]
        with suppress(OSError, ValueError, _HangUp):
            if self._implicit:
                connection = self.secure(connection)
                ends.append(connection)
            talk = _Talk(self, connection)
            try:
                talk.run()
            finally:
                ends.append(talk.connection)  # STARTTLS may have made another of it
        close(ends)


class _HangUp(Exception):
    pass


class _Talk:
    def __init__(self, server: ImapServer, connection: socket.socket) -> None:
        self.server = server
        self.connection = connection
        self.lines = connection.makefile("rb")
        self.tag = "*"

    def run(self) -> None:
        self.say("CONNECT", "* OK ready")
        while line := self.line():
            self.tag, _, command = line.partition(" ")
            self.server.commands.append(command)
            self.obey(command)

    def line(self) -> str:
        line = self.lines.readline()
        self.server.received += line
        return line.decode("utf-8").rstrip("\r\n")

    def say(self, verb: Verb, *friendly: str | bytes) -> None:
        """The script's words; else these lines, the last of which is TAG's where it has no other beginning."""
        waiting = self.server.script.get(verb)
        lines = [line.encode() if isinstance(line, str) else line for line in friendly]
        says = waiting.pop(0) if waiting else Says(b"".join(line + b"\r\n" for line in lines))
        time.sleep(says.delay)
        words = says.words.replace(b"TAG", self.tag.encode())
        for piece in [words] if not says.drip else [bytes([byte]) for byte in words]:
            time.sleep(says.drip)
            self.connection.sendall(piece)
        if says.close:
            raise _HangUp

    def obey(self, command: str) -> None:
        words = command.removeprefix("UID ").split(" ")
        match words:
            case ["CAPABILITY"]:
                self.say("CAPABILITY", f"* CAPABILITY {self.server.offers}", "TAG OK done")
            case ["STARTTLS"]:
                self.say("STARTTLS", "TAG OK go on")
                self.connection = self.server.secure(self.connection)
                self.lines = self.connection.makefile("rb")
            case ["AUTHENTICATE", "PLAIN"]:
                self.say("OTHER", "+ ")
                _, user, password = base64.b64decode(self.line()).decode().split("\0")
                self.let_in("AUTHENTICATE", (user, password))
            case ["LOGIN", *_]:
                found = [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', command)]
                self.let_in("LOGIN", tuple(found))
            case ["SELECT", *_]:
                self.say("SELECT", "* 9 EXISTS", f"* OK [UIDVALIDITY {VALIDITY}] valid", "TAG OK [READ-WRITE] open")
            case ["SEARCH", "UNSEEN"]:
                unseen = " ".join(str(uid) for uid in self.server.messages if uid not in self.server.seen)
                self.say("SEARCH", f"* SEARCH {unseen}".rstrip(), "TAG OK done")
            case ["FETCH", uid, part]:
                self.fetch(int(uid), part)
            case ["STORE", uid, "+FLAGS.SILENT", "(\\Seen)"]:
                self.server.seen.add(int(uid))  # before it is said, since whoever hears it may look
                try:
                    self.say("STORE", "TAG OK done")
                except _HangUp:
                    self.server.seen.discard(int(uid))
                    raise
            case ["LOGOUT"]:
                self.say("LOGOUT", "* BYE", "TAG OK done")
                raise _HangUp
            case _:
                self.say("OTHER", "TAG BAD what?")

    def let_in(self, verb: Verb, login: tuple[str, ...]) -> None:
        good = login == self.server.login
        self.say(verb, "TAG OK welcome" if good else f"TAG NO [AUTHENTICATIONFAILED] not {':'.join(login)}")

    def fetch(self, uid: int, part: str) -> None:
        found = re.fullmatch(r"\(BODY\.PEEK\[\]<0\.(\d+)>\)", part)
        assert found
        if uid not in self.server.messages:
            self.say("FETCH", "TAG OK done")
            return
        message = self.server.messages[uid][: None if self.server.whole else int(found[1])]
        self.say("FETCH", b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)" % (uid, len(message), message), "TAG OK done")
