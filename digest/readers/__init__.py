"""The roll: all who read, those of the files and those who signed up, as one kind of reader; what they say outranks."""

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
    """Who reads under this config. Threads may share it."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = Lock()
        self._serial = -1
        self._signed: dict[str, tuple[str, Subscriber]] = {}  # with their addresses' keys
        self._bad: dict[str, str] = {}
        self._readers: tuple[Subscriber, ...] = ()
        self._by_id: dict[str, Subscriber] = {}
        self._by_address: dict[str, str] = {}

    def readers(self, store: Store) -> tuple[Subscriber, ...]:
        """Everyone, as of now; the very same tuple for as long as nothing changes."""
        self._refresh(store)
        return self._readers

    def reader(self, store: Store, id: str) -> Subscriber | None:
        """The reader of that id."""
        self._refresh(store)
        return self._by_id.get(id)

    def known(self, id: str) -> Subscriber | None:
        """The reader of that id, as of when it was last looked."""
        return self._by_id.get(id)

    def turned(self, store: Store, serial: int) -> bool:
        """Whether that was before the roll had this number; then it is looked again."""
        if serial == self._serial:
            return False
        self._refresh(store)
        return True

    def at(self, store: Store, address: str) -> Subscriber | None:
        """The reader of that address, as delivery.address_key gives it."""
        self._refresh(store)
        id_ = self._filed.get(address) or self._by_address.get(address)
        return self._by_id.get(id_) if id_ else None

    @cached_property
    def _filed(self) -> Mapping[str, str]:
        """Who of the files has an address; made when it is first asked for, since each is taken apart for it."""
        return {address_key(Mailbox(address=each.email).wire): each.id for each in self._config.subscribers}

    def faults(self, store: Store) -> Mapping[str, str]:
        """By the id of one who signed up, why they get no letters: what they wrote is not understood any more, or a
        file has their address.
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
            serial = store.readers.serial()  # who waited here need not look again
            if serial == self._serial:
                return
            # A lower number than before is that of a database that was put back: all of it is looked at.
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

    def _all(self, wishes: Preferences) -> Sequence[Subscriber]:
        signed = [reader for address, reader in self._signed.values() if address not in self._filed]
        return [_wished(reader, wishes) for reader in (*self._config.subscribers, *signed)]


def _wished(reader: Subscriber, wishes: Preferences) -> Subscriber:
    """A reader as they want it themselves, whatever was written for them."""
    until: date | None = wishes.pauses.get(reader.id, reader.pause_until)
    links, terms = wishes.links.get(reader.id, 0), wishes.mutes.get(reader.id, ())
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
        except QueryError:  # it was one when it was muted
            continue
