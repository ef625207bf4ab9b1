"""Matches the papers of a stored issue again with the reader's present rules, to highlight the terms that hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.authors import FollowedAuthor
from digest.issues import Item
from digest.issues.card_order import item_of
from digest.issues.compose import with_answers
from digest.issues.draft import known_papers
from digest.issues.matching import RuleSet, match_arrivals
from digest.papers import Paper
from digest.papers.updates import Arrival
from digest.store import IssuePaper, Store, WebCopy
from digest.subscriptions import Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedPaper:
    """A paper of a stored issue."""

    number: int  # as in the letter, from 1; omitted papers follow
    told: IssuePaper
    paper: Paper


MAX_OMITTED = 500
"""Maximum of omitted papers that a web copy lists; a first issue can have thousands."""


def papers_of_copy(copy: WebCopy, store: Store, only: int | None = None) -> list[NumberedPaper]:
    """The papers of an issue, those of the letter first, then the omitted ones; or `only` the one of a number."""
    told = [*enumerate((*copy.shown, *copy.behind[:MAX_OMITTED]), 1)]
    wanted = [(number, each) for number, each in told if only in (None, number)]
    found = store.papers.get_many({each.paper for _, each in wanted})
    return [
        NumberedPaper(number=number, told=each, paper=found[each.paper])
        for number, each in wanted
        if each.paper in found
    ]


def rematch(
    reader: Subscriber, subscription: Subscription | None, papers: Sequence[NumberedPaper], store: Store
) -> dict[int, Item]:
    """The papers by number, with the hits of the subscription's present rules; without a subscription, no hits."""
    found = _matches(reader, subscription, papers, store) if subscription else {}
    return {
        paper.number: found.get(paper.number, Item(work=paper.number, event=paper.told.event, paper=paper.paper))
        for paper in papers
    }


def followed_authors_on(reader: Subscriber, paper: Paper) -> list[FollowedAuthor]:
    """The followed authors of a reader who are on a paper, each once."""
    people = {
        rule.person.name: rule.person
        for subscription in reader.subscriptions
        for rule in subscription.rules
        if rule.person and rule.query.matches(paper)
    }
    return list(people.values())


def _matches(
    reader: Subscriber, subscription: Subscription, papers: Sequence[NumberedPaper], store: Store
) -> Mapping[int, Item]:
    said = with_answers(reader.id, subscription, store.answers.of_readers([reader.id]))
    subscription_ref = (reader.id, said)
    arrivals = [
        Arrival(serial=0, work=paper.number, event=paper.told.event, at=paper.told.at, paper=paper.paper)
        for paper in papers
    ]
    [found] = match_arrivals(RuleSet([subscription_ref]), [subscription_ref], arrivals, known_papers([said], store))
    sections = {paper.number: paper.told.section for paper in papers}
    return {
        each.work: replace(
            item_of(each, said.rules),
            also=tuple(
                said.rules[rule].title
                for place, rule in enumerate(each.rules)
                if said.rules[rule].title != sections[each.work] and (place or sections[each.work])
            ),
        )
        for each in found
    }
