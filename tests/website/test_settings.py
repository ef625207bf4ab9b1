"""Name, zone, language, format and address: changed by their reader alone, and the address by both mailboxes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from digest.app import House
from digest.links import MOVE
from digest.links.token import sign
from tests.support.site_data import ADA, KEY, ada_of, changed, path_of, rows
from tests.support.store_samples import NOW


@pytest.fixture
def here(house: House) -> str:
    return path_of(house.press.passes.page(ada_of(house), now=NOW))


def document(house: House) -> dict[str, Any]:
    row = house.store.reader(id=ada_of(house).id)
    assert row
    return row.document


def test_each_field_changes_its_own_value(house: House, web: httpx.Client, here: str) -> None:
    before = rows(house.store)
    data = {"name": " Ada  King ", "zone": "Europe/Berlin", "language": "de", "format": "text"}
    answer = web.post(f"{here}/settings", data=data)
    assert answer.headers["location"] == f"/lists{here}?said=kept"
    assert changed(house.store, before) == {"reader": (1, 1)}
    assert document(house) == ADA | {
        "name": "Ada King",
        "timezone": "Europe/Berlin",
        "language": "de",
        "format": "text",
    }
    ada = ada_of(house)
    assert (ada.name, ada.timezone.key, ada.language, ada.format) == ("Ada King", "Europe/Berlin", "de", "text")
    assert "Ihre Seite" in web.get(here).text


def test_what_comes_back_untouched_changes_nothing(house: House, web: httpx.Client, here: str) -> None:
    values = {"name": ADA["name"], "zone": ADA["timezone"], "language": "", "format": "html"}
    for data in (values, {}, {"format": "html"}):
        assert web.post(f"{here}/settings", data=data).status_code == 303
        assert document(house) == ADA


def test_an_empty_field_takes_its_key_away(house: House, web: httpx.Client, here: str) -> None:
    web.post(f"{here}/settings", data={"name": "", "zone": ""})
    assert document(house) == {key: value for key, value in ADA.items() if key not in ("name", "timezone")}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("zone", "Berlin"),
        ("zone", "../../etc/passwd"),
        ("language", "<b>"),
        ("format", "pdf"),
        ("name", "x" * 101),
    ],
)
def test_mistakes_are_told_and_nothing_is_kept(
    house: House, web: httpx.Client, here: str, field: str, wrong: str
) -> None:
    before = rows(house.store)
    answer = web.post(f"{here}/settings", data={"name": "Ada King", field: wrong})
    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    assert "<b>" not in answer.text
    assert rows(house.store) == before


def test_both_mailboxes_are_asked_for_a_change_of_address(house: House, web: httpx.Client, here: str) -> None:
    before = rows(house.store)
    answer = web.post(f"{here}/address", data={"email": "ada@example.com"})
    assert answer.status_code == 200
    assert "Look into both mailboxes" in answer.text
    assert changed(house.store, before) == {"pending": (0, 1), "delivery": (0, 2), "letter": (0, 2)}
    assert {letter.recipient for letter in house.store.outbox()} >= {"Ada@example.org", "ada@example.com"}
    with house.store.reading() as connection:
        pending = connection.exec_driver_sql("SELECT id FROM pending WHERE kind = 'address'").scalar_one()
    for side in ("old", "new"):
        token = sign(MOVE, {"id": pending, "side": side}, [KEY], at=NOW)
        assert ada_of(house).email == "Ada@example.org"
        web.post(f"/move/{token}")
    moved = house.roll.at(house.store, "ada@example.com")
    assert moved
    assert moved.email == "ada@example.com"


def test_the_answer_is_the_same_whoever_reads_there(house: House, web: httpx.Client, here: str) -> None:
    answers = [
        web.post(f"{here}/address", data={"email": email}).text
        for email in ("nobody@example.com", "ben@example.org", "nobody@example.com", "x@example.com", "x@example.com")
    ]
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    "email", ["", "x", "a@b@c", "ADA@example.org", "a" * 300 + "@example.org", "a\x00@example.org"]
)
def test_what_is_no_other_address_is_told(house: House, web: httpx.Client, here: str, email: str) -> None:
    before = rows(house.store)
    answer = web.post(f"{here}/address", data={"email": email})
    assert answer.status_code == 422
    assert 'id="email-fault"' in answer.text
    assert rows(house.store) == before
