"""ReaderDirectory: the readers of the YAML files and those who signed up, with their own preferences applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from threading import Lock

from digest.config import Config
from digest.config.subscriber_yaml import subscriber_from
from digest.errors import ConfigError
from digest.mail.address import address_key
from digest.mail.message import Mailbox
from digest.rules import Query, QueryError, any_of, parse
from digest.store import Preferences, ReaderRow, Store
from digest.subscriptions import Subscriber


class ReaderDirectory:
    """All readers under one config, cached until the store's serial number changes. Thread-safe."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = Lock()
        self._serial = -1
        self._signed: dict[str, tuple[str, Subscriber]] = {}  # by id, with the key of the address
        self._bad: dict[str, str] = {}
        self._readers: tuple[Subscriber, ...] = ()
        self._by_id: dict[str, Subscriber] = {}
        self._by_address: dict[str, str] = {}

    def readers(self, store: Store) -> tuple[Subscriber, ...]:
        """All readers as of now; the identical tuple for as long as nothing changes."""
        self._refresh(store)
        return self._readers

    def reader(self, store: Store, id: str) -> Subscriber | None:
        """The reader with that id, or None."""
        self._refresh(store)
        return self._by_id.get(id)

    def known(self, id: str) -> Subscriber | None:
        """The reader with that id as of the last refresh; does not ask the store."""
        return self._by_id.get(id)

    def turned(self, store: Store, serial: int) -> bool:
        """Refresh if `serial` is newer or older than the last one seen; returns whether it differed."""
        if serial == self._serial:
            return False
        self._refresh(store)
        return True

    def at(self, store: Store, address: str) -> Subscriber | None:
        """The reader with that address, given as mail.address.address_key returns it."""
        self._refresh(store)
        id_ = self._filed.get(address) or self._by_address.get(address)
        return self._by_id.get(id_) if id_ else None

    @cached_property
    def _filed(self) -> Mapping[str, str]:
        """The ids of the readers in files by address key; computed on first use, since every address must be parsed."""
        return {address_key(Mailbox(address=each.email).wire): each.id for each in self._config.subscribers}

    def faults(self, store: Store) -> Mapping[str, str]:
        """By id, why a signed-up reader gets no letters: their document is no longer valid, or a reader in a file has
        the same address.
        """
        self._refresh(store)
        shared = {
            reader.id: f"the address is that of {self._filed[address]} too, whose file counts"
            for address, reader in self._signed.values()
            if address in self._filed
        }
        return self._bad | shared

    def _refresh(self, store: Store) -> None:
        if store.readers.serial() == self._serial:
            return
        with self._lock:
            serial = store.readers.serial()  # another thread may have refreshed while this one waited for the lock
            if serial == self._serial:
                return
            # A lower serial than before means a restored backup: read all rows.
            for row in store.readers.list_all(max(self._serial, 0) if serial > self._serial else 0):
                self._judge(row)
            present = store.readers.ids()
            self._signed = {key: each for key, each in self._signed.items() if key in present}
            self._bad = {key: fault for key, fault in self._bad.items() if key in present}
            self._readers = tuple(self._all(store.preferences.get()))
            self._by_id = {reader.id: reader for reader in self._readers}
            self._by_address = {address: reader.id for address, reader in self._signed.values()}
            self._serial = serial

    def _judge(self, row: ReaderRow) -> None:
        self._signed.pop(row.id, None)
        self._bad.pop(row.id, None)
        try:
            self._signed[row.id] = row.address, subscriber_from(row.id, row.document, self._config.language)
        except ConfigError as error:
            self._bad[row.id] = str(error)

    def _all(self, preferences: Preferences) -> Sequence[Subscriber]:
        signed = [reader for address, reader in self._signed.values() if address not in self._filed]
        return [_with_preferences(reader, preferences) for reader in (*self._config.subscribers, *signed)]


def _with_preferences(reader: Subscriber, preferences: Preferences) -> Subscriber:
    """The reader with their own preferences (pause, link style, muted terms), which override the config's."""
    until: date | None = preferences.pauses.get(reader.id, reader.pause_until)
    links, terms = preferences.links.get(reader.id, 0), preferences.mutes.get(reader.id, ())
    if until == reader.pause_until and not links and not terms:
        return reader
    subscriptions = reader.subscriptions
    if terms:
        muted = list(_queries(terms))
        subscriptions = tuple(
            replace(each, exclude=any_of([*([each.exclude] if each.exclude else ()), *muted])) for each in subscriptions
        )
    return replace(reader, pause_until=until, links=links, subscriptions=subscriptions)


def _queries(terms: Sequence[str]) -> Iterator[Query]:
    for term in terms:
        try:
            yield parse(term)
        except QueryError:  # the rule language has changed since this term was muted
            continue
