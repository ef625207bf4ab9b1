"""`digest compose`: composes the due issues and writes their letters to the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.options import clock_of, confirm_restore, now_option
from digest.cli.shared.progress import paper_count, progress
from digest.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.issues.compose import ComposeResult


@click.command("compose", short_help="Write the issues that are due.")
@confirm_restore
@now_option
@click.pass_context
def command(ctx: click.Context, confirm_restore: bool, now: datetime) -> None:
    """Match what is new against every due subscription's rules, and put one letter for each into the outbox."""
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app, progress("Composing …") as tell:
        results = app.compose(
            now=clock_of(ctx, now, app.store)(), restored=confirm_restore, tell=lambda result: tell(line(result))
        )
        if not results:
            tell("nothing is due")
    ctx.exit(exit_code(results))


def line(result: ComposeResult) -> str:
    """The result for one issue as one line."""
    aside = "; ".join(map(str, result.set_aside))
    if not result.subscriber:
        return aside
    name = f"{result.subscriber}, {result.subscription}, {result.slot}"
    if result.fault:
        return f"{name}: failed: {result.fault}"
    said = "a quiet day" if result.quiet else paper_count(result.papers)
    more = f", {result.more} more not shown" if result.more else ""
    without = ", ".join(f"{each.kind} {each.part}".strip() + f" ({each.why})" for each in result.absences)
    return f"{name}: {said}{more}" + (f"; without {without}" if without else "") + (f"; {aside}" if aside else "")


def exit_code(results: Sequence[ComposeResult]) -> Exit:
    """The exit code: done, partly done or failed."""
    faults = sum(result.fault is not None for result in results)
    if not faults:
        return Exit.PARTLY if any(result.set_aside for result in results) else Exit.DONE
    return Exit.FAILED if faults == len(results) else Exit.PARTLY
