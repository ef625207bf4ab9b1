"""The config of an app with pages, and those pages on a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from digest.app import App
from digest.website import create_site
from tests.support.site_server import on_a_socket
from tests.support.store_samples import NOW

OLD, NEW = "an old secret and long enough", "the present secret and long enough"


HOUSE = f"""\
sender: Morning Papers <papers@example.org>
postal: Example Institute, Exampleton
smtp: smtp://localhost
site: https://papers.example.org/lists
listen: 127.0.0.1:8000
secret: [{OLD}, {NEW}]
sources: {{}}
"""


@contextmanager
def served(app: App) -> Iterator[httpx.Client]:
    with on_a_socket(create_site(lambda: app, clock=lambda: NOW)) as client:
        yield client
