r"""Text as rules and papers share it: folded words at positions, each with its place in the original.

``$\alpha$-Synuclein’s`` and ``alpha-synuclein`` fold to the same words. A compound such as *pre-training* stands as its
parts at consecutive positions, and each neighbouring pair and the whole of it also stand joined over those positions.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

# -- characters ---------------------------------------------------------------

_GREEK = {
    **dict(
        zip(
            "αβγδεζηθικλμνξοπρστυφχψω",
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon"
            " phi chi psi omega".split(),
            strict=True,
        )
    ),
    "ς": "sigma",
}
_NAMES = frozenset(_GREEK.values())
_LETTERS = {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ȷ": "j", "ħ": "h"}
_TEX_LETTERS = {"o": "o", "l": "l", "ae": "ae", "oe": "oe", "ss": "ss", "aa": "a", "i": "i", "j": "j"}
_HYPHENS = dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-")
_BREAKS = dict.fromkeys("\u2014\u2015", " ")  # em dash and bar
_SINGLE = dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u0060", "'")
_QUOTES = _SINGLE | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"')
_PLAIN = _HYPHENS | _BREAKS | _QUOTES

# What TeX writes and ASCII does not have; `$ { } ^ _` vanish without a break.
_TEX = re.compile(
    r"\\(?P<accent>[\"'`^~=.])"
    r"|\\(?P<over>[uvHtcdbrk])(?:(?=\{)|\s+(?=[^\W\d_]))"
    r"|\\(?P<letter>ss|[oOlLij]|ae|AE|oe|OE|aa|AA)(?![A-Za-z])(?:\{\}|\s)?"
    r"|\\(?P<name>[A-Za-z]+)"
    r"|\\(?P<sign>.)"
    r"|(?P<nothing>[${}^_])"
    r"|(?P<dash>---?)",
    re.DOTALL,
)
_SPECIAL = re.compile(r"[\\${}^_]|--")


@lru_cache(maxsize=1 << 16)
def _letter(character: str) -> str:
    """One character folded: NFKC, case, diacritics, special letters, Greek spelled out; empty where it vanishes."""
    if character in _PLAIN:
        return _PLAIN[character]
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return ""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    bare = (each for each in decomposed if unicodedata.category(each) not in ("Mn", "Me", "Cf"))
    return "".join(_GREEK.get(each, _LETTERS.get(each, _PLAIN.get(each, each))) for each in bare)


class _Line:
    """The folded characters of a text, and where each came from."""

    def __init__(self) -> None:
        self.characters: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def put(self, folded: str, start: int, end: int) -> None:
        for character in folded:
            self.characters.append(character)
            self.starts.append(start)
            self.ends.append(end)

    def letters(self, text: str, start: int, end: int) -> None:
        for index in range(start, end):
            folded = _letter(text[index])
            self.put(folded, index, index + 1)
            if not folded and self.ends and unicodedata.combining(text[index]):
                self.ends[-1] = index + 1  # an accent of its own belongs to the letter before it


def _fold(text: str) -> _Line:
    line, at = _Line(), 0
    for found in _TEX.finditer(text):
        line.letters(text, at, found.start())
        _tex(line, found)
        at = found.end()
    line.letters(text, at, len(text))
    return line


def _tex(line: _Line, found: re.Match[str]) -> None:
    start, end = found.span()
    if found["letter"]:
        line.put(_TEX_LETTERS[found["letter"].lower()], start, end)
    elif found["dash"]:
        line.put(" ", start, end)
    elif found["sign"]:
        line.put(found["sign"] if found["sign"] in "%&#" else " " * (found["sign"] not in "-!$_{}/"), start, end)
    elif name := found["name"]:
        if name.lower().removeprefix("var") in _NAMES:
            line.put(name.lower().removeprefix("var"), start, end)
        elif not found.string.startswith("{", end):  # \emph{x} is x, \log is a word
            line.put(f" {name.lower()} ", start, end)


# -- words --------------------------------------------------------------------

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = rf"(?:\d+(?:\.\d+)+(?![^\W_])|[^\W_{_CJK}]+)"
_TOKEN = re.compile(
    rf"(?P<cjk>[{_CJK}])"
    r"|(?P<sign>(?<![^\W_])[a-z](?:\+\+|\#)(?![^\W_])|(?<![\w.])\.net(?![^\W_]))"
    rf"|(?P<compound>{_RUN}(?:[-/'.&@]{_RUN})*)"
)
_PART = re.compile(_RUN)

_IRREGULAR = {
    plural: frozenset(singular.split("|"))
    for plural, singular in (
        pair.split(":")
        for pair in (
            "matrices:matrix matrixes:matrix indices:index indexes:index vertices:vertex appendices:appendix "
            "vortices:vortex simplices:simplex codices:codex helices:helix cortices:cortex "
            "analyses:analysis|analyse hypotheses:hypothesis theses:thesis syntheses:synthesis bases:basis|base "
            "crises:crisis axes:axis|axe diagnoses:diagnosis|diagnose parentheses:parenthesis prognoses:prognosis "
            "metastases:metastasis ellipses:ellipsis|ellipse oases:oasis neuroses:neurosis "
            "criteria:criterion phenomena:phenomenon automata:automaton polyhedra:polyhedron taxa:taxon "
            "spectra:spectrum spectrums:spectrum data:data media:medium bacteria:bacterium strata:stratum "
            "momenta:momentum quanta:quantum maxima:maximum minima:minimum optima:optimum errata:erratum "
            "corpora:corpus genera:genus opera:opera nuclei:nucleus stimuli:stimulus radii:radius foci:focus "
            "loci:locus fungi:fungus bacilli:bacillus alumni:alumnus moduli:modulus tori:torus "
            "formulae:formula antennae:antenna larvae:larva algae:alga novae:nova supernovae:supernova "
            "nebulae:nebula vertebrae:vertebra lemmata:lemma schemata:schema stigmata:stigma "
            "mice:mouse lice:louse geese:goose teeth:tooth feet:foot men:man women:woman children:child "
            "people:person leaves:leaf|leave lives:life|live wolves:wolf halves:half|halve shelves:shelf "
            "knives:knife wives:wife calves:calf selves:self"
        ).split()
    )
}
_THEMSELVES = frozenset(
    "bias news lens gas logistics series species physics mathematics statistics dynamics mechanics economics genetics "
    "optics acoustics ethics politics linguistics robotics thermodynamics hydrodynamics electronics photonics "
    "chaos cosmos canvas atlas alias texas mars always perhaps whereas its his hers ours yours theirs "
    "diabetes rabies herpes caries kudos means bayes".split()
)
_CAPITALS_S = re.compile(r"[A-Z]{2,}s")
_BOTH = ("ses", "xes", "ches", "shes", "zes")


@lru_cache(maxsize=1 << 18)
def keys(word: str, shape: str = "") -> frozenset[str]:
    """What a folded word is found by: itself and its singulars. `shape` is the original, whose capitals tell.

    Plurals and possessives alone are folded, never stems: *universe* and *university* stay two words.
    """
    return frozenset((word, *_singulars(word, shape)))


def _singulars(word: str, shape: str) -> tuple[str, ...]:
    if _CAPITALS_S.fullmatch(shape):
        return (word[:-1],)
    if (len(shape) > 1 and shape.isupper()) or word in _THEMSELVES:
        return ()
    if word in _IRREGULAR:
        return tuple(_IRREGULAR[word])
    if len(word) < 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")) or not word.isalpha():
        return ()
    if word.endswith("ies") and len(word) > 4:
        return (word[:-3] + "y", word[:-1])
    if word.endswith(_BOTH):
        return (word[:-2], word[:-1])
    return (word[:-1],)


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word over the positions [at, to), and its place [start, end) in the original text."""

    word: str
    keys: frozenset[str]
    at: int
    to: int
    start: int
    end: int
    alone: bool  # a one-letter part of a compound stands only beside its neighbours


@dataclass(slots=True)
class Folded:
    """The words of one text. `at[p]` holds the tokens that begin at position p: the part itself, then what is joined."""

    at: list[list[Token]] = field(default_factory=list)


def fold(text: str) -> Folded:
    """The folded words of a text, in order."""
    if text.isascii() and not _SPECIAL.search(text):
        return _split(text.lower().replace("`", "'"), text, None)
    line = _fold(text)
    return _split("".join(line.characters), text, line)


def fold_word(text: str) -> str:
    """A text as one folded string, nothing split: for names of one word and for values."""
    return "".join(_fold(text).characters).strip()


def _split(folded: str, text: str, line: _Line | None) -> Folded:
    result = Folded()
    for found in _TOKEN.finditer(folded):
        if found["compound"]:
            _compound(result, folded, found, text, line)
        else:
            result.at.append([_token(result, found[0], *found.span(), text, line)])
    return result


def _compound(result: Folded, folded: str, found: re.Match[str], text: str, line: _Line | None) -> None:
    spans = [part.span() for part in _PART.finditer(folded, *found.span())]
    if len(spans) > 1 and folded[spans[-1][0] - 1] == "'" and folded[slice(*spans[-1])] == "s":
        spans.pop()  # a possessive
    first = len(result.at)
    several = len(spans) > 1
    for start, end in spans:
        word = folded[start:end]
        alone = not several or end - start > 1 or word.isdigit()
        result.at.append([_token(result, word, start, end, text, line, alone=alone)])
    if not several:
        return
    runs = [(i, i + 2) for i in range(len(spans) - 1)] + ([(0, len(spans))] if len(spans) > 2 else [])
    for begin, stop in runs:
        word = "".join(folded[slice(*span)] for span in spans[begin:stop])
        start, end = _place(line, spans[begin][0], spans[stop - 1][1])
        shape = "".join(text[slice(*_place(line, *span))] for span in spans[begin:stop])
        token = Token(word, keys(word, _shape(shape)), first + begin, first + stop, start, end, True)
        result.at[first + begin].append(token)


def _token(
    result: Folded, word: str, start: int, end: int, text: str, line: _Line | None, *, alone: bool = True
) -> Token:
    here = len(result.at)
    start, end = _place(line, start, end)
    return Token(word, keys(word, _shape(text[start:end])), here, here + 1, start, end, alone)


def _place(line: _Line | None, start: int, end: int) -> tuple[int, int]:
    """Where folded characters [start, end) stand in the original."""
    return (start, end) if line is None else (line.starts[start], line.ends[end - 1])


def _shape(text: str) -> str:
    """The original of a word where its capitals matter, else nothing, so that most words share one cache entry."""
    return text if text[-2:-1].isupper() or (len(text) > 1 and text.isupper()) else ""
