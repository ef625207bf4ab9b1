"""`digest pull`: asks the sources for new papers and stores them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.options import TimeParam, clock_of, now_option
from digest.cli.shared.progress import paper_count, progress
from digest.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.ingest.enrich import EnrichResult
    from digest.ingest.pull import PullResult


@click.command("pull", short_help="Ask the sources for what is new.")
@click.option("--source", metavar="NAME", help="Ask this source alone, by its name or by its key under `sources:`.")
@click.option(
    "--since", type=TimeParam(), metavar="DATE", help="Begin there; what is over 7 days old is kept unannounced."
)
@now_option
@click.pass_context
def command(ctx: click.Context, source: str | None, since: datetime | None, now: datetime) -> None:
    """Ask the sources for new papers and keep them.

    By hand a source's hourly limit is passed over, the rest that the service itself asked for (Retry-After) never.
    """
    from digest.app import load, open_app
    from digest.cli.shared.signals import on_signal

    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app, on_signal() as stop, progress("Asking the sources …") as tell:
        now = clock_of(ctx, now, app.store)()
        results = app.pull(
            now=now, only=source, by_hand=True, since=since, stop=stop, tell=lambda result: tell(line(result))
        )
        if source is None:
            app.enrich(now=now, by_hand=True, stop=stop, tell=lambda result: tell(enriched(result)))
    ctx.exit(exit_code(results))


def line(result: PullResult) -> str:
    """The result of one source as one line, with its warnings below."""
    if result.fault:
        said = f"failed: {result.fault}"
    elif result.resting:
        said = f"not asked: rests until {result.resting:%Y-%m-%d %H:%M} UTC"
    else:
        said = f"{paper_count(result.papers)}, {result.new} new, {result.updates} updated"
    aside = (f"set aside: {each}" for each in result.set_aside)
    return "\n  ".join((f"{result.source}: {said}", *aside, *(f"warning: {each}" for each in result.warnings)))


def enriched(result: EnrichResult) -> str:
    """The result of one enricher as one line; its faults are warnings, since no letter depends on it."""
    said = f"asked about {result.asked}, knew {result.known}"
    faults = (f"warning: {each}" for each in (result.fault, *result.warnings) if each)
    return "\n  ".join((f"{result.name}: {said}", *(f"set aside: {each}" for each in result.set_aside), *faults))


def exit_code(results: Sequence[PullResult]) -> Exit:
    """The exit code: done, partly done, or try later."""
    faults = sum(result.fault is not None for result in results)
    if not faults:
        return Exit.PARTLY if any(result.set_aside for result in results) else Exit.DONE
    return Exit.LATER if faults == len(results) else Exit.PARTLY
