"""Posted forms: limits on size, fields and type, and posts of other sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from digest.app import App
from tests.support.site_visit import (
    ManualClock,
    open_app_with_readers,
    outbox_letters,
    site_client,
)

WANTED = {"rule-0": "sparse AND rout*", "rhythm": "weekdays", "hour": "06:15", "zone": "Europe/Berlin"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    with open_app_with_readers(tmp_path, store_url, "signup: open\nsources: {}\n", "ada") as opened:
        yield opened


@pytest.fixture
def web(app: App, clock: ManualClock) -> Iterator[httpx.Client]:
    with site_client(app, clock) as client:
        yield client


def test_forms_that_are_no_forms(app: App, web: httpx.Client) -> None:
    many = {f"rule-{number}": "sparse" for number in range(500)} | {"email": "new@example.org"}
    for data, status in (
        ({"email": "new@example.org", "rule-0": "x" * 70_000}, 413),
        (many, 400),
        (WANTED | {"email": "new@example.org"} | {f"rule-{number}": "sparse" for number in range(41)}, 422),
    ):
        for path in ("/subscribe", "/try"):
            answer = web.post(path, data=data)
            assert answer.status_code == status or (path == "/try" and status == 422)
    data = WANTED | {"email": "new@example.org"}
    foreign = web.post("/subscribe", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    for path in ("/link", "/try", "/confirm/x", "/move/x"):
        assert web.post(path, headers={"Sec-Fetch-Site": "same-site"}).status_code == 403
    assert web.post("/subscribe", json=WANTED).status_code == 415
    assert outbox_letters(app) == []
