"""What the readers of a shard were sent already, and what comes back to them because a letter did not go out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta

from digest.issues import Candidate, Item
from digest.issues.draft import known_papers
from digest.issues.due_issue import DueIssue
from digest.issues.matching import ArrivalMatches, RuleSet
from digest.issues.news import depends_on_history
from digest.mail.journal_entry import paper_mark
from digest.papers.updates import LOOK_BACK
from digest.store import IssueEntry, Store
from digest.store.rows import names

GIVEN_BACK_FOR = timedelta(days=14)
"""How long the papers of a letter that did not go out are offered to the reader's other issues."""

Fact = tuple[int, str]
"""A work, and what happened to it."""


class SentHistory:
    """What the readers of some due issues were sent; only as much is read as these issues need."""

    def __init__(self, store: Store, due_issues: Sequence[DueIssue], now: datetime) -> None:
        readers = {due.reader.id for due in due_issues}
        # A record that says more than the first one is announced anew within the look-back (PaperUpsert).
        since = min((due.since for due in due_issues), default=now) - LOOK_BACK
        self._store, self._now = store, now
        self._is_restored = store.already_sent.has_posted()
        self._papers = store.already_sent.since(readers, since, given_back_since=now - GIVEN_BACK_FOR)
        self._works = {reader: {work for work, _ in papers.sent} for reader, papers in self._papers.items()}
        self._asked = defaultdict[int, set[str]](set)  # by work the readers whose older issues were looked at

    def sent(self, reader: str) -> Collection[Fact]:
        """What the recent issues told: all that can have told something that is in the window of an issue now."""
        return self._papers[reader].sent

    def had(self, reader: str) -> Set[int]:
        """The works of which the reader was sent something, as far as it was looked up."""
        return self._works[reader]

    def tell(self, reader: str, facts: Iterable[Fact]) -> None:
        """These are in an issue now: the reader's next subscription does not repeat them."""
        facts = list(facts)
        self._papers[reader].sent.update(facts)
        self._works[reader].update(work for work, _ in facts)

    def given_back(self, reader: str, facts: Iterable[Fact]) -> frozenset[int]:
        """The issues whose letters did not go out, and that told one of these."""
        known = self._papers[reader].given_back
        return frozenset(number for fact in facts for number in known.get(fact, ()))

    def look_up(self, asked: Mapping[int, Collection[str]]) -> None:
        """Look for these works in all issues of the readers in question, as far as that is not known yet."""
        missing = {work: [each for each in readers if not self._knows(each, work)] for work, readers in asked.items()}
        wanted = {work: some for work, some in missing.items() if some}
        for work, some in wanted.items():
            self._asked[work].update(some)
        for reader, work in self._store.already_sent.had(wanted) if wanted else ():
            self._works[reader].add(work)

    def take_up_posted(self, found: Iterable[tuple[DueIssue, Sequence[Candidate | Item]]]) -> None:
        """Count as sent what the journals say was told before the database was put back to an older state."""
        if not self._is_restored:
            return
        facts = {
            paper_mark(due.reader.id, name, each.event): (due.reader.id, each)
            for due, papers in found
            for each in papers
            for name in names(each.paper)
        }
        told = defaultdict[str, list[IssueEntry]](list)
        for mark in sorted(self._store.already_sent.posted(facts)):
            reader, each = facts[mark]
            told[reader].append(IssueEntry(each.record, each.event, listed=False))
            self.tell(reader, [(each.work, each.event)])
        self._store.already_sent.keep_posted(told, now=self._now)

    def look_up_candidates(self, found: Iterable[tuple[DueIssue, Sequence[Candidate]]]) -> None:
        """Look up the works of which the news is for those alone who had the paper."""
        asked = defaultdict[int, set[str]](set)
        for due, candidates in found:
            for each in candidates:
                if depends_on_history(each, due.subscription.updates):
                    asked[each.work].add(due.reader.id)
        self.look_up(asked)

    def returned(self, due_issues: Sequence[DueIssue]) -> list[list[Candidate]]:
        """For each due issue the candidates that are older than its window and were in letters that did not go out."""
        back = {
            reader: papers.given_back.keys() - papers.sent
            for reader, papers in self._papers.items()
            if papers.given_back
        }
        wanted = set[Fact]().union(*back.values())
        arrivals = self._store.papers.arrivals_of(wanted, self._now - GIVEN_BACK_FOR) if wanted else []
        if not arrivals:
            return [[] for _ in due_issues]
        refs = [(due.reader.id, due.subscription) for due in due_issues if back.get(due.reader.id)]
        known = known_papers([subscription for _, subscription in refs], self._store)
        matched = iter(ArrivalMatches(RuleSet(refs), arrivals).candidates(refs, known))
        return [
            [each for each in next(matched) if each.at <= due.since and (each.work, each.event) in back[due.reader.id]]
            if back.get(due.reader.id)
            else []
            for due in due_issues
        ]

    def _knows(self, reader: str, work: int) -> bool:
        return work in self._works[reader] or reader in self._asked[work]
