"""Signing up and moving: what is asked by letter, and what comes of a yes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.app import House
from digest.errors import ConfigError
from digest.mail.message import AddressError
from digest.readers.signup import MOST_ASKED
from digest.store import Document
from digest.subscriptions import Subscriber
from tests.support.site_visit import house_of, letters, link, said
from tests.support.store_samples import NOW


def wish(email: str = "Eve@Example.org", *rules: str, **more: Any) -> Document:
    subscription = {"name": "Sparse", "when": "daily 07:30", "rules": list(rules or ["sparse"])} | more
    return {"email": email, "timezone": "Asia/Tokyo", "subscriptions": [subscription]}


@pytest.fixture
def house(tmp_path: Path, store_url: str) -> Iterator[House]:
    with house_of(tmp_path, store_url, "signup: open\nsources: {}\n", "ada") as opened:
        yield opened


def newest(house: House) -> str:
    """What was asked for last."""
    with house.store.reading() as connection:
        found = connection.exec_driver_sql("SELECT id FROM pending WHERE done IS NULL ORDER BY at DESC").first()
    assert found
    return str(found[0])


def joined(house: House, document: Document) -> Subscriber:
    assert house.enrolment.sign_up(document, now=NOW)
    token = link(letters(house)[-1], "confirm").rpartition("/")[2]
    reader = house.enrolment.confirm(str(house.press.passes.opened("confirm", token, now=NOW)["id"]), now=NOW)
    assert reader
    return reader


def has(reader: Subscriber) -> list[tuple[str, list[str]]]:
    return [(each.name, [rule.title for rule in each.rules]) for each in reader.subscriptions]


def test_a_reader_is_made_of_what_was_asked_for(house: House) -> None:
    reader = joined(house, wish())
    assert re.fullmatch(r"web-[a-z2-7]{16}", reader.id)
    assert (reader.email, str(reader.timezone), reader.language) == ("Eve@Example.org", "Asia/Tokyo", "en")
    assert house.reader(reader.id) == reader
    assert house.enrolment.confirm("nothing", now=NOW) is None


def test_what_is_no_reader_asks_nobody(house: House) -> None:
    for document in ({}, wish("nobody"), wish("eve@example.org", "ti:"), wish(extra=1), {"email": "eve@example.org"}):
        with pytest.raises(ConfigError):
            house.enrolment.sign_up(document, now=NOW)
    for address in ("", "nobody", "a@b@c"):
        with pytest.raises(AddressError):
            house.enrolment.link(address, now=NOW)
    assert letters(house) == []


def test_one_address_is_one_reader_however_it_is_spelt(house: House) -> None:
    first = joined(house, wish("Eve@Example.org"))
    second = joined(house, wish("eVE@eXAMPLE.ORG", "dense"))
    assert second.id == first.id
    assert second.email == "Eve@Example.org"
    assert has(second) == [("Sparse", ["sparse"]), ("Sparse 2", ["dense"])]
    assert has(joined(house, wish("eve@example.org", "more", name="SPARSE"))) == [*has(second), ("SPARSE 3", ["more"])]


def test_one_that_was_left_is_replaced_and_wanted_again(house: House) -> None:
    reader = joined(house, wish())
    house.store.leave(reader.id, "Sparse", "they asked to", now=NOW)
    assert has(joined(house, wish("eve@example.org", "dense"))) == [("Sparse", ["dense"])]
    assert house.store.departures() == {}


def test_who_left_all_gets_the_one_again_that_they_confirm(house: House) -> None:
    reader = joined(house, wish())
    joined(house, wish("eve@example.org", "dense", name="Dense"))
    house.store.leave(reader.id, "", "they asked to", now=NOW)
    joined(house, wish("eve@example.org", "new"))
    assert list(house.store.departures()) == [(reader.id, "Dense")]


def test_what_was_understood_once_does_not_stand_in_the_way(house: House) -> None:
    reader = joined(house, wish())
    joined(house, wish("eve@example.org", "dense", name="Dense"))

    def spoil(document: Document) -> Document:
        bad = document["subscriptions"][0] | {"rules": ["ti:"]}
        return document | {"timezone": "Mars/Olympus", "subscriptions": [bad, *document["subscriptions"][1:]]}

    house.store.rewrite(reader.id, spoil)
    assert house.reader(reader.id) is None
    again = joined(house, wish("eve@example.org", "new", name="New"))
    assert again.id == reader.id
    assert has(again) == [("Dense", ["dense"]), ("New", ["new"])]
    assert house.reader(reader.id) == again


def test_a_confirmed_reader_comes_with_all_that_they_have_said(house: House) -> None:
    reader = joined(house, wish())
    house.store.renew_links(reader.id)
    house.store.mute(reader.id, "gpt", now=NOW)
    again = joined(house, wish("eve@example.org", "dense"))
    assert again == house.reader(reader.id)
    assert again.links == 1
    changed = house.enrolment.rewrite(reader.id, lambda document: document | {"name": "Eve"})
    assert changed
    assert (changed.links, changed.name) == (1, "Eve")


def test_a_change_that_makes_no_sense_changes_nothing(house: House) -> None:
    reader = joined(house, wish())

    def spoil(document: Document) -> Document:
        document["subscriptions"][0]["when"] = "never"
        return document

    with pytest.raises(ConfigError):
        house.enrolment.rewrite(reader.id, spoil)
    assert house.reader(reader.id) == reader
    assert house.enrolment.rewrite("web-nobody", lambda document: document) is None


def test_so_many_letters_a_day_whatever_they_are_about(house: House) -> None:
    asked = [house.enrolment.sign_up(wish(), now=NOW), house.enrolment.link("eve@example.org", now=NOW)]
    asked += [house.enrolment.sign_up(wish("EVE@example.org"), now=NOW) for _ in range(3)]
    assert asked == [True] * MOST_ASKED + [False] * 2
    assert len(letters(house)) == MOST_ASKED


def test_a_letter_names_nothing_of_what_was_asked_for(house: House) -> None:
    document = wish("eve@example.org", "buy pills", name="Cheap pills") | {"name": "Cheap pills"}
    house.enrolment.sign_up(document, now=NOW)
    [letter] = letters(house)
    assert "pills" not in letter.as_string() + said(letter)
    assert letter["To"] == "eve@example.org"


def test_who_reads_at_an_address_is_told_to_nobody_before_it_agrees(house: House) -> None:
    reader = joined(house, wish())
    other = joined(house, wish("fay@example.org"))
    for address in ("ada@example.org", "fay@example.org"):
        assert house.enrolment.move(reader, address, now=NOW)
        asked = newest(house)
        assert house.enrolment.agree(asked, "old", now=NOW) == "half"
        assert house.enrolment.agree(asked, "new", now=NOW) == "taken"
        with house.store.writing() as connection:
            connection.exec_driver_sql("DELETE FROM pending WHERE done IS NULL")
    assert house.enrolment.agree("nothing", "new", now=NOW) is None
    assert (house.reader(reader.id), house.reader(other.id)) == (reader, other)
    assert house.enrolment.move(reader, "new@example.org", now=NOW)
    asked = newest(house)
    assert [house.enrolment.agree(asked, "new", now=NOW), house.enrolment.agree(asked, "old", now=NOW)] == [
        "half",
        "done",
    ]
    moved = house.reader(reader.id)
    assert moved
    assert moved.email == "new@example.org"
    assert house.roll.at(house.store, "eve@example.org") is None
