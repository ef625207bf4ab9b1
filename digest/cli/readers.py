"""`digest readers`: lists readers and their subscriptions; unsubscribes and resubscribes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli import CliContext
from digest.cli.shared.options import now_option
from digest.errors import Exit

if TYPE_CHECKING:
    from digest.app import App
    from digest.subscriptions import Subscriber


@click.group("readers", short_help="Who gets what and when; who has left, or comes back.", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the readers with their subscriptions, when each is due next, and what is not sent and why."""
    if ctx.invoked_subcommand is not None:
        return
    from digest.app import load, open_app

    context: CliContext = ctx.obj
    with open_app(load(context.config), looking=True) as app:
        for line in _lines(app):
            click.echo(line)


@command.command("leave")
@click.argument("who")
@click.argument("subscription", required=False)
@click.option("--why", default="by hand", show_default=True, metavar="WORDS", help="Kept with it.")
@now_option
@click.pass_context
def leave(ctx: click.Context, who: str, subscription: str | None, why: str, now: datetime) -> None:
    """Send WHO (a reader's id) no more of SUBSCRIPTION, or nothing at all, also of what is in the outbox."""
    from digest.app import load, open_app
    from digest.cli.shared.reader_lookup import find_reader

    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app:
        reader, _ = find_reader(app, who, subscription)
        app.store.unsubscribes.add(reader.id, subscription or "", why, now=now)
    click.echo(f"{reader.id} gets no more of {subscription or 'anything'}; `digest readers return` undoes it")


@command.command("return")
@click.argument("who")
@click.argument("subscription", required=False)
@click.pass_context
def come_back(ctx: click.Context, who: str, subscription: str | None) -> None:
    """Send WHO what they had left: SUBSCRIPTION, or all where they had left all."""
    from digest.app import load, open_app
    from digest.cli.shared.reader_lookup import find_reader

    context: CliContext = ctx.obj
    with open_app(load(context.config)) as app:
        reader, _ = find_reader(app, who, subscription)
        there = app.store.unsubscribes.remove(reader.id, subscription or "")
    if not there:
        click.echo(f"{reader.id} had not left {subscription or 'all'}: `digest readers` lists who has", err=True)
        ctx.exit(Exit.FAILED)
    click.echo(f"{reader.id} gets {subscription or 'all'} again, from where it ended")


def _lines(app: App) -> Iterator[str]:
    from digest.mail.address import address_key

    left = app.store.unsubscribes.list_all()
    suppressed = {row.address: row.reason for row in app.store.suppressions.list_all()}
    due = app.store.subscriptions.next_due()
    for reader in app.readers():
        why = suppressed.get(address_key(reader.email))
        pause = f"; pauses until {reader.pause_until}" if reader.pause_until else ""
        yield f"{reader.id}{pause}" + (f"; its address gets no letters: {why}" if why else "")
        for subscription in reader.subscriptions:
            gone = left.get((reader.id, subscription.name)) or left.get((reader.id, ""))
            when = f"not sent: {gone}" if gone else _next(reader, due.get((reader.id, subscription.name)))
            yield f"    {subscription.name} ({subscription.when}): {when}"


def _next(reader: Subscriber, due: datetime | None) -> str:
    if due is None:
        return "as papers come"
    return f"next {due.astimezone(reader.timezone):%a %Y-%m-%d %H:%M %Z}"
