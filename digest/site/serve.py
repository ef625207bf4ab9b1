"""The site on a socket: in the foreground, or beside the daemon until it stops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.applications import Starlette

_LONGEST_BODY_WAIT = 5  # seconds that a connection may rest
_MOST_AT_ONCE = 200


def _server(app: Starlette, host: str, port: int) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,  # addresses hold tokens
            server_header=False,
            timeout_keep_alive=_LONGEST_BODY_WAIT,
            limit_concurrency=_MOST_AT_ONCE,
            timeout_graceful_shutdown=10,
        )
    )


def forever(app: Starlette, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    _server(app, host, port).run()


@contextmanager
def beside(app: Starlette, host: str, port: int) -> Iterator[None]:
    """Serve in a thread while the block lasts."""
    server = _server(app, host, port)
    thread = Thread(target=server.run, name="site", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(15)
