"""All rules over all papers at once: each paper is folded once, each distinct term looked for once.

::

    Compiled ── phrases    words and phrases: one automaton, read by all papers of a block together
             ├─ others     ids, categories, names, dates, NEAR: each kind by a table of its own
             ├─ rows       what each term found: a row of bits, one a paper
             └─ shapes     AND, OR and NOT of such rows, for all rules of one shape together
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from digest.papers import Paper
from digest.rules.matcher.arrays import Ints
from digest.rules.matcher.batch import Batch
from digest.rules.matcher.compiled import Compiled
from digest.rules.matcher.rule_forms import Forms

if TYPE_CHECKING:
    from digest.rules import Query

__all__ = ["Batch", "Matcher"]

K = TypeVar("K")


class Matcher(Generic[K]):
    """Many queries, made ready once, equal ones as one. It finds what asking each query of each paper finds."""

    def __init__(self, rules: Iterable[tuple[K, Query | str]]) -> None:
        """Of queries, or of rules as text, which take a tenth of the time where there are very many.

        Raises QueryError for a text that is no rule.
        """
        self._keys: list[K] = []
        self._compiled = Compiled()
        forms = Forms(self._compiled)
        for key, rule in rules:
            if isinstance(rule, str):
                forms.add(rule)
            else:
                self._compiled.add(rule.root)
            self._keys.append(key)
        self._compiled.ready()

    def match(self, papers: Sequence[Paper] | Batch) -> list[tuple[K, int]]:
        """(the query's key, the paper's index) of every match, paper by paper."""
        found = [*self.pairs(papers if isinstance(papers, Batch) else Batch(papers))]
        if not found:
            return []
        rules, indices = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((rules, indices))
        both = zip(rules[order].tolist(), indices[order].tolist(), strict=True)
        return [(self._keys[rule], index) for rule, index in both]

    def pairs(self, batch: Batch) -> Iterator[tuple[Ints, Ints]]:
        """The same for millions of matches: numbers of queries, in the order in which they came, and of papers."""
        return self._compiled.matches(batch)
