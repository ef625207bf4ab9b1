"""Parses the authors of a feed entry, in the many formats of publishers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.papers import Author
from digest.sources.authors import split_authors, turned
from digest.text import clean_html, clean_name

_INITIALS = re.compile(r"(?:[^\W\d_]\.?[ -]?){1,4}")
_FINAL_STOP = re.compile(r"(?<=\s[^\W\d_])\.$|(?<=\s[^\W\d_]{2})\.$")


def split_creators(raw: Sequence[str]) -> tuple[Author, ...]:
    """The authors: one name in each element, or all in one string divided by lines, semicolons, commas or "and"."""
    authors: list[Author] = []
    for each in raw:
        authors.extend(_split(each, alone=len(raw) == 1))
    return tuple({author.name: author for author in authors if author.name}.values())


def _split(raw: str, *, alone: bool) -> Sequence[Author]:
    lines = [line.strip(" ,;\t") for line in raw.splitlines() if line.strip(" ,;\t")]
    if len(lines) > 1:
        return [author for line in lines for author in _split(line, alone=False)]
    line = clean_name(clean_html(" ".join(lines)))
    if ";" in line:
        return [_one(part) for part in line.split(";") if part.strip(" ,")]
    if "," not in line or (not alone and line.count(",") == 1):
        return split_authors(line) if alone else [_one(line)]
    parts = [part.strip() for part in line.split(",") if part.strip()]
    if len(parts) % 2 == 0 and all(_INITIALS.fullmatch(part) for part in parts[1::2]):
        return [Author(name=f"{given} {family}") for family, given in zip(parts[::2], parts[1::2], strict=True)]
    if len(parts) == 2 and " " not in parts[0] and " and " not in line:
        return [_one(line)]
    return split_authors(_FINAL_STOP.sub("", line))


def _one(name: str) -> Author:
    return Author(name=turned(name.strip(" ,;")))
