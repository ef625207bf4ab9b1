"""How quickly a day's papers meet many rules: all at once, beside one regular expression for each rule."""

from __future__ import annotations

import random
import re
from time import process_time

from digest.paper import Author, Paper
from digest.query import Matcher, parse

_PAPERS = 1_000
_RULES = 2_000
_SAMPLE = 50  # rules of which the other side is measured, scaled up
_WORDS = 8_000
_NOWHERE = parse("qqqq")


def run() -> dict[str, object]:
    """CPU seconds for 1,000 papers of some 200 words and 2,000 rules of words and phrases by Zipf."""
    dice = random.Random(20261120)
    words = sorted({_coined(dice) for _ in range(_WORDS)})
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    papers = [_paper(number, dice, words, weights) for number in range(_PAPERS)]
    texts = [_rule(dice, words, weights) for _ in range(_RULES)]

    begin = process_time()
    for paper in papers:
        _NOWHERE.matches(paper)  # which folds it
    fold = process_time() - begin
    begin = process_time()
    queries = {number: parse(text) for number, text in enumerate(texts)}
    matcher = Matcher(queries)
    compiled = process_time() - begin
    begin = process_time()
    found = matcher.match(papers)
    ours = process_time() - begin
    begin = process_time()
    theirs = _by_regex(texts[:_SAMPLE], papers)
    regex = process_time() - begin
    return {
        "papers": _PAPERS,
        "rules": _RULES,
        "matches": len(found),
        "fold_s": round(fold, 3),
        "compile_s": round(compiled, 3),
        "ours_s": round(ours, 3),
        "regex_s_scaled": round(regex * _RULES / _SAMPLE, 3),
        "equal": theirs == {(number, index) for number, index in found if number < _SAMPLE},
    }


def _by_regex(texts: list[str], papers: list[Paper]) -> set[tuple[int, int]]:
    """The usual way: for each rule a pattern for each of its words, over title and abstract."""
    found = set()
    for number, text in enumerate(texts):
        patterns = [
            re.compile(rf"\b{re.escape(part)}\b")
            for part in re.findall(r'"([^"]+)"|(\w+)', text)
            for part in part
            if part
        ]
        for index, paper in enumerate(papers):
            fields = (paper.title, paper.abstract or "")
            if all(any(pattern.search(field) for field in fields) for pattern in patterns):
                found.add((number, index))
    return found


def _coined(dice: random.Random) -> str:
    """A word that ends in no plural."""
    syllables = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "te", "vi", "zo")
    return "".join(dice.choices(syllables, k=dice.randint(2, 4)))


def _paper(number: int, dice: random.Random, words: list[str], weights: list[float]) -> Paper:
    return Paper(
        key=f"arxiv:2611.{number:05}",
        title=" ".join(dice.choices(words, weights, k=9)),
        abstract=" ".join(dice.choices(words, weights, k=190)),
        authors=(Author(name="Ada Lovelace"),),
        categories=("cs.CL",),
        source="arxiv",
    )


def _rule(dice: random.Random, words: list[str], weights: list[float]) -> str:
    """A third phrases, a third pairs, a third single words."""
    first, second = dice.choices(words[20:], weights[20:], k=2)
    return dice.choice((f'"{first} {second}"', f"{first} {second}", first))
