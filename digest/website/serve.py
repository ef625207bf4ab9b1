"""The site on a socket, beside whatever else its process does."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from digest.errors import DigestError

_REST = 5  # seconds of a connection between two requests
_MOST_AT_ONCE = 200


@contextmanager
def beside(app: Starlette, host: str, port: int, *, proxies: Sequence[str] = ()) -> Iterator[None]:
    """Serve in a thread while the block lasts; signals stay with the caller. Raises DigestError where it cannot.

    `proxies` are the addresses and networks that are believed when they tell for whom they ask (X-Forwarded-For).
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # addresses hold tokens
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(proxies),  # whatever FORWARDED_ALLOW_IPS says in the environment
        timeout_keep_alive=_REST,
        limit_concurrency=_MOST_AT_ONCE,
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
