"""ReaderDirectory: readers in files and readers who signed up, with their preferences applied."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from digest.app import load
from digest.config import Config
from digest.readers import ReaderDirectory
from digest.store import Store
from digest.store import tables as t
from tests.support.config_files import READER, folder
from tests.support.store_samples import EVE, NOW, sign_up


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(folder(tmp_path, ada=READER), env={})


def names(directory: ReaderDirectory, store: Store) -> list[str]:
    return [reader.id for reader in directory.readers(store)]


def test_all_who_read_are_one_list_that_stays_the_same_for_as_long_as_nothing_changes(
    config: Config, store: Store
) -> None:
    directory = ReaderDirectory(config)
    before = directory.readers(store)
    assert before == config.subscribers
    assert directory.readers(store) is before
    sign_up(store)
    after = directory.readers(store)
    assert names(directory, store) == ["ada", "web-eve"]
    assert directory.readers(store) is after
    assert after[0] is before[0]
    eve = directory.reader(store, "web-eve")
    assert eve is after[1]
    assert directory.at(store, "eve@example.org") is eve
    assert directory.at(store, "ada@example.org") is after[0]
    assert directory.at(store, "nobody@example.org") is None
    store.readers.delete("web-eve")
    assert names(directory, store) == ["ada"]
    assert (directory.reader(store, "web-eve"), directory.at(store, "eve@example.org")) == (None, None)


def test_who_changes_is_looked_at_again_and_nobody_else(config: Config, store: Store) -> None:
    directory = ReaderDirectory(config)
    sign_up(store)
    sign_up(store, "web-fay", EVE | {"email": "fay@example.org"})
    _, eve, fay = directory.readers(store)
    store.readers.update_document("web-fay", lambda document: document | {"timezone": "Asia/Tokyo"})
    _, again, other = directory.readers(store)
    assert again is eve
    assert (str(fay.timezone), str(other.timezone)) == ("UTC", "Asia/Tokyo")


def test_a_file_outranks_who_signed_up_under_its_address(config: Config, store: Store) -> None:
    directory = ReaderDirectory(config)
    sign_up(store, "web-ada", EVE | {"email": "ADA@example.org"}, "ada@example.org")
    assert names(directory, store) == ["ada"]
    found = directory.at(store, "ada@example.org")
    assert found
    assert found.id == "ada"
    assert "whose file counts" in directory.faults(store)["web-ada"]


def test_who_is_not_understood_any_more_is_told_of_and_gets_nothing(config: Config, store: Store) -> None:
    directory = ReaderDirectory(config)
    sign_up(store)
    assert names(directory, store) == ["ada", "web-eve"]
    store.readers.update_document("web-eve", lambda document: document | {"timezone": "Mars/Olympus"})
    assert names(directory, store) == ["ada"]
    assert "Mars/Olympus" in directory.faults(store)["web-eve"]
    assert directory.at(store, "eve@example.org") is None
    store.readers.update_document("web-eve", lambda document: document | {"timezone": "UTC"})
    assert names(directory, store) == ["ada", "web-eve"]
    assert directory.faults(store) == {}


def test_what_readers_say_outranks_what_was_written_for_them(config: Config, store: Store) -> None:
    directory = ReaderDirectory(config)
    sign_up(store, document=EVE | {"pause": {"until": "2027-01-01"}})
    ada = directory.readers(store)[0]
    for reader in ("ada", "web-eve"):
        store.preferences.mute(reader, "gpt", now=NOW)
        store.preferences.mute(reader, "((", now=NOW)  # it was a term once
        store.preferences.renew_links(reader)
    store.preferences.pause("ada", date(2026, 12, 1), now=NOW)
    store.preferences.pause("web-eve", None, now=NOW)
    first, second = directory.readers(store)
    assert (first.pause_until, second.pause_until, first.links, second.links) == (date(2026, 12, 1), None, 1, 1)
    assert first.subscriptions[0].exclude
    assert first.subscriptions[0].exclude.canonical_text == "gpt"
    assert second.subscriptions[0].exclude
    assert second.subscriptions[0].exclude.canonical_text == "survey OR gpt"
    store.preferences.unmute("ada", "gpt")
    assert directory.readers(store)[0] == replace(ada, pause_until=date(2026, 12, 1), links=1)


def test_a_database_that_was_put_back_is_looked_at_as_a_whole(config: Config, store: Store) -> None:
    directory = ReaderDirectory(config)
    sign_up(store)
    for _ in range(5):
        store.readers.update_document("web-eve", lambda document: document | {"timezone": "Asia/Tokyo"})
    assert len(directory.readers(store)) == 2
    with store.writing() as connection:  # as it was after the first change
        connection.execute(t.roll.update().values(serial=1))
        connection.execute(t.reader.update().values(serial=1, document=EVE))
    assert str(directory.readers(store)[1].timezone) == "UTC"


def test_threads_see_whole_states(config: Config, store: Store) -> None:
    directory = ReaderDirectory(config)
    sign_up(store)

    def change(number: int) -> None:
        store.readers.update_document("web-eve", lambda document: document | {"name": f"Eve {number}"})

    def look(_: int) -> bool:
        found = directory.at(store, "eve@example.org")
        return found is not None and found.id == "web-eve" and directory.reader(store, "ada") is not None

    with ThreadPoolExecutor(6) as pool:
        changes = [pool.submit(change, number) for number in range(20)]
        assert all(pool.map(look, range(100)))
        for each in changes:
            each.result()
    assert directory.readers(store)[1].name is not None
