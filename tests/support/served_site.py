"""A minimal config of an app with pages, and a client of these pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from digest.app import App
from digest.website import create_site
from tests.support.site_server import serve_on_socket
from tests.support.store_samples import NOW

OLD, NEW = "an old secret and long enough", "the present secret and long enough"


CONFIG = f"""\
sender: Morning Papers <papers@example.org>
postal: Example Institute, Exampleton
smtp: smtp://localhost
site: https://papers.example.org/lists
listen: 127.0.0.1:8000
secret: [{OLD}, {NEW}]
sources: {{}}
"""


@contextmanager
def serve_app(app: App) -> Iterator[httpx.Client]:
    with serve_on_socket(create_site(lambda: app, clock=lambda: NOW)) as client:
        yield client
