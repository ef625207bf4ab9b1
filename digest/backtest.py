"""What a rule would have brought: papers a day, samples, and what is doubtful about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from statistics import median

from digest.advice import Archive
from digest.paper import Paper
from digest.person import Background, Profile, Verdict, called, judge
from digest.subscription import Rule

_SAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day in UTC: the papers that it brought, and how many of them match."""

    day: date
    papers: int
    matches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A rule over an archive."""

    days: tuple[Day, ...]  # from the first to the last, quiet ones too
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


def backtest(rule: Rule, papers: Sequence[Paper], *, first: date, last: date) -> Backtest:
    """The rule over papers dated from `first` to `last`; undated ones are counted apart."""
    kept = [paper for paper in papers if paper.dated is None or first <= _day(paper) <= last]
    archive = Archive(kept)
    [found] = archive.find([rule.query])
    verdicts = _verdicts(rule, papers, [kept[index] for index in found.papers], archive)
    matched = [
        kept[index]
        for index, verdict in zip(found.papers, verdicts, strict=True)
        if verdict is None or _is_kept(rule, verdict)
    ]
    dated = sorted(
        (paper for paper in matched if paper.dated), key=lambda paper: (_day(paper), paper.key), reverse=True
    )
    every, ours = (Counter(_day(paper) for paper in some if paper.dated) for some in (kept, matched))
    span = range((last - first).days + 1)
    step = max(1, -(-len(dated) // _SAMPLES))
    return Backtest(
        days=tuple(Day(day=day, papers=every[day], matches=ours[day]) for day in (first + timedelta(n) for n in span)),
        papers=len(kept),
        matches=len(matched),
        undated=len(matched) - len(dated),
        samples=tuple(dated[::step] or matched[:_SAMPLES]),
        terms=found.terms,
        outcomes=Counter(verdict.outcome for verdict in verdicts if verdict),
        advice=archive.advise([rule])[0],
    )


def _verdicts(rule: Rule, papers: Sequence[Paper], matched: Sequence[Paper], archive: Archive) -> list[Verdict | None]:
    if rule.person is None:
        return [None] * len(matched)
    named = {key: paper for paper in papers for key in called(paper)}
    profile = Profile.among(rule.person, named, Background(len(archive.papers), archive.batch.counts))
    return [judge(profile, paper) for paper in matched]


def _is_kept(rule: Rule, verdict: Verdict) -> bool:
    drops = rule.person is not None and rule.person.when_unsure == "drop"
    return verdict.outcome != "no" and not (drops and verdict.outcome == "possibly")


def _day(paper: Paper) -> date:
    assert paper.dated
    return paper.dated.astimezone(UTC).date()
