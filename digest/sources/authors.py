"""Splits a string of author names into authors: affiliations in brackets, collaborations, suffixes."""

from __future__ import annotations

import re

from digest.papers import Author
from digest.text import clean_name

_GROUP_NAME = re.compile(r"\b(?:collaborations?|consortium|team|group|network|project)\b", re.IGNORECASE)
_LEAD = re.compile(r"^((?:the\s+)?[^,;:()]{1,80}\b(?:collaborations?|consortium|team|group)\b)\s*:\s*", re.IGNORECASE)
_ON_BEHALF = re.compile(
    r"\s+(?:for|on behalf of)\s+(?:the\s+)?(?=\S.{0,100}\b(?:collaboration|consortium)\b)", re.IGNORECASE
)
_AND = re.compile(r"\s*(?:,\s*(?:(?:and|&)\s+)?|;\s*(?:and\s+)?|\s(?:and|&)\s)\s*", re.IGNORECASE)
_PIECE = re.compile(r"\(|\)|" + _AND.pattern, re.IGNORECASE)
_ET_AL = re.compile(r",?\s*\b(?:et\.?\s+al\b\.?|and others$)", re.IGNORECASE)
_LONG = 20  # characters of the shortest "X on behalf of Y"
_SUFFIX = re.compile(r"(?:jr|sr|i{2,3}|iv)\.?", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*\d+(?:\s*(?:,|and|&|;|-)\s*\d+)*\s*", re.IGNORECASE)
_KEY = re.compile(r"\(\s*(\d+)\s*\)\s*")


def split_authors(raw: str) -> tuple[Author, ...]:
    """The authors of a string in arXiv's format: ``A. B (1), C. D, Jr. and E. F (Inst) ((1) Inst, (2) Inst)``.

    https://info.arxiv.org/help/prep.html#author: names are separated by commas or "and", brackets hold affiliations.
    """
    text = _ET_AL.sub("", clean_name(raw))
    lead = _LEAD.match(text)
    pieces = (
        _pieces(text[lead.end() :] if lead else text) if "(" in text else _AND.split(text[lead.end() if lead else 0 :])
    )
    return tuple(_authors([lead[1], *pieces] if lead else pieces))


def _pieces(text: str) -> list[str]:
    """The string split at commas, semicolons and "and" outside brackets; an open bracket is closed at the end."""
    pieces, start, depth = [], 0, 0
    for match in _PIECE.finditer(text):
        sign = match.group()
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth = max(0, depth - 1)
        elif not depth:
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]


def _authors(pieces: list[str]) -> list[Author]:
    authors: list[Author] = []
    places: dict[str, str] = {}
    for piece in pieces:
        name, bracket = _cut_bracket(piece) if "(" in piece else (piece, None)
        if bracket and _KEY.match(bracket):
            places |= _places(bracket)
            _, _, bracket = name.partition("(")  # ``C. D (2) ((1) …)``: the name's own bracket comes first
            name, bracket = name.partition("(")[0], bracket.rpartition(")")[0]
        _append(authors, name.strip(" ,;:*"), bracket and bracket.strip())
    if not places:
        return [_without_numbers(author) if author.affiliation else author for author in authors]
    return [_placed(author, places) for author in authors]


def _cut_bracket(piece: str) -> tuple[str, str | None]:
    """A piece without its last top-level bracket, and the content of that bracket."""
    depth, end = 0, piece.rfind(")")
    if end < 0:
        name, _, inside = piece.partition("(")
        return name, inside
    for place in range(end, -1, -1):
        depth += {")": 1, "(": -1}.get(piece[place], 0)
        if not depth:
            return piece[:place] + piece[end + 1 :], piece[place + 1 : end]
    return piece, None


def _places(bracket: str) -> dict[str, str]:
    """``(1) Inst A, (2) Inst B`` as {"1": "Inst A", "2": "Inst B"}."""
    parts = _KEY.split(bracket)
    return {key: place.strip(" ,;") for key, place in zip(parts[1::2], parts[2::2], strict=True)}


def _append(authors: list[Author], name: str, place: str | None) -> None:
    if authors and len(name) < 5 and _SUFFIX.fullmatch(name):
        last = authors.pop()
        authors.append(Author(name=f"{last.name} {name}", affiliation=place or last.affiliation))
        return
    if not name:
        if place and authors and not authors[-1].affiliation:
            authors[-1] = Author(name=authors[-1].name, affiliation=place)
        return
    person, *group = _ON_BEHALF.split(name, maxsplit=1) if len(name) > _LONG else [name]
    if person := person.strip():
        authors.append(Author(name=person, affiliation=place or None))
    authors.extend(Author(name=other.strip()) for other in group)


def _without_numbers(author: Author) -> Author:
    return Author(name=author.name) if _NUMBERS.fullmatch(author.affiliation or "") else author


def _placed(author: Author, places: dict[str, str]) -> Author:
    """The author with numbered affiliations replaced by the institutes."""
    if not author.affiliation or not _NUMBERS.fullmatch(author.affiliation):
        return author
    named = [places[number] for number in re.findall(r"\d+", author.affiliation) if number in places]
    return Author(name=author.name, affiliation="; ".join(named) or None)


def is_group(name: str) -> bool:
    """Whether a name is that of a collaboration."""
    return bool(_GROUP_NAME.search(name))


def turned(name: str) -> str:
    """``Inoda, Toshio`` as Toshio Inoda, ``Forney, Jr., G. David`` as G. David Forney Jr.; other names unchanged."""
    parts = [part.strip() for part in name.split(",") if part.strip()]
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[1]):
        return f"{parts[2]} {parts[0]} {parts[1]}"
    if len(parts) != 2 or is_group(name):
        return name
    family, given = parts
    return f"{family} {given}" if _SUFFIX.fullmatch(given) else f"{given} {family}"
