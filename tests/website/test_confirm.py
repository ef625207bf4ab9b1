"""Confirmation of sign-ups and of changes of address: once, in time, and by the right link alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest.app import App
from digest.links import CONFIRM, MOVE
from digest.links.token import sign
from tests.support.site_visit import (
    SECRET,
    ManualClock,
    link_path,
    open_app_with_readers,
    outbox_letters,
    site_client,
)
from tests.support.store_samples import NOW

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


def ask(web: httpx.Client, email: str = "new@example.org", **more: Any) -> httpx.Response:
    return web.post("/subscribe", data=WANTED | {"email": email} | more)


def join(app: App, web: httpx.Client, email: str = "new@example.org", **more: Any) -> httpx.Response:
    ask(web, email, **more)
    return web.post(link_path(outbox_letters(app)[-1], "confirm"))


def test_a_link_that_has_grown_old_lets_nobody_in(app: App, web: httpx.Client, clock: ManualClock) -> None:
    ask(web)
    path = link_path(outbox_letters(app)[0], "confirm")
    clock.now += timedelta(hours=48, seconds=1)
    for answer in (web.get(path), web.post(path)):
        assert (answer.status_code, "grown old" in answer.text, "/me/" in answer.text) == (404, True, False)
    assert len(app.readers()) == 1


def test_links_for_something_else_confirm_nothing(app: App, web: httpx.Client) -> None:
    ask(web)
    app.signup.link("ada@example.org", now=NOW)
    with app.store.reading() as connection:
        ids = [str(row[0]) for row in connection.exec_driver_sql("SELECT id FROM pending ORDER BY kind")]
    ours = [SECRET]
    for token in [
        sign(MOVE, {"id": ids[1], "side": "new"}, ours, at=NOW),
        sign(CONFIRM, {"id": ids[1]}, ["another secret, long enough"], at=NOW),
        sign(CONFIRM, {"id": ids[1]}, ours),
        sign(CONFIRM, {"id": ids[0]}, ours, at=NOW),  # that of a link
        sign(CONFIRM, {"id": "nothing"}, ours, at=NOW),
        "x",
        "%00",
    ]:
        assert web.post(f"/confirm/{token}").status_code == 404
        assert web.get(f"/confirm/{token}").status_code == 404
        if "." in token:
            assert web.post(f"/move/{token}").status_code == 410
    assert len(app.readers()) == 1


def test_a_file_that_came_in_between_outranks(app: App, web: httpx.Client, tmp_path: Path, clock: ManualClock) -> None:
    ask(web)
    path = link_path(outbox_letters(app)[0], "confirm")
    more = app.config.database
    with (
        open_app_with_readers(tmp_path, more, "signup: open\nsources: {}\n", "new") as later,
        site_client(later, clock) as other,
    ):
        answer = other.post(path)
        assert (answer.status_code, "already" in answer.text) == (200, True)
        assert [reader.id for reader in later.readers()] == ["ada", "new"]


def test_a_change_of_address_needs_both(app: App, web: httpx.Client, clock: ManualClock) -> None:
    join(app, web)
    reader = app.readers()[-1]
    assert app.signup.move(reader, "ada@example.org", now=NOW)
    assert app.signup.move(reader, "other@example.org", now=NOW)
    taken_old, taken_new, old, new = (link_path(letter, "move") for letter in outbox_letters(app)[-4:])
    for path in (old, new):
        assert "Nothing has changed yet" in web.get(path).text
    for _ in range(2):
        assert "One half is done" in web.post(old).text
    assert app.readers()[-1].email == "new@example.org"
    assert "have moved" in web.post(new).text
    assert app.readers()[-1].email == "other@example.org"
    assert web.post(new).status_code == 410
    assert web.get(old).status_code == 410
    # The old side learns nothing of the new address before that one has agreed.
    assert "One half is done" in web.post(taken_old).text
    assert web.post(taken_new).status_code == 409
    assert app.readers()[-1].email == "other@example.org"
    assert app.signup.move(app.readers()[-1], "third@example.org", now=NOW)
    late = link_path(outbox_letters(app)[-1], "move")
    clock.now += timedelta(hours=49)
    assert (web.get(late).status_code, web.post(late).status_code) == (410, 410)
