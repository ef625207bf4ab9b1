"""Papers of the last days for the tests of rule previews: rules, namesakes, and one paper that is too old."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.papers import Author, Paper
from digest.store import Store
from tests.support.people import STARS, VISION
from tests.support.store_samples import NOW, keep, preprint


def dated(paper: Paper, days: float) -> Paper:
    return replace(paper, announced=None, published=NOW - timedelta(days=days), updated=None, version=None)


def add_recent_papers(store: Store) -> None:
    papers = [
        preprint(
            f"2611.{number:05}",
            title=f"Sparse <b>autoencoders</b> {number} {'x' * number}",
            abstract="Dense" if number % 2 else "We train a mixture of experts.",
            authors=(Author(name=f"Ada Nr{number}son"),),
            published=NOW - timedelta(days=number % 30, hours=1),
        )
        for number in range(60)
    ]
    people = [dated(paper, 3 + number / 10) for number, paper in enumerate([*VISION, *STARS])]
    old = dated(preprint("2501.00001", title="Sparse but old", authors=(Author(name="Old Oldson"),)), 200)
    keep(store, *papers, *people, old)
