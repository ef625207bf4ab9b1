"""CSRF tokens of the admin's forms: without a valid one no form changes anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from digest.app import App
from digest.links.token import sign
from tests.support.admin_site import (
    BY_PROXY,
    FORM_PATHS,
    SECRET,
    TOKEN,
    AdminClient,
    admin_client,
    admin_state,
    open_admin_app,
)
from tests.support.store_samples import NOW


@pytest.fixture
def store_url(made_file: Path, tmp_path: Path) -> str:
    """One kind of database is enough for a login."""
    shutil.copy(made_file, tmp_path / "digest.db")
    return f"sqlite:///{tmp_path / 'digest.db'}"


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    with open_admin_app(tmp_path, store_url) as opened:
        yield opened


def refused(opened: AdminClient, **more: object) -> None:
    """Every form of it is, and nothing changes."""
    before = admin_state(opened.store)
    fields = {"address": "grace@example.org", "subscription": "", "retry": "1"}
    for path in FORM_PATHS:
        given = {**fields, **({"form": more["form"]} if "form" in more else {})}
        answer = opened.web.post(path, data=given, headers=more.get("headers"))  # type: ignore[arg-type]
        assert (path, answer.status_code) == (path, 403)
    assert admin_state(opened.store) == before


def test_a_form_without_our_token_changes_nothing(app: App) -> None:
    with admin_client(app) as opened:
        refused(opened)
        refused(opened, form="")
        refused(opened, form=opened.form()[:-2])


@pytest.mark.parametrize(
    ("purpose", "payload", "key", "age"),
    [
        ("admin", {"user": ""}, "another service's key, long enough", timedelta()),
        ("unsubscribe", {"user": ""}, TOKEN, timedelta()),
        ("admin", {"user": "grace"}, TOKEN, timedelta()),
        ("admin", {}, TOKEN, timedelta()),
        ("admin", {"user": ""}, TOKEN, timedelta(hours=12, seconds=1)),
        ("admin", {"user": ""}, TOKEN, timedelta(seconds=-1)),
    ],
)
def test_a_token_of_another_service_purpose_person_or_time_changes_nothing(
    app: App, purpose: str, payload: dict[str, str], key: str, age: timedelta
) -> None:
    with admin_client(app) as opened:
        refused(opened, form=sign(purpose, payload, [key], at=NOW - age))
        refused(opened, form=sign(purpose, payload, [key]))  # one that never grows old


def test_a_page_that_was_left_open_over_night_says_so_and_works_until_then(app: App) -> None:
    with admin_client(app) as opened:
        token = opened.form()
        opened.clock.now += timedelta(hours=12)
        data = {"form": token, "subscription": ""}
        assert opened.web.post("/readers/ada/leave", data=data).status_code == 303
        opened.clock.now += timedelta(seconds=1)
        answer = opened.web.post("/readers/ben/leave", data=data)
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.text
        assert list(opened.store.unsubscribes.list_all()) == [("ada", "")]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_s_form_changes_nothing_even_with_our_token(app: App, site: str) -> None:
    with admin_client(app) as opened:
        refused(opened, form=opened.form(), headers={"Sec-Fetch-Site": site})


def test_forms_are_signed_by_the_key_of_links_where_there_is_one(tmp_path: Path, store_url: str) -> None:
    grace = {"X-Remote-User": "grace"}
    with (
        open_admin_app(tmp_path, store_url, BY_PROXY) as app,
        admin_client(app, logged_in=False, headers=grace) as opened,
    ):
        refused(opened, form=sign("admin", {"user": "ada"}, [SECRET], at=NOW))
        data = {"form": sign("admin", {"user": "grace"}, [SECRET], at=NOW), "subscription": ""}
        assert opened.web.post("/readers/ada/leave", data=data).status_code == 303
