"""What one more sighting of a paper means: which values its record keeps, and what is news."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from digest.paper import Ids, Paper

T = TypeVar("T")

_HELD = timedelta(days=14)
"""How long arXiv may hold a submission before announcing it; an older first version came for another reason."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def merge(known: Paper, seen: Paper) -> Paper:
    """One record out of two sightings of it, field by field; nothing known is ever lost.

    The newer version wins, of one version the better source (OAI-PMH, query API, arXiv's daily feed, others), of one
    source the later change. What the winner leaves empty the other fills.
    """
    first, second = (seen, known) if _weight(seen, known) >= _weight(known, seen) else (known, seen)
    chosen = {field.name: _either(getattr(first, field.name), getattr(second, field.name)) for field in fields(Paper)}
    chosen["ids"] = Ids(**{name: getattr(first.ids, name) or getattr(second.ids, name) for name in Ids.__slots__})
    return replace(
        first,
        **chosen
        | {
            "key": known.key,
            "announced": max(filter(None, (known.announced, seen.announced)), default=None),
            "withdrawn": first.withdrawn or (second.withdrawn and not _newer(first, second)),
            "votes": known.votes if seen.votes is None else seen.votes,
            "comments_count": known.comments_count if seen.comments_count is None else seen.comments_count,
            # These two tell how the text came here, so they go with it.
            "announce": first.announce,
            "changed": first.changed,
        },
    )


def decide(
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
        return _news_of(known, seen)
    if seen.withdrawn:
        return ("withdrawn",) if _touched(seen) >= since else ()
    if (seen.version or 1) > 1 or seen.announce in ("replace", "replace-cross"):
        return (f"revised v{seen.version}",) if seen.version and _touched(seen) >= since and not kin else ()
    if kin:
        return ("published",) if not seen.ids.arxiv and any(other.ids.arxiv for other in kin) else ()
    return ("new",) if _is_new(seen, now=now, since=since, first=first) else ()


def _news_of(known: Paper, seen: Paper) -> tuple[str, ...]:
    if seen.withdrawn and not known.withdrawn and not _newer(known, seen):
        return ("withdrawn",)
    news = []
    if _newer(seen, known):
        news.append(f"revised v{seen.version}")
    if (seen.journal or seen.doi) and not (known.journal or known.doi):
        news.append("published")
    return tuple(news)


def _is_new(seen: Paper, *, now: datetime, since: datetime, first: bool) -> bool:
    if first and (seen.dated is None or seen.dated < since):
        return False
    if seen.version is None or seen.announce or seen.published is None:
        return True
    return (seen.changed or now) - seen.published <= _HELD


def _touched(seen: Paper) -> datetime:
    return seen.updated or seen.announced or seen.changed or _LONG_AGO


def _weight(paper: Paper, other: Paper) -> tuple[int, int, datetime]:
    """What decides between two sightings; one without a version is taken for the same version as the other."""
    version = paper.version or other.version or 0
    return (version, _trust(paper), paper.changed or _LONG_AGO)


def _trust(paper: Paper) -> int:
    """How good a source's text is: arXiv's feeds carry raw TeX and no comments, other services copy."""
    if paper.source != "arxiv":
        return 0
    if paper.changed:
        return 3
    return 1 if paper.announce else 2


def _newer(paper: Paper, other: Paper) -> bool:
    return paper.version is not None and other.version is not None and paper.version > other.version


def _either(best: T, rest: T) -> T:
    return rest if best is None or best == () or best == "" else best
