"""One number of a reader's digest: which papers it holds, in which order, and why each is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from datetime import date as Day  # noqa: N812 (an issue has a date of its own)
from typing import Literal

from digest.authors import AuthorVerdict
from digest.authors.summary import AuthorSummary
from digest.papers import Paper
from digest.papers.ids import is_article
from digest.papers.scholarly_metrics import Bibliometrics
from digest.papers.updates import Arrival
from digest.rules import Hit, IndexedPaper
from digest.subscriptions import Rule, Schedule, Subscriber, Subscription, TrendingSection

TRENDING = "Trending papers"
"""The title of the section that votes fill."""

MOST_BY_NAME = 10
"""Papers in one letter that are a followed person's by nothing but the name."""

IssueKind = Literal["scheduled", "alert", "manual", "test"]
"""How an issue came about: by its slot, by `at once`, by hand, or to see whether letters arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A paper in an issue, with what happened to it and where it matched."""

    work: int
    event: str  # "new", "revised v2", "published" or "withdrawn"
    paper: Paper
    hits: tuple[Hit, ...] = ()
    also: tuple[str, ...] = ()  # titles of the other rules that it matched
    doubts: tuple[tuple[str, AuthorVerdict], ...] = ()  # followed people whose it may be, and what speaks for that
    changes: tuple[str, ...] = ()  # fields of the paper that are others since it was told of last
    figures: tuple[Bibliometrics, ...] = ()  # what services say of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one rule brought."""

    title: str  # empty: papers that the reader had before
    query: str = ""  # the rule as typed; empty for a followed author
    author: str | None = None
    items: tuple[Item, ...] = ()
    more: int = 0  # matched as well, but over the limit
    portrait: AuthorSummary | None = None  # of the author


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What a reader follows and an issue had to do without."""

    kind: str  # of the source
    part: str  # a category, the name of a query or a journal; empty: all of it
    why: Literal["late", "fault"]  # it had not announced what was due; it could not be asked
    since: datetime | None = None  # when it last answered

    def concerns(self, subscription: Subscription) -> bool:
        """Whether papers of it might have stood in an issue of this subscription."""
        if not subscription.rules:
            return subscription.trending is not None and subscription.trending.source == self.kind
        if subscription.sources and self.kind not in subscription.sources:
            return False
        named = subscription.categories if self.kind == "arxiv" else ()
        archive = self.part.partition(".")[0]
        return not named or any(one in (self.part, archive) or one.partition(".")[0] == self.part for one in named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One number (RFC 1153's word) of a subscription, ready to be rendered."""

    subscriber: Subscriber
    subscription: str
    when: Schedule
    kind: IssueKind
    slot: str  # the scheduled local date and hour; part of the issue's key
    number: int
    date: datetime  # aware, in the reader's zone
    since: datetime  # where the window of this issue begins
    sections: tuple[Section, ...]
    rules_count: int = 0
    authors_count: int = 0
    attach: Literal["bibtex", "ris"] | None = None  # the papers as references, in a file beside the letter
    absences: tuple[Absence, ...] = ()
    services: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)  # what each calls itself
    rests: tuple[tuple[str, str], ...] = ()  # services that bring nothing today, and why: "weekend" or "holiday"
    next_on: Day | None = None  # the local day of the issue after this one

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
    doubts: tuple[tuple[int, AuthorVerdict], ...] = ()  # rules that follow a person who may be another one
    changes: tuple[str, ...] = ()
    seen: IndexedPaper | None = field(default=None, repr=False, compare=False)  # for highlighting


def is_news(candidate: Candidate, told: Set[tuple[int, str]], updates: str | None) -> bool:
    """Does this reader want to hear this now? `told` is what the reader knows, as (work, event).

    A new paper: once, and never when it is already withdrawn. News of a paper: a revision under `all`, a publication
    under `published` by who had the paper, a withdrawal by who had it unless they said `none`; `all` hears every news
    of what its rules match. An article whose preprint the reader never had is new to them.
    """
    if (candidate.work, candidate.event) in told:
        return False
    kind = candidate.event.split()[0]
    if kind == "new":
        return not candidate.paper.withdrawn
    if updates == "all" and candidate.rules:
        return True
    had = any(work == candidate.work for work, _ in told)
    if not had and kind == "published":
        return bool(candidate.rules) and is_article(candidate.paper)
    return had and ((kind == "withdrawn" and updates != "none") or (kind == "published" and updates == "published"))


def arrange_cards(subscription: Subscription, candidates: Iterable[Candidate]) -> tuple[Section, ...]:
    """The sections of an issue: each paper once, under its first rule; newest first; at most `limit` cards in all.

    The limit is dealt out rule by rule in the order of the file, one card at a time, so that a rule that floods does
    not silence the ones below it. What does not fit is counted in `more`. News of papers that the reader had and that
    match no rule any more comes last, in a section without a title.
    """
    rules = subscription.rules
    found: list[list[Candidate]] = [[] for _ in (*rules, None)]
    unshown = [0 for _ in found]
    by_name = 0
    for candidate in sorted(_told_once(candidates), key=_sure_and_newest_first):
        section = candidate.rules[0] if candidate.rules else -1
        by_name += _is_by_name(candidate)
        if _is_by_name(candidate) and by_name > MOST_BY_NAME:
            unshown[section] += 1
        else:
            found[section].append(candidate)
    shares = _deal(subscription.limit, [len(papers) for papers in found])
    return tuple(
        _section(rule, papers[:share], rules, more=len(papers) - share + over)
        for rule, papers, share, over in zip((*rules, None), found, shares, unshown, strict=True)
        if papers
    )


def featured_section(trending: TrendingSection, arrivals: Iterable[Arrival], known: Collection[int]) -> Section | None:
    """What most people vote for among papers that their service featured, without the works that the reader knows."""
    works = {
        arrival.work: arrival
        for arrival in arrivals
        if arrival.paper.votes is not None and arrival.work not in known and not arrival.paper.withdrawn
    }
    most = sorted(works.values(), key=lambda arrival: (-(arrival.paper.votes or 0), arrival.paper.key))
    items = tuple(Item(work=each.work, event="new", paper=each.paper) for each in most[: trending.top])
    return Section(title=TRENDING, items=items) if items else None


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


def _sure_and_newest_first(candidate: Candidate) -> tuple[bool, float, str]:
    paper = candidate.paper
    newest = paper.announced or paper.updated or paper.published or candidate.at
    unsure = any(index == candidate.rules[0] and verdict.outcome == "possibly" for index, verdict in candidate.doubts)
    return (unsure, -newest.astimezone(UTC).timestamp(), paper.key)


def _is_by_name(candidate: Candidate) -> bool:
    """Whether it is here by nothing but a name."""
    return bool(candidate.rules) and {(index, "name only") for index in candidate.rules} <= {
        (index, verdict.outcome) for index, verdict in candidate.doubts
    }


def _deal(limit: int, is_news: Sequence[int]) -> list[int]:
    """How many cards each rule gets: round after round, until the limit or every wish is reached."""
    shares = [0] * len(is_news)
    left = min(limit, sum(is_news))
    while left:
        for index, wish in enumerate(is_news):
            if left and shares[index] < wish:
                shares[index] += 1
                left -= 1
    return shares


def _section(rule: Rule | None, papers: Sequence[Candidate], rules: Sequence[Rule], *, more: int) -> Section:
    items = tuple(item_of(candidate, rules) for candidate in papers)
    if rule is None:
        return Section(title="", items=items, more=more)
    query = "" if rule.author else rule.query.text
    return Section(title=rule.title, query=query, author=rule.author, items=items, more=more)


def item_of(candidate: Candidate, rules: Sequence[Rule]) -> Item:
    """The paper as these rules found it."""
    return Item(
        work=candidate.work,
        event=candidate.event,
        paper=candidate.paper,
        hits=tuple(
            {
                hit: None
                for index in candidate.rules
                for hit in rules[index].query.hits(candidate.seen or candidate.paper, matched=True)
            }
        ),
        also=tuple(rules[index].title for index in candidate.rules[1:]),
        doubts=tuple((rules[index].author or "", verdict) for index, verdict in candidate.doubts),
        changes=candidate.changes,
    )
