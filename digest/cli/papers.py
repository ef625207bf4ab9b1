"""`digest papers`: shows which records count as one paper and why (deduplication), and overrides that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.json_lines import json_line
from digest.cli.shared.options import now_option
from digest.cli.shared.progress import paper_count
from digest.errors import ConfigError, DigestError

if TYPE_CHECKING:
    from digest.papers import Paper
    from digest.papers.scholarly_metrics import Bibliometrics
    from digest.store import Store, Work


@click.group("papers", short_help="Which records are one paper; split or merge them.")
def command() -> None:
    """See which records of the store are one paper, why, and what was told of it; split or merge them for good."""


@command.command("show", short_help="The records of one paper, and what joined them.")
@click.argument("paper")
@click.option("--json", "as_json", is_flag=True, help="One line, as JSON.")
@click.pass_obj
def show(context: CliContext, paper: str, as_json: bool) -> None:
    """Show the records that are one work with PAPER (a key, or an arXiv id, DOI or PubMed id in any spelling)."""
    from digest.app import load, open_app

    with open_app(load(context.config), looking=True) as app:
        found = _found(app.store, paper)
        figures = app.store.bibliometrics.of_papers(each.key for each in found.records)
    if as_json:
        click.echo(json_line(_values(found)))
        return
    for line in _lines(found, figures):
        click.echo(line)


@command.command("split", short_help="Take a record out of the paper that it was joined with.")
@click.argument("paper")
@now_option
@click.pass_obj
def split(context: CliContext, paper: str, now: datetime) -> None:
    """Take the record PAPER out of its work, for good: a wrong DOI joins it no more. What was told stays told."""
    from digest.app import load, open_app

    with open_app(load(context.config)) as app:
        mates = [each for each in _found(app.store, paper).records if each.key != _key(paper)]
        app.store.works.split(_key(paper), now=now)
    click.echo(f"{_key(paper)} stands apart from {', '.join(each.key for each in mates)} now")


@command.command("merge", short_help="Say that two records are one paper.")
@click.argument("paper")
@click.argument("other")
@now_option
@click.pass_obj
def merge(context: CliContext, paper: str, other: str, now: datetime) -> None:
    """Say that PAPER and OTHER are one work: who was told of the one is not told of the other again."""
    from digest.app import load, open_app

    with open_app(load(context.config)) as app:
        app.store.works.merge(_key(paper), _key(other), now=now)
        found = _found(app.store, paper)
    click.echo(f"{_key(paper)} and {_key(other)} are one work now, of {_records(found)}")


def _key(text: str) -> str:
    from digest.papers.ids import paper_key

    return paper_key(text) or text


def _found(store: Store, text: str) -> Work:
    from digest.papers.ids import paper_key

    found = store.works.get(_key(text))
    if found is None and paper_key(text) is None:
        raise ConfigError(f"{text!r} is no paper: write arxiv:2507.05197, doi:10.1234/abc or a key of the store")
    if found is None:
        raise DigestError(f"{_key(text)} is not in the store")
    return found


def _records(work: Work) -> str:
    return f"{len(work.records)} records" if len(work.records) > 1 else "one record"


def _lines(work: Work, figures: Mapping[str, list[Bibliometrics]]) -> Iterator[str]:
    from digest.papers.scholarly_metrics import SERVICES
    from digest.text import strip_controls

    for paper in work.records:
        version = f" v{paper.version}" if paper.version else ""
        yield f"{paper.key}{version}  {strip_controls(paper.title)}"
        yield f"    {'; '.join(_facts(paper))}"
        for each in figures.get(paper.key, ()):
            counted = f"{each.citations:,} citations" if each.citations is not None else "no citations counted"
            told = f": {strip_controls(each.summary)}" if each.summary else ""
            yield f"    {SERVICES[each.service]}: {counted}{told}"
    for bond in work.bonds:
        verb = "one with" if bond.together else "not one with"
        yield f"{bond.one} is {verb} {bond.other}: {bond.why} ({_day(bond.at)})"
    for event, at, key in work.events:
        yield f"{event}: heard of {_day(at)} by {key}"
    yield f"one work of {paper_count(len(work.records)).replace('paper', 'record')}"


def _facts(paper: Paper) -> Iterator[str]:
    from digest.text import strip_controls

    names = [author.name for author in paper.authors[:3]]
    yield strip_controls(", ".join(names)) + (f", + {len(paper.authors) - 3} more" if len(paper.authors) > 3 else "")
    yield f"by {paper.source}"
    if paper.dated:
        yield _day(paper.dated)
    if paper.journal:
        yield strip_controls(paper.journal)
    for name in paper.ids.__slots__:
        if value := getattr(paper.ids, name):
            yield f"{name} {value}"
    if paper.doi and paper.doi.casefold() != paper.ids.doi:
        yield f"leads to doi {paper.doi}"
    if paper.withdrawn:
        yield "withdrawn"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _values(work: Work) -> dict[str, object]:
    return {
        "records": [paper.key for paper in work.records],
        "bonds": [
            {
                "one": bond.one,
                "other": bond.other,
                "together": bond.together,
                "why": bond.why,
                "at": bond.at.isoformat(),
            }
            for bond in work.bonds
        ],
        "events": [{"event": event, "at": at.isoformat(), "record": key} for event, at, key in work.events],
    }
