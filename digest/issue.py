"""One number of a reader's digest: which papers it holds, in which order, and why each is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from digest.paper import Paper
from digest.query import Hit
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

    title: str
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
    rules: tuple[int, ...]


def arrange(subscription: Subscription, candidates: Iterable[Candidate]) -> tuple[Section, ...]:
    """The sections of an issue: each paper once, under its first rule; newest first; at most `limit` cards in all.

    The limit is dealt out rule by rule in the order of the file, one card at a time, so that a rule that floods does
    not silence the ones below it. What does not fit is counted in `more`.
    """
    found: list[list[Candidate]] = [[] for _ in subscription.rules]
    for candidate in sorted(_told_once(candidates), key=_newest_first):
        found[candidate.rules[0]].append(candidate)
    shares = _deal(subscription.limit, [len(papers) for papers in found])
    return tuple(
        _section(rule, papers[:share], subscription.rules, more=len(papers) - share)
        for rule, papers, share in zip(subscription.rules, found, shares, strict=True)
        if papers
    )


def _told_once(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """One candidate a work: what happened last says it all, but a new paper that was revised since is still new."""
    works: dict[int, Candidate] = {}
    for candidate in candidates:
        seen = works.get(candidate.work)
        if seen is None or (seen.event != "new" and candidate.event != "new" and candidate.at >= seen.at):
            works[candidate.work] = candidate
        elif candidate.event in ("new", "withdrawn"):
            works[candidate.work] = candidate
    return iter(works.values())


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


def _section(rule: Rule, papers: Sequence[Candidate], rules: Sequence[Rule], *, more: int) -> Section:
    return Section(
        title=rule.title,
        query="" if rule.author else rule.query.text,
        author=rule.author,
        items=tuple(_item(candidate, rules) for candidate in papers),
        more=more,
    )


def _item(candidate: Candidate, rules: Sequence[Rule]) -> Item:
    first, *others = candidate.rules
    hits = {hit: None for index in (first, *others) for hit in rules[index].query.hits(candidate.paper)}
    return Item(
        work=candidate.work,
        event=candidate.event,
        paper=candidate.paper,
        hits=tuple(hits),
        also=tuple(rules[index].title for index in others),
    )
