"""Texts of config errors: suggests the nearest known word; strips control characters from quoted values."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST = 60
_FEW = 12
_ALIKE = 0.65  # of difflib's 1; at its own 0.6 `listen` is taken for `site`


def printable(text: str) -> str:
    """`text` with a space for whatever cannot be printed: controls, bidi overrides, lone surrogates."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)


def inline(text: str) -> str:
    """A value for use within a sentence: on one line, at most 60 characters."""
    line = " ".join(printable(text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def closest_match(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, without regard to case; None: none is close."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold()[:_LONGEST], folded, n=1, cutoff=_ALIKE)
    return folded[close[0]] if close else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: `did you mean …?`, or all known words if they are few."""
    names = sorted(known)
    if near := closest_match(word, names):
        return f": did you mean `{near}`?"
    return f"; known here: {', '.join(names)}" if 0 < len(names) <= _FEW else ""
