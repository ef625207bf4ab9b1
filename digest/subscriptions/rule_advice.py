"""Advice on rules from stored papers (`digest check`): rules that never match or match too much, and synonyms."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from digest.authors import FollowedAuthor, cluster_by_author
from digest.papers import Paper
from digest.rules import Batch, Matcher, Query, tree
from digest.rules.phrases import PhraseTerm
from digest.rules.terms import Term
from digest.subscriptions import Rule
from digest.subscriptions.abbreviations import folded_term, glossary

MOST_SHARE: Final = 0.1
"""The share of all papers above which a rule matches too much."""
_FEW: Final = 50  # below so many papers no share is given
_TYPO: Final = 0.8  # of difflib's 1


@dataclass(frozen=True, slots=True)
class RuleMatches:
    """The matches of one rule in an archive, as a whole and by term."""

    papers: tuple[int, ...]  # indices
    terms: Mapping[str, int]  # as typed -> papers; those under NOT as well


@dataclass
class PaperArchive:
    """Papers, matched against many rules at once."""

    papers: Sequence[Paper]
    share: float = MOST_SHARE
    batch: Batch = field(init=False)
    _glossary: Mapping[str, tuple[str, ...]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.batch = Batch(self.papers)

    def find(self, queries: Sequence[Query], within: Sequence[Query] | None = None) -> list[RuleMatches]:
        """The matches of each query; `within` has the same queries narrowed by their subscriptions."""
        leaves = [list(dict.fromkeys(tree.terms(query.root))) for query in queries]
        whole = (((number, -1), query) for number, query in enumerate(within or queries))
        single = (
            ((number, place), Query(_typed(leaf), leaf))
            for number, own in enumerate(leaves)
            for place, leaf in enumerate(own)
        )
        papers: dict[tuple[int, int], list[int]] = {}
        for key, index in Matcher((*whole, *single)).match(self.batch):
            papers.setdefault(key, []).append(index)
        return [
            RuleMatches(
                tuple(papers.get((number, -1), ())),
                {_typed(leaf): len(papers.get((number, place), ())) for place, leaf in enumerate(own)},
            )
            for number, own in enumerate(leaves)
        ]

    def advise(
        self, rules: Sequence[Rule], within: Sequence[Query] | None = None, *, wider: bool = True
    ) -> list[tuple[str, ...]]:
        """The advice on each rule; unless `wider`, only on how often it matches."""
        found = self.find([rule.query for rule in rules], within)
        return [tuple(self.advice(rule, each, wider=wider)) for rule, each in zip(rules, found, strict=True)]

    def advice(self, rule: Rule, found: RuleMatches, *, wider: bool = True) -> Iterator[str]:
        """The advice on a rule whose matches are known."""
        if not self.papers:
            return
        yield from self.frequency(rule.query, found)
        if not wider:
            return
        if rule.person:
            if rule.person.is_bare:
                yield from self._people(rule.person, found)
        else:
            for term, others in self.synonyms(rule.query):
                how = "written out" if others[0] != others[0].upper() else f"written {others[0]}"
                yield f"{term} is also {how}: expand: {{{term}: [{', '.join(others)}]}}"

    def frequency(self, query: Query, found: RuleMatches) -> Iterator[str]:
        """Advice on a rule that never matches, with the term that causes it, or that matches too much."""
        count, all_ = len(found.papers), len(self.papers)
        positive = list(dict.fromkeys(_typed(leaf) for leaf in _positive(query.root)))
        absent = [term for term in positive if not found.terms[term]]
        if not count:
            yield f"matches none of {all_:,} paper{'s' * (all_ > 1)} in the archive" + self._why(
                query, positive, absent
            )
        elif all_ >= _FEW and count > self.share * all_:
            yield f"matches {count / all_:.0%} of {all_:,} papers in the archive; another term would narrow it"
        if count and absent:
            yield f"in no paper of the archive: {', '.join(map(self._with_nearest, absent))}"

    def _why(self, query: Query, positive: Sequence[str], absent: Sequence[str]) -> str:
        if absent and len(positive) > 1:
            return f"; in none of them: {', '.join(map(self._with_nearest, absent))}"
        if absent:
            near = self._nearest(absent[0])
            return f": did you mean {near}?" if near else ""
        return "; each of its terms is there, but never all together" if isinstance(query.root, tree.And) else ""

    def _with_nearest(self, term: str) -> str:
        near = self._nearest(term)
        return f"{term} (did you mean {near}?)" if near else term

    def _nearest(self, term: str) -> str | None:
        """A word of the archive that may have been meant; of one word in running text."""
        word = term.strip('"').casefold()
        if not word.isalpha() or len(word) < 5:
            return None
        likely = [known for known in self.batch.counts if known[:1] == word[0] and abs(len(known) - len(word)) < 3]
        return next(iter(difflib.get_close_matches(word, likely, n=1, cutoff=_TYPO)), None)

    def synonyms(self, query: Query) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Abbreviations of the rule that stand without their long forms, and long forms without the abbreviation."""
        if self._glossary is None:
            self._glossary = glossary(self.papers)
        words = [leaf for leaf in _positive(query.root) if isinstance(leaf, PhraseTerm)]
        terms = {folded_term(leaf.typed): leaf.typed.strip('"') for leaf in words}
        short_of = {long: short for short, longs in self._glossary.items() for long in longs[:1]}
        for term, typed in terms.items():
            longs = self._glossary.get(term, ())[:2]
            if longs and not any(long in terms for long in longs):
                yield typed, longs
            elif (short := short_of.get(term)) and short not in terms:
                yield typed, (short.upper(),)

    def _people(self, person: FollowedAuthor, found: RuleMatches) -> Iterator[str]:
        """Advice on a name that several people seem to have."""
        several = [
            group
            for group in cluster_by_author(person, [self.papers[index] for index in found.papers])
            if len(group.papers) > 1
        ]
        if len(several) < 2:
            return
        told = "; ".join(
            f"{len(group.papers)} papers in {', '.join(group.categories) or 'no category'}"
            + (f" with {', '.join(group.coauthors[:2])}" if group.coauthors else "")
            for group in several
        )
        codes = [code for code in several[1].categories if code not in several[0].categories]
        refuse = f" or except: {{categories: [{codes[0]}]}}" if codes else ""
        yield (
            f"{person.name} seems to be {len(several)} people: {told}; choose by known: [{several[0].papers[0].key}]"
            f'{refuse}, and see `digest author show "{person.name}"`'
        )


def _positive(node: tree.Node) -> Iterator[Term]:
    """The terms that are sought, not those left out."""
    if isinstance(node, tree.And | tree.Or):
        for part in node.parts:
            yield from _positive(part)
    elif not isinstance(node, tree.Not):
        yield node


def _typed(leaf: Term) -> str:
    return leaf.prefix + leaf.typed
