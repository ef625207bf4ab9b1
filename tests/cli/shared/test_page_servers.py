"""The sockets of the pages: whose guesses count behind a proxy."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx

from digest.cli.shared.page_servers import serve_pages
from tests.support.admin_site import BY_TOKEN, open_admin_app


def test_behind_a_proxy_the_guesses_of_one_client_shut_out_nobody_else(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    admin = BY_TOKEN.replace("8001", str(port))
    with open_admin_app(tmp_path, f"sqlite:///{tmp_path}/digest.db", admin) as app, serve_pages(lambda: app):

        def guess(client: str) -> int:
            headers = {"Authorization": "Bearer a guess", "X-Forwarded-For": client}
            return httpx.get(f"http://127.0.0.1:{port}/metrics", headers=headers).status_code

        assert [guess("192.0.2.1") for _ in range(11)] == [401] * 10 + [429]
        assert guess("192.0.2.2") == 401
