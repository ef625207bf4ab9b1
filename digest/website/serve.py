"""Serves an ASGI application on a socket, in a thread beside the other work of the process (uvicorn)."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from digest.errors import DigestError

_KEEP_ALIVE = 5  # seconds between two requests of a connection
_MAX_CONCURRENT = 200


@contextmanager
def serve_in_thread(app: Starlette, host: str, port: int, *, proxies: Sequence[str] = ()) -> Iterator[None]:
    """Serves while the block lasts; signals stay with the caller. Raises DigestError if the socket cannot be bound.

    `proxies` are the addresses and networks that are trusted to name the client (X-Forwarded-For).
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # URLs hold tokens
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(proxies),  # whatever FORWARDED_ALLOW_IPS says in the environment
        timeout_keep_alive=_KEEP_ALIVE,
        limit_concurrency=_MAX_CONCURRENT,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise DigestError(f"nothing can be served at {host}:{port}: {error.strerror}: look at `listen:`") from error
    thread = Thread(target=server.run, args=([listener],), name="site", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(15)
        listener.close()
