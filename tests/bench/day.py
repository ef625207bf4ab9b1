"""A day of papers and the rules of many readers, alike for every size and every side of a comparison."""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path

from digest.papers import Author, Paper
from digest.papers.arxiv_categories import ARXIV
from digest.rules.term_parser import STOP_WORDS
from digest.text.fold import normalize_letters, search_keys, tokenize

_SEED = 20261121
_COINED = 5_000  # words that nobody else writes
_NAMES = 24_000
_SYLLABLES = "bak cel dim fon gur kal lem mip nod pul ral tev vix zon".split()


@dataclass(frozen=True, slots=True)
class Sought:
    """A rule by what it seeks: of each group one atom, and none of `none`.

    An atom is words in a row as the folded text has them; "au:…" and "cat:…" are words of fields of their own.
    """

    groups: tuple[tuple[str, ...], ...]
    none: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As a reader types it."""
        parts = [_typed(group) for group in self.groups]
        return " AND ".join(parts) + "".join(f" NOT {_typed((atom,))}" for atom in self.none)


def _typed(group: tuple[str, ...]) -> str:
    terms = [f'"{atom}"' if " " in atom and ":" not in atom else _fielded(atom) for atom in group]
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


def _fielded(atom: str) -> str:
    return f'au:"{atom[3:].replace("_", " ")}"' if atom.startswith("au:") else atom


@dataclass
class Day:
    """Papers, and beside each its text as one line of folded words: title, a word that nobody seeks, abstract."""

    papers: list[Paper]
    folded: list[str]
    counts: Counter[str]  # papers of each word that means one thing, and of each pair of such words


def papers_of_a_day(count: int) -> Day:
    """Each of the sentences of three abstracts, mixed; real ones where $DIGEST_SHARED has them, else coined ones."""
    dice = random.Random(_SEED)
    coined = _Zipf(_coined(dice, _COINED), 1.0, dice)
    abstracts = _real() or [[" ".join(coined() for _ in range(22)) + "." for _ in range(10)] for _ in range(600)]
    names, codes = _Zipf(_names(dice), 0.9, dice), _Zipf(sorted(code for code in ARXIV if "." in code)[:50], 0.9, dice)
    papers = []
    for number in range(count):
        sentences = [sentence for abstract in dice.choices(abstracts, k=3) for sentence in abstract]
        chosen = dice.sample(sentences, k=min(len(sentences), 9))
        chosen = [f"{sentence} {coined()} {coined()}." for sentence in chosen]
        papers.append(
            Paper(
                key=f"arxiv:2611.{number:05}",
                title=" ".join(chosen.pop().split()[:12]),
                abstract=" ".join(chosen),
                authors=tuple(Author(name=name) for name in dict.fromkeys(names() for _ in range(4))),
                categories=tuple(dict.fromkeys((codes(), codes()))),
                source="arxiv",
            )
        )
    return _folded(papers)


def rules_of_readers(day: Day, count: int) -> Iterator[Sought]:
    """One after the other, by the mixture of SPEED: phrases, words, pairs, lists, authors, categories; by Zipf."""
    dice = random.Random(_SEED + count)
    maker = _Maker(day, dice)
    kinds: list[tuple[int, Callable[[], Sought]]] = [
        (22, lambda: Sought(((maker.phrase(),),))),
        (10, lambda: Sought(((maker.word(),),))),
        (18, lambda: Sought(((maker.word(),), (maker.common(),)))),
        (20, lambda: Sought(((maker.phrase(),), (maker.common(), maker.common())), (maker.common(),))),
        (8, lambda: Sought((tuple(maker.word() for _ in range(dice.randint(2, 4))),))),
        (9, lambda: Sought(((maker.author(),),))),
        (9, lambda: Sought(((maker.category(),), (maker.common(),)))),
        (
            3,
            lambda: Sought(((maker.category(),), (maker.common(), maker.common()), (maker.common(),)), (maker.word(),)),
        ),
    ]
    weights = [weight for weight, _ in kinds]
    for _, kind in dice.choices(kinds, weights, k=count):
        yield kind()


@dataclass
class _Zipf:
    """Draws by rank: the first is the most frequent."""

    choices: Sequence[str]
    exponent: float
    dice: random.Random
    _drawn: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._sums = list(accumulate(1 / rank**self.exponent for rank in range(1, len(self.choices) + 1)))

    def __call__(self) -> str:
        if not self._drawn:  # many at a time, which is quicker
            self._drawn = self.dice.choices(self.choices, cum_weights=self._sums, k=10_000)
        return self._drawn.pop()


class _Maker:
    """Terms of rules: neither so common that a reader would drown, nor all of them there."""

    def __init__(self, day: Day, dice: random.Random) -> None:
        terms = sorted(day.counts.items())
        rare = [term for term, papers in terms if papers <= len(day.papers) // 25 + 1]
        common = [term for term, papers in terms if " " not in term and papers <= len(day.papers) // 4 + 1]
        common.sort(key=lambda term: -day.counts[term])
        words, phrases = ([term for term in rare if (" " in term) == several] for several in (False, True))
        dice.shuffle(words)
        dice.shuffle(phrases)
        absent = [f"{first} {second}" for first, second in zip(words, reversed(words), strict=True)]
        known = sorted({author.name for paper in day.papers for author in paper.authors})
        dice.shuffle(known)
        strangers = _names(random.Random(_SEED + 1))[: 3 * len(known)]
        self.word, self.common = _Zipf(words, 0.9, dice), _Zipf(common, 0.9, dice)
        self._there, self._absent = _Zipf(phrases, 0.9, dice), _Zipf(absent, 0.9, dice)
        self._known, self._strangers = _Zipf(known, 0.9, dice), _Zipf(strangers, 0.9, dice)
        self._codes = _Zipf(sorted({code for paper in day.papers for code in paper.categories}), 0.9, dice)
        self._dice = dice

    def phrase(self) -> str:
        """A third of them in no paper."""
        return self._absent() if self._dice.random() < 1 / 3 else self._there()

    def author(self) -> str:
        """Three of four in no paper."""
        name = self._strangers() if self._dice.random() < 3 / 4 else self._known()
        return f"au:{name.replace(' ', '_')}"

    def category(self) -> str:
        return f"cat:{self._codes()}"


def _folded(papers: list[Paper]) -> Day:
    """The papers with their words as the other sides get them, and the words that mean the same to every side.

    A word that is part of a compound, or could be the singular of two, means more to us than to a plain index.
    """
    texts = [[_words(paper.title), _words(paper.abstract or "")] for paper in papers]
    known: dict[str, str] = {}
    doubtful = set[str]()
    for compound in (compound for fields in texts for words in fields for compound in words):
        for written in compound:
            form, others = search_keys(written)
            known[written] = form if len(others) != 1 else others[0]
            if len(compound) > 1 or len(others) > 1:
                doubtful |= {form, *others}
        for before, last in ((compound[:end], compound[end]) for end in range(1, len(compound))):
            form, others = search_keys(last)
            doubtful |= {joined + word for joined in _joined(before) for word in (form, *others)}
    counts: Counter[str] = Counter()
    lines = []
    for fields in texts:
        plain_fields = [[known[written] for compound in words for written in compound] for words in fields]
        lines.append(" qqqq ".join(" ".join(words) for words in plain_fields))
        pairs = {" ".join(pair) for words in plain_fields for pair in pairwise(words)}
        counts.update(pairs.union(*plain_fields))
    joined = set(known.values()) | doubtful
    sure = {word for word in joined if re.fullmatch("[a-z]{4,}", word) and search_keys(word) == (word, ())}
    sure -= doubtful | STOP_WORDS
    return Day(
        papers, lines, Counter({term: papers for term, papers in counts.items() if _is_sure(term, sure, joined)})
    )


def _joined(parts: Sequence[str]) -> set[str]:
    """What may stand before the last part of a compound that is written as one word: the part before it, or all."""
    forms = [search_keys(written)[0] for written in parts]
    return {forms[-1], "".join(forms)}


def _is_sure(term: str, sure: set[str], joined: set[str]) -> bool:
    words = term.split()
    return sure.issuperset(words) and (len(words) == 1 or "".join(words) not in joined)


def _words(text: str) -> list[list[str]]:
    return [[part.written for part in compound] for compound in tokenize(normalize_letters(text))]


def _real() -> list[list[str]]:
    folder = os.environ.get("DIGEST_SHARED")
    if not folder:
        return []
    with (Path(folder) / "papers" / "daily_papers.jsonl").open(encoding="utf-8") as lines:
        return [re.split(r"(?<=[.?!])\s+", json.loads(line)["abstract"]) for line in lines]


def _coined(dice: random.Random, count: int) -> list[str]:
    words = dict[str, None]()
    while len(words) < count:
        words["".join(dice.choices(_SYLLABLES, k=dice.randint(2, 4)))] = None
    return list(words)


def _names(dice: random.Random) -> list[str]:
    """Forenames in full and surnames that begin as nothing else does, so that every side tells one from another."""
    forenames, surnames = _coined(dice, 400), _coined(dice, 4_000)
    names = dict[str, None]()
    while len(names) < _NAMES:
        names[f"{dice.choice(forenames).capitalize()} O{dice.choice(surnames)}"] = None
    return list(names)
