"""`digest send`: sends one reader a letter of recent papers now, outside the schedule."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from digest.cli import CliContext
from digest.cli.shared.options import TimeParam, clock_of, now_option
from digest.cli.shared.progress import paper_count
from digest.errors import Exit


@click.command("send", short_help="Send one reader a letter by hand.")
@click.argument("who")
@click.option(
    "--since", type=TimeParam(), metavar="TIME", help="Papers dated from then on: a date or a span.  [default: 7d]"
)
@click.option("--until", type=TimeParam(), metavar="DATE", help="Papers dated before then.  [default: now]")
@click.option("--to", "address", metavar="ADDRESS", help="Send it there instead of to the reader.")
@click.option("--subscription", metavar="NAME", help="This subscription alone.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent; write and send nothing.")
@click.option("--record", is_flag=True, help="Remember these papers as told, so that no later issue brings them again.")
@now_option
@click.pass_context
def command(
    ctx: click.Context,
    who: str,
    since: datetime | None,
    until: datetime | None,
    address: str | None,
    subscription: str | None,
    dry_run: bool,
    record: bool,
    now: datetime,
) -> None:
    """Send WHO (a reader's id) what the rules match among the papers in the store, whether or not they had it before.

    It changes nothing of the daily letters unless --record is given. `digest pull` first, if the store is old.
    """
    from digest.app import load, open_app
    from digest.cli.deliver import exit_code, line
    from digest.cli.shared.reader_lookup import find_reader
    from digest.cli.shared.signals import on_signal
    from digest.issues.compose import compose_manual

    context: CliContext = ctx.obj
    since, until = since or now - timedelta(days=7), until or now
    codes = [Exit.DONE]
    with open_app(load(context.config), looking=dry_run) as app, on_signal() as stop:
        reader, chosen = find_reader(app, who, subscription)
        for each in chosen:
            drawn = compose_manual(reader, each, app.store, since=since, until=until, now=now)
            issue = drawn.issue
            if not issue.count:
                click.echo(
                    f"{reader.id}, {each.name}: nothing matches among the papers since {since:%Y-%m-%d}; no letter"
                )
                continue
            envelope = app.letters(issue, to=address)
            more = f", {issue.more} more not shown" if issue.more else ""
            click.echo(f"{reader.id}, {each.name}: {paper_count(issue.count)}{more}")
            if dry_run:
                for item in issue.items:
                    click.echo(f"  {item.paper.key}  {item.paper.title}")
                continue
            drawn.save(app.store, envelope, record=record, now=now)
            result = app.deliver(clock_of(ctx, now, app.store), stop=stop, only=envelope.message_id, by_hand=True)
            for letter in result.letters:
                click.echo(f"  {line(letter)}")
            if result.stopped:
                click.echo(f"stopped: {result.stopped}; the letter waits in the outbox", err=True)
            codes.append(exit_code(result))
    ctx.exit(max(codes))
