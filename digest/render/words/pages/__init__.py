"""What the pages say: one room of the site a file, its languages side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def spoken(words: Mapping[str, T], language: str) -> T:
    """The words in the language asked for ("de-AT" is answered by "de"), else in English."""
    return words.get(language.partition("-")[0].lower(), words["en"])
