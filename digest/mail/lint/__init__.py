"""A letter's checklist, on its bytes as a receiver has them: a point passes, fails with a reason, or cannot be seen.

::

    letter    the bytes taken apart: fields, parts, page, signatures
    point     what a point is, and how its verdict is told
    head      14 to 42: the headers
    mime      10, 43 to 53: lines, parts and encodings
    page      55 to 72: the HTML
    sealed    32, 73 to 76: the signatures

The numbers are those of the list of requirements that this project keeps; what no file can show (the envelope, the
pages behind the links, contrast, reputation) is said to be not visible.
"""

from __future__ import annotations

from digest.mail.lint import head, mime, page
from digest.mail.lint import signature as sealed
from digest.mail.lint.letter import ParsedMessage
from digest.mail.lint.point import NOT_VISIBLE, LintCheck, LintResult

__all__ = ["LintResult", "lint"]

_POINTS: dict[int, LintCheck] = {point.number: point for room in (head, mime, page, sealed) for point in room.POINTS}


def lint(message: bytes) -> list[LintResult]:
    """The verdict on each point, by number. Whatever the bytes are, nothing is raised."""
    letter = ParsedMessage(message)
    numbers = sorted({*_POINTS, *NOT_VISIBLE})
    return [
        _POINTS[number].verdict(letter)
        if number in _POINTS
        else LintResult(number=number, title=NOT_VISIBLE[number], outcome="not visible here")
        for number in numbers
    ]
