"""A wire to PostgreSQL that can be cut right after a COMMIT was sent, so that nobody knows whether it was done."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

_COMMIT = b"COMMIT\x00"


class Proxy:
    """`cut_at` counts the COMMITs that pass; at 0 the answer is kept back and the line drops. None: all pass."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.cut_at: int | None = None
        self.done = True  # whether the server carries the last COMMIT out before the line drops
        self.cuts = 0
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = self._url.set(
            host="127.0.0.1", port=self._listener.getsockname()[1], query={"sslmode": "disable"}
        ).render_as_string(hide_password=False)

    def _connect(self) -> socket.socket:
        folder = self._url.query.get("host")
        if isinstance(folder, str) and folder.startswith("/"):
            wire = socket.socket(socket.AF_UNIX)
            wire.connect(str(Path(folder) / f".s.PGSQL.{self._url.query.get('port') or self._url.port or 5432}"))
            return wire
        return socket.create_connection((self._url.host or "127.0.0.1", self._url.port or 5432))

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._connect()
                self._open += [client, server]
                dropped = threading.Event()
                threading.Thread(target=self._up, args=(client, server, dropped), daemon=True).start()
                threading.Thread(target=self._down, args=(client, server, dropped), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, dropped: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                if _COMMIT in data and self._is_cut():
                    dropped.set()
                    if self.done:
                        server.sendall(data)
                        self._until_ready(server)
                    break
                server.sendall(data)
        _end(client, server)

    def _down(self, client: socket.socket, server: socket.socket, dropped: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                if dropped.is_set():
                    return
                client.sendall(data)
        if not dropped.is_set():
            _end(client, server)

    @staticmethod
    def _until_ready(server: socket.socket) -> None:
        """The other thread swallows the answer; PostgreSQL has carried out what it has read when it says goodbye."""
        with suppress(OSError):
            server.sendall(b"X\x00\x00\x00\x04")
            server.settimeout(5)
            while server.recv(65_536):
                pass

    def _is_cut(self) -> bool:
        with self._lock:
            if self.cut_at is None:
                return False
            self.cut_at -= 1
            if self.cut_at < 0:
                self.cut_at = None
                self.cuts += 1
                return True
            return False

    def close(self) -> None:
        _end(self._listener, *self._open)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@contextmanager
def proxy(url: str) -> Iterator[Proxy]:
    """One in front of the server of this URL."""
    made = Proxy(url)
    threading.Thread(target=made.serve, daemon=True).start()
    try:
        yield made
    finally:
        made.close()
