"""What one more sighting of a paper means: which values its record keeps, and what is news."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from digest.papers import Ids, Paper
from digest.papers.ids import is_article

T = TypeVar("T")

LOOK_BACK = timedelta(days=7)
"""What a first pull, a first issue or a changed rule still takes for new; what is older is kept and not announced."""

_HELD = timedelta(days=14)
"""How long arXiv may hold a submission before announcing it; an older first version came for another reason."""

_ACCEPTED = re.compile(
    r"\b(?:accepted|to appear|forthcoming|in press)\b(?!.{0,20}\b(?:pending|subject|if)\b)|\bpublished (?:in|at|by)\b",
    re.IGNORECASE,
)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Something that happened to a work, and the record by which we know."""

    serial: int  # grows with every arrival; 0 where nothing was announced
    work: int
    event: str  # "new", "revised v2", "published" or "withdrawn"
    at: datetime
    paper: Paper
    changes: tuple[str, ...] = ()  # of CHANGES: what is other than in the record that was known


CHANGES = ("title", "authors", "abstract", "comment", "journal", "doi")
"""The fields of which a reader is told that they are others, in this order."""


def changed_fields(known: Paper, merged: Paper) -> tuple[str, ...]:
    """What of a record has changed, or has come to it, where it was known whole."""
    if known.announce and not merged.announce:  # a feed's words for the same: raw TeX, no comments
        return ()
    return tuple(name for name in CHANGES if getattr(known, name) != getattr(merged, name) and getattr(merged, name))


def merge_records(known: Paper, seen: Paper) -> Paper:
    """One record out of two sightings of it, field by field; nothing known is ever lost.

    The newer version wins, of one version the better source (OAI-PMH, query API, arXiv's daily feed, Crossref, PubMed,
    others), of one source the later change. What the winner leaves empty the other fills.
    """
    first, second = (seen, known) if _weight(seen) >= _weight(known) else (known, seen)
    chosen = {field.name: _either(getattr(first, field.name), getattr(second, field.name)) for field in fields(Paper)}
    chosen["ids"] = Ids(**{name: getattr(first.ids, name) or getattr(second.ids, name) for name in Ids.__slots__})
    return replace(
        first,
        **chosen
        | {
            "key": known.key,
            "announced": max(filter(None, (known.announced, seen.announced)), default=None),
            "withdrawn": first.withdrawn or (second.withdrawn and first.version == second.version),
            "votes": known.votes if seen.votes is None else seen.votes,
            "comments_count": known.comments_count if seen.comments_count is None else seen.comments_count,
            # These two tell how the text came here, so they go with it.
            "announce": first.announce,
            "changed": first.changed,
        },
    )


def news_in(
    known: Paper | None,
    seen: Paper,
    *,
    now: datetime,
    since: datetime,
    first: bool,
    kin: Collection[Paper] = (),
) -> tuple[str, ...]:
    """The news in a sighting: of "new", "revised v2", "published", "withdrawn", mostly none.

    `since` is where the look-back window begins, `first` marks a source's first pull, `kin` are the other records of
    the same work. A record that was kept in silence stays silent, but for what happens to it afterwards.
    """
    if known is not None:
        return tuple(_news_of(known, seen))
    if seen.withdrawn:
        return ("withdrawn",) if _touched(seen) >= since else ()
    if (seen.version or 1) > 1 or seen.announce in ("replace", "replace-cross"):
        return (f"revised v{seen.version}",) if seen.version and _touched(seen) >= since else ()
    if not _is_new(seen, now=now, since=since, first=first):
        return ()
    if not kin:
        return ("new",)
    return ("published",) if is_article(seen) and not any(map(is_article, kin)) else ()


def _news_of(known: Paper, seen: Paper) -> Iterator[str]:
    if seen.withdrawn and not known.withdrawn and (seen.version or 0) >= (known.version or 0):
        yield "withdrawn"
        return
    if seen.version and known.version and seen.version > known.version:
        yield f"revised v{seen.version}"
    appeared = (seen.journal or seen.doi) and not (known.journal or known.doi)
    if _is_preprint(known, seen) and (appeared or (_accepted(seen) and not (_accepted(known) or known.journal))):
        yield "published"


def _accepted(paper: Paper) -> bool:
    """Whether its comment says where it will appear."""
    return paper.comment is not None and _ACCEPTED.search(paper.comment) is not None


def _is_preprint(known: Paper, seen: Paper) -> bool:
    """Of arXiv, or of a server whose preprints have a DOI of their own beside the article's."""
    own = known.ids.doi
    return bool(known.ids.arxiv or (own and seen.doi and seen.doi.casefold() != own))


def _is_new(seen: Paper, *, now: datetime, since: datetime, first: bool) -> bool:
    if first and (seen.dated is None or seen.dated < since):
        return False
    if seen.announce or seen.published is None or not (seen.version or seen.changed):
        return True  # said to be new, or from a journal, which may date its papers as it likes
    return (seen.changed or now) - seen.published <= _HELD


def _touched(seen: Paper) -> datetime:
    return seen.updated or seen.announced or seen.changed or _LONG_AGO


def _weight(paper: Paper) -> tuple[int, int, datetime]:
    return (paper.version or 0, _trust(paper), paper.changed or _LONG_AGO)


_SERVICES = ("feeds", "huggingface", "openreview", "europepmc", "biorxiv", "medrxiv", "pubmed", "crossref")


def _trust(paper: Paper) -> int:
    """How good a source's text is: arXiv's own before its feeds (raw TeX, no comments), and both before who copies.

    Of articles the publisher's words at Crossref come before PubMed's, and the server's own before a mirror's.
    """
    if paper.source != "arxiv":
        return _SERVICES.index(paper.source) if paper.source in _SERVICES else 0
    return len(_SERVICES) + (2 if paper.changed else 0 if paper.announce else 1)


def _either(best: T, rest: T) -> T:
    return rest if best is None or best == () or best == "" else best
