"""Letter normalisation: TeX, accents, Greek, ligatures and dashes to plain letters, with offsets into the original.

Case is kept, since it tells the plural ``LLMs`` from the word ``AIDS``.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

GREEK: Final = tuple(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon"
    " phi chi psi omega".split()
)
"""Names of the letters from α to ω; ς is a sigma too."""

_SPECIAL = "ß:ss ẞ:SS ø:o Ø:O æ:ae Æ:AE œ:oe Œ:OE ł:l Ł:L đ:d Đ:D ð:d Ð:D þ:th Þ:Th ı:i ħ:h Ħ:H ŋ:n Ŋ:N"
_LETTERS = {
    **{chr(0x3B1 + place): name for place, name in enumerate(GREEK)},
    **{chr(0x391 + place): name.capitalize() for place, name in enumerate(GREEK)},
    **dict(pair.split(":") for pair in _SPECIAL.split()),
    **dict.fromkeys("‐‑‒–−﹣", "-"),
    **dict.fromkeys("’‘ʼʻ‛′", "'"),
    **dict.fromkeys("“”„‟«»", '"'),
}
_ACCENT = r"\\(?:[`'^\"~=.]|[uvHtcdbrk](?![A-Za-z]))\ *"
_GREEK_NAMES = "|".join(sorted(set(GREEK) | {name.capitalize() for name in GREEK}, key=len, reverse=True))
_HARD = re.compile(
    rf"""
      {_ACCENT}(?:\{{\ *\\?(?P<braced>[^\W\d_])\ *\}}|\\?(?P<accented>[^\W\d_]))
    | \\(?:var)?(?P<greek>{_GREEK_NAMES})(?![A-Za-z])
    | \\(?P<letter>ss|[ijoOlL]|ae|AE|oe|OE|aa|AA|dh|DH|dj|DJ|ng|NG|th|TH)(?![A-Za-z])(?:\{{\}}|\ +(?=[a-z]))?
    | \\[A-Za-z]++\*?(?=\ *\{{)
    | \\(?P<command>[A-Za-z]++)
    | \\(?P<escaped>[%&\#])
    | \\[-!/()$_{{}}] | [$^_{{}}]
    | (?P<space>\\.|\\|~)
    | (?P<other>[^\x00-\x7f])
    """,
    re.VERBOSE | re.DOTALL,
)
_TEX_LETTERS = {"ss": "ss", "aa": "a", "AA": "A", "dh": "d", "DH": "D", "dj": "d", "DJ": "D", "ng": "n", "NG": "N"}
_UNSEEN = re.compile("[\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_PLACE = "q"  # array type of offsets: some texts have more than 2**31 code points, none has 2**63


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A text in plain letters; letter i came from ``original[starts[i]:ends[i]]``, else from ``original[i]``."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the original of a non-empty range of plain letters."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normalize_letters(original: str) -> NormalizedText:
    """The text in plain letters; markup between letters (``$``, braces, ``_``) is removed."""
    if original.isascii() and not _HARD.search(original):
        return NormalizedText(original)
    pieces: list[str] = []
    starts, ends = array(_PLACE), array(_PLACE)
    done = 0
    for hard in _HARD.finditer(original):
        start, end = hard.span()
        if start > done:
            pieces.append(original[done:start])
            starts.extend(range(done, start))
            ends.extend(range(done + 1, start + 1))
        done = end
        letters = _read(hard)
        if letters:
            pieces.append(letters)
            starts.extend([start] * len(letters))
            ends.extend([end] * len(letters))
        elif ends and hard["other"] and unicodedata.combining(hard["other"]):
            ends[-1] = end  # an accent belongs to the letter before it
    pieces.append(original[done:])
    starts.extend(range(done, len(original)))
    ends.extend(range(done + 1, len(original) + 1))
    return NormalizedText("".join(pieces), starts, ends)


def _read(hard: re.Match[str]) -> str:
    """Converts a piece of TeX or a character beyond ASCII."""
    kind = hard.lastgroup
    if kind is None:
        return ""
    found = hard[kind]
    if kind in ("other", "braced", "accented"):
        return _letter(found)
    if kind == "letter":
        return _TEX_LETTERS.get(found, found)
    if kind == "command":  # a word of its own
        return f" {found} "
    return found if kind in ("greek", "escaped") else " "


@lru_cache(maxsize=1 << 14)
def _letter(character: str) -> str:
    """One character without accents, in plain letters; empty for an invisible one."""
    if _UNSEEN.match(character):
        return ""
    letters = (letter for letter in unicodedata.normalize("NFKD", character) if not _is_accent(letter))
    return unicodedata.normalize("NFC", "".join(_LETTERS.get(letter, letter) for letter in letters))


def _is_accent(letter: str) -> bool:
    """Whether it is a mark above, below or through a letter; not Indic vowels and kana voicing marks."""
    return unicodedata.combining(letter) >= 200 or unicodedata.combining(letter) == 1
