"""`digest suppressions`: lists, adds and lifts suppressed addresses."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from digest.cli import CliContext
from digest.cli.shared.json_lines import json_line
from digest.errors import Exit


@click.group("suppressions", short_help="Addresses that get no letters: list, add, lift.", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One address a line, as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the addresses that get no letters, since when, why, and what was said of each."""
    if ctx.invoked_subcommand is not None:
        return
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config), looking=True) as app:
        rows = app.store.suppressions.list_all()
    for row in rows:
        if as_json:
            values = {"address": row.address, "reason": row.reason, "since": row.since.isoformat()}
            click.echo(json_line(values | {"evidence": list(row.evidence)}))
            continue
        click.echo(f"{row.address}  since {row.since:%Y-%m-%d}: {row.reason}")
        for words in row.evidence:
            click.echo(f"    {words}")
    if not rows and not as_json:
        click.echo("every address gets its letters")


@command.command("add")
@click.argument("address")
@click.option("--why", default="by hand", show_default=True, metavar="WORDS", help="Kept with it.")
@click.pass_context
def add(ctx: click.Context, address: str, why: str) -> None:
    """Send ADDRESS no more letters."""
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app:
        fresh = app.store.suppressions.add(_key(address), why, now=datetime.now(UTC))
    click.echo("no more letters go there" if fresh else "it gets none already")


@command.command("lift")
@click.argument("address")
@click.pass_context
def lift(ctx: click.Context, address: str) -> None:
    """Send ADDRESS letters again, with a clean slate."""
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app:
        there = app.store.suppressions.remove(_key(address))
    if not there:
        click.echo("that address is not suppressed: `digest suppressions` lists those that are", err=True)
        ctx.exit(Exit.FAILED)
    click.echo("letters go there again, from the next on")


def _key(address: str) -> str:
    from digest.mail.address import address_key
    from digest.mail.message import AddressError, Mailbox

    try:
        return address_key(Mailbox(address=address).wire)
    except AddressError as error:
        raise click.UsageError(str(error)) from None
