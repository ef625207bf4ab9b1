"""`digest backtest`: how many stored papers a rule would have matched, day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.json_lines import FILE, JsonLines, json_line, paper_of
from digest.cli.shared.options import now_option
from digest.cli.shared.progress import paper_count
from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from digest.papers import Paper
    from digest.subscriptions import Rule
    from digest.subscriptions.backtest import Backtest

_BAR = 40  # characters of the longest bar
_MOST = 100_000  # papers


@click.command("backtest", short_help="What a rule would have brought, day by day.")
@click.argument("query")
@click.option("--days", type=click.IntRange(1, 3660), help="So many days back.  [default: 30; with --papers, all]")
@click.option("--papers", "file", type=FILE, metavar="FILE", help="Look into this file instead of the store.")
@click.option("--json", "as_json", is_flag=True, help="One object.")
@now_option
@click.pass_obj
def command(context: CliContext, query: str, days: int | None, file: Path | None, as_json: bool, now: datetime) -> None:
    """Count the papers a day that QUERY would have brought, show some, and say what is doubtful about it.

    QUERY is a rule as in a config file: a text, or a mapping such as '{author: Yunhua Zhou, with: [Xipeng Qiu]}'. The
    days are those of the papers, in UTC. Nothing is written.
    """
    from digest.config.rule_argument import parse_rule
    from digest.subscriptions.backtest import backtest

    rule = parse_rule(query)
    archive = list(JsonLines().read(file, paper_of)) if file else _stored(context, now - timedelta(days=days or 30))
    first, last = _span(archive, days, now, whole=file is not None)
    found = backtest(rule, archive, first=first, last=last)
    if not found.papers:
        mend = "`digest pull` asks the sources" if file is None else "it has none from these days"
        raise ConfigError(f"there are no papers from {first} to {last} to look at; {mend}")
    if as_json:
        click.echo(json_line(_values(rule, found)))
        return
    for line in _lines(rule, found):
        click.echo(line)


def _stored(context: CliContext, since: datetime) -> list[Paper]:
    from digest.app import load, open_app

    since = datetime.combine(since.astimezone(UTC), time(), UTC) - timedelta.resolution
    with open_app(load(context.config), looking=True) as app:
        return app.store.papers.archive(since, most=_MOST)


def _span(archive: Sequence[Paper], days: int | None, now: datetime, *, whole: bool) -> tuple[date, date]:
    """The first and last day to look at: the last `days` days, or of a file the span of its papers."""
    dated = sorted(paper.dated.astimezone(UTC).date() for paper in archive if paper.dated)
    last = dated[-1] if whole and dated else now.astimezone(UTC).date()
    if whole and days is None:
        return (dated[0] if dated else last), last
    return last - timedelta(days=(days or 30) - 1), last


def _lines(rule: Rule, found: Backtest) -> Iterator[str]:
    from digest.text import strip_controls

    yield f"read as: {rule.query.canonical_text}"
    for hint in rule.query.hints:
        yield f"hint: column {hint.position + 1}: {hint.what}"
    yield ""
    yield from _chart(found)
    share = f"{found.matches / found.papers:.1%}" if found.papers else "0 %"
    yield ""
    yield f"{paper_count(found.matches)} of {found.papers:,} ({share}), {found.per_day:g} on a usual day" + (
        f"; {found.undated} of them undated" if found.undated else ""
    )
    if found.outcomes:
        yield "whose: " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(found.outcomes.items()))
    if len(found.terms) > 1:
        rarest = sorted(found.terms.items(), key=lambda term: term[1])
        yield "terms: " + ", ".join(f"{term} {count:,}" for term, count in rarest)
    for sample in found.samples:
        day = f"{sample.dated:%Y-%m-%d}" if sample.dated else "undated   "
        yield f"  {day}  {strip_controls(sample.key)}  {_marked(rule, sample)}"
    for word in found.advice:
        yield f"hint: {word}"


def _chart(found: Backtest) -> Iterator[str]:
    """A bar chart with one line a day, or one line a week beyond sixty days."""
    rows = [(f"{day.day} {day.day:%a}", day.matches) for day in found.days]
    if len(found.days) > 60:
        weeks = [found.days[begin : begin + 7] for begin in range(0, len(found.days), 7)]
        rows = [(f"week of {week[0].day}", sum(day.matches for day in week)) for week in weeks]
    most = max((count for _, count in rows), default=0)
    for label, count in rows:
        yield f"{label}  {'█' * max(1, round(_BAR * count / most))} {count}" if count else f"{label}  ·"


def _marked(rule: Rule, paper: Paper) -> str:
    """The title with each match in brackets."""
    from digest.text import one_line

    pieces, done = list[str](), 0
    for start, end in sorted((hit.start, hit.end) for hit in rule.query.hits(paper) if hit.field == "title"):
        if start >= done:
            pieces += [paper.title[done:start], f"[{paper.title[start:end]}]"]
            done = end
    return one_line("".join((*pieces, paper.title[done:])))


def _values(rule: Rule, found: Backtest) -> dict[str, object]:
    return {
        "query": rule.query.text,
        "read": rule.query.canonical_text,
        "papers": found.papers,
        "matches": found.matches,
        "undated": found.undated,
        "per_day": found.per_day,
        "days": [{"day": str(day.day), "papers": day.papers, "matches": day.matches} for day in found.days],
        "terms": [{"term": term, "papers": count} for term, count in found.terms.items()],
        "outcomes": dict(found.outcomes),
        "samples": [{"key": sample.key, "title": sample.title} for sample in found.samples],
        "hints": [{"column": hint.position + 1, "what": hint.what} for hint in rule.query.hints],
        "advice": list(found.advice),
    }
