"""Name, zone, language, format and address: changed by their reader alone, and the address by both mailboxes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from digest.app import App
from digest.links import MOVE
from digest.links.token import sign
from tests.support.site_data import ADA, KEY, ada_of, all_rows, changed_rows, path_of
from tests.support.store_samples import NOW


@pytest.fixture
def here(app: App) -> str:
    return path_of(app.letters.links.page(ada_of(app), now=NOW))


def document(app: App) -> dict[str, Any]:
    row = app.store.readers.get(id=ada_of(app).id)
    assert row
    return row.document


def test_each_field_changes_its_own_value(app: App, web: httpx.Client, here: str) -> None:
    before = all_rows(app.store)
    data = {"name": " Ada  King ", "zone": "Europe/Berlin", "language": "de", "format": "text"}
    answer = web.post(f"{here}/settings", data=data)
    assert answer.headers["location"] == f"/lists{here}?said=kept"
    assert changed_rows(app.store, before) == {"reader": (1, 1)}
    assert document(app) == ADA | {
        "name": "Ada King",
        "timezone": "Europe/Berlin",
        "language": "de",
        "format": "text",
    }
    ada = ada_of(app)
    assert (ada.name, ada.timezone.key, ada.language, ada.format) == ("Ada King", "Europe/Berlin", "de", "text")
    assert "Ihre Seite" in web.get(here).text


def test_what_comes_back_untouched_changes_nothing(app: App, web: httpx.Client, here: str) -> None:
    values = {"name": ADA["name"], "zone": ADA["timezone"], "language": "", "format": "html"}
    for data in (values, {}, {"format": "html"}):
        assert web.post(f"{here}/settings", data=data).status_code == 303
        assert document(app) == ADA


def test_an_empty_field_takes_its_key_away(app: App, web: httpx.Client, here: str) -> None:
    web.post(f"{here}/settings", data={"name": "", "zone": ""})
    assert document(app) == {key: value for key, value in ADA.items() if key not in ("name", "timezone")}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("zone", "Berlin"),
        ("zone", "../../etc/passwd"),
        ("language", "<b>"),
        ("language", "zh"),
        ("format", "pdf"),
        ("name", "x" * 101),
    ],
)
def test_mistakes_are_told_and_nothing_is_kept(app: App, web: httpx.Client, here: str, field: str, wrong: str) -> None:
    before = all_rows(app.store)
    answer = web.post(f"{here}/settings", data={"name": "Ada King", field: wrong})
    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    assert "<b>" not in answer.text
    assert all_rows(app.store) == before


def test_both_mailboxes_are_asked_for_a_change_of_address(app: App, web: httpx.Client, here: str) -> None:
    before = all_rows(app.store)
    answer = web.post(f"{here}/address", data={"email": "ada@example.com"})
    assert answer.status_code == 200
    assert "Look into both mailboxes" in answer.text
    assert changed_rows(app.store, before) == {"pending": (0, 1), "delivery": (0, 2), "letter": (0, 2)}
    assert {letter.recipient for letter in app.store.outbox.unsent()} >= {"Ada@example.org", "ada@example.com"}
    with app.store.reading() as connection:
        pending = connection.exec_driver_sql("SELECT id FROM pending WHERE kind = 'address'").scalar_one()
    for side in ("old", "new"):
        token = sign(MOVE, {"id": pending, "side": side}, [KEY], at=NOW)
        assert ada_of(app).email == "Ada@example.org"
        web.post(f"/move/{token}")
    moved = app.directory.at(app.store, "ada@example.com")
    assert moved
    assert moved.email == "ada@example.com"


def test_the_answer_is_the_same_whoever_reads_there(app: App, web: httpx.Client, here: str) -> None:
    answers = [
        web.post(f"{here}/address", data={"email": email}).text
        for email in ("nobody@example.com", "ben@example.org", "nobody@example.com", "x@example.com", "x@example.com")
    ]
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    "email", ["", "x", "a@b@c", "ADA@example.org", "a" * 300 + "@example.org", "a\x00@example.org"]
)
def test_what_is_no_other_address_is_told(app: App, web: httpx.Client, here: str, email: str) -> None:
    before = all_rows(app.store)
    answer = web.post(f"{here}/address", data={"email": email})
    assert answer.status_code == 422
    assert 'id="email-fault"' in answer.text
    assert all_rows(app.store) == before
