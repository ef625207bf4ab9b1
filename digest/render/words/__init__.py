"""What a letter says, one language a file."""

from __future__ import annotations

from digest.render.words import de, en
from digest.render.words.base import Reason, Share, Summary, Words

WORDS: dict[str, Words] = {
    "de": de,
    "en": en,
}


def words(language: str) -> Words:
    """The language asked for ("de-AT" is answered by "de"), else English."""
    return WORDS.get(language.partition("-")[0].lower(), en)


__all__ = ["WORDS", "Reason", "Share", "Summary", "Words", "words"]
