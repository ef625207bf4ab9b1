"""Serves an ASGI application on a real socket, for browsers and mail programs of tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from digest.website.serve import serve_in_thread


@contextmanager
def serve_on_socket(app: Starlette, **client: Any) -> Iterator[httpx.Client]:
    """Serves on a free port and opens a client; `client` has further arguments of httpx.Client."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serve_in_thread(app, "127.0.0.1", port), httpx.Client(base_url=f"http://127.0.0.1:{port}", **client) as opened:
        yield opened
