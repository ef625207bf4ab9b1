"""An application of the site on a real socket, as browsers and mail programs meet it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from digest.website.serve import serve_in_thread


@contextmanager
def on_a_socket(app: Starlette, **client: Any) -> Iterator[httpx.Client]:
    """Serve it on a free port; a client for it, with what else httpx.Client is given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serve_in_thread(app, "127.0.0.1", port), httpx.Client(base_url=f"http://127.0.0.1:{port}", **client) as opened:
        yield opened
