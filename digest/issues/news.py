"""Which events of a paper are news for a reader: new, revised, published, withdrawn, by the key `updates`."""

from __future__ import annotations

from collections.abc import Set

from digest.issues import Candidate
from digest.papers.ids import is_article


def is_news(candidate: Candidate, told: Set[tuple[int, str]], updates: str | None) -> bool:
    """Whether this event goes into the reader's next issue; `told` has the (work, event) pairs already sent.

    A new paper: once, and never when it is already withdrawn. News of a paper: a revision under `all`, a publication
    under `published` by who had the paper, a withdrawal by who had it unless they said `none`; `all` hears every news
    of what its rules match. An article whose preprint the reader never had is new to them.
    """
    if (candidate.work, candidate.event) in told:
        return False
    kind = candidate.event.split()[0]
    if kind == "new":
        return not candidate.paper.withdrawn
    if updates == "all" and candidate.rules:
        return True
    had = any(work == candidate.work for work, _ in told)
    if not had and kind == "published":
        return bool(candidate.rules) and is_article(candidate.paper)
    return had and ((kind == "withdrawn" and updates != "none") or (kind == "published" and updates == "published"))
