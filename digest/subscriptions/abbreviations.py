"""Abbreviations as authors explain them: "large language model (LLM)".

After A. S. Schwartz and M. A. Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text",
Pacific Symposium on Biocomputing 8 (2003), 451-462.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from digest.papers import Paper
from digest.text.fold import normalize_letters, singular, tokenize

_BRACKETED = re.compile(r"\(([^()]{2,20})\)")
_SHORT = re.compile(r"[^\W_][\w&/+.-]*(?: [\w&/+.-]+)?")
_STOPS = re.compile(r"[.;:!?()\n]")


def abbreviation_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each abbreviation and the words that it stands for, as written."""
    for found in _BRACKETED.finditer(text):
        short = re.split("[,;]", found[1])[0].strip()
        if not _is_short(short):
            continue
        before = _STOPS.split(text[: found.start()])[-1].split()
        most = min(len(short) + 5, 2 * len(short))  # words of the long form
        if long := _long(short, " ".join(before[-most:])):
            yield short, long


def _is_short(text: str) -> bool:
    """Two to ten characters, a letter among them, and a capital or a figure: no word in brackets."""
    return (
        2 <= len(text) <= 10
        and _SHORT.fullmatch(text) is not None
        and any(letter.isupper() for letter in text[:-1] or text)
    )


def _long(short: str, before: str) -> str | None:
    """The shortest end of the words before that has the letters of the abbreviation in order, its first at a word."""
    letters = [letter.casefold() for letter in short.removesuffix("s") if letter.isalnum()]
    begins = [found.start() for found in re.finditer(r"[^\W_]+", before)][-len(letters) :]
    if [before[begin].casefold() for begin in begins] == letters:  # no shorter one: of "proximal policy optimization"
        return _longer(before[begins[0] :], short)
    place = len(before)
    for letter in reversed(letters):
        place = _earlier(before, place, letter)
    while place > 0 and before[place - 1].isalnum():  # the first letter begins a word
        place = _earlier(before, place, short[0].casefold())
    if place < 0:
        return None
    return _longer(before[place:].strip(" -\"'“”"), short)


def _longer(long: str, short: str) -> str | None:
    return long if len(long) > len(short) and short.casefold() not in long.casefold().split() else None


def _earlier(text: str, place: int, letter: str) -> int:
    """The last place before this one where the letter stands; -1 where there is none."""
    place = max(place, 0) - 1
    while place >= 0 and text[place].casefold() != letter:
        place -= 1
    return place


def glossary(papers: Iterable[Paper], *, least: int = 3) -> Mapping[str, tuple[str, ...]]:
    """By folded abbreviation the long forms, folded, that so many papers give at least; the most frequent first."""
    seen: Counter[tuple[str, str]] = Counter()
    for paper in papers:
        seen.update(
            {(folded_term(short), folded_term(long)) for short, long in abbreviation_pairs(paper.abstract or "")}
        )
    found: dict[str, tuple[str, ...]] = {}
    for (short, long), count in seen.most_common():
        if count >= least and short and long:
            found[short] = (*found.get(short, ()), long)
    return found


def folded_term(text: str) -> str:
    """One form for a term, however it is written."""
    return " ".join(singular(part.written) for compound in tokenize(normalize_letters(text)) for part in compound)
