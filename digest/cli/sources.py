"""`digest sources`: the health of each source: last answer, papers today against the usual, next try; `retry`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.json_lines import json_line
from digest.cli.shared.options import now_option
from digest.errors import Exit

if TYPE_CHECKING:
    from digest.ingest.health import SourceHealth
    from digest.store import SetAsideRow

_TOLD = timedelta(days=30)


@click.group("sources", short_help="How each source is, and when it is asked next.", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One source a line, as JSON.")
@now_option
@click.pass_context
def command(ctx: click.Context, as_json: bool, now: datetime) -> None:
    """Show for each source when it last answered, what its service brought today, and when it is asked next.

    A service that announces by the calendar is `late` where a list is due and not there, and has its `weekend` and
    its `holiday`; one without is `few` where yesterday was far below the usual. What is usual is the median of the last
    eight such weekdays. Below a source stand the papers of it that could not be kept in the last month, and at the end
    whatever else was set aside. Nothing is asked and nothing is written.
    """
    if ctx.invoked_subcommand is not None:
        return
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config), looking=True) as app:
        found, aside = app.health(now), app.store.set_aside.list_all(now - _TOLD)
    if as_json:
        for each in found:
            click.echo(json_line(_values(each) | {"set_aside": _set_aside(each, aside)}))
        return
    if not found:
        click.echo("no source is configured", err=True)
    for each in found:
        for line in _lines(each, now):
            click.echo(line)
        for said in _set_aside(each, aside):
            click.echo(f"    set aside: {said}")
    for row in aside:
        if not row.place:
            click.echo(f"set aside {_when(row.last, now)}: {row}")


@command.command("retry")
@click.argument("name")
@click.pass_context
def retry(ctx: click.Context, name: str) -> None:
    """Ask the source NAME at the next round, even where its service asked for a longer wait."""
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app:
        known = [each.name for each in (*app.sources, *app.enrichers)]
        if name in known:
            app.store.sources.lift_wait(name)
    if name not in known:
        click.echo(f"no source has that name: {', '.join(known) or 'none is configured'}", err=True)
        ctx.exit(Exit.FAILED)
    click.echo("it is asked at the next round, or now by `digest pull`")


def _lines(each: SourceHealth, now: datetime) -> list[str]:
    from digest.ingest.health import health_details

    usual = f", {each.usual:g} usual" if each.usual is not None else ""
    last = f"answered {_when(each.last_ok, now)}" if each.last_ok else "never answered"
    asked = "next try now" if each.next_try <= now else f"next try {_when(each.next_try, now)}"
    today = f"; {each.today:,} today{usual}" if each.today is not None else ""
    head = f"{each.name}: {each.word}; {last}{today}; {asked}"
    return [head, *(f"    {detail}" for detail in health_details(each))]


def _set_aside(each: SourceHealth, rows: Sequence[SetAsideRow]) -> list[str]:
    return [str(row) for row in rows if row.place == each.name]


def _when(moment: datetime, now: datetime) -> str:
    """A time in UTC: the hour alone if it is today, else with its date."""
    moment, now = moment.astimezone(UTC), now.astimezone(UTC)
    return f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M}"


def _values(each: SourceHealth) -> dict[str, object]:
    return {
        "source": each.name,
        "health": each.word,
        "last_ok": each.last_ok.isoformat() if each.last_ok else None,
        "next_try": each.next_try.isoformat(),
        "failures": each.failures,
        "error": each.error if each.failures else None,
        "today": each.today,
        "usual": each.usual,
        "yesterday": each.yesterday,
        "usual_yesterday": each.usual_yesterday,
        "due": each.due.isoformat() if each.due else None,
    }
