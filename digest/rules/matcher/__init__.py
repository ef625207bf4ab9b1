"""The matcher: all rules against all papers at once, each paper folded once, each distinct term evaluated once.

::

    batch           papers as token streams, one per field
    automaton       words and phrases: one automaton for all rules
    term_tables     ids, categories, names, dates, NEAR, "…"~n: one table per kind
    block_text      a block of papers as one text, for terms that are verified in many of them
    bit_rows        the postings of each term: one bit per paper
    shapes          AND, OR and NOT on bit rows, for all rules of one shape
    compiled        the above together; opens with "How this works"
    rule_forms      compiles rules from text, parsing each form once
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from digest.papers import Paper
from digest.rules.matcher.arrays import Ints
from digest.rules.matcher.batch import Batch
from digest.rules.matcher.compiled import CompiledRules
from digest.rules.matcher.rule_forms import RuleForms

if TYPE_CHECKING:
    from digest.rules import Query

__all__ = ["Batch", "Matcher"]

K = TypeVar("K")


class Matcher(Generic[K]):
    """A set of queries, compiled once, equal ones merged. Finds the same matches as `Query.matches` for every pair."""

    def __init__(self, rules: Iterable[tuple[K, Query | str]]) -> None:
        """From parsed queries or from rules as text; text takes a tenth of the time for very many rules.

        Raises QueryError for a text that is not a rule.
        """
        self._keys: list[K] = []
        self._compiled = CompiledRules()
        forms = RuleForms(self._compiled)
        for key, rule in rules:
            if isinstance(rule, str):
                forms.add(rule)
            else:
                self._compiled.add(rule.root)
            self._keys.append(key)
        self._compiled.ready()

    def match(self, papers: Sequence[Paper] | Batch) -> list[tuple[K, int]]:
        """Every match as (key of the query, index of the paper), sorted by paper."""
        found = [*self.pairs(papers if isinstance(papers, Batch) else Batch(papers))]
        if not found:
            return []
        rules, indices = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((rules, indices))
        both = zip(rules[order].tolist(), indices[order].tolist(), strict=True)
        return [(self._keys[rule], index) for rule, index in both]

    def pairs(self, batch: Batch) -> Iterator[tuple[Ints, Ints]]:
        """All matches as arrays, for millions of them: indices of queries, in the order given, and of papers."""
        return self._compiled.matches(batch)
