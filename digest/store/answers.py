"""Readers' answers on authorship: a paper is by the author whom they follow, or by a namesake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from digest.store import tables as t
from digest.store.engine import Database, batches, insert

Answers = Mapping[tuple[str, str], tuple[tuple[str, bool], ...]]
"""By reader and followed name: (the paper's key, whether it is theirs), the oldest answer first."""


@dataclass(frozen=True, slots=True)
class AnswerStore:
    """Readers' answers on who wrote a paper."""

    database: Database

    def save(self, subscriber: str, name: str, paper: str, theirs: bool | None, *, now: datetime) -> None:
        """Keep an answer on a paper instead of an earlier one; None deletes it."""
        c = t.answer.c
        row = {"subscriber": subscriber, "name": name, "paper": paper}
        with self.database.writing() as connection:
            if theirs is None:
                connection.execute(delete(t.answer).where(*(c[key] == value for key, value in row.items())))
                return
            given = insert(connection, t.answer).values(**row, theirs=theirs, at=now)
            newer = {"theirs": theirs, "at": now}
            connection.execute(given.on_conflict_do_update(index_elements=list(row), set_=newer))

    def of_readers(self, subscribers: Iterable[str]) -> Answers:
        """All answers of these readers."""
        found: dict[tuple[str, str], tuple[tuple[str, bool], ...]] = {}
        c = t.answer.c
        with self.database.reading() as connection:
            for batch in batches(subscribers):
                given = select(c.subscriber, c.name, c.paper, c.theirs).where(c.subscriber.in_(batch))
                for subscriber, name, paper, theirs in connection.execute(given.order_by(c.at, c.paper)):
                    found[subscriber, name] = (*found.get((subscriber, name), ()), (paper, theirs))
        return found
