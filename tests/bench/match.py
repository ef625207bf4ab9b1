"""How quickly a day's papers meet the rules of many readers, beside SQLite FTS5, tantivy and a regex for each rule."""

from __future__ import annotations

import gc
import random
import resource
from collections.abc import Iterable, Iterator, Sequence
from time import process_time

import numpy as np
from numpy.typing import NDArray

from digest.rules import Batch, Matcher
from tests.bench.day import Day, papers_of_a_day, rules_of_readers

PAPERS = 5_000
SIZES = (1_000, 10_000, 100_000, 1_000_000)
_SAMPLE = 40  # rules of which the regexes are measured, scaled up
_SLOW = 10  # in `ours_mixed_s` one of so many rules is of the slower kinds

Prints = NDArray[np.float64]
"""Of each rule how many papers it matches, and two sums of their marks; whole numbers, so the sums are exact."""


def run(rules: int = 100_000) -> dict[str, object]:
    """CPU seconds for 5,000 papers of some 1,500 characters.

    `ours_s` is scan and evaluation; `fts5_s` and `tantivy_s` are the index of the folded text and a query for each
    rule. Folding is `fold_s`, reading the rules' text and making them ready `compile_s`. `ours_mixed_s` has a
    tenth of the rules with NEAR, wildcards, exact text, words close together and initials of authors.
    """
    day = papers_of_a_day(PAPERS)
    texts = [rule.text for rule in rules_of_readers(day, rules)]
    marks = np.random.default_rng(1).integers(1, 1 << 30, (2, PAPERS)).astype(np.float64)

    begin = process_time()
    batch = _folded(day)
    folded = process_time()
    matcher = Matcher(enumerate(texts))
    compiled = process_time()
    gc.collect()  # what building left behind is no part of asking
    asked = process_time()
    matches = sum(len(owners) for owners, _ in matcher.pairs(batch))
    done = process_time()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    ours = _prints(matcher.pairs(batch), rules, marks)
    del matcher
    mixed = _mixed(day, texts)
    others, regex = _peers(day, texts, marks, ours)
    return {
        "papers": PAPERS,
        "rules": rules,
        "matches": matches,
        "fold_s": round(folded - begin, 3),
        "compile_s": round(compiled - folded, 3),
        "ours_s": round(done - asked, 3),
        "ours_mixed_s": round(mixed, 3),
        **{f"{name}_s": round(seconds, 3) for name, (seconds, _) in others.items()},
        "regex_s_scaled": round(regex[0], 1),
        "equal": regex[1] and all(equal for _, equal in others.values()),
        "rss_mb": memory,
    }


def _folded(day: Day) -> Batch:
    batch = Batch(day.papers)
    _ = batch["title"], batch["abstract"], batch.authors
    return batch


def _prints(found: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]], rules: int, marks: Prints) -> Prints:
    sums = np.zeros((3, rules))
    for owners, papers in found:
        sums[0] += np.bincount(owners, minlength=rules)
        sums[1] += np.bincount(owners, marks[0][papers], rules)
        sums[2] += np.bincount(owners, marks[1][papers], rules)
    return sums


def _peers(
    day: Day, texts: Sequence[str], marks: Prints, ours: Prints
) -> tuple[dict[str, tuple[float, bool]], tuple[float, bool]]:
    """(seconds, whether it found the same) of each other way."""
    from tests.bench.peers import by_fts5, by_regex, by_tantivy

    ways = {"tantivy": by_tantivy, "fts5": by_fts5}
    others = {name: _timed(way(day, rules_of_readers(day, len(texts))), ours, marks) for name, way in ways.items()}
    chosen = sorted(random.Random(1).sample(range(len(texts)), min(_SAMPLE, len(texts))))
    sample = [rule for place, rule in enumerate(rules_of_readers(day, len(texts))) if place in chosen]
    seconds, equal = _timed(by_regex(day, sample), ours[:, chosen], marks)
    return others, (seconds * len(texts) / len(chosen), equal)


def _timed(found: Iterator[list[int]], wanted: Prints, marks: Prints) -> tuple[float, bool]:
    seconds, equal, begin = 0.0, True, process_time()
    for place, papers in enumerate(found):
        seconds += process_time() - begin
        equal = equal and bool((wanted[:, place] == [len(papers), *marks[:, papers].sum(axis=1)]).all())
        begin = process_time()
    return seconds, equal


def _mixed(day: Day, texts: Sequence[str]) -> float:
    """The same with a tenth of the rules made of the slower kinds, over papers that nobody has looked at yet."""
    words = sorted(term for term in day.counts if " " not in term)
    dice = random.Random(2)
    mixed = [text if number % _SLOW else _slow(dice, words, day) for number, text in enumerate(texts)]
    matcher, batch = Matcher(enumerate(mixed)), _folded(day)
    _ = batch.runs
    gc.collect()
    begin = process_time()
    for _ in matcher.pairs(batch):
        pass
    return process_time() - begin


def _slow(dice: random.Random, words: Sequence[str], day: Day) -> str:
    first, second = dice.choices(words, k=2)
    forename, _, surname = dice.choice(dice.choice(day.papers).authors).name.partition(" ")
    return dice.choice(
        (
            f"{first} NEAR/5 {second}",
            f"{first[:4]}*",
            f"{{{first.capitalize()}}}",
            f'"{first} {second}"~6',
            f'au:"{surname} {forename[0]}"',
        )
    )
