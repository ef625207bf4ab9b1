"""The name parser: every division of a printed name into forenames and surname, with folded forms for comparison."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from digest.names.forenames import FORENAME_VARIANTS, FORENAMES


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Part of a surname, often omitted.
PARTICLES = _set(
    "a af al am ap ben bin da dal dalla dalle das de degli dei del della delle den der des di do dos du e el i ibn la"
    " las le lo los san santa st ten ter tho til van vande vander vom von y zu zum zur"
)
_CONJUNCTIONS = _set("a e i y")  # one letter, but not an initial in lower case inside a name
_SUFFIXES = _set("jr sr junior ii iii iv 2nd 3rd")
_COLLECTIVES = _set(
    "collaboration collaborations consortium consortia committee community group initiative laboratory network project"
    " team teams"
)
_FILLERS = _set("and behalf for of on the")
_LONGEST_SURNAME = 4  # words, particles included
_LONGEST_SHORT = 4  # letters and the dot: "Chr."
_MOST_RUNS = 3  # more words of two or three capitals are no initials

_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
_TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "đ": "dj"})
_UNIFIED = str.maketrans(dict.fromkeys("'’‘ʼʻ`´′") | dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("_~·・", " "))
_NOTE = re.compile(r"(?<=\w)\s*\([^()]*\)\s*$")  # an affiliation or another name, in brackets at the end
_VOWEL = re.compile("[aeiouy]")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")
_CHINESE_PAIRS = _set("欧阳 歐陽 司马 司馬 诸葛 諸葛 上官 司徒 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 南宫 南宮")


@dataclass(frozen=True, slots=True)
class NamePart:
    """A word of a name, in full or abbreviated (`short`): "J.", "Chr.", "J.-H." for Jinghao."""

    forms: tuple[str, str]  # without diacritics (muller), and transliterated (mueller)
    called: frozenset[str]  # the forms, and variants that the same person may use
    short: bool = False


NameWord = tuple[NamePart, ...]  # its parts between hyphens


@dataclass(frozen=True, slots=True)
class NameReading:
    """One division of a name into forenames and surname."""

    joined: NameWord  # the forenames, hyphenated ones as one
    split: NameWord  # the forenames, hyphenated ones as two
    together: frozenset[str]  # the forenames joined, if none is short
    surname: frozenset[str]  # keys, with and without particles
    halves: frozenset[str] = frozenset()  # keys of the halves of a double surname


@dataclass(frozen=True, slots=True)
class ParsedName:
    """A printed name with all its readings and the keys to compare it by."""

    readings: tuple[NameReading, ...] = ()
    swapped: tuple[NameReading, ...] = ()  # surname first
    whole: frozenset[str] = frozenset()  # all words joined, if none is short
    shuffled: frozenset[str] = frozenset()  # the same in alphabetical order
    lonely: frozenset[str] = frozenset()  # surname keys, if the name may be a surname without forename
    alone: frozenset[str] = frozenset()  # keys by which a lonely surname may match this name
    words: frozenset[str] = frozenset()  # folded
    runs: frozenset[str] = frozenset()  # words of two or three capitals, read as initials


@lru_cache(maxsize=1 << 15)
def parse_name(text: str, spelled: frozenset[str] = frozenset()) -> ParsedName:
    """All readings of a printed name; `spelled` are runs of capitals to read as words (LI), not as initials (JH)."""
    text = unicodedata.normalize("NFKC", text.translate(_UNIFIED))
    text = _NOTE.sub("", text) or text
    if collective := _collective(text):
        return ParsedName(whole=frozenset({" ".join(collective)}), alone=frozenset(collective[:1]))
    given, surname = _sides(text)
    runs = _runs(given, lonely=not surname) - spelled
    front, back = _words(given, runs), _words(surname)
    certain = (_reading(front, back, double=True),) if back else ()
    readings = (*certain, *_possible(front + back))
    return ParsedName(
        readings=readings,
        swapped=tuple(_swapped(front + back)),
        shuffled=_shuffled(front + back),
        whole=_together(front + back),
        lonely=_union(reading.surname for reading in readings if not reading.split),
        alone=_union(reading.surname for reading in readings) | _first_alone(front + back),
        words=frozenset(fold_name(word) for word in given + surname),
        runs=runs,
    )


@lru_cache(maxsize=1 << 16)
def fold_name(text: str) -> str:
    """Letters and digits only, in lower case, without diacritics."""
    if text.isascii() and text.isalnum():
        return text.lower()
    small = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return unicodedata.normalize("NFC", "".join(letter for letter in small if letter.isalnum()))


def _collective(text: str) -> tuple[str, ...]:
    words = [fold_name(word) for word in re.split(r"[\W_]+", text)]
    known = len(words) > 1 and not _COLLECTIVES.isdisjoint(words)
    return tuple(word for word in words if word and word not in _FILLERS) if known else ()


def _sides(text: str) -> tuple[list[str], list[str]]:
    """Forenames and surname if divided by a comma or capitals; else all words, and no surname."""
    pieces = [_unsuffixed(re.sub(r"\.(?=\w)", ". ", piece).split()) for piece in text.split(",")]
    pieces = [piece for piece in pieces if piece]
    if len(pieces) > 1:
        return _moved(pieces[1], pieces[0])
    words = pieces[0] if pieces else []
    shouted = [len(word) > 3 and word.isupper() for word in words]
    first = shouted.index(True) if True in shouted else 0
    end = first + sum(shouted)
    if 0 < sum(shouted) < len(words) and all(shouted[first:end]) and (first == 0 or end == len(words)):
        return _moved(words[:first] + words[end:], words[first:end])
    return words, []


def _moved(given: list[str], surname: list[str]) -> tuple[list[str], list[str]]:
    """Moves initials before the surname to the forenames, and particles after the forenames to the surname."""
    while len(surname) > 1 and _short(surname[0]):
        given, surname = [*given, surname[0]], surname[1:]
    while len(given) > 1 and fold_name(given[-1]) in PARTICLES and not _short(given[-1]):
        given, surname = given[:-1], [given[-1], *surname]
    return given, surname


def _unsuffixed(words: list[str]) -> list[str]:
    while words and fold_name(words[-1]) in _SUFFIXES:
        words = words[:-1]
    return words


def _short(text: str) -> bool:
    return (text.endswith(".") and len(text) <= _LONGEST_SHORT) or (len(text) == 1 and not _CJK.match(text * 2))


def _runs(words: Sequence[str], *, lonely: bool) -> frozenset[str]:
    """The words to read as initials; if they include the surname (`lonely`), one word is left for it."""
    runs = [word for word in words if 2 <= len(word) <= 3 and word.isupper() and word.isalpha()]
    if all(word.isupper() for word in words):  # all in capitals: JIN is then a word
        last = [word for word in words[-1:] if lonely and len(word) == 2]
        runs = [word for word in runs if word in last or not _VOWEL.search(fold_name(word))]
    if lonely and all(word in runs or _short(word) for word in words):
        runs = runs[1:]
    if len(runs) > _MOST_RUNS:
        return frozenset()
    return frozenset(fold_name(word) for word in runs)


def _words(texts: Sequence[str], runs: frozenset[str] = frozenset()) -> tuple[NameWord, ...]:
    found: list[NameWord] = []
    for place, text in enumerate(texts):
        if fold_name(text) in runs and text.isupper():
            found += [(_part(letter, short=True),) for letter in text]
        elif text in _CONJUNCTIONS and 0 < place < len(texts) - 1:
            found.append((_part(text),))
        else:
            parts = [piece for piece in text.split("-") if fold_name(piece)]
            found.append(tuple(_part(piece, short=_short(piece)) for piece in parts))
    return tuple(word for word in found if word)


@lru_cache(maxsize=1 << 16)
def _part(text: str, *, short: bool = False) -> NamePart:
    transliterated = unicodedata.normalize("NFC", text.casefold()).translate(_TRANSLITERATED)
    return _called((fold_name(text), fold_name(transliterated)), short=short)


def _called(forms: tuple[str, str], *, short: bool) -> NamePart:
    return NamePart(forms, frozenset(forms).union(*(FORENAME_VARIANTS.get(form, ()) for form in forms)), short)


def _possible(words: Sequence[NameWord]) -> Iterator[NameReading]:
    """Readings of a name without a comma."""
    tail = len(words)
    while tail and _is_short(words[tail - 1]):
        tail -= 1
    if not tail:
        return
    head = words[:tail]
    if tail < len(words):  # Zhou Y, Garcia Lopez M.
        yield _reading(words[tail:], head)
        if len(head) > 1:  # Nagy István T., István Nagy T.
            yield _reading([*head[1:], *words[tail:]], head[:1])
            yield _reading([*head[:-1], *words[tail:]], head[-1:])
        return
    if all(_is_particle(word) for word in words[:-1]):
        yield _reading((), words)
    yield from _characters(words)
    after_initials = max((place + 1 for place, word in enumerate(words) if _is_short(word)), default=1)
    for place in range(max(1, after_initials, len(words) - _LONGEST_SURNAME), len(words)):
        yield _reading(words[:place], words[place:])


def _characters(words: Sequence[NameWord]) -> Iterator[NameReading]:
    """Readings of a name in Chinese, Japanese or Korean characters, written as one word."""
    text = words[0][0].forms[0]
    if len(words) > 1 or not _CJK.fullmatch(text):
        return
    if len(text) <= 3:
        yield _reading([(_part(text[1:]),)], [(_part(text[0]),)])
    if len(text) > 3 or (len(text) == 3 and text[:2] in _CHINESE_PAIRS):
        yield _reading([(_part(text[2:]),)], [(_part(text[:2]),)])


def _swapped(words: Sequence[NameWord]) -> Iterator[NameReading]:
    if not any(_is_short(word) for word in words):
        for place in range(1, min(len(words), _LONGEST_SURNAME)):
            yield _reading(words[place:], words[:place])


def _first_alone(words: Sequence[NameWord]) -> frozenset[str]:
    """Keys of the first word with its particles, a possible surname unless it is a common forename."""
    end = next((place for place, word in enumerate(words, 1) if not _is_particle(word)), len(words))
    first = _reading(words[end:], words[:end]).surname if words else frozenset()
    return frozenset() if any(_is_short(word) for word in words[:end]) else first - FORENAMES


def _reading(given: Sequence[NameWord], surname: Sequence[NameWord], *, double: bool = False) -> NameReading:
    first = next((place for place, word in enumerate(surname) if not _is_particle(word)), 0) if given else 0
    return NameReading(
        joined=tuple(chain.from_iterable(_one(word) for word in given)),
        split=tuple(chain.from_iterable(given)),
        together=_together(given),
        surname=_keys(chain.from_iterable(surname)) | _keys(chain.from_iterable(surname[first:])),
        halves=_halves(surname, double=double),
    )


def _halves(surname: Sequence[NameWord], *, double: bool) -> frozenset[str]:
    """Keys of both halves if a hyphen, a comma or "y" marks a double surname; else of the first, unless a forename."""
    content = [word for word in surname if not _is_particle(word)]
    units = list(chain.from_iterable(content))
    if len(units) < 2:
        return frozenset()
    inner = any(word[0].forms[0] in _CONJUNCTIONS for word in surname[1:])
    if double or inner or len(content) == 1:
        return _keys(units[:1]) | _keys(units[-1:])
    return _keys(units[:1]) if units[0].forms[0] not in FORENAMES else frozenset()


def _one(word: NameWord) -> NameWord:
    """A hyphenated word joined to one part, unless only one side is short (Jean-P.)."""
    shorts = sum(part.short for part in word)
    if len(word) == 1 or 0 < shorts < len(word):
        return word
    plain, transliterated = (("-" if shorts else "").join(f) for f in zip(*(part.forms for part in word), strict=True))
    return (_called((plain, transliterated), short=bool(shorts)),)


def _together(words: Sequence[NameWord]) -> frozenset[str]:
    parts = tuple(chain.from_iterable(words))
    return frozenset() if any(part.short for part in parts) else _keys(parts)


def _shuffled(words: Sequence[NameWord]) -> frozenset[str]:
    if any(part.short for part in chain.from_iterable(words)):
        return frozenset()
    spelled = zip(*(_one(word)[0].forms for word in words), strict=True)
    return frozenset(" ".join(sorted(forms)) for forms in spelled)


def _keys(parts: Iterable[NamePart]) -> frozenset[str]:
    return frozenset("".join(forms) for forms in zip(*(part.forms for part in parts), strict=True))


def _union(keys: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*keys)


def _is_short(word: NameWord) -> bool:
    return all(part.short for part in word)


def _is_particle(word: NameWord) -> bool:
    return len(word) == 1 and not word[0].short and word[0].forms[0] in PARTICLES
