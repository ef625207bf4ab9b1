"""`digest prune`: deletes old letters and other rows past their retention."""

from __future__ import annotations

from datetime import datetime

import click

from digest.cli import CliContext
from digest.cli.shared.options import now_option
from digest.mail.retention import KEEP_DAYS, LEAST_KEEP_DAYS, delete_before


@click.command("prune", short_help="Drop old letters; what readers were told stays.")
@click.option(
    "--keep",
    type=click.IntRange(LEAST_KEEP_DAYS, 36_500),
    default=KEEP_DAYS,
    show_default=True,
    metavar="DAYS",
    help=f"How long letters, their tries and what came back are kept; at least {LEAST_KEEP_DAYS}.",
)
@now_option
@click.pass_obj
def command(context: CliContext, keep: int, now: datetime) -> None:
    """Drop letters, tries, issues and evidence that are older and done with.

    Papers stay, and so do the issues, which say who was told what: nothing is told twice. Letters about which somebody
    still has to decide stay too.
    """
    from digest.app import load, open_app

    with open_app(load(context.config)) as app:
        dropped = app.store.retention.prune(before=delete_before(now, keep))
    click.echo(f"dropped {dropped.letters:,} letters, {dropped.issues:,} issues and {dropped.others:,} notes")
