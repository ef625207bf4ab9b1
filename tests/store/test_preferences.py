"""Preferences of readers, and their opinions on papers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from digest.store import Preferences, Store
from tests.support.store_samples import NOW

DAY = timedelta(days=1)


def test_preferences_replace_each_other_and_change_the_serial(store: Store) -> None:
    assert store.preferences.get() == Preferences()
    before = store.readers.serial()
    store.preferences.pause("ada", NOW.date(), now=NOW)
    store.preferences.pause("ada", None, now=NOW)
    store.preferences.mute("ada", "gpt", now=NOW)
    store.preferences.mute("ada", "gpt", now=NOW + DAY)
    store.preferences.mute("ada", "bert", now=NOW + DAY)
    store.preferences.mute("ben", "x", now=NOW)
    store.preferences.unmute("ben", "x")
    store.preferences.unmute("ben", "y")
    store.preferences.renew_links("ada")
    store.preferences.renew_links("ada")
    assert store.preferences.get() == Preferences(
        pauses={"ada": None}, mutes={"ada": ("gpt", "bert")}, links={"ada": 2}
    )
    assert store.readers.serial() == before + 10


def test_opinions_replace_each_other_and_are_taken_back(store: Store) -> None:
    store.preferences.save_opinion("ada", "a", True, now=NOW)
    store.preferences.save_opinion("ada", "b", False, now=NOW)
    store.preferences.save_opinion("ada", "a", False, now=NOW + DAY)
    store.preferences.save_opinion("ben", "a", True, now=NOW)
    assert [(each.paper, each.more, each.at) for each in store.preferences.opinions("ada")] == [
        ("a", False, NOW + DAY),
        ("b", False, NOW),
    ]
    store.preferences.save_opinion("ada", "a", None, now=NOW)
    assert [each.paper for each in store.preferences.opinions("ada")] == ["b"]


def test_links_invalidated_at_the_same_time_are_counted_each(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.preferences.renew_links("ada"), range(8)))
    assert store.preferences.get().links == {"ada": 8}
