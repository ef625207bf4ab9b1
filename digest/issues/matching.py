"""Matches the rules of all subscriptions against all arrivals at once, then gives each subscription its candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import accumulate, zip_longest

import numpy as np
from numpy.typing import NDArray

from digest.authors import AuthorProfile, AuthorVerdict, DocumentFrequencies, FollowedAuthor, classify
from digest.issues import Candidate
from digest.papers import Paper
from digest.papers.updates import Arrival
from digest.rules import Batch, IndexedPaper, Matcher
from digest.subscriptions import Rule, Subscriber, Subscription

SubscriptionRef = tuple[str, Subscription]
"""A reader's id, and one of their subscriptions."""


class RuleSet:
    """The rules of many subscriptions, compiled together, once, at first use."""

    def __init__(self, refs: Iterable[SubscriptionRef]) -> None:
        self._refs = tuple(refs)
        ends = list(accumulate(len(subscription.rules) for _, subscription in self._refs))
        self._rules = {
            (reader, subscription.name): (end - len(subscription.rules), end)
            for (reader, subscription), end in zip(self._refs, ends, strict=True)
        }

    @classmethod
    def of(cls, readers: Iterable[Subscriber]) -> RuleSet:
        return cls((reader.id, subscription) for reader in readers for subscription in reader.subscriptions)

    @cached_property
    def _matcher(self) -> Matcher[None]:
        return Matcher(
            (None, subscription.within(rule.query)) for _, subscription in self._refs for rule in subscription.rules
        )

    def ready(self) -> None:
        """Compile the rules now."""
        _ = self._matcher

    def match(self, batch: Batch) -> MatchResult:
        """The matches of all rules in these papers."""
        pairs = [*self._matcher.pairs(batch)]
        owners, papers = (np.concatenate(column) for column in zip(*pairs, strict=True)) if pairs else (_NONE, _NONE)
        order = np.argsort(owners, kind="stable")
        return MatchResult(self._rules, owners[order].astype(np.int32), papers[order].astype(np.int32))


_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class MatchResult:
    """The matches of a rule set in a batch: pairs sorted by rule, so that those of one subscription are found fast."""

    _rules: Mapping[tuple[str, str], tuple[int, int]]  # of each ref the numbers of its first rule and behind its last
    _owners: NDArray[np.int32]
    _papers: NDArray[np.int32]

    def of(self, ref: tuple[str, str]) -> dict[int, list[int]]:
        """The papers, by their place in the batch, each with the indices of the rules that it matches."""
        first, end = self._rules.get(ref, (0, 0))
        # of the same type as the column: else the column is made anew, which takes milliseconds a letter
        begin, stop = np.searchsorted(self._owners, np.array((first, end), self._owners.dtype))
        found: dict[int, list[int]] = {}
        owners, papers = self._owners[begin:stop].tolist(), self._papers[begin:stop].tolist()
        for owner, place in zip(owners, papers, strict=True):
            found.setdefault(place, []).append(owner - first)
        return found


class ArrivalMatches:
    """The matches of a rule set in arrivals, shared by many shards of readers."""

    def __init__(self, rule_set: RuleSet, arrivals: Sequence[Arrival]) -> None:
        self.rule_set = rule_set
        self._arrivals = arrivals
        self._batch = Batch([arrival.paper for arrival in arrivals])
        self._found = rule_set.match(self._batch)
        self._withdrawn = [place for place, arrival in enumerate(arrivals) if arrival.event == "withdrawn"]

    def candidates(
        self, refs: Sequence[SubscriptionRef], known: Mapping[str, Paper] | None = None, since: Sequence[datetime] = ()
    ) -> list[list[Candidate]]:
        """For each ref what its rules match and mean, of what arrived after its `since`.

        `known` has the papers, by key, that readers have named as someone's or as not theirs. A withdrawn paper is a
        candidate of all, since its text, and so its match, may be gone.
        """
        people, arrivals = _AuthorVerdicts(self._batch, known or {}), self._arrivals
        candidates = []
        for (reader, subscription), begin in zip_longest(refs, since):
            places = {place: list[int]() for place in self._withdrawn} | self._found.of((reader, subscription.name))
            if begin is not None:
                places = {place: rules for place, rules in places.items() if arrivals[place].at > begin}
            judged = (
                (place, *people.sift(subscription.rules, rules, place)) for place, rules in sorted(places.items())
            )
            candidates.append(
                [
                    _candidate(arrivals[place], rules, doubts, self._batch.indexed[place])
                    for place, rules, doubts in judged
                    if rules or arrivals[place].event == "withdrawn"
                ]
            )
        return candidates


def match_arrivals(
    rule_set: RuleSet,
    refs: Sequence[SubscriptionRef],
    arrivals: Sequence[Arrival],
    known: Mapping[str, Paper] | None = None,
) -> list[list[Candidate]]:
    """The candidates of each of these subscriptions among these arrivals."""
    return ArrivalMatches(rule_set, arrivals).candidates(refs, known)


def _candidate(
    arrival: Arrival, rules: Sequence[int], doubts: Sequence[tuple[int, AuthorVerdict]], seen: IndexedPaper
) -> Candidate:
    return Candidate(
        work=arrival.work,
        event=arrival.event,
        paper=arrival.paper,
        at=arrival.at,
        rules=tuple(sorted(rules)),
        doubts=tuple(doubts),
        changes=arrival.changes,
        seen=seen,
        record=arrival.record,
    )


class _AuthorVerdicts:
    """Verdicts on the followed authors of one batch; each (author, paper) is classified once for all readers."""

    def __init__(self, batch: Batch, known: Mapping[str, Paper]) -> None:
        self._batch = batch
        self._known = known
        self._profiles: dict[FollowedAuthor, AuthorProfile] = {}
        self._verdicts: dict[tuple[FollowedAuthor, int], AuthorVerdict] = {}

    def sift(
        self, rules: Sequence[Rule], matched: Iterable[int], place: int
    ) -> tuple[list[int], list[tuple[int, AuthorVerdict]]]:
        """The matched rules without those that follow somebody else of that name, and the verdicts in doubt."""
        kept, doubts = list[int](), list[tuple[int, AuthorVerdict]]()
        for index in matched:
            person = rules[index].person
            if person is None:
                kept.append(index)
                continue
            verdict = self._verdict(person, place)
            if verdict.outcome == "no" or (verdict.outcome == "possibly" and person.when_unsure == "drop"):
                continue
            kept.append(index)
            if verdict.outcome != "follow" and person.when_unsure != "include":
                doubts.append((index, verdict))
        return kept, doubts

    def _verdict(self, person: FollowedAuthor, place: int) -> AuthorVerdict:
        if (person, place) not in self._verdicts:
            if person not in self._profiles:
                self._profiles[person] = AuthorProfile.among(person, self._known, self._background)
            self._verdicts[person, place] = classify(self._profiles[person], self._batch.papers[place])
        return self._verdicts[person, place]

    @cached_property
    def _background(self) -> DocumentFrequencies:
        return DocumentFrequencies(len(self._batch), self._batch.counts)
