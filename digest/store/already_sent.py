"""Which news of which work each reader was sent already."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from digest.store import tables as t
from digest.store.engine import Database, batches


@dataclass(frozen=True, slots=True)
class AlreadySentStore:
    """Which news of which work each reader was sent, so that nothing is sent twice."""

    database: Database

    def of_reader(self, subscriber: str, works: Collection[int] | None = None) -> frozenset[tuple[int, str]]:
        """The news that a reader was sent, as (work, event); of these works, or of all."""
        c = t.memory.c
        known = select(c.work, c.event).where(c.subscriber == subscriber)
        asked = [known] if works is None else [known.where(c.work.in_(batch)) for batch in batches(works)]
        with self.database.reading() as connection:
            return frozenset((work, what) for statement in asked for work, what in connection.execute(statement))

    def of_readers_since(self, subscribers: Iterable[str], since: datetime) -> dict[str, frozenset[tuple[int, str]]]:
        """The news that each reader was sent, of works with arrivals after `since`."""
        c = t.memory.c
        works = select(t.event.c.work).where(t.event.c.at > since)
        known: dict[str, set[tuple[int, str]]] = {}
        with self.database.reading() as connection:
            for batch in batches(subscribers):
                asked = select(c.subscriber, c.work, c.event).where(c.subscriber.in_(batch), c.work.in_(works))
                for subscriber, work, what in connection.execute(asked):
                    known.setdefault(subscriber, set()).add((work, what))
                for subscriber in batch:
                    known.setdefault(subscriber, set())
        return {subscriber: frozenset(facts) for subscriber, facts in known.items()}

    def of_readers(self, subscribers: Iterable[str]) -> dict[str, frozenset[tuple[int, str]]]:
        """All news that each reader was sent, as (work, event)."""
        c = t.memory.c
        known: dict[str, list[tuple[int, str]]] = {}
        with self.database.reading() as connection:
            for batch in batches(subscribers):
                known |= {subscriber: [] for subscriber in batch}
                asked = select(c.subscriber, c.work, c.event).where(c.subscriber.in_(batch))
                for subscriber, work, what in connection.execute(asked):
                    known[subscriber].append((work, what))
        return {subscriber: frozenset(facts) for subscriber, facts in known.items()}
