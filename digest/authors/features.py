"""Features for author disambiguation: words, categories and co-authors of a paper."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final, Literal

from digest.names import NameMatch, compare_names, rule_keys, surname_keys
from digest.papers import Paper
from digest.papers.arxiv_categories import ARXIV, canonical
from digest.rules.term_parser import STOP_WORDS
from digest.text.fold import normalize_letters, singular, tokenize

_NEIGHBOURS: Final = tuple(
    frozenset(group.split())
    for group in (
        "cs.AI cs.CL cs.CV cs.IR cs.LG cs.MA cs.NE cs.RO stat.ML",
        "cs.SD eess.AS cs.CL",
        "cs.CV eess.IV cs.GR cs.MM",
        "cs.RO eess.SY cs.SY math.OC",
        "cs.CR cs.NI cs.DC cs.OS cs.AR cs.PF",
        "cs.SE cs.PL cs.LO cs.FL",
        "cs.DS cs.CC cs.DM math.CO cs.CG",
        "cs.IT math.IT eess.SP",
        "cs.HC cs.CY cs.SI physics.soc-ph",
        "stat.ME stat.AP stat.CO math.ST stat.TH",
        "hep-th hep-ph hep-ex hep-lat gr-qc nucl-th nucl-ex",
        "gr-qc astro-ph.CO astro-ph.HE",
        "quant-ph cond-mat.mes-hall cond-mat.quant-gas physics.atom-ph physics.optics",
        "math.PR math.ST math-ph",
        "math.AP math.NA math.FA math.CA",
        "math.DS nlin.CD math.CA",
        "math.AG math.NT math.RT math.AC",
        "math.GT math.DG math.AT math.SG",
    )
)
"""Groups of near categories: one person publishes in them in one year."""
_WIDE: Final = frozenset({"cs", "math", "physics", "q-bio", "stat", "eess"})  # archives with many unrelated categories

FieldDistance = Literal["same", "near", "far"]


@lru_cache(maxsize=4096)
def content_words(text: str) -> frozenset[str]:
    """The set of words of a text without stop words, in singular form."""
    found = (part.written for compound in tokenize(normalize_letters(text)) for part in compound)
    return frozenset(word for written in found if (word := singular(written)) and len(word) > 2) - STOP_WORDS


def paper_words(paper: Paper) -> frozenset[str]:
    """The set of words of title and abstract."""
    return content_words(f"{paper.title}\n{paper.abstract or ''}")


def categories(paper: Paper) -> frozenset[str]:
    return frozenset(map(canonical, (*paper.categories, *((paper.primary,) if paper.primary else ()))))


def field_distance(ours: Collection[str], theirs: Collection[str]) -> tuple[FieldDistance, str] | None:
    """The distance of two sets of categories, and the category of `theirs` that decides; None without categories."""
    found: tuple[FieldDistance, str] | None = None
    for other in sorted(theirs):
        if _covered(other, ours):
            return "same", other
        if any(_is_near(one, other) for one in ours):
            found = "near", other
        elif (
            found is None and other in ARXIV and any(one in ARXIV for one in ours)
        ):  # of other fields nobody knows how far
            found = "far", other
    return found


def _covered(category: str, ours: Collection[str]) -> bool:
    """Whether a category is in `ours`, itself or by its archive."""
    return category in ours or category.partition(".")[0] in ours


def _is_near(one: str, other: str) -> bool:
    archive = one.partition(".")[0]
    if any(one in group and other in group for group in _NEIGHBOURS):
        return True
    return archive == other.partition(".")[0] and archive not in _WIDE


class NameSet:
    """A set of names of people, with lookup of the best match for a printed name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_key: dict[str, set[str]] = {}
        for name in names:
            for key in rule_keys(name):
                self._by_key.setdefault(key, set()).add(name)

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def like(self, printed: str) -> NameMatch:
        """The best match of a printed name with any of them."""
        likely = {name for key in surname_keys(printed) & self._by_key.keys() for name in self._by_key[key]}
        return max((compare_names(name, printed) for name in likely), default=NameMatch.CONFLICT)


def other_authors(paper: Paper, index: int | None) -> Iterator[str]:
    """The names of the authors except the one at `index`."""
    return (author.name for place, author in enumerate(paper.authors) if place != index)
