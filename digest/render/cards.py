"""Papers in the lists of pages: the cards of letters, with links to each paper's own page and references."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.issues import Item
from digest.render.citation import openurl
from digest.render.letter_context import PaperCard, paper_card
from digest.render.links import page_of
from digest.text.translations import Translations

ROOM = 320
"""Characters of an abstract in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPaper:
    """What the macro of templates/site/card.html.j2 shows; the path is below that of `site:` (`View.below`)."""

    card: PaperCard
    path: str  # of the paper's page; + ".bib": its reference
    openurl: str  # of its COinS span


def listed_papers(
    items: Iterable[Item], now: datetime, t: Translations, *, room: int = ROOM
) -> tuple[ListedPaper, ...]:
    """The cards of a list, numbered from 1; `now` is in the reader's zone."""
    return tuple(
        ListedPaper(
            card=paper_card(item, number, now, t, room), path=page_of(item.paper.key), openurl=openurl(item.paper)
        )
        for number, item in enumerate(items, 1)
    )
