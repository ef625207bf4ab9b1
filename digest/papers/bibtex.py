"""Export of papers as references, BibTeX and RIS, for reference managers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from digest.papers import Paper
from digest.text import one_line, strip_controls

ReferenceFormat = Literal["bibtex", "ris"]

REFERENCE_FILES: Final[dict[ReferenceFormat, tuple[str, str]]] = {
    "bibtex": ("bib", "application/x-bibtex"),
    "ris": ("ris", "application/x-research-info-systems"),
}
"""File name extension and media type by format."""

_PARTICLES = frozenset("von van der den de del della di da dos du la le ten ter zu zur al el bin ibn".split())
_GROUP = re.compile(r"\b(?:collaborations?|consortium|team|group|network|project)\b|,", re.IGNORECASE)
_MATH = re.compile(r"(?<!\\)(\$(?:[^$\\]|\\.)+\$)")
_SPECIAL = {sign: f"\\{sign}" for sign in "&%#_$"} | {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # BibTeX counts braces, also those behind a backslash
    "}": r"\textbraceright{}",
}
_SMALL = frozenset("a an the on of in for and to with from by at is are".split())


def export_references(kind: ReferenceFormat, papers: Sequence[Paper]) -> str:
    """The papers as one file, in their order; lines end in LF."""
    return bibtex(papers) if kind == "bibtex" else ris(papers)


def bibtex(papers: Iterable[Paper]) -> str:
    """BibTeX entries in UTF-8: @article with a journal, else @misc with the eprint; citation keys are unique."""
    used: set[str] = set()
    return "\n".join(_entry(paper, _unique(citation_key(paper), used)) for paper in papers)


def ris(papers: Iterable[Paper]) -> str:
    """RIS records, tag and value per line; https://refman.com/sites/rm/files/m/direct_export_ris.pdf."""
    return "\n".join("\n".join(_record(paper)) + "\n" for paper in papers)


# -- BibTeX -------------------------------------------------------------------


def _entry(paper: Paper, key: str) -> str:
    fields = {name: value for name, value in _fields(paper) if value}
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@{'article' if paper.journal else 'misc'}{{{key},\n{lines}\n}}\n"


def _fields(paper: Paper) -> Iterator[tuple[str, str]]:
    when = paper.published or paper.announced or paper.updated
    yield "title", f"{{{_escaped(paper.title)}}}"  # the second braces keep its capitals
    yield "author", " and ".join(_author(author.name) for author in paper.authors)
    yield "year", f"{when:%Y}" if when else ""
    yield "month", f"{when:%m}".lstrip("0") if when else ""
    yield "journal", _escaped(paper.journal or "")
    yield "doi", _verbatim(paper.doi or paper.ids.doi or "")
    if paper.ids.arxiv:
        yield "eprint", paper.ids.arxiv
        yield "archiveprefix", "arXiv"
        yield "primaryclass", paper.primary or ""
    yield "url", _verbatim(paper.url or "")
    yield "note", _escaped(paper.comment or "")


def _author(name: str) -> str:
    plain = _escaped(name)
    return f"{{{plain}}}" if _GROUP.search(name) or re.search(r"\band\b", name) else plain


def _escaped(text: str) -> str:
    """Text with TeX's special characters escaped; formulas are kept."""
    pieces = _MATH.split(one_line(text))
    return "".join(piece if place % 2 and _is_whole(piece) else _plain(piece) for place, piece in enumerate(pieces))


def _is_whole(formula: str) -> bool:
    return formula.count("{") == formula.count("}") and formula.find("}") >= formula.find("{")


def _plain(text: str) -> str:
    return "".join(_SPECIAL.get(sign, sign) for sign in text)


def _verbatim(text: str) -> str:
    """A URL or a DOI, verbatim except for percent-encoding of braces, backslashes and spaces."""
    return re.sub(r"[{}\\\s]", lambda found: f"%{ord(found[0]):02X}", strip_controls(text))


def citation_key(paper: Paper) -> str:
    """The citation key: surname, year and first significant word in ASCII letters and digits: zhou2026sparse."""
    when = paper.published or paper.announced or paper.updated
    surname = _ascii(family_and_given(paper.authors[0].name)[0]) if paper.authors else ""
    words = [_ascii(word) for word in re.findall(r"[^\W\d_]+", paper.title)]
    word = next((word for word in words if word and word not in _SMALL), "")
    return f"{surname or 'paper'}{when:%Y}{word}" if when else f"{surname or 'paper'}{word}"


def _unique(key: str, used: set[str]) -> str:
    found, number = key, 1
    while found in used:
        number += 1
        found = f"{key}-{number}"
    used.add(found)
    return found


def _ascii(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isascii() and c.isalnum())


# -- RIS ----------------------------------------------------------------------


def _record(paper: Paper) -> Iterator[str]:
    when = paper.published or paper.announced or paper.updated
    yield f"TY  - {'JOUR' if paper.journal else 'UNPB'}"
    yield _tag("TI", paper.title)
    for author in paper.authors:
        family, given = family_and_given(author.name)
        yield _tag("AU", f"{family}, {given}" if given else family)
    if when:
        yield f"PY  - {when:%Y}"
        yield f"DA  - {when:%Y/%m/%d}"
    named = (
        ("JO", paper.journal),
        ("DO", paper.doi or paper.ids.doi),
        ("UR", paper.url),
        ("L1", paper.pdf),
        ("AB", paper.abstract),
        ("N1", paper.comment),
        ("ID", paper.key),
    )
    yield from (_tag(tag, value) for tag, value in named if value)
    yield from (_tag("KW", category) for category in paper.categories)
    yield "ER  - "


def _tag(tag: str, value: str) -> str:
    return f"{tag}  - {one_line(value)}"


def family_and_given(name: str) -> tuple[str, str]:
    """Family name and given names; a group has only a family name."""
    words = one_line(name).split()
    if _GROUP.search(name) or len(words) < 2:
        return " ".join(words), ""
    begin = len(words) - 1
    while begin > 1 and words[begin - 1].casefold() in _PARTICLES:
        begin -= 1
    return " ".join(words[begin:]), " ".join(words[:begin])
