"""The site on a socket, beside whatever else its process does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from digest.errors import DigestError

_REST = 5  # seconds of a connection between two requests
_MOST_AT_ONCE = 200


@contextmanager
def beside(app: Starlette, host: str, port: int) -> Iterator[None]:
    """Serve in a thread while the block lasts; signals stay with the caller. Raises DigestError where it cannot."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # addresses hold tokens
        server_header=False,
        timeout_keep_alive=_REST,
        limit_concurrency=_MOST_AT_ONCE,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, name="site", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    if not server.started:
        raise DigestError(f"nothing can be served at {host}:{port}: is it taken, or not an address of this machine?")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(15)
