"""How quickly papers are kept: a bulk add of ten thousand beside an ORM that merges one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from sqlalchemy.orm import Session, registry

from digest.papers import Author, Ids, Paper
from digest.store import Store
from digest.store import tables as t
from digest.store.rows import to_row

_NOW = datetime(2026, 11, 20, 7, tzinfo=UTC)
_MANY = 10_000
_SAMPLE = 500


def run() -> dict[str, object]:
    """Seconds of CPU for 10,000 new papers: PaperStore.add, and an ORM's merge for them (500, scaled up)."""
    papers = list(_papers(_MANY))
    with TemporaryDirectory() as folder:
        upsert = _timed(folder, "ours", lambda store: _add(store, papers))
        merge = _timed(folder, "merge", lambda store: _merge(store, papers[:_SAMPLE]))
    return {
        "stored": _MANY,
        "upsert_s": round(upsert, 3),
        "merge_s_scaled": round(merge * _MANY / _SAMPLE, 3),
    }


def _timed(folder: str, name: str, work: Callable[[Store], None]) -> float:
    with Store.open(f"sqlite:///{Path(folder) / name}.db") as store:
        begun = process_time()
        work(store)
        return process_time() - begun


def _add(store: Store, papers: list[Paper]) -> None:
    added = store.papers.add(papers, now=_NOW, since=_NOW - timedelta(days=7), first=True)
    assert added.records == len(papers)


def _merge(store: Store, papers: list[Paper]) -> None:
    class Row:
        pass

    registry().map_imperatively(Row, t.paper)
    with Session(store.engine.execution_options(writing=True)) as session:
        for number, paper in enumerate(papers, start=1):
            row = Row()
            for name, value in (to_row(paper) | {"id": number, "work": number}).items():
                setattr(row, name, value)
            session.merge(row)
        session.commit()


def _papers(count: int) -> Iterator[Paper]:
    for number in range(1, count + 1):
        identifier = f"2611.{number:05d}"
        yield Paper(
            key=f"arxiv:{identifier}",
            title=f"On the sparse routing of expert number {number}",
            source="arxiv",
            ids=Ids(arxiv=identifier),
            version=1,
            abstract="We route tokens to experts and measure what it costs. " * 20,
            authors=tuple(Author(name=f"Author {number} {place}") for place in range(5)),
            categories=("cs.LG", "cs.CL"),
            primary="cs.LG",
            published=_NOW - timedelta(days=1),
            updated=_NOW - timedelta(days=1),
            changed=_NOW,
            comment="12 pages, 4 figures",
            url=f"https://arxiv.org/abs/{identifier}",
            pdf=f"https://arxiv.org/pdf/{identifier}",
        )
