"""Back-test of a rule over stored papers: matches a day, samples, matches by term, and advice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cached_property
from statistics import median
from threading import Lock

from digest.authors import (
    AuthorCluster,
    AuthorProfile,
    AuthorVerdict,
    DocumentFrequencies,
    FollowedAuthor,
    classify,
    cluster_by_author,
    paper_keys,
)
from digest.papers import Paper
from digest.rules import Query, author_query
from digest.subscriptions import Rule
from digest.subscriptions.rule_advice import PaperArchive

_SAMPLES = 5
_MOST_OF_A_NAME = 200  # papers that are put into groups: each is compared with all others


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """One day in UTC: the papers that it brought, and how many of them match."""

    day: date
    papers: int
    matches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A rule over an archive."""

    days: tuple[DayCount, ...]  # from the first to the last, quiet ones too
    papers: int  # in the archive
    matches: int
    undated: int  # matches without a date
    samples: tuple[Paper, ...]  # spread over the time, the newest first
    terms: Mapping[str, int]  # papers of each term
    outcomes: Mapping[str, int]  # of a followed person: "follow", "possibly", … -> papers
    advice: tuple[str, ...]

    @property
    def per_day(self) -> float:
        """The median of matches a day, of days that brought any papers."""
        return median([day.matches for day in self.days if day.papers] or [0])


class BacktestCorpus:
    """Papers dated from `first` to `last`, and undated ones, made ready once for any number of rules.

    Threads may share it; one rule is tried at a time.
    """

    def __init__(self, papers: Sequence[Paper], *, first: date, last: date) -> None:
        self.first, self.last = first, last
        self._papers = papers
        self._lock = Lock()
        self._kept = [paper for paper in papers if paper.dated is None or first <= _day(paper) <= last]
        self._archive = PaperArchive(self._kept)
        self._every = Counter(_day(paper) for paper in self._kept if paper.dated)

    def __len__(self) -> int:
        return len(self._kept)

    def backtest(
        self, rule: Rule, *, within: Query | None = None, known: Mapping[str, Paper] | None = None, wider: bool = True
    ) -> Backtest:
        """The rule over these papers; undated ones are counted apart.

        `within` is the rule in the bounds of its subscription, `known` has papers that it names, by what it calls them.
        Unless `wider`, the advice is on what the rule finds alone.
        """
        with self._lock:
            return self._backtest(rule, within or rule.query, known or {}, wider)

    def groups(self, person: FollowedAuthor) -> tuple[AuthorCluster, ...]:
        """The papers under a person's name, by whose they seem to be."""
        with self._lock:
            [found] = self._archive.find([author_query(person.name, person.also)])
            return cluster_by_author(person, [self._kept[index] for index in found.papers[:_MOST_OF_A_NAME]])

    def synonyms(self, query: Query) -> list[tuple[str, tuple[str, ...]]]:
        """Terms of a rule that these papers also call otherwise, and what."""
        with self._lock:
            return list(self._archive.synonyms(query))

    def _backtest(self, rule: Rule, within: Query, known: Mapping[str, Paper], wider: bool) -> Backtest:
        [found] = self._archive.find([rule.query], [within])
        verdicts = self._verdicts(rule, [self._kept[index] for index in found.papers], known)
        matched = [
            self._kept[index]
            for index, verdict in zip(found.papers, verdicts, strict=True)
            if verdict is None or _is_kept(rule, verdict)
        ]
        dated = sorted(
            (paper for paper in matched if paper.dated), key=lambda paper: (_day(paper), paper.key), reverse=True
        )
        ours = Counter(map(_day, dated))
        span = range((self.last - self.first).days + 1)
        step = max(1, -(-len(dated) // _SAMPLES))
        return Backtest(
            days=tuple(
                DayCount(day=day, papers=self._every[day], matches=ours[day])
                for day in (self.first + timedelta(n) for n in span)
            ),
            papers=len(self._kept),
            matches=len(matched),
            undated=len(matched) - len(dated),
            samples=tuple(dated[::step] or matched[:_SAMPLES]),
            terms=found.terms,
            outcomes=Counter(verdict.outcome for verdict in verdicts if verdict),
            advice=tuple(self._archive.advice(rule, found, wider=wider)),
        )

    def _verdicts(self, rule: Rule, matched: Sequence[Paper], known: Mapping[str, Paper]) -> list[AuthorVerdict | None]:
        if rule.person is None:
            return [None] * len(matched)
        background = DocumentFrequencies(len(self._archive.papers), self._archive.batch.counts)
        profile = AuthorProfile.among(rule.person, {**self._named, **known}, background)
        return [classify(profile, paper) for paper in matched]

    @cached_property
    def _named(self) -> dict[str, Paper]:
        return {key: paper for paper in self._papers for key in paper_keys(paper)}


def backtest(rule: Rule, papers: Sequence[Paper], *, first: date, last: date) -> Backtest:
    """One rule over papers dated from `first` to `last`; undated ones are counted apart."""
    return BacktestCorpus(papers, first=first, last=last).backtest(rule)


def _is_kept(rule: Rule, verdict: AuthorVerdict) -> bool:
    drops = rule.person is not None and rule.person.when_unsure == "drop"
    return verdict.outcome != "no" and not (drops and verdict.outcome == "possibly")


def _day(paper: Paper) -> date:
    assert paper.dated
    return paper.dated.astimezone(UTC).date()
