"""Converts papers to rows of the paper table, and rows to papers; the names under which a paper is found."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import Any

from sqlalchemy import RowMapping

from digest.papers import Author, Ids, Paper
from digest.papers.duplicates import duplicate_keys
from digest.papers.ids import doi
from digest.papers.ranges import is_version

_SPECIAL = ("ids", "authors", "categories")
_PLAIN = tuple(field.name for field in fields(Paper) if field.name not in _SPECIAL)
_plain = attrgetter(*_PLAIN)
COLUMNS = (*_PLAIN, *_SPECIAL)
"""The columns from which a Paper is made."""

_OUTER = ("arxiv", "doi", "pmid", "s2", "openalex")


def to_row(paper: Paper) -> dict[str, Any]:
    """The columns that hold the fields of a paper."""
    row: dict[str, Any] = dict(zip(_PLAIN, _plain(paper), strict=True))
    row["ids"] = {name: value for name in Ids.__slots__ if (value := getattr(paper.ids, name))}
    row["authors"] = [[author.name, author.orcid, author.affiliation] for author in paper.authors]
    row["categories"] = list(paper.categories)
    return row


Marks = tuple[int | None, int | None]


def marks_of(paper: Paper) -> Marks:
    """The duplicate keys of a record; negative for arXiv, since two arXiv records are never one paper."""
    found = duplicate_keys(paper)
    if found is None:
        return (None, None)
    return (-found[0] - 1, -found[1] - 1) if paper.ids.arxiv else found


def to_paper(row: RowMapping) -> Paper:
    values = {name: row[name] for name in _PLAIN}
    if values["version"] is not None and not is_version(values["version"]):  # of a release that believed any number
        values["version"] = None
    return Paper(
        **values,
        ids=Ids(**row["ids"]),
        authors=tuple(Author(name=name, orcid=orcid, affiliation=at) for name, orcid, at in row["authors"]),
        categories=tuple(row["categories"]),
    )


def names(paper: Paper) -> dict[str, bool]:
    """Every name in a record, the strongest first; True: the record's own, False: the name of another record.

    A record with an arXiv id is the preprint: a DOI beside it is the article's, which is a record of its own.
    """
    preprint = paper.ids.arxiv is not None
    found = {paper.key: True}
    for kind in _OUTER:
        if value := getattr(paper.ids, kind):
            found.setdefault(f"{kind}:{value}", not (preprint and kind == "doi"))
    if paper.doi and (article := doi(paper.doi)):
        found.setdefault(f"doi:{article}", False)
    return found
