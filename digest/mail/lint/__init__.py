"""Lint of a letter: checks its bytes against numbered points; each passes, fails with a reason, or is not visible.

::

    letter    tolerant parser: header fields, MIME parts, HTML tree
    point     LintCheck and LintResult
    head      14 to 42: the headers
    mime      10, 43 to 53: lines, parts and encodings
    page      55 to 72: the HTML
    signature 32, 39, 73 to 76: DKIM signatures

The numbers are those of this project's list of requirements. Points that a message cannot show (the envelope, the pages
behind the links, contrast, reputation) are reported as not visible.
"""

from __future__ import annotations

from digest.mail.lint import head, mime, page, signature
from digest.mail.lint.letter import ParsedMessage
from digest.mail.lint.point import NOT_VISIBLE, LintCheck, LintResult

__all__ = ["LintResult", "lint"]

_MODULES = (head, mime, page, signature)
_POINTS: dict[int, LintCheck] = {point.number: point for module in _MODULES for point in module.POINTS}


def lint(message: bytes) -> list[LintResult]:
    """The result of each point, by number; raises nothing for any bytes."""
    letter = ParsedMessage(message)
    numbers = sorted({*_POINTS, *NOT_VISIBLE})
    return [
        _POINTS[number].verdict(letter)
        if number in _POINTS
        else LintResult(number=number, title=NOT_VISIBLE[number], outcome="not visible here")
        for number in numbers
    ]
