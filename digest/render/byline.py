"""The authors of a paper in one line, shortened around those that matched."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from digest.papers import Author
from digest.render.highlight import Pieces, TextPiece
from digest.render.shorten import shorten
from digest.rules import Hit
from digest.text import strip_controls

_ALL = 5  # so many authors are named in full
_FIRST = 3  # of more authors, the first are named,
_MATCHED = 6  # and so many of those that matched
_NAME = 80  # characters; a collaboration has a long one


def byline(authors: Sequence[Author], hits: Sequence[Hit]) -> tuple[Pieces, int]:
    """The names to print, each whole and marked if it matched, and how many others there are."""
    matched = sorted({hit.author for hit in hits if hit.author is not None and hit.author < len(authors)})
    named = set(range(_ALL)) if len(authors) <= _ALL else {*range(_FIRST), *islice(matched, _MATCHED)}
    names = tuple(
        TextPiece(shorten(strip_controls(author.name), _NAME), index in matched)
        for index, author in enumerate(authors)
        if index in named
    )
    return names, len(authors) - len(names)
