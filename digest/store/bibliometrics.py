"""Bibliometrics of papers and people by service, each with its day; also that a service knew nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from digest.papers.scholarly_metrics import (
    Bibliometrics,
    Researcher,
    bibliometrics_from_json,
    researcher_from_json,
    to_json,
)
from digest.store import tables as t
from digest.store.engine import Database, batches, insert

_AGAIN = timedelta(days=1)  # a service that does not know a new paper yet is asked again
_FRESH = timedelta(days=30)  # what a paper's figures are taken for
_FRESH_PERSON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class BibliometricsStore:
    """Citation counts and the like of papers and people, as services gave them."""

    database: Database

    def save(
        self,
        kind: str,
        asked: Iterable[str],
        found: Mapping[str, Bibliometrics | Researcher],
        *,
        now: datetime,
    ) -> None:
        """Keep the answers of a service (its kind); of the other `asked` keys, that it knows nothing."""
        with self.database.writing() as connection:
            statement = insert(connection, t.figure)
            again = {name: statement.excluded[name] for name in ("at", "value")}
            rows = [
                {"kind": kind, "key": key, "at": now, "value": to_json(found[key]) if key in found else None}
                for key in dict.fromkeys(asked)
            ]
            for batch in batches(rows):
                connection.execute(statement.on_conflict_do_update(index_elements=["kind", "key"], set_=again), batch)

    def of_papers(self, keys: Iterable[str]) -> dict[str, list[Bibliometrics]]:
        """The bibliometrics of these papers, by key; at most one for each service."""
        return {
            key: [bibliometrics_from_json(value, at) for value, at in found]
            for key, found in self._values(keys).items()
        }

    def of_people(self, keys: Iterable[str]) -> dict[str, Researcher]:
        """The bibliometrics of these people, by Researcher.key."""
        return {
            key: researcher_from_json(value, at) for key, found in self._values(keys).items() for value, at in found
        }

    def _values(self, keys: Iterable[str]) -> dict[str, list[tuple[str, datetime]]]:
        found: dict[str, list[tuple[str, datetime]]] = {}
        c = t.figure.c
        with self.database.reading() as connection:
            for batch in batches(keys):
                known = select(c.key, c.value, c.at).where(c.key.in_(batch), c.value.is_not(None)).order_by(c.kind)
                for row in connection.execute(known):
                    found.setdefault(row.key, []).append((row.value, row.at))
        return found

    def unasked(self, kind: str, since: datetime, *, now: datetime, most: int) -> list[str]:
        """Keys of papers with news since then that a service was not asked about, or did not know; newest first."""
        c, e = t.figure.c, t.event.c
        newest = func.max(e.serial)
        wanted = (
            select(t.paper.c.key)
            .join_from(t.event, t.paper, e.paper_id == t.paper.c.id)
            .join(t.figure, and_(c.kind == kind, c.key == t.paper.c.key), isouter=True)
            .where(e.at > since, or_(c.at.is_(None), and_(c.value.is_(None), c.at < now - _AGAIN)))
            .group_by(t.paper.c.key)
            .order_by(newest.desc())
        )
        with self.database.reading() as connection:
            return list(connection.scalars(wanted.limit(most)))

    def stale(self, kind: str, keys: Sequence[str], *, now: datetime, people: bool = False) -> list[str]:
        """The ones of these keys that a service was not asked about lately."""
        fresh = set[str]()
        c = t.figure.c
        known, unknown = now - (_FRESH_PERSON if people else _FRESH), now - _AGAIN
        with self.database.reading() as connection:
            for batch in batches(keys):
                asked = select(c.key).where(c.kind == kind, c.key.in_(batch))
                lately = or_(and_(c.value.is_not(None), c.at > known), and_(c.value.is_(None), c.at > unknown))
                fresh.update(connection.scalars(asked.where(lately)))
        return [key for key in dict.fromkeys(keys) if key not in fresh]
