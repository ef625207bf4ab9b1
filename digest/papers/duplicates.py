"""Duplicate detection: two records without a common id are the same paper by the same title, authors and year.

The threshold for the same title is a Jaccard similarity of letter trigrams of 0.6 (TITLE_SIMILARITY_THRESHOLD); for the
same authors half of them must match; the years may differ by one. These were measured on real pairs. A title alone
never merges records. Records with a common id: see `same_work` in digest.papers.ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from zlib import crc32

from digest.names import NameMatch, compare_names
from digest.papers import Author, Paper
from digest.papers.ids import title_key, title_words

TITLE_SIMILARITY_THRESHOLD = 0.6
"""The minimal Jaccard similarity of the letter trigrams of two titles of one paper."""

_SHORT = 10  # letters and digits; shorter titles are not distinctive
_REGULAR = re.compile(
    r"""(?:guest\ )?editors?(?:\ s|s)?(?:\ (?:note|message|introduction|choice|comments?|corner|foreword|page))?
      | editorial(?:\ board|\ note)? | introduction(?:\ to\ (?:the|this)\ special\ (?:issue|section))?
      | preface | foreword | errat(?:um|a) | corrigend(?:um|a) | addend(?:um|a) | retraction(?:\ note)?
      | (?:(?:author|publisher)s?\ )?corrections? | (?:(?:author|subject)s?\ )?index | (?:table\ of\ )?contents
      | (?:front|back)\ matter | cover(?:\ image)? | masthead | issue\ information | book\ reviews?(?:\ column)?
      | news(?:\ and\ views)? | in\ memoriam | obituary | response | (?:letter|reply)(?:\ to\ the\ editors?)?
      | comments? | call\ for\ papers | (?:treasurer|chair|president)\ ?s\ message | announcements? | abstracts?
      | reminiscences\ (?:on|in)\ influential\ papers | acknowledge?ments?(?:\ to\ reviewers)?""",
    re.VERBOSE,
)
_ABOUT = frozenset(
    "addendum comment commentary comments correction corrigendum erratum rebuttal reply response retraction".split()
)
_NUMERAL = re.compile(r"\b(?:part|vol|volume|chapter|paper|episode)\W{0,2}(\d{1,3}|[ivx]{1,5})\b|\b((?:19|20)\d\d)\b")
_LAST = re.compile(r"(?:^|\W)(\d{1,2}|[ivx]{1,5})\W*$")
_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
}
_MOST_AUTHORS = 60  # of a paper that are compared


def duplicate_keys(paper: Paper) -> tuple[int, int] | None:
    """Two blocking keys to find candidates; duplicates nearly always agree in one of them.

    The first is a hash of the two longest words of the title, the second of two surnames of authors, in any order.
    None for a paper without authors or with a title that many papers have ("Editorial").
    """
    words = title_words(paper.title)
    if not paper.authors or _is_regular(words):
        return None
    longest = " ".join(sorted(sorted(words, key=_by_length)[:2]))
    surnames = sorted({_surname(author.name) for author in paper.authors[:_MOST_AUTHORS]})[:2]
    return crc32(longest.encode()), crc32(f"by {' '.join(surnames)}".encode())


def same_paper(a: Paper, b: Paper) -> str | None:
    """The evidence that two records are one paper ("title 0.93, 3 of 4 authors"); None if they are not."""
    one, other = title_words(a.title), title_words(b.title)
    if _is_regular(one) or _is_regular(other) or not (a.authors and b.authors) or ids_conflict(a, b):
        return None
    same = _jaccard("".join(one), "".join(other))
    years = _years_apart(a, b)
    if same < TITLE_SIMILARITY_THRESHOLD or years > 1 or (years < 0 and same < 1):
        return None
    if _about_another(one) != _about_another(other) or _other_part(a.title, b.title):
        return None
    first, second = _names(a.authors), _names(b.authors)
    shared, most = min(_shared(first, second), _shared(second, first)), max(len(first), len(second))
    return f"title {same:.2f}, {shared} of {most} authors" if 2 * shared >= most else None


def _by_length(word: str) -> tuple[int, str]:
    return (-len(word), word)


def _is_regular(words: Sequence[str]) -> bool:
    return sum(map(len, words)) < _SHORT or (len(words) < 7 and _REGULAR.fullmatch(" ".join(words)) is not None)


def _about_another(words: Sequence[str]) -> bool:
    return words[0] in _ABOUT


def ids_conflict(a: Paper, b: Paper) -> bool:
    """Whether ids prove that they are two papers: a service has one id per paper."""
    pairs = ((a.ids.arxiv, b.ids.arxiv), (a.ids.pmid, b.ids.pmid), (_article(a), _article(b)))
    return any(one and other and one != other for one, other in pairs)


def _article(paper: Paper) -> str | None:
    """The DOI of the published article, if the record is the article."""
    return paper.ids.doi if paper.doi and not paper.ids.arxiv and paper.doi.casefold() == paper.ids.doi else None


def _jaccard(one: str, other: str) -> float:
    a, b = set(_threes(one)), set(_threes(other))
    return len(a & b) / len(a | b)


def _threes(key: str) -> Iterator[str]:
    return (key[place : place + 3] for place in range(len(key) - 2))


def _years_apart(a: Paper, b: Paper) -> int:
    """Years between the first versions; -1 without a date."""
    one, other = (paper.published or paper.announced or paper.updated for paper in (a, b))
    return abs(one.year - other.year) if one and other else -1


def _other_part(one: str, other: str) -> bool:
    """Whether the titles have different numbers: Part I and Part II, the reports of 2023 and of 2024."""
    a, b = set(_numerals(one)), set(_numerals(other))
    return bool(a and b) and a != b


def _numerals(title: str) -> Iterator[str]:
    plain = " ".join(title_words(title))
    for found in _NUMERAL.finditer(plain):
        number = found[1] or found[2]
        yield _ROMAN.get(number, number)
    if last := _LAST.search(plain):
        yield _ROMAN.get(last[1], last[1])


def _names(authors: Sequence[Author]) -> list[str]:
    return list(dict.fromkeys(author.name for author in authors[:_MOST_AUTHORS]))


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many of the first names match one of the second."""
    by_word: dict[str, list[str]] = {}
    for name in theirs:
        for word in _words(name):
            by_word.setdefault(word, []).append(name)
    return sum(
        any(compare_names(each, name) >= NameMatch.INITIAL for word in _words(each) for name in by_word.get(word, ()))
        for each in ours
    )


def _words(name: str) -> set[str]:
    return {word for word in title_words(name) if len(word) > 1}


def _surname(name: str) -> str:
    """The likely surname: the last word of a name, or the first if initials follow it."""
    words = name.split()
    word = words[-1] if len(words) < 2 or len(words[-1].strip(".-")) > 2 else words[0]
    return word.casefold() if word.isascii() else title_key(word)
