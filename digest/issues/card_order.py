"""Order of the cards within a letter: news of known papers, then sections by rule, which share out the limit."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from datetime import UTC

from digest.issues import TRENDING, Candidate, Item, Section
from digest.papers.updates import Arrival
from digest.subscriptions import Rule, Subscription, TrendingSection

MOST_BY_NAME = 10
"""Papers in one letter that are a followed person's by nothing but the name."""


def arrange_cards(
    subscription: Subscription, candidates: Iterable[Candidate], had: Container[int] = ()
) -> tuple[Section, ...]:
    """The sections of an issue: each paper once, under its first rule; newest first; at most `limit` cards in all.

    The limit is dealt out rule by rule in the order of the file, one card at a time, so that a rule that floods does
    not silence the ones below it. What does not fit is counted in `more`. News of works that the reader `had` comes
    first, in a section without a title, whatever the limit is: the withdrawn ones, then the published ones, then the
    revised ones.
    """
    rules = subscription.rules
    found: list[list[Candidate]] = [[] for _ in rules]
    news = list[Candidate]()
    unshown = [0 for _ in found]
    by_name = 0
    for candidate in sorted(_told_once(candidates), key=_sure_and_newest_first):
        if not candidate.rules or (candidate.work in had and candidate.event != "new"):
            news.append(candidate)
            continue
        section = candidate.rules[0]
        by_name += _is_by_name(candidate)
        if _is_by_name(candidate) and by_name > MOST_BY_NAME:
            unshown[section] += 1
        else:
            found[section].append(candidate)
    shares = _deal(subscription.limit, [len(papers) for papers in found])
    weightiest_first = sorted(news, key=lambda candidate: -_weight(candidate.event))
    before = Section(title="", items=tuple(item_of(candidate, rules) for candidate in weightiest_first))
    by_rule = (
        _section(rule, papers[:share], rules, more=len(papers) - share + over)
        for rule, papers, share, over in zip(rules, found, shares, unshown, strict=True)
        if papers
    )
    return (*((before,) if news else ()), *by_rule)


def featured_section(trending: TrendingSection, arrivals: Iterable[Arrival], known: Collection[int]) -> Section | None:
    """The papers with most votes, without the works that the reader has had; None: no paper has a vote."""
    works = {
        arrival.work: arrival
        for arrival in arrivals
        if arrival.paper.votes is not None and arrival.work not in known and not arrival.paper.withdrawn
    }
    most = sorted(works.values(), key=lambda arrival: (-(arrival.paper.votes or 0), arrival.paper.key))
    items = tuple(
        Item(work=each.work, event="new", paper=each.paper, record=each.record) for each in most[: trending.top]
    )
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
    """Whether the name is the only sign that the paper is by the followed author."""
    return bool(candidate.rules) and {(index, "name only") for index in candidate.rules} <= {
        (index, verdict.outcome) for index, verdict in candidate.doubts
    }


def _deal(limit: int, is_news: Sequence[int]) -> list[int]:
    """How many cards each rule gets: round after round, until the limit is used up or every rule has all its papers."""
    shares = [0] * len(is_news)
    left = min(limit, sum(is_news))
    while left:
        for index, wish in enumerate(is_news):
            if left and shares[index] < wish:
                shares[index] += 1
                left -= 1
    return shares


def _section(rule: Rule, papers: Sequence[Candidate], rules: Sequence[Rule], *, more: int) -> Section:
    items = tuple(item_of(candidate, rules) for candidate in papers)
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
        record=candidate.record,
    )
