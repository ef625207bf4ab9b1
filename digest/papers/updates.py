"""Updates of papers: merges another sighting into the record, and decides on events (new, revised, published …)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from digest.papers import Ids, Paper
from digest.papers.ids import is_article

T = TypeVar("T")

LOOK_BACK = timedelta(days=7)
"""The look-back window of a first pull, a first issue or a changed rule; older papers are stored, not announced."""

_HELD = timedelta(days=14)
"""The longest time that arXiv holds a submission before announcing it; an older first version is not new."""

_ACCEPTED = re.compile(
    r"\b(?:accepted|to appear|forthcoming|in press)\b(?!.{0,20}\b(?:pending|subject|if)\b)|\bpublished (?:in|at|by)\b",
    re.IGNORECASE,
)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event of a work (new, revised, published, withdrawn), and its record: a row of the table `event`."""

    serial: int  # increases with every event; 0 for a paper without one
    work: int
    event: str  # "new", "revised v2", "published" or "withdrawn"
    at: datetime
    paper: Paper
    record: int = 0  # the row of the paper in the store
    changes: tuple[str, ...] = ()  # of CHANGES: fields that differ from the previous record


CHANGES = ("title", "authors", "abstract", "comment", "journal", "doi")
"""The fields with changes that a reader is told of, in this order."""


def changed_fields(known: Paper, merged: Paper) -> tuple[str, ...]:
    """The fields that were changed or filled by a merge, if the known record was complete."""
    if known.announce and not merged.announce:  # a feed has raw TeX and no comments, so it would differ anyway
        return ()
    return tuple(name for name in CHANGES if getattr(known, name) != getattr(merged, name) and getattr(merged, name))


def merge_records(known: Paper, seen: Paper, trust: Mapping[str, int]) -> Paper:
    """Merges two sightings to one record, field by field; no known value is lost.

    The newer version wins, of one version the source with the higher `trust` (0 where unknown), of one source the later
    change. Empty fields of the winner are filled from the other.
    """
    first, second = (seen, known) if _weight(seen, trust) >= _weight(known, trust) else (known, seen)
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
            # These two belong to the sighting that the text is from.
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
    """The events of a sighting: "new", "revised v2", "published", "withdrawn"; mostly none.

    `since` is the begin of the look-back window, `first` marks a source's first pull, `kin` are the other records of
    the same work. A record stored without an event gets one only by a later change.
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
    """Whether the comment says that the paper is accepted or published."""
    return paper.comment is not None and _ACCEPTED.search(paper.comment) is not None


def _is_preprint(known: Paper, seen: Paper) -> bool:
    """Whether it is from arXiv, or from a server that gives preprints a DOI besides the article's."""
    own = known.ids.doi
    return bool(known.ids.arxiv or (own and seen.doi and seen.doi.casefold() != own))


def _is_new(seen: Paper, *, now: datetime, since: datetime, first: bool) -> bool:
    if first and (seen.dated is None or seen.dated < since):
        return False
    if seen.announce or seen.published is None or not (seen.version or seen.changed):
        return True  # announced as new, or from a journal, where publication dates are unreliable
    return (seen.changed or now) - seen.published <= _HELD


def _touched(seen: Paper) -> datetime:
    return seen.updated or seen.announced or seen.changed or _LONG_AGO


def _weight(paper: Paper, trust: Mapping[str, int]) -> tuple[int, int, int, datetime]:
    return (paper.version or 0, trust.get(paper.source, 0), _arxiv_rank(paper), paper.changed or _LONG_AGO)


def _arxiv_rank(paper: Paper) -> int:
    """The quality of arXiv's own services: OAI-PMH, then the query API, then the daily feed (raw TeX, no comments)."""
    if paper.source != "arxiv":
        return 0
    return 2 if paper.changed else 0 if paper.announce else 1


def _either(best: T, rest: T) -> T:
    return rest if best is None or best == () or best == "" else best
