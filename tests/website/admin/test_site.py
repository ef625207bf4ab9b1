"""The admin site as a whole: a GET changes nothing, hostile texts are escaped, errors, and its own socket."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from pathlib import Path

import httpx

from digest.cli.shared.page_servers import serve_pages
from digest.limits import BackOff
from digest.mail.delivery_state import DeliveryState
from tests.support.admin_site import (
    AdminClient,
    add_letters,
    admin_client,
    admin_state,
    open_admin_app,
)
from tests.support.store_samples import NOW

PAGES = ("/", "/outbox", "/readers", "/readers/ada", "/suppressions", "/sources", "/due", "/metrics")


def test_looking_changes_nothing(opened: AdminClient) -> None:
    add_letters(opened.store, ada=DeliveryState.IN_DOUBT, ben=DeliveryState.FAILED)
    before = admin_state(opened.store)
    for path in (*PAGES, "/readers/ada/leave", "/readers/ada/suppress", "/suppressions/add", "/suppressions/lift"):
        for method in ("GET", "HEAD"):
            status = opened.web.request(method, path, params={"retry": "1", "subscription": ""}).status_code
            assert status == (200 if path in PAGES else 405)
    assert admin_state(opened.store) == before


def test_what_readers_and_servers_write_is_shown_as_text_without_what_nobody_sees(opened: AdminClient) -> None:
    add_letters(opened.store, ada=DeliveryState.FAILED)
    opened.store.suppressions.add("ada@example.org", "<img src=x> \u202egone\x00", now=NOW)
    opened.store.breakers.record_failure(
        "domain", "\u202e<b>x", now=NOW, words="\x1b[31m<b>", back_off=BackOff((timedelta(days=1),))
    )
    for path in (*PAGES[:-1], "/readers?q=%3Cscript%3E%E2%80%AE%00"):
        page = opened.web.get(path).text
        assert not re.search(r"<(script|b>models|img|i>sparse|b>no|b>x)", page)
        assert not re.search("[\u202e\x00\x1b]", page)
    reader = opened.web.get("/readers/ada").text
    assert "&lt;script&gt;alert(" in reader
    assert "Sparse &lt;b&gt;models&lt;/b&gt;" in reader
    assert "&lt;i&gt;sparse&lt;/i&gt;" in reader
    assert "550 &lt;b&gt;no&lt;/b&gt; such user" in reader


def test_a_database_that_is_away_is_told_as_later(tmp_path: Path) -> None:
    with open_admin_app(tmp_path, f"sqlite:///{tmp_path / 'away.db'}") as app:
        with app.store.writing() as connection:
            connection.exec_driver_sql("DROP TABLE departure")
            connection.exec_driver_sql("DROP TABLE ledger")
        with admin_client(app) as opened:
            assert opened.web.get("/readers").status_code == 503
            assert opened.web.get("/readyz").status_code == 503


def test_the_pages_are_served_beside_each_other(tmp_path: Path) -> None:
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    more = (
        f"admin: {{listen: '127.0.0.1:{ports[0]}', token: 'a token that is long enough'}}\n"
        f"listen: 127.0.0.1:{ports[1]}\nsite: https://papers.example.org\nsecret: a secret that is long enough"
    )

    with open_admin_app(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", more) as app, serve_pages(lambda: app) as said:
        assert [line.rpartition(" ")[2] for line in said] == [f"127.0.0.1:{ports[1]}", f"127.0.0.1:{ports[0]}"]
        assert httpx.get(f"http://127.0.0.1:{ports[0]}/").status_code == 401
        assert httpx.get(f"http://127.0.0.1:{ports[1]}/outbox").status_code == 404
        assert httpx.get(f"http://127.0.0.1:{ports[1]}/metrics").status_code == 404
        assert [httpx.get(f"http://127.0.0.1:{port}/readyz").status_code for port in ports] == [200, 200]
