"""ReaderDirectory: the readers of the YAML files and those who signed up, with their own preferences applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """All readers at one serial number: replaced as a whole, so that no answer is newer or older than its number."""

    serial: int = -1
    signed: Mapping[str, tuple[str, Subscriber]] = field(default_factory=dict)  # by id, with the key of the address
    bad: Mapping[str, str] = field(default_factory=dict)
    readers: tuple[Subscriber, ...] = ()
    by_id: Mapping[str, Subscriber] = field(default_factory=dict)
    by_address: Mapping[str, str] = field(default_factory=dict)


class ReaderDirectory:
    """All readers under one config, cached until the store's serial number changes. Thread-safe."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = Lock()
        self._snapshot = _Snapshot()

    def readers(self, store: Store) -> tuple[Subscriber, ...]:
        """All readers as of now; the identical tuple for as long as nothing changes."""
        return self._current(store).readers

    def reader(self, store: Store, id: str) -> Subscriber | None:
        """The reader with that id, or None."""
        return self._current(store).by_id.get(id)

    def known(self, id: str) -> tuple[Subscriber | None, int]:
        """The reader with that id, or None, and the serial number as of which that is so; does not ask the store."""
        snapshot = self._snapshot
        return snapshot.by_id.get(id), snapshot.serial

    def turned(self, store: Store, *, answered: int, serial: int) -> bool:
        """Whether an answer of `known` is not of the store's present `serial`; refreshes then."""
        if answered == serial:
            return False
        self._current(store)
        return True

    def has_left(self, store: Store, id: str) -> bool:
        """Whether nobody of that id reads here any more: asks the config and the store, whatever is cached."""
        return all(each.id != id for each in self._config.subscribers) and store.readers.get(id=id) is None

    def at(self, store: Store, address: str) -> Subscriber | None:
        """The reader with that address, given as mail.address.address_key returns it."""
        snapshot = self._current(store)
        id_ = self._filed.get(address) or snapshot.by_address.get(address)
        return snapshot.by_id.get(id_) if id_ else None

    @cached_property
    def _filed(self) -> Mapping[str, str]:
        """The ids of the readers in files by address key; computed on first use, since every address must be parsed."""
        return {address_key(Mailbox(address=each.email).wire): each.id for each in self._config.subscribers}

    def faults(self, store: Store) -> Mapping[str, str]:
        """By id, why a signed-up reader gets no letters: their document is no longer valid, or a reader in a file has
        the same address.
        """
        snapshot = self._current(store)
        shared = {
            reader.id: f"the address is that of {self._filed[address]} too, whose file counts"
            for address, reader in snapshot.signed.values()
            if address in self._filed
        }
        return {**snapshot.bad, **shared}

    def _current(self, store: Store) -> _Snapshot:
        if store.readers.serial() == (snapshot := self._snapshot).serial:
            return snapshot
        with self._lock:
            serial = store.readers.serial()  # another thread may have refreshed while this one waited for the lock
            if serial != self._snapshot.serial:
                self._snapshot = self._read(store, self._snapshot, serial)
            return self._snapshot

    def _read(self, store: Store, before: _Snapshot, serial: int) -> _Snapshot:
        signed, bad = dict(before.signed), dict(before.bad)
        # A lower serial than before means a restored backup: read all rows.
        for row in store.readers.list_all(max(before.serial, 0) if serial > before.serial else 0):
            self._judge(row, signed, bad)
        present = store.readers.ids()
        signed = {key: each for key, each in signed.items() if key in present}
        readers = tuple(self._all(signed, store.preferences.get()))
        return _Snapshot(
            serial=serial,
            signed=signed,
            bad={key: fault for key, fault in bad.items() if key in present},
            readers=readers,
            by_id={reader.id: reader for reader in readers},
            by_address={address: reader.id for address, reader in signed.values()},
        )

    def _judge(self, row: ReaderRow, signed: dict[str, tuple[str, Subscriber]], bad: dict[str, str]) -> None:
        signed.pop(row.id, None)
        bad.pop(row.id, None)
        try:
            signed[row.id] = row.address, subscriber_from(row.id, row.document, self._config.language)
        except ConfigError as error:
            bad[row.id] = str(error)

    def _all(self, signed: Mapping[str, tuple[str, Subscriber]], preferences: Preferences) -> Sequence[Subscriber]:
        added = [reader for address, reader in signed.values() if address not in self._filed]
        return [_with_preferences(reader, preferences) for reader in (*self._config.subscribers, *added)]


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
