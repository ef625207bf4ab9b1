"""The longest texts that are read: longer ones are cut before any work is done with them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

TITLE: Final = 2_000
"""Code points of a title, a comment or a journal's name. The longest real titles have some 600."""

NAME: Final = 300
"""Code points of an author's name, an affiliation's first part, a category or an identifier."""

ABSTRACT: Final = 50_000
"""Code points of an abstract. The longest real ones (PubMed's structured abstracts) have some 15,000."""

RAW_LINE: Final = 20_000
"""Code points of a line as the service wrote it, with its TeX."""

RAW_BLOCK: Final = 200_000
"""Code points of several paragraphs, or of a list of names, as the service wrote them, with their markup."""

AUTHORS: Final = 10_000
"""Authors of a paper. The longest real list has 5,154."""

CATEGORIES: Final = 100
"""Categories of a paper."""

_MARKS_IN_A_ROW = 8  # of one letter; Zalgo text has more, no script has
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


@lru_cache(maxsize=2)
def _crowded(last: int) -> re.Pattern[str]:
    """Combining marks up to a code point, beyond the eighth of a letter."""
    marks = [point for point in range(0x300, last) if unicodedata.combining(chr(point))]
    begins = [point for point in marks if point == 0x300 or not unicodedata.combining(chr(point - 1))]
    ends = [point for point in marks if not unicodedata.combining(chr(point + 1))]
    mark = f"[{''.join(f'{chr(begin)}-{chr(end)}' for begin, end in zip(begins, ends, strict=True))}]"
    return re.compile(f"({mark}{{{_MARKS_IN_A_ROW}}}){mark}+")


def limit_marks(text: str) -> str:
    """The text with at most eight combining marks in a row.

    Unicode's normal forms sort the marks of each letter by insertion: of n marks in a row, n² steps.
    """
    if text.isascii():
        return text
    # A class within the first plane is a table for `re`; one beyond it is searched range by range.
    return _crowded(0x1F000 if _ASTRAL.search(text) else 0x10000).sub(r"\1", text)
