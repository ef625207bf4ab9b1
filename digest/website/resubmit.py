"""An issue as it was kept, read again by the rules that its reader has now: what matches, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.authors import FollowedAuthor
from digest.issues import Item, item_of
from digest.issues.compose import answered
from digest.issues.draft import known_papers
from digest.issues.matching import RuleSet, match
from digest.papers import Paper
from digest.papers.updates import Arrival
from digest.store import IssuePaper, Store, WebCopy
from digest.subscriptions import Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paper of an issue."""

    number: int  # as in the letter, from 1; what the letter had no room for goes on from there
    told: IssuePaper
    paper: Paper


MOST_BEHIND = 500
"""Papers that a letter had no room for and that its copy has; a first issue can have thousands."""


def lines_of(copy: WebCopy, store: Store, only: int | None = None) -> list[Line]:
    """What an issue told, in order, first what it showed; the paper of one number alone, where given."""
    told = [*enumerate((*copy.shown, *copy.behind[:MOST_BEHIND]), 1)]
    wanted = [(number, each) for number, each in told if only in (None, number)]
    found = store.papers.get_many({each.paper for _, each in wanted})
    return [Line(number=number, told=each, paper=found[each.paper]) for number, each in wanted if each.paper in found]


def reread(
    reader: Subscriber, subscription: Subscription | None, lines: Sequence[Line], store: Store
) -> dict[int, Item]:
    """The papers, by number, with what the subscription's present rules find in them; without one, as they are."""
    found = _found(reader, subscription, lines, store) if subscription else {}
    return {
        line.number: found.get(line.number, Item(work=line.number, event=line.told.event, paper=line.paper))
        for line in lines
    }


def followed_on(reader: Subscriber, paper: Paper) -> list[FollowedAuthor]:
    """The people whom a reader follows and whose names stand on a paper, each once."""
    people = {
        rule.person.name: rule.person
        for subscription in reader.subscriptions
        for rule in subscription.rules
        if rule.person and rule.query.matches(paper)
    }
    return list(people.values())


def _found(reader: Subscriber, subscription: Subscription, lines: Sequence[Line], store: Store) -> Mapping[int, Item]:
    said = answered(reader.id, subscription, store.answers.of_readers([reader.id]))
    desk = (reader.id, said)
    arrivals = [
        Arrival(serial=0, work=line.number, event=line.told.event, at=line.told.at, paper=line.paper) for line in lines
    ]
    [found] = match(RuleSet([desk]), [desk], arrivals, known_papers([said], store))
    sections = {line.number: line.told.section for line in lines}
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
