"""One number of a reader's digest: which papers it holds, in which order, and why each is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from digest.arrival import Arrival
from digest.paper import Paper
from digest.query import Hit, Matcher, narrowed
from digest.subscription import Rule, Subscriber, Subscription, When

Kind = Literal["scheduled", "alert", "manual"]
"""How an issue came about: by its slot, by `at once`, or by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A paper in an issue, with what happened to it and where it matched."""

    work: int
    event: str  # "new", "revised v2", "published" or "withdrawn"
    paper: Paper
    hits: tuple[Hit, ...] = ()
    also: tuple[str, ...] = ()  # titles of the other rules that it matched


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one rule brought."""

    title: str  # empty: papers that the reader had before
    query: str = ""  # the rule as typed; empty for a followed author
    author: str | None = None
    items: tuple[Item, ...] = ()
    more: int = 0  # matched as well, but over the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One number (RFC 1153's word) of a subscription, ready to be rendered."""

    subscriber: Subscriber
    subscription: str
    when: When
    kind: Kind
    slot: str  # the scheduled local date and hour; part of the issue's key
    number: int
    date: datetime  # aware, in the reader's zone
    since: datetime  # where the window of this issue begins
    sections: tuple[Section, ...]
    rules_count: int = 0
    authors_count: int = 0

    @property
    def count(self) -> int:
        """Papers shown."""
        return sum(len(section.items) for section in self.sections)

    @property
    def more(self) -> int:
        """Papers that matched and are not shown."""
        return sum(section.more for section in self.sections)

    @property
    def items(self) -> Iterator[Item]:
        return (item for section in self.sections for item in section.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A paper that something happened to, and the rules of the subscription (by index) that it matches."""

    work: int
    event: str
    paper: Paper
    at: datetime  # when it arrived in the store
    rules: tuple[int, ...]  # empty where a paper that the reader had no longer matches (a withdrawn one)


def match(subscriptions: Sequence[Subscription], arrivals: Sequence[Arrival]) -> list[list[Candidate]]:
    """What each subscription's rules match: all rules over all papers at once.

    A withdrawn paper is a candidate of all, since its text, and so its match, may be gone.
    """
    queries = {
        (number, index): narrowed(
            rule.query,
            exclude=subscription.exclude,
            categories=subscription.categories,
            sources=subscription.sources,
        )
        for number, subscription in enumerate(subscriptions)
        for index, rule in enumerate(subscription.rules)
    }
    withdrawn = [place for place, arrival in enumerate(arrivals) if arrival.event == "withdrawn"]
    rules: list[dict[int, list[int]]] = [{place: [] for place in withdrawn} for _ in subscriptions]
    for (number, index), place in Matcher(queries.items()).match([arrival.paper for arrival in arrivals]):
        rules[number].setdefault(place, []).append(index)
    return [[_candidate(arrivals[place], found[place]) for place in sorted(found)] for found in rules]


def _candidate(arrival: Arrival, rules: Iterable[int]) -> Candidate:
    return Candidate(
        work=arrival.work, event=arrival.event, paper=arrival.paper, at=arrival.at, rules=tuple(sorted(rules))
    )


def wanted(candidate: Candidate, told: frozenset[tuple[int, str]], updates: str | None) -> bool:
    """Does this reader want to hear this now? `told` is what the reader knows, as (work, event).

    A new paper: once, and never when it is already withdrawn. News of a paper: a revision under `all`, a publication
    under `published` by who had the paper, a withdrawal by who had it unless they said `none`; `all` hears every news
    of what its rules match.
    """
    if (candidate.work, candidate.event) in told:
        return False
    kind = candidate.event.split()[0]
    if kind == "new":
        return not candidate.paper.withdrawn
    if updates == "all" and candidate.rules:
        return True
    had = any(work == candidate.work for work, _ in told)
    return had and ((kind == "withdrawn" and updates != "none") or (kind == "published" and updates == "published"))


def arrange(subscription: Subscription, candidates: Iterable[Candidate]) -> tuple[Section, ...]:
    """The sections of an issue: each paper once, under its first rule; newest first; at most `limit` cards in all.

    The limit is dealt out rule by rule in the order of the file, one card at a time, so that a rule that floods does
    not silence the ones below it. What does not fit is counted in `more`. News of papers that the reader had and that
    match no rule any more comes last, in a section without a title.
    """
    rules = subscription.rules
    found: list[list[Candidate]] = [[] for _ in (*rules, None)]
    for candidate in sorted(_told_once(candidates), key=_newest_first):
        found[candidate.rules[0] if candidate.rules else -1].append(candidate)
    shares = _deal(subscription.limit, [len(papers) for papers in found])
    return tuple(
        _section(rule, papers[:share], rules, more=len(papers) - share)
        for rule, papers, share in zip((*rules, None), found, shares, strict=True)
        if papers
    )


def _told_once(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """One candidate a work: what weighs most, then what happened last."""
    works: dict[int, Candidate] = {}
    for candidate in candidates:
        seen = works.get(candidate.work)
        if seen is None or (_weight(candidate.event), candidate.at) >= (_weight(seen.event), seen.at):
            works[candidate.work] = candidate
    return iter(works.values())


def _weight(event: str) -> int:
    return ("revised", "published", "new", "withdrawn").index(event.split()[0])


def _newest_first(candidate: Candidate) -> tuple[float, str]:
    paper = candidate.paper
    newest = paper.announced or paper.updated or paper.published or candidate.at
    return (-newest.astimezone(UTC).timestamp(), paper.key)


def _deal(limit: int, wanted: Sequence[int]) -> list[int]:
    """How many cards each rule gets: round after round, until the limit or every wish is reached."""
    shares = [0] * len(wanted)
    left = min(limit, sum(wanted))
    while left:
        for index, wish in enumerate(wanted):
            if left and shares[index] < wish:
                shares[index] += 1
                left -= 1
    return shares


def _section(rule: Rule | None, papers: Sequence[Candidate], rules: Sequence[Rule], *, more: int) -> Section:
    items = tuple(_item(candidate, rules) for candidate in papers)
    if rule is None:
        return Section(title="", items=items, more=more)
    query = "" if rule.author else rule.query.text
    return Section(title=rule.title, query=query, author=rule.author, items=items, more=more)


def _item(candidate: Candidate, rules: Sequence[Rule]) -> Item:
    return Item(
        work=candidate.work,
        event=candidate.event,
        paper=candidate.paper,
        hits=tuple({hit: None for index in candidate.rules for hit in rules[index].query.hits(candidate.paper)}),
        also=tuple(rules[index].title for index in candidate.rules[1:]),
    )
