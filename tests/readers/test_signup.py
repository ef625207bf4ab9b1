"""Signing up and moving: what is asked by letter, and what comes of a yes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.app import App
from digest.errors import ConfigError
from digest.mail.message import AddressError
from digest.readers.signup import MOST_ASKED
from digest.store import ReaderDocument
from digest.subscriptions import Subscriber
from tests.support.site_visit import letter_text, link_path, open_app_with_readers, outbox_letters
from tests.support.store_samples import NOW


def wish(email: str = "Eve@Example.org", *rules: str, **more: Any) -> ReaderDocument:
    subscription = {"name": "Sparse", "when": "daily 07:30", "rules": list(rules or ["sparse"])} | more
    return {"email": email, "timezone": "Asia/Tokyo", "subscriptions": [subscription]}


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    with open_app_with_readers(tmp_path, store_url, "signup: open\nsources: {}\n", "ada") as opened:
        yield opened


def newest(app: App) -> str:
    """What was asked for last."""
    with app.store.reading() as connection:
        found = connection.exec_driver_sql("SELECT id FROM pending WHERE done IS NULL ORDER BY at DESC").first()
    assert found
    return str(found[0])


def joined(app: App, document: ReaderDocument) -> Subscriber:
    assert app.signup.sign_up(document, now=NOW)
    token = link_path(outbox_letters(app)[-1], "confirm").rpartition("/")[2]
    reader = app.signup.confirm(str(app.letters.links.opened("confirm", token, now=NOW)["id"]), now=NOW)
    assert reader
    return reader


def has(reader: Subscriber) -> list[tuple[str, list[str]]]:
    return [(each.name, [rule.title for rule in each.rules]) for each in reader.subscriptions]


def test_a_reader_is_made_of_what_was_asked_for(app: App) -> None:
    reader = joined(app, wish())
    assert re.fullmatch(r"web-[a-z2-7]{16}", reader.id)
    assert (reader.email, str(reader.timezone), reader.language) == ("Eve@Example.org", "Asia/Tokyo", "en")
    assert app.reader(reader.id) == reader
    assert app.signup.confirm("nothing", now=NOW) is None


def test_what_is_no_reader_asks_nobody(app: App) -> None:
    for document in ({}, wish("nobody"), wish("eve@example.org", "ti:"), wish(extra=1), {"email": "eve@example.org"}):
        with pytest.raises(ConfigError):
            app.signup.sign_up(document, now=NOW)
    for address in ("", "nobody", "a@b@c"):
        with pytest.raises(AddressError):
            app.signup.link(address, now=NOW)
    assert outbox_letters(app) == []


def test_one_address_is_one_reader_however_it_is_spelt(app: App) -> None:
    first = joined(app, wish("Eve@Example.org"))
    second = joined(app, wish("eVE@eXAMPLE.ORG", "dense"))
    assert second.id == first.id
    assert second.email == "Eve@Example.org"
    assert has(second) == [("Sparse", ["sparse"]), ("Sparse 2", ["dense"])]
    assert has(joined(app, wish("eve@example.org", "more", name="SPARSE"))) == [*has(second), ("SPARSE 3", ["more"])]


def test_one_that_was_left_is_replaced_and_wanted_again(app: App) -> None:
    reader = joined(app, wish())
    app.store.unsubscribes.add(reader.id, "Sparse", "they asked to", now=NOW)
    assert has(joined(app, wish("eve@example.org", "dense"))) == [("Sparse", ["dense"])]
    assert app.store.unsubscribes.list_all() == {}


def test_who_left_all_gets_the_one_again_that_they_confirm(app: App) -> None:
    reader = joined(app, wish())
    joined(app, wish("eve@example.org", "dense", name="Dense"))
    app.store.unsubscribes.add(reader.id, "", "they asked to", now=NOW)
    joined(app, wish("eve@example.org", "new"))
    assert list(app.store.unsubscribes.list_all()) == [(reader.id, "Dense")]


def test_what_was_understood_once_does_not_stand_in_the_way(app: App) -> None:
    reader = joined(app, wish())
    joined(app, wish("eve@example.org", "dense", name="Dense"))

    def spoil(document: ReaderDocument) -> ReaderDocument:
        bad = document["subscriptions"][0] | {"rules": ["ti:"]}
        return document | {"timezone": "Mars/Olympus", "subscriptions": [bad, *document["subscriptions"][1:]]}

    app.store.readers.update_document(reader.id, spoil)
    assert app.reader(reader.id) is None
    again = joined(app, wish("eve@example.org", "new", name="New"))
    assert again.id == reader.id
    assert has(again) == [("Dense", ["dense"]), ("New", ["new"])]
    assert app.reader(reader.id) == again


def test_a_confirmed_reader_comes_with_all_that_they_have_said(app: App) -> None:
    reader = joined(app, wish())
    app.store.preferences.renew_links(reader.id)
    app.store.preferences.mute(reader.id, "gpt", now=NOW)
    again = joined(app, wish("eve@example.org", "dense"))
    assert again == app.reader(reader.id)
    assert again.links == 1
    changed = app.signup.rewrite(reader.id, lambda document: document | {"name": "Eve"})
    assert changed
    assert (changed.links, changed.name) == (1, "Eve")


def test_a_change_that_makes_no_sense_changes_nothing(app: App) -> None:
    reader = joined(app, wish())

    def spoil(document: ReaderDocument) -> ReaderDocument:
        document["subscriptions"][0]["when"] = "never"
        return document

    with pytest.raises(ConfigError):
        app.signup.rewrite(reader.id, spoil)
    assert app.reader(reader.id) == reader
    assert app.signup.rewrite("web-nobody", lambda document: document) is None


def test_so_many_letters_a_day_whatever_they_are_about(app: App) -> None:
    asked = [app.signup.sign_up(wish(), now=NOW), app.signup.link("eve@example.org", now=NOW)]
    asked += [app.signup.sign_up(wish("EVE@example.org"), now=NOW) for _ in range(3)]
    assert asked == [True] * MOST_ASKED + [False] * 2
    assert len(outbox_letters(app)) == MOST_ASKED


def test_a_letter_names_nothing_of_what_was_asked_for(app: App) -> None:
    document = wish("eve@example.org", "buy pills", name="Cheap pills") | {"name": "Cheap pills"}
    app.signup.sign_up(document, now=NOW)
    [letter] = outbox_letters(app)
    assert "pills" not in letter.as_string() + letter_text(letter)
    assert letter["To"] == "eve@example.org"


def test_who_reads_at_an_address_is_told_to_nobody_before_it_agrees(app: App) -> None:
    reader = joined(app, wish())
    other = joined(app, wish("fay@example.org"))
    for address in ("ada@example.org", "fay@example.org"):
        assert app.signup.move(reader, address, now=NOW)
        asked = newest(app)
        assert app.signup.agree(asked, "old", now=NOW) == "half"
        assert app.signup.agree(asked, "new", now=NOW) == "taken"
        with app.store.writing() as connection:
            connection.exec_driver_sql("DELETE FROM pending WHERE done IS NULL")
    assert app.signup.agree("nothing", "new", now=NOW) is None
    assert (app.reader(reader.id), app.reader(other.id)) == (reader, other)
    assert app.signup.move(reader, "new@example.org", now=NOW)
    asked = newest(app)
    assert [app.signup.agree(asked, "new", now=NOW), app.signup.agree(asked, "old", now=NOW)] == [
        "half",
        "done",
    ]
    moved = app.reader(reader.id)
    assert moved
    assert moved.email == "new@example.org"
    assert app.directory.at(app.store, "eve@example.org") is None
