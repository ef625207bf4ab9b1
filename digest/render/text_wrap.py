"""Text in lines of at most 76 columns, as a terminal counts them; addresses stay whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

WIDTH = 76
# Of the signs of one cell those that are frequent: Latin, Greek, Cyrillic, dashes, quotes and the ellipsis.
_ONE_CELL = re.compile(r"[\x00-\u02ff\u0391-\u03a1\u03a3-\u03c9\u0400-\u0482\u2010-\u2027]*")


def fill(text: str, indent: int = 0, first: str = "") -> str:
    """A paragraph, each line indented; `first` stands before the first one, within the indent."""
    if _ONE_CELL.fullmatch(text) and first.isascii():
        return "\n".join(_even_lines(" ".join(filter(None, text.split(" "))), first.rjust(indent), " " * indent))
    return "\n".join(_lines(text, first.rjust(indent), " " * indent))


def columns(text: str) -> int:
    """Cells on a terminal: wide characters (UAX 11) take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _even_lines(text: str, line: str, indent: str) -> Iterator[str]:
    """The same for words of one cell a character and one space between two: line by line, not word by word."""
    begin = 0
    while begin < len(text):
        end = begin + WIDTH - len(line)
        if end < len(text):
            space = text.rfind(" ", begin, end + 1)
            end = space if space > begin else text.find(" ", begin)
            end = len(text) if end < 0 else end
        yield line + text[begin:end]
        line, begin = indent, end + 1


def _lines(text: str, line: str, indent: str) -> Iterator[str]:
    used, empty = columns(line), True
    for word in filter(None, text.split(" ")):
        for position, part in enumerate(_breakable(word, WIDTH - len(indent))):
            size = columns(part)
            glue = 0 if empty or position else 1
            if not empty and used + glue + size > WIDTH:
                yield line
                line, used, glue = indent, len(indent), 0
            line += " " * glue + part
            used += glue + size
            empty = False
    if not empty:
        yield line


def _breakable(word: str, room: int) -> list[str]:
    """A word, or its characters where it is too long and written without spaces (Chinese, Japanese, Korean)."""
    if word.isascii() or columns(word) <= room or all(_cells(character) < 2 for character in word):
        return [word]
    parts: list[str] = []
    for character in word:
        if parts and _cells(character) < 2:
            parts[-1] += character  # punctuation, digits and accents stay with what they follow
        else:
            parts.append(character)
    return parts
