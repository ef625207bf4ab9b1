"""Which events of a paper are news for a reader: new, revised, published, withdrawn, by the key `updates`."""

from __future__ import annotations

from collections.abc import Container

from digest.issues import Candidate
from digest.papers.ids import is_article


def is_news(candidate: Candidate, sent: Container[tuple[int, str]], had: Container[int], updates: str | None) -> bool:
    """Whether this event goes into the reader's next issue.

    `sent` has the (work, event) pairs that the reader was sent, `had` the works of which they were sent anything.
    A new paper: once, and never when it is already withdrawn. News of a paper: a revision under `all`, a publication
    under `published` by who had the paper, a withdrawal by who had it unless they said `none`; `all` hears every news
    of what its rules match. An article whose preprint the reader never had is new to them; who was sent a publication
    had the article, also where it is a paper of its own since (WorkStore.split).
    """
    if (candidate.work, candidate.event) in sent:
        return False
    kind = _kind(candidate)
    if kind == "new":
        return not candidate.paper.withdrawn and (candidate.work, "published") not in sent
    if updates == "all" and candidate.rules:
        return True
    knows = candidate.work in had
    if not knows and kind == "published":
        return bool(candidate.rules) and is_article(candidate.paper)
    return knows and ((kind == "withdrawn" and updates != "none") or (kind == "published" and updates == "published"))


def depends_on_history(candidate: Candidate, updates: str | None) -> bool:
    """Whether it matters if the reader ever had the work: to is_news, or to the place of the card (card_order)."""
    kind = _kind(candidate)
    return kind in ("published", "withdrawn") or (kind == "revised" and updates == "all")


def _kind(candidate: Candidate) -> str:
    return candidate.event.split()[0]
